"""From the verdicts of one pull job to what the node result becomes. No database, no cluster."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from prewarm import backoff
from prewarm.image_results import ImageResult, Outcome, read
from prewarm.judge import Verdict
from prewarm.models import NodeResult, NodeStatus, Task
from prewarm.pull import Ending, Pull
from prewarm.pullevents import PullEvent
from prewarm.reasons import is_transient

MAX_RECREATED = 3
NOTHING: Mapping[int, str] = {}


@dataclass
class Conclusion:
    """What a node result becomes. `texts` are runtimes' words by image index, still to be given message ids."""

    result: NodeResult
    status: str
    images: list[ImageResult]
    reason: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    ended_images: list[ImageResult] = field(default_factory=list)
    proven: list[ImageResult] = field(default_factory=list)  # those that a pull job showed to be on the node
    digests: dict[int, str] = field(default_factory=dict)  # of those, by image index, where a runtime told it
    attempt: int = 1
    recreated: int = 0
    part: int = 0
    not_before: datetime | None = None
    closed_attempt: bool = False  # a charged attempt is over and another follows

    @property
    def terminal(self) -> bool:
        return self.status not in (NodeStatus.PENDING, NodeStatus.PULLING)


def conclude(pull: Pull, events: Mapping[int, PullEvent], now: datetime) -> Conclusion:
    """Judge a pull job that is over.

    1. Each image of this pull job gets its outcome; one that failed for a passing cause stays open while the task
       still allows attempts.
    2. Images of this attempt that were not tried yet make the next part, on the same node.
    3. Open images make the next attempt, after the back-off.
    4. Otherwise the node result is final.
    """
    task, result, ending = pull.task, pull.result, pull.ending or Ending("")
    stopped = "worker_lost" if ending.reason == "worker_lost" else task.stop_reason
    retry = not stopped and may_retry(task, result)
    found = _start(result)
    by_index = {image.index: image for image in found.images}
    unknown = False
    for number, index in enumerate(pull.slot.images):
        image = by_index[index]
        if not image.open:
            continue
        verdict = pull.verdicts.get(number)
        if verdict and verdict.pulled:
            _end_pulled(found, image, verdict, events.get(number))
            continue
        if verdict is None and not ending.reason and (result.recreated < MAX_RECREATED or stopped):
            unknown = True
            continue
        failure = verdict or _from(ending)
        if stopped == "cancelled" and is_transient(failure.reason):
            continue  # a pull that the cancel broke off; it would have been tried again
        _end_failed(found, image, failure, result.charged_attempts, retry and _may_pass(failure.reason, task, result))
    if stopped:
        _close_open(found, stopped)
    return _next_step(found, task, result, unknown, now)


def stop(result: NodeResult, reason: str) -> Conclusion:
    """End a node result that no pull job runs for, because nothing more is started."""
    found = _start(result)
    _close_open(found, reason)
    return _final(found)


def without_pull(
    result: NodeResult, present: Set[int] = frozenset(), foreign: Mapping[int, str] = NOTHING, skip: str = ""
) -> Conclusion:
    """What is decided at dispatch without a pull job.

    Images proven `present`; images known to have no variant for this node (`foreign`, with the words that say so);
    and nodes to be skipped.
    """
    found = _start(result)
    for image in found.images:
        if image.open and image.index in present:
            image.end(Outcome.ALREADY_PRESENT)
        elif image.open and image.index in foreign:
            image.end(Outcome.FAILED, "wrong_platform")
            found.texts[image.index] = foreign[image.index]
        else:
            continue
        found.ended_images.append(image)
    if skip:
        tried = any(not image.open or image.attempt for image in found.images)
        for image in found.images:
            if image.open:
                image.end(Outcome.FAILED if tried else Outcome.SKIPPED, skip)
                found.ended_images.append(image)
    return _final(found) if not any(image.open for image in found.images) else found


def so_far(pull: Pull, events: Mapping[int, PullEvent]) -> Conclusion | None:
    """Latch the images of a running pull job that are already on the node; None if there is nothing new."""
    found = _start(pull.result)
    by_index = {image.index: image for image in found.images}
    for number, verdict in pull.verdicts.items():
        image = by_index[pull.slot.images[number]]
        if verdict.pulled and image.open:
            _end_pulled(found, image, verdict, events.get(number))
    return found if found.ended_images else None


def may_retry(task: Task, result: NodeResult) -> bool:
    return result.charged_attempts < task.max_attempts


def _start(result: NodeResult) -> Conclusion:
    return Conclusion(
        result,
        result.status,
        read(result.images),
        attempt=result.attempt,
        recreated=result.recreated,
        part=result.part,
        not_before=result.not_before,
    )


def _from(ending: Ending) -> Verdict:
    return Verdict(False, ending.reason or "pull_failed", ending.message)


def _end_pulled(found: Conclusion, image: ImageResult, verdict: Verdict, event: PullEvent | None) -> None:
    image.end(Outcome.ALREADY_PRESENT if event and event.present else Outcome.PULLED)
    if event:
        image.milliseconds, image.size, image.waited = event.milliseconds, event.size, event.waited
    found.ended_images.append(image)
    found.proven.append(image)
    if verdict.digest:
        found.digests[image.index] = verdict.digest


def _may_pass(reason: str, task: Task, result: NodeResult) -> bool:
    """Whether another attempt could end otherwise.

    A kubelet that has not heard of a pull secret yet pulls without it: the first no to a task that names one is not the
    registry's last word.
    """
    first_no = reason == "unauthorized" and bool(task.pull_secrets) and result.charged_attempts == 1
    return is_transient(reason) or first_no


def _end_failed(found: Conclusion, image: ImageResult, verdict: Verdict, attempt: int, retry: bool) -> None:
    image.attempt = attempt
    found.texts[image.index] = verdict.message
    if verdict.reason == "cancelled":
        image.end(Outcome.CANCELLED, "cancelled")
    elif retry:
        image.reason = verdict.reason
        return
    else:
        image.end(Outcome.FAILED, verdict.reason)
    found.ended_images.append(image)


def _close_open(found: Conclusion, reason: str) -> None:
    """What is still open gets the outcome that the stop means."""
    outcome = Outcome.FAILED if reason in ("task_timeout", "worker_lost") else Outcome.CANCELLED
    for image in found.images:
        if image.open:
            image.end(outcome, reason)
            found.ended_images.append(image)


def _next_step(found: Conclusion, task: Task, result: NodeResult, unknown: bool, now: datetime) -> Conclusion:
    open_images = [image for image in found.images if image.open]
    if not open_images:
        return _final(found)
    found.status = NodeStatus.PENDING
    found.not_before = None
    untried = [image for image in open_images if image.attempt < result.charged_attempts]
    if unknown:
        found.attempt, found.recreated = result.attempt + 1, result.recreated + 1
    elif untried:
        found.part = result.part + 1
    else:
        found.attempt, found.part = result.attempt + 1, 0
        found.closed_attempt = True
        found.reason = next((image.reason for image in open_images if image.reason), "")
        wait = backoff.for_task(task.retry_backoff_seconds)
        found.not_before = now + wait.before(result.charged_attempts + 1)
    return found


def _final(found: Conclusion) -> Conclusion:
    """All images have an outcome: any failed → failed; else any cancelled → cancelled; else any skipped → skipped."""
    found.not_before = None
    for outcome, status in (
        (Outcome.FAILED, NodeStatus.FAILED),
        (Outcome.CANCELLED, NodeStatus.CANCELLED),
        (Outcome.SKIPPED, NodeStatus.SKIPPED),
    ):
        worst = next((image for image in found.images if image.outcome == outcome), None)
        if worst:
            found.status, found.reason = status, worst.reason
            return found
    found.status, found.reason = NodeStatus.SUCCEEDED, ""
    return found
