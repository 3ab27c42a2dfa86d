"""What another tenant owns does not exist: not in lists, not in words. By its id: see test_foreign_ids."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from prewarm.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS = "/api/v1/tasks/"
WISH = {"images": ["nginx:1.27"], "all_nodes": True}
READS = ["", "nodes/", "events/", "changes/"]
WRITES = ["cancel/", "pause/", "resume/", "retry/"]


@pytest.fixture
def task(as_otto: APIClient) -> Task:
    """A task of the tenant `default`."""
    answer = as_otto.post(TASKS, WISH)
    assert answer.status_code == 202, answer.data
    return Task.objects.get(pk=answer.data["id"])


def told(answer: Any) -> tuple[int, object]:
    """What a caller learns: the status and the body, less what is different in every answer."""
    return answer.status_code, {**answer.json(), "request_id": ""}


@pytest.mark.parametrize("path", READS)
def test_every_member_reads_it(as_ada, as_otto, as_vera, as_platform_admin, task, path):
    for client in (as_ada, as_otto, as_vera, as_platform_admin):
        assert client.get(f"{TASKS}{task.pk}/{path}").status_code == 200


@pytest.mark.parametrize("path", WRITES)
def test_a_viewer_sees_it_but_may_not_change_it(as_vera, task, path):
    refused = as_vera.post(f"{TASKS}{task.pk}/{path}")

    assert (refused.status_code, refused.data["code"]) == (403, "role_too_low")


def test_lists_hold_what_one_may_see_and_count_nothing_else(as_mallory, as_vera, as_platform_admin, task):
    assert as_mallory.get(TASKS).data["count"] == 0
    assert [client.get(TASKS).data["count"] for client in (as_vera, as_platform_admin)] == [1, 1]


def test_filters_reach_no_further(as_mallory, task):
    assert as_mallory.get(TASKS, {"search": "nginx"}).data["count"] == 0
    assert as_mallory.get(TASKS, {"tenant": "default"}).data["count"] == 0


@pytest.mark.parametrize("path", ["", "preview/"])
def test_making_one_needs_a_role_that_writes(as_vera, as_nobody, as_ada, path):
    assert [client.post(TASKS + path, WISH).status_code for client in (as_vera, as_nobody)] == [403, 403]
    assert as_ada.post(TASKS + path, WISH).status_code in (200, 202)


def test_making_one_for_another_tenant_is_told_like_for_one_that_is_not_there(as_otto, as_mallory):
    foreign = as_otto.post(TASKS, {**WISH, "tenant": "rivals"})
    missing = as_otto.post(TASKS, {**WISH, "tenant": "nothing"})

    assert foreign.status_code == 404
    assert told(foreign) == told(missing)
    assert not Task.objects.exists()


def test_nobody_chooses_an_owner_an_id_or_a_status(as_otto):
    stolen = {"id": str(uuid.uuid4()), "created_by": "ada", "status": "succeeded", "tenant_id": str(uuid.uuid4())}

    answer = as_otto.post(TASKS, {**WISH, **stolen})

    if answer.status_code == 202:
        assert answer.data["id"] != stolen["id"]
        assert answer.data["status"] == "pending"
    else:
        assert answer.status_code == 422


def test_nodes_are_for_members(as_vera, as_nobody):
    assert as_vera.get("/api/v1/nodes/").status_code == 200
    assert as_nobody.get("/api/v1/nodes/").status_code == 403


def test_a_role_that_was_taken_is_gone_at_the_next_request(as_otto, task):
    as_otto.user.memberships.update(role="viewer")
    assert as_otto.post(f"{TASKS}{task.pk}/cancel/").status_code == 403

    as_otto.user.memberships.all().delete()
    assert as_otto.get(f"{TASKS}{task.pk}/").status_code == 404
