"""A turn: one short stretch of a worker's work over all the batches that it holds.

Nothing that matters lives here. Whoever claims a batch next finds all in rows and in the cluster.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from prewarm import claims
from prewarm.answers import take_answer
from prewarm.clock import database_now
from prewarm.crash_points import crash_point
from prewarm.held import Held
from prewarm.models import Node, NodeView, Task
from prewarm.news import follow, gather
from prewarm.observe import observe
from prewarm.planner import LostBatch, plan
from prewarm.pull import Ending, Phase, Pull
from prewarm.registries.question import Question
from prewarm.rhythm import GAP_SECONDS, Rhythm
from prewarm.runtime import Runtime
from prewarm.sender import WaitFor
from prewarm.sending import send_creates, send_deletes
from prewarm.settle import BatchNews, settle
from prewarm.sight import Sight
from prewarm.starting import Start
from prewarm.stopping import give_up, keep_clock, stop_overdue
from prewarm.takeover import tell_of_takeover
from prewarm.tallies import WATCH_RESTARTS, count
from prewarm.transactions import AWAY, outlast
from prewarm.upsert import ROWS

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5
PLAN_AGAIN = timedelta(seconds=1)
BROKEN_AGAIN = timedelta(seconds=10)
STOPS_PULLS = frozenset({"cancelled", "task_timeout"})
NODES_AGAIN_SECONDS = 5.0


class Turn:
    """Claims what is due, drives it side by side off one pod stream, and hands back what is not done."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.held: dict[int, Held] = {}
        self.leaving: dict[str, Pull] = {}  # judged and given back; only their deletion is still to be sent
        self.renewed = time.monotonic()
        self.nodes_seen = 0.0
        self.rhythm = Rhythm()

    def run(self) -> bool:
        """Work for at most `TURN_SECONDS`; true when something that is due now was handed back.

        After an error of the database nobody knows what was committed last: all is handed back, to be read anew.
        """
        try:
            self.work()
            more = self.hand_back_all()
            self.see_off()
            if broken_off := self.runtime.stream.interruptions():
                count(WATCH_RESTARTS, "pods", by=broken_off)
            return more
        except AWAY as error:
            log.warning("the database broke off a turn", extra={"error": str(error)})
            self.forget_all()
            return False  # the tick rings: what broke once may break at once again
        except BaseException:
            self.hand_back_all()
            raise

    def work(self) -> None:
        end = time.monotonic() + settings.TURN_SECONDS
        while not self.runtime.stopping.is_set() and time.monotonic() < end and self.step():
            pass
        self.flush()

    def step(self) -> bool:
        """Claim, one cycle, and the wait for what comes next; false when nothing is left to do."""
        answered = any(held.question and held.question.over for held in self.held.values())
        self.rhythm.hurry = self.rhythm.hurry or answered
        beat = self.rhythm.begin()
        if beat:
            self.claim()
        if not self.held and not self.leaving:
            return False
        self.cycle(beat=beat)
        self.pause()
        return True

    def claim(self) -> None:
        """Take what has become due. A batch whose holders died time and again is brought to its end instead."""
        batches, lease = claims.claim_due(self.runtime.holder, [held.batch for held in self.held.values()])
        if batches:
            crash_point("claimed")
        for held in Held.load(batches, lease):
            self.held[held.batch.pk] = held
            for pull in held.pulls.values():
                pull.creating = self.runtime.sender.is_creating(pull.name)
            if held.batch.lost_claims:
                with self.apart([held]):
                    tell_of_takeover(held.batch)
            if held.batch.lost_claims >= claims.GIVE_UP_AT:
                for pull in held.pulls.values():
                    pull.end(Ending("worker_lost", "The workers that held this batch died."))

    def cycle(self, *, beat: bool = True) -> None:
        """One pass over everything held: plan, listen, settle, start, send, renew.

        Between two beats the database is asked nothing unless something was settled.
        """
        now = self.rhythm.look_at_the_clock() if beat else self.rhythm.now()
        if beat:
            self.take_wishes(now)
            for held in [held for held in self.held.values() if held.planning]:
                with self.apart([held]):
                    self.plan(held, now)
        self.listen(now, beat)
        self.end_on_gone_nodes()
        settled = False
        for group in self.by_task():
            with self.apart(group):
                settled = bool(self.settle(group, now)) or settled
        if beat or settled:  # what one task gave back may be what another waits for
            sight = Sight(now)
            groups = self.by_task()
            if len(groups) > 1:
                groups.sort(key=lambda group: sight.place(group[0].task))
            for group in groups:
                with self.apart(group):
                    self.start(group, sight)
        send_creates(self.runtime, self.held.values())
        send_deletes(self.runtime, self.pulls())
        self.renew()

    @contextmanager
    def apart(self, group: list[Held]) -> Iterator[None]:
        """One task's trouble stays its own: its batches rest a while and are then read anew; the others go on.

        A database that does not answer is everybody's trouble, and ends the turn.
        """
        try:
            yield
        except AWAY:
            raise
        except Exception:
            log.exception("a task broke in a turn", extra={"task": str(group[0].task.pk)})
            again = database_now() + BROKEN_AGAIN
            for held in [held for held in group if self.held.get(held.batch.pk) is held]:
                self.let_go(held)
                claims.hand_back(held.batch, again)

    def by_task(self) -> list[list[Held]]:
        """The batches that pull; what is still to be planned has nothing to settle or start."""
        groups: dict[object, list[Held]] = {}
        for held in self.held.values():
            if not held.planning:
                groups.setdefault(held.task.pk, []).append(held)
        return list(groups.values())

    def pulls(self) -> Iterable[Pull]:
        for held in self.held.values():
            yield from held.pulls.values()
        yield from self.leaving.values()

    def take_wishes(self, now: datetime) -> None:
        """Read again what others wish for: cancel, pause. A task out of time is stopped here."""
        wanted = {held.task.pk for held in self.held.values()}
        tasks = {task.pk: task for task in Task.objects.filter(pk__in=wanted).defer("node_names")}
        for task in tasks.values():
            keep_clock(task, now)
            stop_overdue(task, now)
        for held in list(self.held.values()):
            if held.task.pk not in tasks:  # deleted with all its rows
                self.let_go(held)
                continue
            held.set_task(tasks[held.task.pk])
            for pull in held.pulls.values():
                if held.task.stop_reason in STOPS_PULLS and not pull.concluded:
                    pull.end(Ending(held.task.stop_reason))

    def plan(self, held: Held, now: datetime) -> None:
        """Ask registries first, if they are to be asked; plan when they have answered, or their time is over."""
        if held.batch.lost_claims >= claims.GIVE_UP_AT:
            give_up(held.task, now)
        held.question = held.question or Question(held.task, now, self.runtime.stream.wake)
        if not (held.question.over or held.task.stop_reason):
            return
        try:
            planned = plan(held.batch, held.task, now, held.question.findings())
        except LostBatch:
            planned = True
        self.let_go(held)
        if planned:
            self.rhythm.hurry = True
        else:
            claims.hand_back(held.batch, now + PLAN_AGAIN)

    def listen(self, now: datetime, everything: bool) -> None:
        """Take in the API server's answers and what has changed of the pods; with `everything`, deadlines too."""
        known = {pull.name: pull for pull in self.pulls()}
        changed = self.runtime.stream.changed()
        for asked, name, answer in self.runtime.sender.answers():
            if isinstance(answer, WaitFor) and answer.trouble:
                self.runtime.note_trouble(answer.trouble)
            changed.add(name)
            if name in known:
                take_answer(known[name], asked, answer)
        for name in known if everything else changed & known.keys():
            observe(known[name], self.runtime.stream, now)
        self.leaving = {name: pull for name, pull in self.leaving.items() if pull.phase is not Phase.GONE}

    def end_on_gone_nodes(self) -> None:
        """Now and then: a node that left the cluster will never answer."""
        if time.monotonic() - self.nodes_seen < NODES_AGAIN_SECONDS:
            return
        self.nodes_seen = time.monotonic()
        waiting = [pull for pull in self.pulls() if pull.ending is None and not pull.concluded]
        if not waiting or not NodeView.load().fresh():
            return
        names = {pull.slot.node for pull in waiting}
        there = set(Node.objects.filter(pk__in=names).values_list("name", flat=True))
        for pull in waiting:
            if pull.slot.node not in there:
                pull.end(Ending("node_gone", f"{pull.slot.node} left the cluster while it was pulling."))

    def settle(
        self, group: list[Held], now: datetime, decided: dict[int, BatchNews] | None = None, *, patient: bool = True
    ) -> bool:
        """Commit what one task's batches found out; batches that are no longer ours are dropped. False for no commit.

        While `patient`, uids and images that are pulled beside others wait a commit interval for company.
        """
        news = [gather(held, self.runtime.stream, now, (decided or {}).get(held.batch.pk)) for held in group]
        worth = [entry for entry in news if entry]
        waited = time.monotonic() - min(held.written for held in group)
        pressing = any(entry.pressing for entry in worth)
        if not worth or (patient and not pressing and waited < settings.COMMIT_SECONDS):
            return False
        settled = settle(group[0].task.pk, worth, now)
        if pressing:
            self.rhythm.committed()
        for entry in settled.lost:
            if lost := self.held.get(entry.batch.pk):
                self.let_go(lost)
        for entry in worth:
            held = self.held.get(entry.batch.pk)
            if held is None or settled.task is None:
                continue
            self.leaving.update((pull.name, pull) for pull in follow(held, entry))
            if entry.ends:
                self.let_go(held)
        self.rhythm.hurry = self.rhythm.hurry or settled.opened
        for held in group:
            if settled.task:
                held.set_task(settled.task)
        return True

    def start(self, group: list[Held], sight: Sight) -> None:
        """Start what may start of one task; what its nodes decide without a pull is settled first."""
        start = Start(self.runtime, group, sight)
        if decided := start.look():
            self.settle(group, sight.now, decided)
            self.rhythm.hurry = True  # the places that it left free are for others
        done = start.go(self.held)
        if done.slots:
            self.rhythm.committed()
        self.rhythm.hurry = self.rhythm.hurry or done.opened or len(done.slots) == ROWS

    def renew(self) -> None:
        """Lengthen the leases in time; drop, without another write, what is no longer ours."""
        if self.held and time.monotonic() - self.renewed >= settings.LEASE_RENEW_SECONDS:
            ours, lease = claims.renew(self.runtime.holder, [held.batch for held in self.held.values()])
            self.renewed = time.monotonic()
            for pk in ours:
                self.held[pk].lease = lease
            self.drop(pk for pk in list(self.held) if pk not in ours)
        self.drop(pk for pk, held in list(self.held.items()) if held.lease.lost())

    def drop(self, batch_ids: Iterable[int]) -> None:
        for pk in batch_ids:
            log.warning("lost a batch", extra={"batch": pk})
            self.let_go(self.held[pk])

    def let_go(self, held: Held) -> None:
        """Look after this batch no more, and create nothing more of it; before its row says so."""
        held.let_go()
        del self.held[held.batch.pk]

    def pause(self) -> None:
        """Hand back what can only wait for a later time; then wait for news."""
        now = self.rhythm.now()
        for held in [held for held in self.held.values() if held.next_due(now) > now]:
            self.let_go(held)
            claims.hand_back(held.batch, held.next_due(now))
        if self.held or self.leaving:
            pulls = sum(len(held.pulls) for held in self.held.values())
            self.rhythm.pause(self.runtime.stream, self.runtime.stopping, pulls)

    def flush(self) -> None:
        """Before handing back: hear the answers to what was sent, send the last deletions, write down what is new."""
        self.listen_while(lambda: bool(self.runtime.sender.under_way or self.leaving))
        self.drop(pk for pk, held in list(self.held.items()) if held.lease.lost())
        now = database_now()
        for group in self.by_task():
            with self.apart(group):
                self.settle(group, now, patient=False)

    def see_off(self) -> None:
        """After handing back: what the last settlement judged belongs to no batch any more; send its deletion.

        What is not sent in time is the sweep's.
        """
        self.listen_while(lambda: any(pull.undeleted for pull in self.leaving.values()))

    def listen_while(self, condition: Callable[[], bool]) -> None:
        """Take in what is told, once and while the condition holds, at most half a second; delete what is leaving."""
        end = time.monotonic() + FLUSH_SECONDS
        self.listen(self.rhythm.now(), True)
        while condition() and time.monotonic() < end:
            send_deletes(self.runtime, self.leaving.values())
            self.runtime.stream.wait(GAP_SECONDS)
            self.listen(self.rhythm.now(), True)

    def forget_all(self) -> None:
        """Hand back all that is ours by the rows, as soon as the database answers, at most while the leases last."""
        for held in list(self.held.values()):
            self.let_go(held)
        everything = partial(claims.hand_back_everything, self.runtime.holder)
        outlast(everything, settings.LEASE_SECONDS, self.runtime.stopping)

    def hand_back_all(self) -> bool:
        now = database_now()
        held_now = list(self.held.values())
        for held in held_now:
            self.let_go(held)
        for held in held_now:
            claims.hand_back(held.batch, held.next_due(now))
        crash_point("handed_back")
        return any(held.next_due(now) <= now for held in held_now)
