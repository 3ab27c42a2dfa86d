"""What a node result becomes once its pull job is over: done, tried again later, or ended for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.conclude import MAX_RECREATED, Conclusion, conclude, so_far, stop, without_pull
from prewarm.image_results import ImageResult, Outcome, untouched, write
from prewarm.judge import PULLED, Verdict
from prewarm.manifests import MAX_IMAGES
from prewarm.models import NodeResult, NodeSlot, NodeStatus, Task
from prewarm.pull import Ending, Phase, Pull
from prewarm.pullevents import PullEvent
from prewarm.reasons import REASONS

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOT_FOUND = Verdict(False, "image_not_found", "x: not found")
UNREACHABLE = Verdict(False, "registry_unreachable", "connection refused")
NO_EVENTS: dict[int, PullEvent] = {}


def task_of(images: int = 1, **values: Any) -> Task:
    names = [f"app{n}:1" for n in range(images)]
    return Task(images=names, hosts=["docker.io"], **{"max_attempts": 3, "retry_backoff_seconds": 30, **values})


def pulling(task: Task, **values: Any) -> NodeResult:
    indexes = range(len(task.images))
    return NodeResult(task=task, node="n1", **{"status": NodeStatus.PULLING, "images": untouched(indexes), **values})


def pull_of(
    task: Task,
    verdicts: dict[int, Verdict],
    ending: Ending | None = None,
    result: NodeResult | None = None,
    images: list[int] | None = None,
) -> Pull:
    """A pull job that is over; container n pulled the n-th of `images`."""
    result = result or pulling(task)
    chosen = list(range(len(task.images))) if images is None else images
    slot = NodeSlot(node="n1", node_result=result, images=chosen, hosts=["docker.io"], tenant_id=uuid4())
    return Pull(slot, result, task, Phase.ENDING, verdicts=verdicts, ending=ending or Ending(""))


def concluded(task: Task, verdicts: dict[int, Verdict], ending: Ending | None = None, **more: Any) -> Conclusion:
    return conclude(pull_of(task, verdicts, ending, **more), NO_EVENTS, NOW)


def outcomes(found: Conclusion) -> list[tuple[str, str]]:
    return [(str(image.outcome), image.reason) for image in found.images]


class TestEveryImageIsThere:
    def test_the_node_has_succeeded(self) -> None:
        found = concluded(task_of(2), {0: PULLED, 1: PULLED})

        assert (found.status, found.reason, found.terminal) == (NodeStatus.SUCCEEDED, "", True)
        assert outcomes(found) == [("pulled", ""), ("pulled", "")]
        assert [image.index for image in found.ended_images] == [0, 1]
        assert found.texts == {}

    def test_events_give_times_and_sizes_and_tell_what_was_there_already(self) -> None:
        pull = pull_of(task_of(3), {0: PULLED, 1: PULLED, 2: PULLED})

        found = conclude(pull, {0: PullEvent(False, 4386, 78_005_565, 12), 1: PullEvent(True)}, NOW)

        assert [(image.outcome, image.milliseconds, image.size, image.waited) for image in found.images] == [
            (Outcome.PULLED, 4386, 78_005_565, 12),
            (Outcome.ALREADY_PRESENT, None, None, None),
            (Outcome.PULLED, None, None, None),
        ]
        assert found.status == NodeStatus.SUCCEEDED

    def test_an_event_is_no_verdict(self) -> None:
        pull = pull_of(task_of(max_attempts=1), {0: NOT_FOUND}, Ending(""))

        found = conclude(pull, {0: PullEvent(True)}, NOW)

        assert outcomes(found) == [("failed", "image_not_found")]


class TestAPermanentCause:
    def test_ends_the_node_at_once(self) -> None:
        found = concluded(task_of(2), {0: PULLED, 1: NOT_FOUND})

        assert (found.status, found.reason, found.terminal) == (NodeStatus.FAILED, "image_not_found", True)
        assert outcomes(found) == [("pulled", ""), ("failed", "image_not_found")]
        assert found.texts == {1: "x: not found"}
        assert not found.closed_attempt

    @pytest.mark.parametrize("code", sorted(code for code, reason in REASONS.items() if not reason.transient))
    def test_whatever_it_is_no_other_attempt_follows(self, code: str) -> None:
        assert concluded(task_of(), {0: Verdict(False, code, "")}).terminal


class TestAPassingCause:
    def test_leaves_the_image_open_for_the_next_attempt(self) -> None:
        found = concluded(task_of(2), {0: PULLED, 1: UNREACHABLE})

        assert (found.status, found.attempt, found.part, found.recreated) == (NodeStatus.PENDING, 2, 0, 0)
        assert outcomes(found) == [("pulled", ""), ("", "registry_unreachable")]
        assert found.reason == "registry_unreachable"
        assert found.texts == {1: "connection refused"}
        assert found.closed_attempt
        assert [image.index for image in found.ended_images] == [0]

    @pytest.mark.parametrize(("attempt", "least", "most"), [(1, 24, 36), (2, 48, 72), (3, 96, 144), (9, 480, 720)])
    def test_waits_longer_each_time(self, attempt: int, least: int, most: int) -> None:
        task = task_of(max_attempts=20)

        found = concluded(task, {0: UNREACHABLE}, result=pulling(task, attempt=attempt))

        assert found.not_before is not None
        assert timedelta(seconds=least) <= found.not_before - NOW <= timedelta(seconds=most)

    def test_is_final_in_the_last_attempt(self) -> None:
        task = task_of(max_attempts=3)

        found = concluded(task, {0: UNREACHABLE}, result=pulling(task, attempt=3))

        assert (found.status, found.reason) == (NodeStatus.FAILED, "registry_unreachable")
        assert outcomes(found) == [("failed", "registry_unreachable")]
        assert not found.closed_attempt

    def test_does_not_count_pull_jobs_that_were_made_again_for_no_fault_of_the_image(self) -> None:
        task = task_of(max_attempts=3)

        found = concluded(task, {0: UNREACHABLE}, result=pulling(task, attempt=4, recreated=2))

        assert (found.status, found.attempt) == (NodeStatus.PENDING, 5)

    def test_beside_a_permanent_one_keeps_the_node_going_until_all_is_known(self) -> None:
        found = concluded(task_of(2), {0: NOT_FOUND, 1: UNREACHABLE})

        assert found.status == NodeStatus.PENDING
        assert outcomes(found) == [("failed", "image_not_found"), ("", "registry_unreachable")]
        assert found.reason == "registry_unreachable"

    def test_is_forgotten_when_the_next_attempt_goes_well(self) -> None:
        task = task_of()
        first = concluded(task, {0: UNREACHABLE})

        second = concluded(task, {0: PULLED}, result=pulling(task, attempt=2, images=write(first.images)))

        assert (second.status, second.reason) == (NodeStatus.SUCCEEDED, "")
        assert outcomes(second) == [("pulled", "")]

    @pytest.mark.parametrize("code", sorted(code for code, reason in REASONS.items() if reason.transient))
    def test_whatever_it_is_another_attempt_follows(self, code: str) -> None:
        found = concluded(task_of(), {0: Verdict(False, code, "")})

        assert (found.status, found.reason) == (NodeStatus.PENDING, code)


class TestTheFirstNoToATaskThatNamesAPullSecret:
    """The kubelet may not have heard of the secret yet."""

    REFUSED = Verdict(False, "unauthorized", "401 Unauthorized")

    def test_is_not_the_last_word(self) -> None:
        found = concluded(task_of(pull_secrets=["registry"]), {0: self.REFUSED})

        assert (found.status, found.reason, found.attempt) == (NodeStatus.PENDING, "unauthorized", 2)
        assert outcomes(found) == [("", "unauthorized")]

    def test_the_second_is(self) -> None:
        task = task_of(pull_secrets=["registry"])

        found = concluded(task, {0: self.REFUSED}, result=pulling(task, attempt=2))

        assert (found.status, found.reason) == (NodeStatus.FAILED, "unauthorized")

    def test_without_a_secret_it_is_final_at_once(self) -> None:
        assert concluded(task_of(), {0: self.REFUSED}).status == NodeStatus.FAILED


class TestMoreImagesThanFitInOnePullJob:
    def test_the_rest_makes_the_next_part_on_the_same_node_without_a_wait(self) -> None:
        task = task_of(45)
        first = list(range(MAX_IMAGES))

        found = concluded(task, dict.fromkeys(first, PULLED), images=first)

        assert (found.status, found.attempt, found.part, found.not_before) == (NodeStatus.PENDING, 1, 1, None)
        assert not found.closed_attempt
        assert sum(image.open for image in found.images) == 25

    def test_an_image_that_failed_waits_until_all_parts_were_tried(self) -> None:
        task = task_of(45)
        result = pulling(task)
        tried: list[list[int]] = []

        for part in range(3):
            result.part = part
            chosen = [image.index for image in concluded_images(result) if image.attempt < 1 and image.open][
                :MAX_IMAGES
            ]
            tried.append(chosen)
            verdicts = {n: UNREACHABLE if index == 0 else PULLED for n, index in enumerate(chosen)}
            found = concluded(task, verdicts, result=result, images=chosen)
            result.images = write(found.images)

        assert [len(part) for part in tried] == [20, 20, 5]
        assert (found.status, found.attempt, found.part) == (NodeStatus.PENDING, 2, 0)
        assert [image.index for image in found.images if image.open] == [0]
        assert found.closed_attempt

    def test_the_last_part_ends_the_node(self) -> None:
        task = task_of(21)
        images = [ImageResult(n, Outcome.PULLED) for n in range(20)] + [ImageResult(20)]

        found = concluded(task, {0: PULLED}, result=pulling(task, images=write(images), part=1), images=[20])

        assert found.status == NodeStatus.SUCCEEDED


def concluded_images(result: NodeResult) -> list[ImageResult]:
    return [ImageResult(*entry) for entry in result.images]


class TestNobodyKnows:
    def test_a_new_pull_job_is_made_that_is_not_charged(self) -> None:
        found = concluded(task_of(), {}, Ending(""))

        assert (found.status, found.attempt, found.recreated) == (NodeStatus.PENDING, 2, 1)
        assert found.not_before is None
        assert not found.closed_attempt
        assert outcomes(found) == [("", "")]
        assert found.attempt - found.recreated == 1

    def test_what_is_known_beside_it_is_kept(self) -> None:
        found = concluded(task_of(3), {0: PULLED, 1: UNREACHABLE}, Ending(""))

        assert outcomes(found) == [("pulled", ""), ("", "registry_unreachable"), ("", "")]
        assert [image.attempt for image in found.images] == [0, 1, 0]
        assert (found.attempt, found.recreated) == (2, 1)

    def test_is_believed_at_most_three_times(self) -> None:
        task = task_of(max_attempts=1)
        result = pulling(task)
        made = 0

        while True:
            found = concluded(task, {}, Ending("", "ended without a result"), result=result)
            if found.terminal:
                break
            made += 1
            result = pulling(task, attempt=found.attempt, recreated=found.recreated)

        assert made == MAX_RECREATED == 3
        assert (found.status, found.reason) == (NodeStatus.FAILED, "pull_failed")
        assert found.texts == {0: "ended without a result"}

    def test_but_the_end_has_a_reason_that_counts_for_the_images_without_a_verdict(self) -> None:
        found = concluded(task_of(2), {0: PULLED}, Ending("evicted", "low on disk"))

        assert outcomes(found) == [("pulled", ""), ("", "evicted")]
        assert found.texts == {1: "low on disk"}
        assert (found.status, found.recreated) == (NodeStatus.PENDING, 0)

    def test_a_verdict_counts_more_than_the_reason_of_the_end(self) -> None:
        found = concluded(task_of(2), {0: NOT_FOUND, 1: PULLED}, Ending("deadline_exceeded", "too late"))

        assert outcomes(found) == [("failed", "image_not_found"), ("pulled", "")]


class TestATaskThatIsStopped:
    @pytest.mark.parametrize(
        ("stop_reason", "status", "outcome"),
        [
            ("cancelled", NodeStatus.CANCELLED, "cancelled"),
            ("failure_limit", NodeStatus.CANCELLED, "cancelled"),
            ("task_timeout", NodeStatus.FAILED, "failed"),
            ("worker_lost", NodeStatus.FAILED, "failed"),
        ],
    )
    def test_gives_what_is_open_the_outcome_that_the_stop_means(
        self, stop_reason: str, status: NodeStatus, outcome: str
    ) -> None:
        found = concluded(task_of(2, stop_reason=stop_reason), {0: PULLED}, images=[0])

        assert (found.status, found.reason, found.terminal) == (status, stop_reason, True)
        assert outcomes(found) == [("pulled", ""), (outcome, stop_reason)]

    @pytest.mark.parametrize(("reason", "outcome"), [("cancelled", "cancelled"), ("task_timeout", "failed")])
    def test_ends_the_pull_job_in_flight_with_it(self, reason: str, outcome: str) -> None:
        found = concluded(task_of(2, stop_reason=reason), {0: PULLED}, Ending(reason))

        assert outcomes(found) == [("pulled", ""), (outcome, reason)]

    def test_keeps_what_was_pulled_before(self) -> None:
        found = concluded(task_of(1, stop_reason="cancelled"), {0: PULLED}, Ending("cancelled"))

        assert found.status == NodeStatus.SUCCEEDED

    @pytest.mark.parametrize("reason", ["cancelled", "failure_limit"])
    def test_does_not_call_an_image_failed_of_which_nobody_knows(self, reason: str) -> None:
        found = concluded(task_of(1, stop_reason=reason), {}, Ending(""))

        assert (found.status, found.terminal) == (NodeStatus.CANCELLED, True)
        assert outcomes(found) == [("cancelled", reason)]
        assert found.recreated == 0

    def test_a_pull_that_broke_off_in_a_cancelled_task_is_cancelled(self) -> None:
        found = concluded(task_of(2, stop_reason="cancelled"), {0: UNREACHABLE, 1: NOT_FOUND}, Ending("cancelled"))

        assert outcomes(found) == [("cancelled", "cancelled"), ("failed", "image_not_found")]

    def test_tries_nothing_again(self) -> None:
        found = concluded(task_of(stop_reason="failure_limit"), {0: UNREACHABLE})

        assert (found.status, found.reason) == (NodeStatus.FAILED, "registry_unreachable")

    @pytest.mark.parametrize(
        ("reason", "status"), [("cancelled", NodeStatus.CANCELLED), ("task_timeout", NodeStatus.FAILED)]
    )
    def test_ends_nodes_that_no_pull_job_runs_for(self, reason: str, status: NodeStatus) -> None:
        task = task_of(2)
        images = [ImageResult(0, Outcome.PULLED), ImageResult(1, reason="registry_unreachable", attempt=1)]

        found = stop(pulling(task, status=NodeStatus.PENDING, images=write(images), not_before=NOW), reason)

        assert (found.status, found.reason, found.not_before) == (status, reason, None)
        assert [image.index for image in found.ended_images] == [1]


class TestTheWorstImageDecides:
    @pytest.mark.parametrize(
        ("ended", "status"),
        [
            ({Outcome.PULLED}, NodeStatus.SUCCEEDED),
            ({Outcome.ALREADY_PRESENT}, NodeStatus.SUCCEEDED),
            ({Outcome.PULLED, Outcome.ALREADY_PRESENT}, NodeStatus.SUCCEEDED),
            ({Outcome.PULLED, Outcome.SKIPPED}, NodeStatus.SKIPPED),
            ({Outcome.SKIPPED, Outcome.CANCELLED}, NodeStatus.CANCELLED),
            ({Outcome.PULLED, Outcome.CANCELLED}, NodeStatus.CANCELLED),
            ({Outcome.CANCELLED, Outcome.FAILED}, NodeStatus.FAILED),
            ({Outcome.PULLED, Outcome.ALREADY_PRESENT, Outcome.SKIPPED, Outcome.FAILED}, NodeStatus.FAILED),
        ],
        ids=lambda value: ",".join(sorted(value)) if isinstance(value, set) else str(value),
    )
    def test_in_the_order_failed_cancelled_skipped(self, ended: set[Outcome], status: NodeStatus) -> None:
        images = [ImageResult(n, outcome, "why") for n, outcome in enumerate(sorted(ended))]

        found = stop(pulling(task_of(len(ended)), images=write(images)), "cancelled")

        assert found.status == status
        assert found.reason == ("" if status == NodeStatus.SUCCEEDED else "why")


class TestWithoutAPull:
    def test_a_node_where_all_is_present_has_succeeded(self) -> None:
        found = without_pull(pulling(task_of(2), status=NodeStatus.PENDING), {0, 1})

        assert found.status == NodeStatus.SUCCEEDED
        assert outcomes(found) == [("already_present", "")] * 2

    def test_what_is_present_needs_no_pull_and_the_rest_stays_open(self) -> None:
        found = without_pull(pulling(task_of(2), status=NodeStatus.PENDING), {1})

        assert (found.status, found.terminal) == (NodeStatus.PENDING, False)
        assert outcomes(found) == [("", ""), ("already_present", "")]
        assert [image.index for image in found.ended_images] == [1]

    def test_an_image_without_a_variant_for_the_node_has_failed_and_the_rest_stays_open(self) -> None:
        found = without_pull(pulling(task_of(2), status=NodeStatus.PENDING), foreign={0: "n7 found none"})

        assert outcomes(found) == [("failed", "wrong_platform"), ("", "")]
        assert found.texts == {0: "n7 found none"}
        assert not found.terminal

    def test_a_node_that_was_never_tried_is_skipped(self) -> None:
        found = without_pull(pulling(task_of(2), status=NodeStatus.PENDING), skip="node_cordoned")

        assert (found.status, found.reason) == (NodeStatus.SKIPPED, "node_cordoned")
        assert outcomes(found) == [("skipped", "node_cordoned")] * 2

    def test_a_node_that_was_tried_before_has_failed(self) -> None:
        images = [ImageResult(0, reason="registry_unreachable", attempt=1)]

        found = without_pull(pulling(task_of(), images=write(images), attempt=2), skip="node_gone")

        assert (found.status, found.reason) == (NodeStatus.FAILED, "node_gone")


class TestSoFar:
    def test_what_is_on_the_node_already_is_latched_while_the_rest_is_pulled(self) -> None:
        pull = pull_of(task_of(3), {0: PULLED, 1: UNREACHABLE})

        found = so_far(pull, {0: PullEvent(False, 1500)})

        assert found is not None
        assert (found.status, found.terminal) == (NodeStatus.PULLING, False)
        assert outcomes(found) == [("pulled", ""), ("", ""), ("", "")]
        assert found.images[0].milliseconds == 1500

    def test_tells_nothing_twice(self) -> None:
        task = task_of(2)
        found = so_far(pull_of(task, {0: PULLED}), NO_EVENTS)
        assert found is not None

        again = pull_of(task, {0: PULLED}, result=pulling(task, images=write(found.images)))

        assert so_far(again, NO_EVENTS) is None

    @pytest.mark.parametrize("verdicts", [{}, {0: UNREACHABLE}, {0: NOT_FOUND}])
    def test_a_failure_is_not_final_while_the_kubelet_goes_on_trying(self, verdicts: dict[int, Verdict]) -> None:
        assert so_far(pull_of(task_of(2), verdicts), NO_EVENTS) is None

    def test_what_was_latched_stays_although_the_pod_then_hides_it(self) -> None:
        task = task_of(2)
        latched = so_far(pull_of(task, {0: PULLED}), NO_EVENTS)
        assert latched is not None

        found = concluded(task, {1: PULLED}, result=pulling(task, images=write(latched.images)))

        assert found.status == NodeStatus.SUCCEEDED
        assert [image.index for image in found.ended_images] == [1]


verdicts = st.sampled_from([PULLED, NOT_FOUND, UNREACHABLE, None])
endings = st.sampled_from([Ending(""), Ending("evicted"), Ending("deadline_exceeded"), Ending("node_gone")])


@given(
    st.lists(verdicts, min_size=1, max_size=4),
    endings,
    st.sampled_from(["", "cancelled", "task_timeout", "failure_limit", "worker_lost"]),
    st.integers(1, 5),
    st.integers(0, 4),
)
def test_every_image_ends_exactly_once_and_only_a_node_with_open_images_goes_on(
    given_verdicts: list[Verdict | None], ending: Ending, stop_reason: str, attempt: int, recreated: int
) -> None:
    task = task_of(len(given_verdicts), stop_reason=stop_reason)
    result = pulling(task, attempt=attempt + recreated, recreated=recreated)
    known = {n: verdict for n, verdict in enumerate(given_verdicts) if verdict}

    found = concluded(task, known, ending, result=result)

    still_open = [image.index for image in found.images if image.open]
    ended = [image.index for image in found.ended_images]
    assert sorted(still_open + ended) == list(range(len(given_verdicts)))
    assert found.terminal is (not still_open)
    assert {index for index in ended if known.get(index) == PULLED} == {n for n, v in known.items() if v == PULLED}
    assert all(image.warm == (known.get(image.index) == PULLED) for image in found.images)
    assert result.attempt <= found.attempt <= result.attempt + 1
    assert found.attempt - found.recreated <= task.max_attempts or found.terminal or attempt > task.max_attempts
    if stop_reason:
        assert found.terminal
