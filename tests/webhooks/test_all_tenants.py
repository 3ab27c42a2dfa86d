"""A webhook of all tenants is a platform administrator's; when it becomes one tenant's, that one sees its own only."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Role, Tenant
from tests.conftest import signed_in
from tests.people import person
from tests.prewarm.rows import asked
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import hook, work
from webhooks.models import Delivery, DeliveryStatus, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
URL = "/api/v1/webhooks/"
WISH: dict[str, Any] = {"name": "Watchers", "kind": "generic", "url": "https://hear.example/hook", "all_tenants": True}


@pytest.fixture(autouse=True)
def two_tenants() -> None:
    for slug in ("default", "rivals"):
        Tenant.objects.get_or_create(slug=slug, defaults={"name": slug})


def of_all(url: str = "https://hear.example/hook", **values: Any) -> Webhook:
    made = hook(url, **values)
    Webhook.objects.filter(pk=made.pk).update(tenant=None)
    made.refresh_from_db()
    return made


def test_it_hears_of_every_tenant_and_says_of_which(receiver: Receiver) -> None:
    of_all(receiver.url, events=["task.created"])
    asked(tenant="default")
    asked(tenant="rivals")
    work()

    assert sorted(told.json["data"]["tenant"] for told in receiver.told) == ["default", "rivals"]


def test_platform_administrators_make_it_and_see_it(as_platform_admin: APIClient, as_ada: APIClient) -> None:
    made = as_platform_admin.post(URL, WISH)
    asked()

    assert (made.status_code, made.json()["tenant"]) == (201, None)
    path = f"{URL}{made.json()['id']}/"
    assert as_platform_admin.get(path).status_code == 200
    assert [row["id"] for row in as_platform_admin.get(URL).json()["results"]] == [made.json()["id"]]
    (row,) = as_platform_admin.get("/api/v1/deliveries/").json()["results"]
    assert row["tenant"] == "default"
    assert as_platform_admin.get(f"/api/v1/deliveries/{row['id']}/").status_code == 200
    assert as_platform_admin.patch(path, {"only_failures": True}).status_code == 200
    assert as_platform_admin.post(f"{path}test/").status_code == 202
    assert as_platform_admin.post(f"{path}rotate/", {}).status_code == 200

    assert as_ada.get(path).status_code == 404
    assert as_ada.get(URL).json()["results"] == []
    assert as_ada.get("/api/v1/deliveries/").json()["results"] == []
    assert as_ada.get(f"/api/v1/deliveries/{row['id']}/").status_code == 404
    assert as_ada.post(f"/api/v1/deliveries/{row['id']}/redeliver/").status_code == 404


def test_nobody_else_makes_one(as_ada: APIClient) -> None:
    answer = as_ada.post(URL, WISH)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "all_tenants")
    assert not Webhook.objects.exists()


def test_its_name_is_had_once(as_platform_admin: APIClient) -> None:
    as_platform_admin.post(URL, WISH)
    other = as_platform_admin.post(URL, WISH | {"name": "Other"}).json()

    for answer in (
        as_platform_admin.post(URL, WISH),
        as_platform_admin.patch(f"{URL}{other['id']}/", {"name": "Watchers"}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "taken")


class TestNarrowing:
    def narrowed(self, client: APIClient, webhook: Webhook, slug: str = "default") -> Any:
        return client.patch(f"{URL}{webhook.pk}/", {"tenant": slug})

    def test_what_it_was_told_of_others_is_not_shown_there(
        self, as_platform_admin: APIClient, as_ada: APIClient, receiver: Receiver
    ) -> None:
        receiver.says(404)
        webhook = of_all(receiver.url, events=["task.created"])
        asked(tenant="default")
        theirs = asked(tenant="rivals")
        work()
        assert self.narrowed(as_platform_admin, webhook).json()["tenant"] == "default"

        rows = as_ada.get("/api/v1/deliveries/").json()["results"]
        assert [row["tenant"] for row in rows] == ["default"]
        hidden = Delivery.objects.get(task=theirs.pk)
        assert as_ada.get(f"/api/v1/deliveries/{hidden.pk}/").status_code == 404
        assert as_ada.post(f"/api/v1/deliveries/{hidden.pk}/redeliver/").status_code == 404
        again = as_ada.post(f"{URL}{webhook.pk}/redeliver/", {"since": "2026-01-01T00:00:00Z"})
        assert again.json() == {"deliveries": 1, "left": 0}
        mallory = signed_in(person("mallory", Role.ADMIN, "rivals"))
        assert mallory.get("/api/v1/deliveries/").json()["results"] == []

    def test_what_it_still_was_to_tell_of_others_is_told_to_nobody(
        self, as_platform_admin: APIClient, receiver: Receiver
    ) -> None:
        webhook = of_all(receiver.url, events=["task.created"])
        asked(tenant="default")
        asked(tenant="rivals")
        self.narrowed(as_platform_admin, webhook)
        work()

        assert [told.json["data"]["tenant"] for told in receiver.told] == ["default"]
        ended = Delivery.objects.get(status=DeliveryStatus.FAILED)
        assert ended.code == "webhook_narrowed"

    def test_a_tenants_own_is_moved_to_no_other(self, as_platform_admin: APIClient, as_ada: APIClient) -> None:
        webhook = hook()

        assert self.narrowed(as_ada, webhook, "rivals").status_code == 403
        assert self.narrowed(as_platform_admin, webhook, "rivals").json()["code"] == "tenant_stays"
        assert self.narrowed(as_ada, webhook, "default").status_code == 200
        webhook.refresh_from_db()
        assert webhook.tenant and webhook.tenant.slug == "default"

    def test_it_counts_among_the_tenants_own(self, as_platform_admin: APIClient) -> None:
        Tenant.objects.filter(slug="default").update(max_webhooks=0)

        assert self.narrowed(as_platform_admin, of_all()).json()["code"] == "quota_exceeded"

    def test_it_is_in_the_audit(self, as_platform_admin: APIClient) -> None:
        webhook = of_all()
        self.narrowed(as_platform_admin, webhook)

        entry = AuditEntry.objects.get(action="webhook.changed")
        assert (entry.before, entry.after) == ({"tenant": None}, {"tenant": "default"})


def test_no_task_names_one(as_ada: APIClient) -> None:
    webhook = of_all(named_only=True)
    answer = as_ada.post("/api/v1/tasks/", {"images": ["nginx:1"], "all_nodes": True, "webhooks": [str(webhook.pk)]})

    assert answer.status_code == 422
