"""What of one task may start now, in the batches that a turn holds; or what it waits for."""

from __future__ import annotations

from datetime import datetime

from prewarm import batch_waits, limits
from prewarm.batch_waits import Waits
from prewarm.dispatch import Candidate, dispatch, examine, on_free_nodes
from prewarm.held import Held
from prewarm.live_settings import intake
from prewarm.models import Node, NodeStatus, NodeView, Task
from prewarm.news import stop_reason
from prewarm.pull import Phase, Pull
from prewarm.runtime import Runtime
from prewarm.settle import BatchNews

# Seen in a dispatch that did not come about; the next cycle, a moment later, knows more.
PASSING = frozenset({"lease_lost", "changed", "own_limit"})


class Start:
    """One task's dispatch in one cycle: `look` first, settle what it `decided`, then `go`."""

    def __init__(self, runtime: Runtime, group: list[Held], now: datetime) -> None:
        self.runtime = runtime
        self.everything = group
        self.group = [held for held in group if not stop_reason(held) and not held.planning]
        self.now = now
        self.wants: dict[int, int] = {}
        self.candidates: list[Candidate] = []
        self.nodes: dict[str, Node] = {}

    @property
    def task(self) -> Task:
        return self.everything[0].task

    def look(self) -> dict[int, BatchNews]:
        """Find the candidates, at most `concurrency` per batch, and what their nodes decide without a pull.

        A node that is busy with another pull job is passed over, so that it holds up no other node of its batch.
        """
        if trouble := self.runtime.trouble:
            self.note(trouble, self.everything)
            return {}
        unfinished = [held for held in self.group if held.pending]
        if unfinished and (hold := self.hold()):
            self.note(hold, unfinished)
            return {}
        room = {held.batch.pk: max(0, held.task.concurrency - len(held.pulls)) for held in self.group}
        ready = [one for held in self.group if room[held.batch.pk] for one in held.candidates(self.now)]
        if not ready:
            self.note("")
            return {}
        if not NodeView.load().fresh():
            self.note("node_view_stale", unfinished)
            return {}
        for candidate in on_free_nodes(ready):
            wanted = self.wants.get(candidate.batch.pk, 0)
            if wanted < room[candidate.batch.pk]:
                self.wants[candidate.batch.pk] = wanted + 1
                self.candidates.append(candidate)
        if not self.candidates:
            self.note("node_busy", [held for held in self.group if held.candidates(self.now)])
            return {}
        self.nodes = Node.objects.in_bulk([candidate.result.node for candidate in self.candidates])
        decided: dict[int, BatchNews] = {}
        for candidate, conclusion in examine(self.task, self.candidates, self.nodes):
            decided.setdefault(candidate.batch.pk, BatchNews(candidate.batch)).conclusions.append(conclusion)
        return decided

    def go(self, held_now: dict[int, Held]) -> None:
        """Give slots to what is left; the pull jobs are then to be created."""
        self.group = [held for held in self.group if held.batch.pk in held_now]
        left = [c for c in self.candidates if c.result.status == NodeStatus.PENDING and c.batch.pk in held_now]
        if not left or not self.group:
            return
        task = self.task
        room = max(0, task.max_in_flight - task.in_flight)
        if task.stop_reason or not room:
            self.note("")
            return
        done = dispatch(self.runtime.installation, task, left[:room], self.wants, self.now)
        for candidate, slot in done.slots:
            result = candidate.result
            result.status, result.not_before = NodeStatus.PULLING, None
            result.started_at = result.started_at or self.now
            pull = Pull(slot, result, task, Phase.TO_CREATE, taints=tuple(self.nodes[slot.node].taints))
            held = held_now[candidate.batch.pk]
            held.pulls[slot.pull_job] = pull
            self.wants[held.batch.pk] -= 1
        for batch_id in {candidate.batch.pk for candidate, _ in done.slots}:  # as the dispatch wrote it
            batch, rest = held_now[batch_id].batch, self.wants[batch_id]
            batch.waiting, batch.waits_for = rest, done.waits_for if rest else ""
        task.in_flight += len(done.slots)
        if done.waits_for not in PASSING:
            self.note(done.waits_for, [held for held in self.group if self.wants.get(held.batch.pk)])

    def hold(self) -> str:
        """What lets nothing of this task start now, whatever the limits say."""
        return "paused" if self.task.paused_at else intake(self.now).waits_for

    def note(self, waits_for: str, batches: list[Held] | None = None) -> None:
        """These batches wait for this, the others of the task that we hold for nothing.

        The number of nodes that wait for a limit is for the order of all tasks; who waits for anything else would not
        take a place.
        """
        counts = limits.is_limit(waits_for)
        waits = {held.batch: Waits() for held in self.group}
        for held in batches or []:
            waits[held.batch] = Waits(waits_for, self.wants.get(held.batch.pk, 0) if counts else 0)
        batch_waits.tell(self.task, waits, self.now)
