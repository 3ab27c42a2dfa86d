"""The rules of a tenant: set by platform administrators (API, terminal, admin pages), seen by its members."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Role, Tenant
from tests.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TENANTS = "/api/v1/tenants/"
RULES = {
    "max_running_tasks": 5,
    "max_nodes_at_once": 20,
    "max_pairs_per_day": 1000,
    "max_api_keys": 3,
    "max_schedules": 7,
    "min_interval_seconds": 300,
    "node_pool": "pool=gpu,!spot",
    "allowed_images": ["registry.io/team/**"],
    "denied_images": ["**:latest"],
    "pull_secrets": ["regcred"],
    "pull_windows": [{"kind": "deny", "cron": "0 9 * * 1-5", "duration_minutes": 480, "time_zone": "UTC"}],
    "followed_namespaces": ["shop", "shop-jobs"],
}
NONE = {**dict.fromkeys(RULES), "node_pool": ""}


def default() -> str:
    return f"{TENANTS}{Tenant.objects.get(slug='default').pk}/"


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue()


def rules(body: Any) -> dict[str, Any]:
    return {name: body[name] for name in RULES}


def test_a_platform_administrator_sets_them_and_takes_them_away_and_members_see_them(
    as_platform_admin: APIClient, as_vera: APIClient
) -> None:
    assert rules(as_vera.get(default()).json()) == NONE

    assert rules(as_platform_admin.patch(default(), RULES).json()) == RULES
    assert rules(as_vera.get(default()).json()) == RULES

    assert rules(as_platform_admin.patch(default(), NONE).json()) == NONE


def test_a_new_tenant_may_have_them_from_the_start(as_platform_admin: APIClient) -> None:
    made = as_platform_admin.post(TENANTS, {"slug": "gpu", **RULES})

    assert (made.status_code, rules(made.json())) == (201, RULES)
    assert AuditEntry.objects.get(action="tenant.created").after["node_pool"] == "pool=gpu,!spot"


def test_the_audit_says_what_was_before_and_after(as_platform_admin: APIClient) -> None:
    as_platform_admin.patch(default(), {"max_running_tasks": 5, "pull_secrets": ["regcred"]})
    as_platform_admin.patch(default(), {"max_running_tasks": 6, "pull_secrets": ["regcred"]})

    first, second = AuditEntry.objects.filter(action="tenant.changed").order_by("pk")
    assert (first.before, first.after) == (
        {"max_running_tasks": None, "pull_secrets": None},
        {"max_running_tasks": 5, "pull_secrets": ["regcred"]},
    )
    assert (second.before, second.after) == ({"max_running_tasks": 5}, {"max_running_tasks": 6})


@pytest.mark.parametrize("name", RULES)
def test_an_admin_of_the_tenant_changes_none_of_them(as_ada: APIClient, name: str) -> None:
    assert as_ada.patch(default(), {name: RULES[name]}).status_code == 403


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"max_running_tasks": -1}, "max_running_tasks"),
        ({"max_running_tasks": 1.5}, "max_running_tasks"),
        ({"max_nodes_at_once": 0}, "max_nodes_at_once"),
        ({"max_pairs_per_day": 10**12}, "max_pairs_per_day"),
        ({"node_pool": "pool in"}, "node_pool"),
        ({"node_pool": "a=" + "b" * 3000}, "node_pool"),
        ({"node_pool": None}, "node_pool"),
        ({"allowed_images": ["registry.io/**", "nginx"]}, "allowed_images/1"),
        ({"denied_images": "**"}, "denied_images"),
        ({"denied_images": ["**"] * 101}, "denied_images"),
        ({"pull_secrets": ["Not A Name"]}, "pull_secrets/0"),
        ({"followed_namespaces": ["shop", "no.label"]}, "followed_namespaces/1"),
        ({"max_runing_tasks": 5}, "max_runing_tasks"),
    ],
)
def test_what_is_no_rule_is_named_and_nothing_changes(
    as_platform_admin: APIClient, wish: dict[str, Any], pointer: str
) -> None:
    answer = as_platform_admin.patch(default(), {"name": "Changed", **wish})

    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert Tenant.objects.get(slug="default").name != "Changed"


def test_they_are_set_shown_and_taken_away_at_a_terminal() -> None:
    run("tenant", "create", "gpu", "--max-running-tasks", "5", "--allowed-images", "registry.io/team/**", "**:v1")
    run("tenant", "set", "gpu", "--node-pool", "pool=gpu", "--pull-secrets", "--max-api-keys", "2")

    shown = run("tenant", "show", "gpu").splitlines()
    assert [line.strip() for line in shown[1:]] == [
        "running tasks: 0, of 5",
        "nodes at once: 0, of 100",
        "pairs today: not counted, no limit",
        "api keys: 0, of 2",
        "webhooks: 0, of 20",
        "schedules: 0, of 50",
        "policies: 0, of 100",
        "registry hooks: 0, of 20",
        "node pool: pool=gpu",
        "allowed images: registry.io/team/**, **:v1",
        "denied images: no rule",
        "pull secrets: none",
        "followed namespaces: no rule",
    ]

    run("tenant", "set", "gpu", "--node-pool", "", "--allowed-images", "any", "--max-running-tasks", "none")
    (told,) = json.loads(run("tenant", "--json", "show", "gpu"))
    assert rules(told) == {**NONE, "pull_secrets": [], "max_api_keys": 2}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--max-priority", "11"], "--max-priority: "),
        (["--max-nodes-at-once", "0"], "--max-nodes-at-once: "),
        (["--allowed-images", "docker.io/**", "nginx"], "--allowed-images 2: Begin"),
        (["--node-pool", "a=b=c"], "--node-pool: "),
    ],
)
def test_what_is_no_rule_is_refused_at_a_terminal(words: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run("tenant", "set", "default", *words)


class TestAdminPages:
    @pytest.fixture
    def administrator(self) -> Client:
        person("root", platform_admin=True)
        client = Client()
        answer = client.post("/admin/login/?next=/admin/", {"username": "root", "password": PASSWORD})
        assert answer.status_code == 302
        return client

    def form(self, **given: str) -> dict[str, str]:
        return {"name": "Default", "max_priority": "10", **given}

    def url(self) -> str:
        return f"/admin/accounts/tenant/{Tenant.objects.get(slug='default').pk}/change/"

    def test_they_are_set_there_too_and_the_audit_says_by_whom(self, administrator: Client) -> None:
        given = self.form(max_running_tasks="5", node_pool="pool=gpu", allowed_images='["registry.io/**"]')

        assert administrator.post(self.url(), given).status_code == 302

        tenant = Tenant.objects.get(slug="default")
        assert (tenant.max_running_tasks, tenant.node_pool) == (5, "pool=gpu")
        assert (tenant.allowed_images, tenant.denied_images) == (["registry.io/**"], None)
        entry = AuditEntry.objects.get(action="tenant.changed")
        assert (entry.actor, entry.after["node_pool"]) == ("root", "pool=gpu")

    def test_a_new_tenant_is_made_there_with_its_rules(self, administrator: Client) -> None:
        given = self.form(slug="gpu", max_api_keys="2", denied_images='["**:latest"]')

        assert administrator.post("/admin/accounts/tenant/add/", given).status_code == 302

        tenant = Tenant.objects.get(slug="gpu")
        assert (tenant.max_api_keys, tenant.denied_images) == (2, ["**:latest"])
        assert AuditEntry.objects.get(action="tenant.created").target == "gpu"

    def test_what_is_no_rule_is_refused_at_its_field(self, administrator: Client) -> None:
        given = self.form(node_pool="pool in", allowed_images='["nginx"]', max_nodes_at_once="0")

        page = administrator.post(self.url(), given)

        assert page.status_code == 200
        assert page.context["errors"]
        assert set(page.context["adminform"].form.errors) == {"node_pool", "allowed_images", "max_nodes_at_once"}
        assert "Begin &#x27;nginx&#x27; with the registry" in page.content.decode()


# What nobody understands is refused, not passed over


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", TENANTS, {"slug": "new"}),
        ("post", "/api/v1/memberships/", {"username": "vera", "role": "viewer"}),
        ("patch", "/api/v1/memberships/{member}/", {"role": "viewer"}),
        ("post", "/api/v1/users/", {"username": "new"}),
        ("patch", "/api/v1/users/{user}/", {"first_name": "Carla"}),
        ("post", "/api/v1/api-keys/", {"name": "ci"}),
        ("post", "/api/v1/auth/password/", {"current": PASSWORD, "new": "a long enough password"}),
        ("post", "/api/v1/auth/login/", {"username": "root", "password": PASSWORD}),
        ("post", "/api/v1/auth/reset-password/", {"token": "x", "new": "a long enough password"}),
        ("post", "/api/v1/image-lists/", {"name": "Base", "images": ["nginx:1"]}),
    ],
)
def test_an_unknown_field_is_refused_by_its_name(
    as_platform_admin: APIClient, method: str, path: str, body: dict[str, Any]
) -> None:
    otto = person("otto", Role.OPERATOR)
    person("vera")
    url = path.format(member=otto.memberships.get().pk, user=otto.pk)
    client = APIClient() if "login" in path or "reset" in path else as_platform_admin

    answer = getattr(client, method)(url, {**body, "is_root": True, "expires": "never"})

    assert answer.status_code == 422, answer.content
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
        ("is_root", "unknown_field"),
        ("expires", "unknown_field"),
    }
