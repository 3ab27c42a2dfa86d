"""A batch that this turn holds: its open node results and pull jobs, in memory for the length of the turn."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prewarm.backoff import longest_wait
from prewarm.claims import Lease
from prewarm.dispatch import Candidate
from prewarm.intake import intake
from prewarm.models import Batch, BatchStatus, NodeResult, NodeSlot, NodeStatus, Task
from prewarm.pull import Pull
from prewarm.registries.question import Question

# A resume, a cancel and a change of the settings set the batch due at once, so nobody waits for this.
HELD_AGAIN = timedelta(minutes=1)


@dataclass(eq=False)
class Held:
    """What was read when the batch was claimed. Only its holder writes these rows, so it stays true.

    `results` are the node results that are not terminal yet, by id; `pulls` those pull jobs whose slots are not back.
    """

    batch: Batch
    task: Task
    lease: Lease
    results: dict[int, NodeResult] = field(default_factory=dict)
    pulls: dict[str, Pull] = field(default_factory=dict)
    question: Question | None = None  # what the task asks of registries before it is planned
    written: float = field(default_factory=lambda: time.monotonic())  # monotonic; when it last had news committed

    @classmethod
    def load(cls, batches: Iterable[Batch], lease: Lease) -> list[Held]:
        """Read what there is of these batches, by two statements for all."""
        found = {batch.pk: cls(batch, batch.task, lease) for batch in batches}
        ids = [pk for pk, held in found.items() if not held.planning]
        if ids:
            unfinished = NodeResult.objects.filter(batch__in=ids, status__in=(NodeStatus.PENDING, NodeStatus.PULLING))
            for result in unfinished.order_by("pk"):
                found[result.batch_id or 0].results[result.pk] = result
            for slot in NodeSlot.objects.filter(batch__in=ids).select_related("node_result"):
                held = found[slot.batch_id]
                result = held.results.get(slot.node_result_id) or slot.node_result
                held.pulls[slot.pull_job] = Pull.of_slot(slot, result, held.task)
        return list(found.values())

    @property
    def planning(self) -> bool:
        return self.batch.number == 0

    @property
    def pending(self) -> bool:
        """Whether something of it is still to be started."""
        return self.planning or any(result.status == NodeStatus.PENDING for result in self.results.values())

    def may_create(self) -> bool:
        return self.lease.safe_to_create()

    def let_go(self) -> None:
        """It is another's from now on: what is queued to be created is not sent any more."""
        self.lease = Lease.over()

    def set_task(self, task: Task) -> None:
        """Take over a newer reading of the task's row."""
        self.task = task
        for pull in self.pulls.values():
            pull.task = task

    def never_dispatched(self) -> list[NodeResult]:
        return [row for row in self.results.values() if row.status == NodeStatus.PENDING and row.started_at is None]

    def candidates(self, now: datetime) -> list[Candidate]:
        """Pending nodes whose time has come and whose last pull job is gone."""
        if self.batch.status != BatchStatus.OPEN:
            return []
        occupied = {pull.slot.node_result_id for pull in self.pulls.values()}
        return [
            Candidate(self.batch, result)
            for result in self.results.values()
            if result.status == NodeStatus.PENDING and result.pk not in occupied and _has_come(result, now)
        ]

    def next_due(self, now: datetime) -> datetime:
        """When somebody should look at this batch again. While nothing may start, only a wish makes a difference."""
        if self.pulls:
            return now
        if not self.task.stop_reason and self.pending and not self.planning:
            if self.task.paused_at:
                return now + HELD_AGAIN
            if (closed := intake(now, self.task.tenant_id)).waits_for:
                return min(now + HELD_AGAIN, max(now, closed.opens_at or now + HELD_AGAIN))
        if self.candidates(now):
            return now
        times = [result.not_before for result in self.results.values() if result.not_before]
        return max(now, min(times)) if times else now


def _has_come(result: NodeResult, now: datetime) -> bool:
    """Whether its next attempt may start. Farther off than any back-off: the clock was set back since."""
    return result.not_before is None or not now < result.not_before <= now + longest_wait()
