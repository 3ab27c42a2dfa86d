"""Webhooks are kept by whoever runs a tenant; what is secret about them is said once, or never."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Role, Tenant
from prewarm.clock import database_now
from tests.conftest import signed_in
from tests.people import person
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import OK, hook, make_due, told, work
from webhooks import claims
from webhooks.models import Delivery, DeliveryStatus, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
URL = "/api/v1/webhooks/"
OPS: dict[str, Any] = {"name": "Ops", "kind": "generic", "url": "https://hear.example/hook/t0ken-in-the-path"}


def made(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(URL, OPS | fields)
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_secret_is_shown_once_and_an_address_never(as_ada: APIClient, as_otto: APIClient) -> None:
    body = made(as_ada)
    kept = Webhook.objects.get()

    assert body["secret"] == kept.secret
    assert body["secret"].startswith("whsec_")
    seen = as_otto.get(f"{URL}{kept.pk}/").content + as_otto.get(URL).content
    assert kept.secret.encode() not in seen
    assert b"t0ken" not in seen
    assert as_otto.get(f"{URL}{kept.pk}/").json()["url"] == "https://hear.example/…path"


def test_nothing_secret_is_in_the_audit_or_in_what_is_told_again(as_ada: APIClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = as_ada.post(URL, OPS, headers=headers).json()
    again = as_ada.post(URL, OPS, headers=headers)
    as_ada.patch(f"{URL}{first['id']}/", {"url": "https://hear.example/an0ther-t0ken"})
    rotated = as_ada.post(f"{URL}{first['id']}/rotate/", {}).json()["secret"]

    assert (again.status_code, again.json()["code"]) == (409, "secret_was_shown")
    audit = str(list(AuditEntry.objects.values_list("before", "after")))
    assert not [text for text in (first["secret"], rotated, "t0ken") if text in audit]
    assert AuditEntry.objects.filter(action="webhook.rotated").exists()


def test_the_secret_and_the_address_are_in_no_log(
    as_ada: APIClient, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = made(as_ada, url=f"{receiver.url}/t0ken-in-the-path")
    told(Webhook.objects.get())
    work()

    logged = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "delivery tried" in logged
    assert "t0ken" not in logged
    assert body["secret"] not in logged


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"secret": "weak"}, "secret"),
        ({"kind": "slack", "url": "https://hooks.slack.com/services/x", "secret": "x"}, "secret"),
        ({"events": ["task.exploded"]}, "events/0"),
        ({"events": ["webhook.test"]}, "events/0"),
        ({"selector": "a=b=c"}, "selector"),
        ({"keyword": "x"}, "keyword"),
        ({"at_mobiles": ["13800138000"]}, "at_mobiles"),
        ({"kind": "dingtalk", "url": "https://oapi.dingtalk.com/robot/send", "at_mobiles": ["all"]}, "at_mobiles/0"),
        ({"kind": "dingtalk", "url": "https://oapi.dingtalk.com/robot/send", "keyword": "x" * 61}, "keyword"),
        ({"only_failures": "yes"}, "only_failures"),
        ({"sequence": 5}, "sequence"),
        ({"tenant": "rivals"}, "tenant"),
        ({"url": "https://hear.example/ a"}, "url"),
        ({"url": "x" * 3000}, "url"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(as_ada: APIClient, fields: dict[str, Any], pointer: str) -> None:
    answer = as_ada.post(URL, OPS | fields)

    assert answer.status_code in (404, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Webhook.objects.exists()


def test_a_name_is_had_once_in_a_tenant(as_ada: APIClient) -> None:
    other = made(as_ada, name="Other")
    made(as_ada)

    for answer in (as_ada.post(URL, OPS), as_ada.patch(f"{URL}{other['id']}/", {"name": "Ops"})):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "taken")


def test_who_changes_what_somebody_else_has_changed_notices(as_ada: APIClient) -> None:
    body = made(as_ada)
    tag = as_ada.get(f"{URL}{body['id']}/")["ETag"]
    as_ada.patch(f"{URL}{body['id']}/", {"only_failures": True})

    late = as_ada.patch(f"{URL}{body['id']}/", {"named_only": True}, headers={"If-Match": tag})
    assert late.status_code == 412


def test_deliveries_do_not_change_a_webhooks_etag(as_ada: APIClient, receiver: Receiver) -> None:
    body = made(as_ada, url=receiver.url)
    tag = as_ada.get(f"{URL}{body['id']}/")["ETag"]
    told(Webhook.objects.get())
    work()

    assert as_ada.get(f"{URL}{body['id']}/")["ETag"] == tag


def test_they_are_found_by_kind_and_state_and_name(as_ada: APIClient) -> None:
    hook(name="Night", enabled=False)
    hook("https://hooks.slack.com/services/x", "slack", name="Chat")

    def found(**query: str) -> list[str]:
        return [row["name"] for row in as_ada.get(URL, query).json()["results"]]

    assert found() == ["Chat", "Night"]
    assert found(kind="slack") == ["Chat"]
    assert found(enabled="false") == ["Night"]
    assert found(search="NIG") == ["Night"]
    assert as_ada.get(URL, {"kind": "pigeon"}).status_code == 400


def test_a_new_address_or_enabling_begins_anew(as_ada: APIClient) -> None:
    kept = hook(enabled=False, disabled_reason="Gone.", failures=9, refusals=5)
    answer = as_ada.patch(f"{URL}{kept.pk}/", {"enabled": True})

    assert answer.json()["disabled_reason"] == ""
    kept.refresh_from_db()
    assert (kept.enabled, kept.failures, kept.refusals) == (True, 0, 0)


class TestTest:
    def test_a_test_is_a_delivery_that_is_tried_once(self, as_ada: APIClient, receiver: Receiver) -> None:
        receiver.says(500, b"no room")
        kept = hook(receiver.url)
        answer = as_ada.post(f"{URL}{kept.pk}/test/")
        work()
        make_due()
        work()

        assert answer.status_code == 202
        log = as_ada.get(answer["Location"]).json()
        assert (log["status"], log["attempts"], log["code"]) == ("failed", 1, "http_500")
        assert log["tried"][0]["status"] == 500

    @pytest.mark.parametrize("kind", ["slack", "dingtalk"])
    def test_chats_get_one_too(self, as_ada: APIClient, receiver: Receiver, kind: str) -> None:
        receiver.says(200, b"ok" if kind == "slack" else OK)
        kept = hook(receiver.url, kind, language="zh")
        answer = as_ada.post(f"{URL}{kept.pk}/test/")
        work()

        assert as_ada.get(answer["Location"]).json()["status"] == "delivered"
        assert "这是一条测试消息" in receiver.told[0].body.decode()

    def test_one_that_is_disabled_can_be_tried_out(self, as_ada: APIClient, receiver: Receiver) -> None:
        kept = hook(receiver.url, enabled=False)
        as_ada.post(f"{URL}{kept.pk}/test/")
        work()

        assert Delivery.objects.get().status == DeliveryStatus.DELIVERED


def test_what_the_old_address_answers_says_nothing_of_the_new_one(as_ada: APIClient) -> None:
    """Somebody corrects the address while the last try at the old one is under way, which then says: gone."""
    kept = hook("https://old.example/hook")
    claim = claims.claim(kept.pk, "a worker", database_now())
    assert claim is not None

    as_ada.patch(f"{URL}{kept.pk}/", {"url": "https://new.example/hook"})

    with pytest.raises(claims.ClaimLost):
        claims.write(claim, enabled=False)
    assert Webhook.objects.get().enabled
    assert claims.claim(kept.pk, "another", database_now()) is not None


def test_another_name_does_not_disturb_who_delivers(as_ada: APIClient) -> None:
    kept = hook("https://old.example/hook")
    claim = claims.claim(kept.pk, "a worker", database_now())
    assert claim is not None

    as_ada.patch(f"{URL}{kept.pk}/", {"name": "New", "url": "https://old.example/hook"})

    claims.renew(claim)


class TestMostOfATenant:
    def test_one_more_is_refused_with_the_number(self, as_ada: APIClient) -> None:
        Tenant.objects.update(max_webhooks=1)
        made(as_ada)

        answer = as_ada.post(URL, OPS | {"name": "Two"})
        assert (answer.status_code, answer.json()["code"]) == (409, "quota_exceeded")
        assert "max_webhooks" in answer.json()["detail"]

    def test_members_see_how_many_places_are_taken(self, as_ada: APIClient, as_vera: APIClient) -> None:
        made(as_ada)
        call_command("tenant", "set", "default", "--max-webhooks", "7")

        told = as_vera.get(f"/api/v1/tenants/{Tenant.objects.get(slug='default').pk}/usage/").json()
        assert told["webhooks"] == {"used": 1, "limit": 7}
        call_command("tenant", "set", "default", "--max-webhooks", "none")
        assert as_ada.get("/api/v1/tenants/").json()["results"][0]["max_webhooks"] is None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_a_place_as_there_are() -> None:
    Tenant.objects.update_or_create(slug="default", defaults={"name": "default", "max_webhooks": 3})
    clients = [signed_in(person(f"ada{number}", Role.ADMIN)) for number in range(8)]
    barrier, statuses = threading.Barrier(len(clients)), []

    def ask(number: int) -> None:
        try:
            barrier.wait(30)
            statuses.append(clients[number].post(URL, OPS | {"name": f"Ops {number}"}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(statuses) == [201] * 3 + [409] * 5
    assert Webhook.objects.count() == 3
