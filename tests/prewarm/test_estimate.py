"""How long a task is estimated to take, the timeout that follows from it, and the warning when it is too short."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from prewarm import live_settings, submit
from prewarm.estimate import estimate, recent_seconds
from prewarm.image_results import ImageResult, Outcome, write
from prewarm.models import Batch, NodeResult, NodeStatus, Setting, Task
from prewarm.planner import plan
from tests.prewarm.rows import asked, cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PREVIEW = "/api/v1/tasks/preview/"


def pulled(image: str, *seconds: float) -> None:
    """As if this image had been pulled lately, in so many seconds on each of some nodes."""
    task = asked([image])
    for number, took in enumerate(seconds):
        images = write([ImageResult(0, Outcome.PULLED, milliseconds=int(took * 1000))])
        NodeResult.objects.create(task=task, node=f"{image}{number}", status=NodeStatus.SUCCEEDED, images=images)


def of(*images: str, nodes: int = 10, at_once: int = 5) -> Any:
    return estimate(images=images, hosts=["docker.io"], tenant="t", nodes=nodes, at_once=at_once)


def planned(**wish: Any) -> Task:
    task = asked(**wish)
    batch = Batch.objects.get(task=task)
    batch.holder, batch.token = "me", 1
    batch.save()
    assert plan(batch, task, timezone.now())
    task.refresh_from_db()
    return task


class TestTheEstimate:
    def test_is_the_mean_of_what_the_image_took_lately_times_the_rounds(self) -> None:
        pulled("a:1", 10, 20)

        assert of("a:1", nodes=10, at_once=5).seconds == 2 * 15
        assert of("a:1", nodes=11, at_once=5).seconds == 3 * 15

    def test_adds_up_the_images_of_a_node(self) -> None:
        pulled("a:1", 10)
        pulled("b:1", 30)

        assert of("a:1", "b:1", nodes=1).seconds == 40

    def test_takes_the_median_of_the_others_for_an_image_never_pulled(self) -> None:
        for number, took in enumerate((4, 6, 500)):
            pulled(f"a:{number}", took)

        found = of("new:1", "a:0", nodes=1)

        assert (found.seconds, found.measured_images) == (10, 1)

    def test_assumes_half_a_minute_where_nothing_was_ever_pulled(self) -> None:
        found = of("a:1", nodes=10, at_once=10)

        assert (found.seconds, found.measured_images) == (30, 0)

    def test_keeps_to_the_caps(self) -> None:
        Setting.objects.create(
            name="cap_registry_hosts", value={"docker.io": 2}, changed_at=timezone.now(), changed_by="root"
        )
        live_settings.forget()

        assert (of("a:1", nodes=10, at_once=5).nodes_at_once, of("a:1").seconds) == (2, 5 * 30)

    def test_of_no_node_is_nothing(self) -> None:
        assert of("a:1", nodes=0).seconds == 0

    def test_does_not_count_what_was_already_there(self) -> None:
        pulled("a:1", 10)
        task = Task.objects.get()
        there = write([ImageResult(0, Outcome.ALREADY_PRESENT, milliseconds=0)])
        NodeResult.objects.create(task=task, node="n", status=NodeStatus.SUCCEEDED, images=there)

        assert recent_seconds() == {"a:1": 10}


class TestTheTimeout:
    def test_without_one_is_three_times_the_estimate(self) -> None:
        cluster_of(*(f"n{number}" for number in range(10)))
        pulled("a:1", 700)

        task = planned(images=["a:1"], concurrency=5)

        assert (task.timeout_seconds, task.timeout_by_estimate) == (3 * 2 * 700, True)

    def test_is_at_least_half_an_hour(self) -> None:
        cluster_of("n1")

        assert planned().timeout_seconds == 1800

    def test_that_is_given_stays(self) -> None:
        cluster_of("n1")
        pulled("a:1", 9000)

        task = planned(images=["a:1"], timeout_seconds=60)

        assert (task.timeout_seconds, task.timeout_by_estimate) == (60, False)

    def test_of_a_retry_is_estimated_anew(self) -> None:
        task = asked()
        Task.objects.filter(pk=task.pk).update(status="failed", timeout_seconds=9999)
        NodeResult.objects.create(task=task, node="n", status=NodeStatus.FAILED, images=[])

        again = submit.retry(Task.objects.get(pk=task.pk), user=None, actor="ada", request_id="")

        assert again.timeout_by_estimate

    @pytest.mark.parametrize("seconds", [9, 604_801, "soon"])
    def test_that_makes_no_sense_is_refused(self, as_otto: APIClient, seconds: Any) -> None:
        answer = as_otto.post("/api/v1/tasks/", {"images": ["a:1"], "all_nodes": True, "timeout_seconds": seconds})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "timeout_seconds"


class TestThePreview:
    def preview(self, client: APIClient, **wish: Any) -> dict[str, Any]:
        answer = client.post(PREVIEW, {"images": ["a:1"], "all_nodes": True, **wish})
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def test_tells_batches_estimate_and_timeout(self, as_otto: APIClient) -> None:
        cluster_of(*(f"n{number}" for number in range(21)))
        pulled("a:1", 700)

        found = self.preview(as_otto, first_wave=1)

        assert found["batches"] == 3
        assert found["estimate"] == {"seconds": 5 * 700, "nodes_at_once": 5, "measured_images": 1, "bytes": None}
        assert (found["timeout_seconds"], found["warnings"]) == (3 * 5 * 700, [])

    def test_warns_of_a_timeout_that_is_too_short_and_says_what_helps(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        pulled("a:1", 3700)

        (warning,) = self.preview(as_otto, timeout_seconds=1800)["warnings"]

        assert "1 h 01 min, and would be stopped after 30 min" in warning
        assert "at least 3700" in warning and "concurrency" in warning

    def test_warns_that_nothing_starts_now(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        Setting.objects.create(name="intake_paused", value=True, changed_at=timezone.now(), changed_by="root")
        live_settings.forget()

        (warning,) = self.preview(as_otto)["warnings"]

        assert "paused the intake" in warning

    def test_the_command_line_tells_it_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        cluster_of("n1", "n2")

        call_command("prewarm", "a:1", "--all-nodes", "--dry-run")

        told = capsys.readouterr().out
        assert "matches 2 of 2 nodes, in 1 batch" in told
        assert "takes 30 s by estimate, 2 nodes at once" in told
