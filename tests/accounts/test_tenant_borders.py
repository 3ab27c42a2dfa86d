"""What another tenant owns does not exist: not in lists, not in words. By its id: see test_matrix."""

from __future__ import annotations

import uuid

import pytest
from rest_framework.test import APIClient

from prewarm.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS = "/api/v1/tasks/"
WISH = {"images": ["nginx:1.27"], "all_nodes": True}


@pytest.fixture
def task(as_otto: APIClient) -> Task:
    """A task of the tenant `default`."""
    answer = as_otto.post(TASKS, WISH)
    assert answer.status_code == 202, answer.data
    return Task.objects.get(pk=answer.data["id"])


def test_lists_hold_what_one_may_see_and_count_nothing_else(as_mallory, as_vera, as_platform_admin, task):
    assert as_mallory.get(TASKS).data["count"] == 0
    assert [client.get(TASKS).data["count"] for client in (as_vera, as_platform_admin)] == [1, 1]


def test_filters_reach_no_further(as_mallory, task):
    assert as_mallory.get(TASKS, {"search": "nginx"}).data["count"] == 0
    assert as_mallory.get(TASKS, {"tenant": "default"}).data["count"] == 0


def test_nobody_chooses_an_owner_an_id_or_a_status(as_otto):
    stolen = {"id": str(uuid.uuid4()), "created_by": "ada", "status": "succeeded", "tenant_id": str(uuid.uuid4())}

    answer = as_otto.post(TASKS, {**WISH, **stolen})

    if answer.status_code == 202:
        assert answer.data["id"] != stolen["id"]
        assert answer.data["status"] == "pending"
    else:
        assert answer.status_code == 422


def test_a_role_that_was_taken_is_gone_at_the_next_request(as_otto, task):
    as_otto.user.memberships.update(role="viewer")
    assert as_otto.post(f"{TASKS}{task.pk}/cancel/").status_code == 403

    as_otto.user.memberships.all().delete()
    assert as_otto.get(f"{TASKS}{task.pk}/").status_code == 404
