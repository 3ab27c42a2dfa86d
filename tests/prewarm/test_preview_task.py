"""What a task would do, before it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm import live_settings
from prewarm.image_results import untouched
from prewarm.models import Batch, Limit, NodeResult, NodeSlot, NodeView, Setting, Task
from tests.prewarm.rows import asked, cap, cluster_of, open_batch

pytestmark = pytest.mark.django_db
PREVIEW = "/api/v1/tasks/preview/"
NGINX = [[78_005_565, ["docker.io/library/nginx:1.27", "docker.io/library/nginx@sha256:aa"]]]


def preview(client: APIClient, **wish: Any) -> dict[str, Any]:
    given = {"images": ["nginx:1.27"], "all_nodes": True, **wish}
    answer = client.post(PREVIEW, {name: value for name, value in given.items() if value is not None})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_it_counts_the_nodes_that_are_meant(as_otto: APIClient) -> None:
    cluster_of("a1", "a2", labels={"pool": "gpu"})
    cluster_of("b1", labels={"pool": "cpu"})

    body = preview(as_otto, all_nodes=None, node_selector="pool=gpu")

    assert (body["matched"], body["total"], body["skipped"], body["warnings"]) == (2, 3, [], [])
    assert body["nodes"] == [
        {"name": "a1", "skipped": None, "present": [], "absent": []},
        {"name": "a2", "skipped": None, "present": [], "absent": []},
    ]


def test_it_says_which_nodes_would_be_skipped_and_why(as_otto: APIClient) -> None:
    cluster_of("good")
    cluster_of("cordoned1", "cordoned2", unschedulable=True)
    cluster_of("away", ready=False)
    cluster_of("windows", os="windows")
    cluster_of("full", disk_pressure=True)
    cluster_of("leaving", taints=[{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}])

    body = preview(as_otto)

    assert body["matched"] == 1
    assert {row["reason"]: row["nodes"] for row in body["skipped"]} == {
        "node_cordoned": 2,
        "node_unready": 1,
        "wrong_os": 1,
        "no_disk_headroom": 1,
        "node_leaving": 1,
    }
    assert body["skipped"][0]["reason"] == "node_cordoned"
    assert all(row["hint"].endswith(".") for row in body["skipped"])
    assert {row["name"]: row["skipped"] for row in body["nodes"]}["away"] == "node_unready"


def test_a_cordoned_node_counts_when_asked_for(as_otto: APIClient) -> None:
    cluster_of("cordoned", unschedulable=True)

    assert preview(as_otto, include_cordoned=True)["matched"] == 1


def test_a_node_that_the_cluster_does_not_have_is_named(as_otto: APIClient) -> None:
    cluster_of("here")

    body = preview(as_otto, all_nodes=None, node_names=["here", "gone"])

    assert body["matched"] == 1
    assert [(row["reason"], row["nodes"]) for row in body["skipped"]] == [("node_gone", 1)]
    assert [(row["name"], row["skipped"]) for row in body["nodes"]] == [("gone", "node_gone"), ("here", None)]


class TestWhatIsPresent:
    def test_is_told_by_the_place_of_the_image_in_the_wish(self, as_otto: APIClient) -> None:
        cluster_of("warm", images=NGINX)
        cluster_of("cold")

        body = preview(as_otto, images=["redis:7", "nginx:1.27", "nginx:1.2"])

        assert {row["name"]: row["present"] for row in body["nodes"]} == {"warm": [1], "cold": []}

    def test_and_what_is_surely_not_there_apart_from_what_nobody_knows(self, as_otto: APIClient) -> None:
        cluster_of("tells-all", images=NGINX)
        cluster_of("tells-the-biggest", images=[[10**9, [f"docker.io/big/{n}:1"]] for n in range(49)] + NGINX)

        body = preview(as_otto, images=["redis:7", "nginx:1.27"])

        assert {row["name"]: (row["present"], row["absent"]) for row in body["nodes"]} == {
            "tells-all": ([1], [0]),
            "tells-the-biggest": ([1], []),
        }

    def test_does_not_matter_when_images_are_always_pulled(self, as_otto: APIClient) -> None:
        cluster_of("warm", images=NGINX)

        assert preview(as_otto, pull_policy="Always")["nodes"][0]["present"] == []

    def test_is_not_believed_of_a_node_that_is_not_ready(self, as_otto: APIClient) -> None:
        cluster_of("away", images=NGINX, ready=False)

        assert preview(as_otto)["nodes"][0]["present"] == []

    def test_is_not_believed_when_the_cluster_was_not_heard_from(self, as_otto: APIClient) -> None:
        cluster_of("warm", images=NGINX)
        NodeView.objects.update(heard_at=timezone.now() - timedelta(minutes=5))

        assert preview(as_otto)["nodes"][0]["present"] == []


class TestWarnings:
    def test_there_are_none_when_all_is_well(self, as_otto: APIClient) -> None:
        cluster_of("n1")

        assert preview(as_otto)["warnings"] == []

    def test_no_node_matches(self, as_otto: APIClient) -> None:
        cluster_of("n1")

        body = preview(as_otto, all_nodes=None, node_selector="pool=gpu")

        assert body["matched"] == 0
        assert any("No node matches" in text for text in body["warnings"])

    @pytest.mark.parametrize("minutes", [None, 5])
    def test_the_cluster_has_not_been_heard_from(self, as_otto: APIClient, minutes: int | None) -> None:
        cluster_of("n1")
        heard = None if minutes is None else timezone.now() - timedelta(minutes=minutes)
        NodeView.objects.update(heard_at=heard)

        assert any("not been heard from" in text for text in preview(as_otto)["warnings"])

    @pytest.mark.parametrize(
        ("image", "moves"),
        [
            ("nginx", True),
            ("nginx:latest", True),
            ("127.0.0.1:5000/app", True),
            ("127.0.0.1:5000/app:latest", True),
            ("nginx:1.27", False),
            ("127.0.0.1:5000/app:1", False),
            (f"nginx@sha256:{'a' * 64}", False),
            (f"nginx:latest@sha256:{'a' * 64}", False),
        ],
    )
    def test_a_tag_that_moves(self, as_otto: APIClient, image: str, moves: bool) -> None:
        cluster_of("n1")

        assert any("latest moves" in text for text in preview(as_otto, images=[image])["warnings"]) is moves


class TestWhatItWouldWaitFor:
    def test_is_nothing_where_all_is_free(self, as_otto: APIClient) -> None:
        cluster_of("n1")

        assert preview(as_otto)["waits"] == []

    def test_a_paused_intake(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        Setting.objects.create(name="intake_paused", value=True, changed_at=timezone.now(), changed_by="root")
        live_settings.forget()

        assert [entry["for"] for entry in preview(as_otto)["waits"]] == ["intake_paused"]

    def test_news_of_the_nodes(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        NodeView.objects.update(heard_at=None)

        assert [entry["for"] for entry in preview(as_otto)["waits"]] == ["node_view_stale"]

    def test_limits_that_are_full_with_their_figures(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        for name in ("cluster", "host:docker.io", "host:ghcr.io"):
            cap(name, 7)
        Limit.objects.update(used=7)

        waits = preview(as_otto)["waits"]

        assert [(entry["for"], entry["name"]) for entry in waits] == [("limit", "cluster"), ("limit", "host:docker.io")]
        assert "7 of 7 pull jobs at the registry docker.io run" in waits[1]["hint"]

    def test_nodes_on_which_another_task_pulls(self, as_otto: APIClient) -> None:
        cluster_of("n1", "n2", "n3")
        other = asked(images=["redis:7"])
        batch = open_batch(other)
        for node in ("n1", "n2"):
            pulled_on(other, batch, node)

        waits = preview(as_otto, all_nodes=None, node_names=["n2", "n3"])["waits"]

        assert [entry["for"] for entry in waits] == ["busy_nodes"]
        assert waits[0]["hint"].startswith("1 of the nodes is being pulled on")

    def test_tasks_that_wait_for_the_same_limit_already(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        cap("cluster", 1)
        batch = open_batch(asked())
        Batch.objects.filter(pk=batch.pk).update(waiting=3)

        waits = preview(as_otto)["waits"]

        assert [entry["for"] for entry in waits] == ["tasks_ahead"]
        assert waits[0]["hint"].startswith("1 task waits for room already")


def pulled_on(task: Task, batch: Batch, node: str) -> None:
    result = NodeResult.objects.create(task=task, batch=batch, node=node, status="pulling", images=untouched([0]))
    NodeSlot.objects.create(
        node=node,
        node_result=result,
        batch=batch,
        attempt=1,
        part=0,
        tenant_id=task.tenant_id,
        hosts=[],
        images=[0],
        pull_job=f"ips-{node}",
        taken_at=timezone.now(),
    )


def test_the_registries_are_not_asked_where_that_is_switched_off(as_otto: APIClient) -> None:
    cluster_of("n1")

    assert preview(as_otto, images=["redis:7", "nginx:1.27"])["images"] == [
        {
            "image": image,
            "registry": "off",
            "reason": None,
            "message": "",
            "bytes": None,
            "platforms": [],
            "checked_at": None,
        }
        for image in ("redis:7", "nginx:1.27")
    ]


def test_it_says_how_the_nodes_follow_each_other(as_otto: APIClient) -> None:
    cluster_of(*(f"n{n:02}" for n in range(25)))

    body = preview(as_otto, first_wave=2, batch_size=10)

    assert body["waves"] == {"batches": 4, "first_wave": 2, "nodes_at_once": 5}


def test_two_hundred_nodes_are_shown_and_all_are_counted(as_otto: APIClient) -> None:
    cluster_of(*(f"n{n:03}" for n in range(250)))

    body = preview(as_otto)

    assert (body["matched"], len(body["nodes"])) == (250, 200)


def test_nothing_is_made(as_otto: APIClient) -> None:
    cluster_of("n1")

    preview(as_otto)

    assert not Task.objects.exists()
    assert not Batch.objects.exists()


def test_what_is_wrong_is_told_as_for_a_task(as_otto: APIClient) -> None:
    wrong = {"images": ["Bad//Name"], "node_selector": ""}

    previewed, asked = as_otto.post(PREVIEW, wrong), as_otto.post("/api/v1/tasks/", wrong)

    assert previewed.status_code == asked.status_code == 422
    assert previewed.json()["errors"] == asked.json()["errors"]


@pytest.mark.parametrize(("somebody", "status"), [("as_vera", 403), ("as_nobody", 403), ("anonymous", 401)])
def test_who_may_not_make_a_task_does_not_get_a_preview(
    somebody: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(somebody)

    assert client.post(PREVIEW, {"images": ["nginx:1.27"], "all_nodes": True}).status_code == status


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"tenant": "no-such-team"}, 404, "not_found"),
        ({"tenant": "red"}, 404, "not_found"),
        ({"priority": 7}, 422, "above_max_priority"),
        ({"urgent": True}, 403, "platform_admin_only"),
    ],
)
def test_what_the_tenant_may_not_ask_for_is_told_as_for_a_task(
    as_otto: APIClient, wrong: dict[str, Any], status: int, code: str
) -> None:
    Tenant.objects.filter(slug="default").update(max_priority=6)
    Tenant.objects.create(slug="red", name="Red")
    wish = {"images": ["nginx:1.27"], "all_nodes": True, **wrong}

    previewed, asked = as_otto.post(PREVIEW, wish), as_otto.post("/api/v1/tasks/", wish)

    assert previewed.status_code == asked.status_code == status
    assert previewed.json()["errors"] == asked.json()["errors"]
    assert asked.json()["errors"][0]["code"] == code
