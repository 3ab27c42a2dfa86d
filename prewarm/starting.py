"""What of one task may start now, in the batches that a turn holds; or what it waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prewarm import batch_waits, limits
from prewarm.batch_waits import Waits
from prewarm.dispatch import Candidate, Dispatched, Standing, decide, dispatch, lookable, on_free_nodes
from prewarm.held import Held
from prewarm.intake import intake
from prewarm.models import Node, NodeStatus, Task
from prewarm.news import stop_reason
from prewarm.platforms import MissingVariants
from prewarm.pull import Phase, Pull
from prewarm.runtime import Runtime
from prewarm.settle import BatchNews
from prewarm.sight import NODE_BUSY, Sight
from prewarm.upsert import ROWS

# Seen in a dispatch that did not come about; the next cycle, a moment later, knows more.
PASSING = frozenset({"lease_lost", "changed", "own_limit"})


@dataclass(frozen=True)
class Room:
    """How many pull jobs more a task may have, and each of its batches by id."""

    task: int
    batches: Mapping[int, int]

    @classmethod
    def of(cls, task: Task, group: Iterable[Held]) -> Room:
        left = max(0, task.max_in_flight - task.in_flight)
        return cls(left, {held.batch.pk: max(0, task.concurrency - len(held.pulls)) for held in group})

    def split(self, candidates: list[Candidate], times: int = 1) -> tuple[list[Candidate], list[Candidate]]:
        """Those that find room (or `times` as much of it, at most 500), and the rest."""
        most = min(self.task * times, ROWS)
        chosen: list[Candidate] = []
        rest: list[Candidate] = []
        taken: Counter[int] = Counter()
        for candidate in candidates:
            batch = candidate.batch.pk
            if len(chosen) < most and taken[batch] < self.batches[batch] * times:
                taken[batch] += 1
                chosen.append(candidate)
            else:
                rest.append(candidate)
        return chosen, rest


class Start:
    """One task's dispatch in one cycle: `look` first, settle what it `decided`, then `go`."""

    def __init__(self, runtime: Runtime, group: list[Held], sight: Sight) -> None:
        self.runtime = runtime
        self.sight = sight
        self.everything = group
        self.group = [held for held in group if not stop_reason(held) and not held.planning]
        self.now = sight.now
        self.wants: Counter[int] = Counter()  # by batch id, for whom there is room but for the limits
        self.candidates: list[Candidate] = []
        self.nodes: dict[str, Node | None] = {}  # None: it has left the cluster

    @property
    def task(self) -> Task:
        return self.everything[0].task

    def look(self) -> dict[int, BatchNews]:
        """Find the candidates that there is room for, and what nodes decide without a pull.

        A node that is busy with another pull job, or that another task waits for with more right, is passed over, so
        that it holds up no other node of its batch.
        """
        if trouble := self.runtime.trouble:
            self.note(trouble, self.everything)
            return {}
        unfinished = [held for held in self.group if held.pending]
        if unfinished and (hold := self.hold()):
            self.note(hold, unfinished)
            return {}
        room = Room.of(self.task, self.group)
        ready = [one for held in self.group if room.batches[held.batch.pk] for one in held.candidates(self.now)]
        if not ready or not room.task:
            self.note("")
            return {}
        if not self.sight.fresh:
            self.note("node_view_stale", unfinished)
            return {}
        waiting = [candidate for candidate in ready if candidate.result.node not in self.sight.busy]
        decided = self.examine(waiting, room)
        if not self.nodes:  # none is free for this task
            self.note(NODE_BUSY, [held for held in self.group if held.candidates(self.now)])
        return decided

    def examine(self, waiting: list[Candidate], room: Room) -> dict[int, BatchNews]:
        """Look at as many nodes as there is room for, then at four times as many while too few of them need a pull."""
        decided: dict[int, BatchNews] = {}
        missing = MissingVariants.of(self.task)
        pool = self.sight.pools.get(self.task.tenant_id, "")
        places = min(room.task, sum(room.batches[pk] for pk in {candidate.batch.pk for candidate in waiting}))
        times = 1
        while waiting and len(self.candidates) < places and len(self.nodes) < ROWS:
            chosen, waiting = room.split(waiting, times)
            free = self.ours(chosen)
            self.nodes |= lookable([candidate.result.node for candidate in free], self.task, labels=bool(pool))
            for candidate in free:
                node = self.nodes.setdefault(candidate.result.node, None)
                conclusion = decide(self.task, candidate.result, node, missing, pool)
                if conclusion:
                    decided.setdefault(candidate.batch.pk, BatchNews(candidate.batch)).conclusions.append(conclusion)
                if not conclusion or not conclusion.terminal:
                    self.candidates.append(candidate)
            times *= 4
        self.candidates, _ = room.split(self.candidates)
        self.wants.update(candidate.batch.pk for candidate in self.candidates)
        return decided

    def ours(self, chosen: list[Candidate]) -> list[Candidate]:
        """Those whose node has no pull job, and that no task before this one in the order could use now."""
        free = on_free_nodes(chosen)
        before = self.sight.before(self.task) if free else frozenset()
        taken = self.sight.wanted(before, [candidate.result.node for candidate in free])
        return [candidate for candidate in free if candidate.result.node not in taken]

    def go(self, held_now: dict[int, Held]) -> Dispatched:
        """Give slots to what is left; the pull jobs are then to be created."""
        self.group = [held for held in self.group if held.batch.pk in held_now]
        left = [c for c in self.candidates if c.result.status == NodeStatus.PENDING and c.batch.pk in held_now]
        if not left or not self.group:
            return Dispatched()
        task = self.task
        if task.stop_reason or task.in_flight >= task.max_in_flight:
            self.note("")
            return Dispatched()
        standing = {
            held.batch.pk: Standing(self.wants[held.batch.pk], len(held.never_dispatched())) for held in self.group
        }
        left = left[: task.max_in_flight - task.in_flight]
        done = dispatch(self.runtime.installation, task, left, standing, self.now)
        self.sight.took(slot for _, slot in done.slots)
        for candidate, slot in done.slots:
            result = candidate.result
            result.status, result.not_before = NodeStatus.PULLING, None
            result.started_at = result.started_at or self.now
            node = self.nodes[slot.node]
            pull = Pull(slot, result, task, Phase.TO_CREATE, taints=tuple(node.taints) if node else ())
            held = held_now[candidate.batch.pk]
            held.pulls[slot.pull_job] = pull
            self.wants[held.batch.pk] -= 1
        for batch_id in {candidate.batch.pk for candidate, _ in done.slots}:  # as the dispatch wrote it
            batch, rest = held_now[batch_id].batch, self.wants[batch_id]
            batch.waiting, batch.waits_for = rest, done.waits_for if rest else ""
        task.in_flight += len(done.slots)
        if done.waits_for not in PASSING:
            self.note(done.waits_for, [held for held in self.group if self.wants[held.batch.pk]])
        return done

    def hold(self) -> str:
        """What lets nothing of this task start now, whatever the limits say."""
        return "paused" if self.task.paused_at else intake(self.now, self.task.tenant_id).waits_for

    def note(self, waits_for: str, batches: list[Held] | None = None) -> None:
        """These batches wait for this, the others of the task that we hold for nothing.

        The number of nodes that wait for a limit is for the order of all tasks; who waits for anything else would not
        take a place.
        """
        counts = limits.is_limit(waits_for)
        waits = {held.batch: Waits() for held in self.group}
        for held in batches or []:
            waits[held.batch] = Waits(waits_for, self.wants[held.batch.pk] if counts else 0)
        batch_waits.tell(self.task, waits, self.now)
