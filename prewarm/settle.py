"""One task's settlement: what a cycle found out, written in one transaction.

Order of locks: batches, task, slots by node, node results by id, limits by name with the cluster's last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from prewarm import history, limits, progress
from prewarm.claims import fence_all
from prewarm.conclude import Conclusion
from prewarm.crash_points import crash_point
from prewarm.image_counts import count_images
from prewarm.image_results import Outcome, write
from prewarm.inventory import known_images, own_pulls
from prewarm.messages import message_ids, text_hash
from prewarm.models import Batch, NodeAttempt, NodeResult, NodeSlot, NodeStatus, Task
from prewarm.pull import Pull
from prewarm.tallies import PULL_SECONDS, PULLED_BYTES, Growth, count_ended, registry_label
from prewarm.transactions import retried
from prewarm.upsert import ROWS, upsert

_WRITTEN = (
    "status",
    "reason",
    "message",
    "attempt",
    "recreated",
    "part",
    "images",
    "not_before",
    "finished_at",
    "change",
)


@dataclass(eq=False)
class BatchNews:
    """What one held batch has to write."""

    batch: Batch
    conclusions: list[Conclusion] = field(default_factory=list)
    latched: list[Pull] = field(default_factory=list)  # those of `conclusions` that go on
    concluded: list[Pull] = field(default_factory=list)
    releases: list[Pull] = field(default_factory=list)
    new_uids: list[Pull] = field(default_factory=list)
    ends: bool = False
    drains: bool = False  # with this, each of its nodes was dispatched or decided without

    def __bool__(self) -> bool:
        return bool(self.conclusions or self.concluded or self.releases or self.new_uids or self.ends)

    @property
    def pressing(self) -> bool:
        """Whether this frees a place or ends something; the rest may wait for company."""
        return len(self.conclusions) > len(self.latched) or bool(self.releases or self.ends)


@dataclass
class Settled:
    """What the transaction did: the task as written, the batches that were no longer ours, if others were opened."""

    task: Task | None
    lost: list[BatchNews]
    opened: bool = False


def settle(task_id: UUID, news: list[BatchNews], now: datetime) -> Settled:
    """Commit verdicts, give back slots and limits, end batches and, with the last one, the task."""
    _learn_names(news)
    crash_point("news_gathered")
    settled = retried(lambda: _settle(task_id, news, now))
    for step in _steps(news):
        crash_point(step)
    return settled


def _settle(task_id: UUID, news: list[BatchNews], now: datetime) -> Settled:
    left = fence_all([entry.batch for entry in news])
    ours = [entry for entry in news if entry.batch.pk in left]
    lost = [entry for entry in news if entry.batch.pk not in left]
    task = progress.lock(task_id) if ours else None
    if task is None:
        return Settled(None, lost)
    _forgive(ours)
    released = _give_back_slots(ours)
    task.in_flight -= len(released)
    conclusions = [conclusion for entry in ours for conclusion in entry.conclusions]
    back = {slot.pull_job for slot in released}
    _mark_judged([pull for entry in ours for pull in entry.concluded if pull.name not in back], now)
    _store_uids([pull for entry in ours for pull in entry.new_uids if pull.name not in back], now)
    _write_results(task, conclusions, now)
    ended_images = _ended_images(conclusions)
    count_images(task, ended_images)
    own_pulls.remember(task, conclusions, now)
    limits.give_back(released)
    history.tell_results(task, conclusions, now)
    progress.stop_at_failure_limit(task, now)
    if any(entry.ends and entry.batch.number == 1 for entry in ours):
        progress.stop_after_first_wave(task, now)
    ended = [entry.batch.pk for entry in ours if entry.ends]
    progress.end_batches(task, ended, now)
    opened = progress.close_drained(task, [entry.batch.pk for entry in ours if entry.drains], now)
    if ended and not task.finished:
        opened = progress.open_batches(task, now) > 0 or opened
    progress.save(task, now)
    _grow(task, ended_images, conclusions)
    crash_point("settling")
    return Settled(task, lost, opened)


def _learn_names(news: list[BatchNews]) -> None:
    """Of the images that are about to be known as pulled, before anything is locked."""
    pulls = [pull for entry in news for pull in (*entry.concluded, *entry.latched)]
    known_images.learn_pulled(
        {
            pull.task.images[pull.slot.images[number]]
            for pull in pulls
            for number, verdict in pull.verdicts.items()
            if verdict.pulled
        }
    )


def _forgive(entries: list[BatchNews]) -> None:
    """A verdict shows that the batch does not kill its holder."""
    forgiven = [entry.batch.pk for entry in entries if entry.concluded and entry.batch.lost_claims]
    if forgiven:
        Batch.objects.filter(pk__in=forgiven).update(lost_claims=0)


def _steps(news: Iterable[BatchNews]) -> list[str]:
    """Which steps of design §2.4 a settlement takes, by the names of their crash points."""
    return [
        name
        for name, taken in (
            ("uids_stored", any(entry.new_uids for entry in news)),
            ("verdicts_committed", any(entry.concluded for entry in news)),
            ("slots_given_back", any(entry.releases for entry in news)),
            ("batch_ended", any(entry.ends for entry in news)),
        )
        if taken
    ]


def _give_back_slots(entries: Iterable[BatchNews]) -> list[NodeSlot]:
    """Delete the receipts; only what was really deleted here is given back."""
    pulls = sorted((pull for entry in entries for pull in entry.releases), key=lambda pull: pull.slot.node)
    names = [pull.name for pull in pulls]
    if not names:
        return []
    deleted, _ = NodeSlot.objects.filter(pull_job__in=names).delete()
    if deleted == len(names):
        return [pull.slot for pull in pulls]
    raise AssertionError(f"{deleted} of {len(names)} slots were there: somebody else gave one back")


def _mark_judged(pulls: list[Pull], now: datetime) -> None:
    if pulls:
        NodeSlot.objects.filter(pull_job__in=[pull.name for pull in pulls]).update(judged_at=now)


def _store_uids(pulls: list[Pull], now: datetime) -> None:
    for pull in pulls:
        pull.slot.created_at = now
    upsert([pull.slot for pull in pulls], ["uid", "created_at"])


def _write_results(task: Task, conclusions: list[Conclusion], now: datetime) -> None:
    if not conclusions:
        return
    ids = message_ids(task, {text for found in conclusions for text in found.texts.values() if text})
    moved: Counter[str] = Counter()
    attempts = []
    for found in conclusions:
        for image in found.images:
            if image.index in found.texts:
                image.message_id = ids.get(text_hash(found.texts[image.index]))
        result = found.result
        if found.closed_attempt:
            worst = next(image for image in found.images if image.open)
            attempts.append(
                NodeAttempt(
                    node_result=result,
                    attempt=result.charged_attempts,
                    reason=worst.reason,
                    message_id=worst.message_id,
                    ended_at=now,
                )
            )
        if found.status != result.status:
            moved[_count_of(result.status)] -= 1
            moved[_count_of(found.status)] += 1
    NodeAttempt.objects.bulk_create(attempts, ignore_conflicts=True)
    rows = [_row(found, task.change, now) for found in sorted(conclusions, key=lambda found: found.result.pk)]
    widest = max(len(found.images) for found in conclusions)
    upsert(rows, _WRITTEN, at_once=max(1, min(ROWS, 20_000 // widest)))  # a statement stays under 4 MB
    for name, delta in moved.items():
        setattr(task, name, getattr(task, name) + delta)


def _row(found: Conclusion, change: int, now: datetime) -> NodeResult:
    """A copy of the node result as it will be: memory changes only after the commit."""
    old = found.result
    reason_image = next((image for image in found.images if found.reason and image.reason == found.reason), None)
    return NodeResult(
        pk=old.pk,
        task_id=old.task_id,
        batch_id=old.batch_id,
        node=old.node,
        status=found.status,
        reason=found.reason,
        message_id=reason_image.message_id if reason_image else None,
        attempt=found.attempt,
        recreated=found.recreated,
        part=found.part,
        images=write(found.images),
        not_before=found.not_before,
        started_at=old.started_at,
        finished_at=now if found.terminal else None,
        change=change,
    )


def absorb(found: Conclusion) -> None:
    """Bring the node result in memory to what was committed."""
    result = found.result
    result.status, result.reason = found.status, found.reason
    result.attempt, result.recreated, result.part = found.attempt, found.recreated, found.part
    result.images, result.not_before = write(found.images), found.not_before


def _count_of(status: str) -> str:
    return "active" if status == NodeStatus.PULLING else str(status)


def _ended_images(conclusions: list[Conclusion]) -> Counter[tuple[int, str, str]]:
    return Counter(
        (image.index, str(image.outcome), image.reason) for found in conclusions for image in found.ended_images
    )


def _grow(task: Task, ended: Counter[tuple[int, str, str]], conclusions: list[Conclusion]) -> None:
    """Count for Prometheus what ended: how, how long it took, how big it was."""
    growth = Growth()
    count_ended(growth, task, ended.items())
    for image in (image for found in conclusions for image in found.ended_images if image.outcome == Outcome.PULLED):
        registry = registry_label(task.images[image.index])
        if image.milliseconds is not None:
            growth.observe(PULL_SECONDS, registry, milliseconds=image.milliseconds)
        growth.add(PULLED_BYTES, registry, by=image.size or 0)
    growth.save()
