"""Who may ask to go before others: priorities of a tenant, and `urgent` for platform administrators."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS = "/api/v1/tasks/"
WISH = {"images": ["nginx:1.27"], "all_nodes": True}


def test_a_platform_administrator_makes_a_task_urgent(as_platform_admin: APIClient) -> None:
    answer = as_platform_admin.post(TASKS, {**WISH, "urgent": True})

    assert (answer.status_code, answer.json()["urgent"]) == (202, True)
    assert Task.objects.get().urgent


def test_nobody_else_does(as_ada: APIClient, as_otto: APIClient) -> None:
    for client in (as_ada, as_otto):
        answer = client.post(TASKS, {**WISH, "urgent": True})

        assert (answer.status_code, answer.json()["code"]) == (403, "platform_admin_only")
        assert answer.json()["errors"][0]["pointer"] == "urgent"
    assert not Task.objects.exists()


def test_a_priority_above_the_tenants_is_refused_with_what_is_possible(as_otto: APIClient) -> None:
    Tenant.objects.filter(slug="default").update(max_priority=6)

    refused = as_otto.post(TASKS, {**WISH, "priority": 7})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"pointer": "priority", "code": "above_max_priority", "detail": "default may ask for priority 6 at most."}
    ]
    assert as_otto.post(TASKS, {**WISH, "priority": 6}).status_code == 202


def test_the_command_line_is_a_platform_administrator_and_keeps_to_the_tenants_priority() -> None:
    call_command("prewarm", "nginx:1.27", "--all-nodes", "--urgent", "--strict-waves", stdout=StringIO())
    assert Task.objects.values_list("urgent", "strict_waves").get() == (True, True)

    Tenant.objects.filter(slug="default").update(max_priority=4)
    with pytest.raises(CommandError, match="priority 4 at most"):
        call_command("prewarm", "nginx:1.27", "--all-nodes", stdout=StringIO())


def test_a_retry_is_not_urgent_again(as_platform_admin: APIClient, as_otto: APIClient) -> None:
    from tests.prewarm.results import end, happened

    task = Task.objects.get(pk=as_platform_admin.post(TASKS, {**WISH, "urgent": True}).json()["id"])
    happened(task, "n1", "failed", "image_not_found")
    end(task)

    assert as_otto.post(f"{TASKS}{task.pk}/retry/").json()["urgent"] is False


def test_a_retry_has_no_higher_priority_than_its_tenant_has_now(as_otto: APIClient) -> None:
    from tests.prewarm.results import end, happened

    task = Task.objects.get(pk=as_otto.post(TASKS, {**WISH, "priority": 9}).json()["id"])
    happened(task, "n1", "failed", "image_not_found")
    end(task)
    Tenant.objects.filter(slug="default").update(max_priority=6)

    assert as_otto.post(f"{TASKS}{task.pk}/retry/").json()["priority"] == 6
