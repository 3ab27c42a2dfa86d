"""How much a tenant may ask for: refused in words beyond it, and never passed, however many ask at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import key_check, people
from accounts.api_keys import make_key
from accounts.audit import By
from accounts.models import ApiKey, Role, Tenant, User
from ips.problems import Problem
from prewarm import limits, quotas
from prewarm.models import Limit, PairsOfDay, Task
from prewarm.retention import prune
from tests.conftest import signed_in
from tests.people import person
from tests.prewarm.policies import policy_of
from tests.prewarm.results import end, happened, running
from tests.prewarm.rows import asked, cap, cluster_of
from tests.prewarm.schedule_rows import schedule
from tests.webhooks.inbound.pushes import registry_hook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS, AT_ONCE = "/api/v1/tasks/", 50
WISH = {"images": ["nginx:1.27", "redis:7"], "node_names": ["n1", "n2", "n3"]}
CLI = By(None, "cli:root")


def limit(**wanted: int | None) -> Tenant:
    """Give the tenant `default` these limits."""
    tenant, _ = Tenant.objects.get_or_create(slug="default", defaults={"name": "default"})
    return people.change_tenant(tenant, wanted, CLI)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


# Tasks at once


def test_the_task_that_is_one_too_many_is_refused_in_words_until_another_ends(as_otto: APIClient) -> None:
    limit(max_running_tasks=2)
    first, _ = as_otto.post(TASKS, WISH), as_otto.post(TASKS, WISH)

    third = as_otto.post(TASKS, WISH)

    assert refusal(third) == (409, "quota_exceeded")
    assert "2 tasks at once that are not over (max_running_tasks) and has 2" in third.json()["detail"]
    assert "cancel one, or ask a platform administrator" in third.json()["detail"]
    assert Task.objects.count() == 2

    end(Task.objects.get(pk=first.json()["id"]))
    assert as_otto.post(TASKS, WISH).status_code == 202


def test_a_retry_counts_like_any_task(as_otto: APIClient) -> None:
    limit(max_running_tasks=1)
    task = running(asked())
    happened(task, "n1", "failed", "registry_unreachable")
    end(task)
    asked()

    assert refusal(as_otto.post(f"{TASKS}{task.pk}/retry/")) == (409, "quota_exceeded")


def test_the_limit_is_of_one_tenant_and_holds_for_platform_administrators_in_it(
    as_mallory: APIClient, as_platform_admin: APIClient
) -> None:
    limit(max_running_tasks=0)

    assert as_mallory.post(TASKS, {**WISH, "tenant": "rivals"}).status_code == 202
    assert refusal(as_platform_admin.post(TASKS, WISH)) == (409, "quota_exceeded")


def test_what_would_be_refused_is_told_beforehand(as_otto: APIClient) -> None:
    limit(max_running_tasks=0)

    (warning,) = [text for text in as_otto.post(f"{TASKS}preview/", WISH).json()["warnings"] if "refused" in text]

    assert "max_running_tasks" in warning


# Images on nodes a day


def test_pairs_add_up_over_the_day_and_one_too_many_is_refused_with_what_is_left(as_otto: APIClient) -> None:
    limit(max_pairs_per_day=13)
    assert [as_otto.post(TASKS, WISH).status_code for _ in range(2)] == [202, 202]

    third = as_otto.post(TASKS, WISH)

    assert refusal(third) == (409, "quota_exceeded")
    assert (
        "13 images on nodes a day (max_pairs_per_day) and has asked for 12; this task has 6" in third.json()["detail"]
    )
    assert as_otto.post(TASKS, {"images": ["nginx:1.27"], "node_names": ["n1"]}).status_code == 202
    assert PairsOfDay.objects.get().pairs == 13


def test_the_next_day_begins_anew(as_otto: APIClient) -> None:
    limit(max_pairs_per_day=6)
    yesterday = timezone.now().date() - timedelta(days=1)
    PairsOfDay.objects.create(tenant=Tenant.objects.get(slug="default"), day=yesterday, pairs=6)

    assert as_otto.post(TASKS, WISH).status_code == 202
    assert refusal(as_otto.post(TASKS, WISH)) == (409, "quota_exceeded")


def test_a_selector_counts_the_nodes_of_the_pool_that_it_means(as_otto: APIClient) -> None:
    cluster_of("a1", "a2", labels={"pool": "gpu", "zone": "a"})
    cluster_of("b1", labels={"pool": "gpu", "zone": "b"})
    cluster_of("c1", "c2", labels={"pool": "cpu", "zone": "a"})
    tenant = Tenant.objects.get(slug="default")
    people.change_tenant(tenant, {"node_pool": "pool=gpu", "max_pairs_per_day": 100}, CLI)

    as_otto.post(TASKS, {"images": ["nginx:1.27"], "node_selector": "zone=a"})
    assert PairsOfDay.objects.get().pairs == 2
    as_otto.post(TASKS, {"images": ["nginx:1.27"], "all_nodes": True})
    assert PairsOfDay.objects.get().pairs == 5


def test_a_retry_counts_only_the_pairs_that_it_tries_again(as_otto: APIClient) -> None:
    task = running(asked(["nginx:1", "redis:7"]))
    happened(task, "n1", "failed", "registry_unreachable")
    happened(task, "n2", "succeeded")
    end(task)
    limit(max_pairs_per_day=100)

    assert as_otto.post(f"{TASKS}{task.pk}/retry/").status_code == 202
    assert PairsOfDay.objects.get().pairs == 2


def test_counts_of_old_days_are_cleared_away() -> None:
    tenant = Tenant.objects.get(slug="default")
    for day in ("2001-01-01", timezone.now().date()):
        PairsOfDay.objects.create(tenant=tenant, day=day, pairs=1)

    prune(timezone.now())

    assert [row.day for row in PairsOfDay.objects.all()] == [timezone.now().date()]


# Nodes at once


@pytest.mark.django_db(transaction=True)
def test_nodes_at_once_are_the_cap_of_the_tenants_limit_at_once_and_the_general_one_comes_back() -> None:
    name = f"tenant:{limit(max_nodes_at_once=None).pk}"
    usual = limits.read([name])[name].cap

    limit(max_nodes_at_once=3)
    assert Limit.objects.get(name=name).cap == 3
    limits.follow_settings()
    assert Limit.objects.get(name=name).cap == 3

    limit(max_nodes_at_once=None)
    assert Limit.objects.get(name=name).cap == usual


def test_a_tenant_that_has_not_pulled_yet_begins_with_its_own_cap() -> None:
    other = people.create_tenant("gpu", CLI, max_nodes_at_once=2)

    rows = limits.read([f"tenant:{other.pk}", f"tenant:{Tenant.objects.get(slug='default').pk}"])

    assert sorted(row.cap for row in rows.values())[0] == rows[f"tenant:{other.pk}"].cap == 2


# What is used


def test_members_see_what_is_used_of_each_limit(as_vera: APIClient, as_mallory: APIClient) -> None:
    tenant = limit(max_running_tasks=5, max_pairs_per_day=10, max_api_keys=3, max_webhooks=4, max_schedules=6)
    schedule()
    policy_of()
    registry_hook()
    asked(["nginx:1"], node_names=["n1", "n2"])
    cap(f"tenant:{tenant.pk}", 7)

    answer = as_vera.get(f"/api/v1/tenants/{tenant.pk}/usage/")

    assert answer.json() == {
        "running_tasks": {"used": 1, "limit": 5},
        "nodes_at_once": {"used": 0, "limit": 7},
        "pairs_today": {"used": 2, "limit": 10},
        "api_keys": {"used": 0, "limit": 3},
        "webhooks": {"used": 0, "limit": 4},
        "schedules": {"used": 1, "limit": 6},
        "policies": {"used": 1, "limit": 100},
        "registry_hooks": {"used": 1, "limit": 20},
    }
    assert as_mallory.get(f"/api/v1/tenants/{tenant.pk}/usage/").status_code == 404


def test_what_nobody_limits_is_not_counted(as_vera: APIClient) -> None:
    tenant = Tenant.objects.get(slug="default")
    asked()

    used = as_vera.get(f"/api/v1/tenants/{tenant.pk}/usage/").json()

    assert used["pairs_today"] == {"used": None, "limit": None}
    assert used["api_keys"] == {"used": 0, "limit": 50}
    assert not PairsOfDay.objects.exists()


# All at once


def all_at_once(act: Callable[[], str]) -> Counter[str]:
    """What came of it, when 50 do the same at the same moment."""
    start, came = Barrier(AT_ONCE), []

    def work() -> None:
        start.wait(60)
        try:
            came.append(act())
        except Problem as refused:
            came.append(refused.code)
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return Counter(came)


EXACTLY_ONE = {"made": 1, "quota_exceeded": AT_ONCE - 1}


@pytest.fixture
def otto(transactional_db: None) -> User:
    return person("otto", Role.OPERATOR)


def post(client: APIClient) -> Callable[[], str]:
    token = client.defaults["HTTP_AUTHORIZATION"]

    def act() -> str:
        answer = APIClient(HTTP_AUTHORIZATION=token).post(TASKS, WISH)
        return "made" if answer.status_code == 202 else str(answer.json()["code"])

    return act


@pytest.mark.parametrize(
    ("wanted", "before"),
    [
        ({"max_running_tasks": 3}, 2),
        ({"max_pairs_per_day": 17}, 1),
        ({"max_running_tasks": 2, "max_pairs_per_day": 12}, 1),
    ],
    ids=str,
)
def test_of_fifty_tasks_at_the_last_place_exactly_one_is_made(otto: User, wanted: Any, before: int) -> None:
    client = signed_in(otto)
    limit(**wanted)
    for _ in range(before):
        assert client.post(TASKS, WISH).status_code == 202

    assert all_at_once(post(client)) == EXACTLY_ONE

    tenant = Tenant.objects.get(slug="default")
    assert quotas.running_tasks(tenant) == before + 1
    assert [row.pairs for row in PairsOfDay.objects.all()] in ([], [6 * (before + 1)])


def test_of_fifty_keys_at_the_last_place_exactly_one_is_made(otto: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_check, "ROUNDS", 4)
    tenant = limit(max_api_keys=2)
    make_key(otto, tenant, "first", CLI)

    def act() -> str:
        make_key(otto, tenant, "another", CLI)
        return "made"

    assert all_at_once(act) == EXACTLY_ONE
    assert ApiKey.objects.count() == 2
