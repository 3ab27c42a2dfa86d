"""A turn: one short stretch of a worker's work over all the batches that it holds.

Nothing that matters lives here. Whoever claims a batch next finds all in rows and in the cluster.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from prewarm import claims, limits
from prewarm.answers import take_answer
from prewarm.clock import database_now
from prewarm.conclude import conclude, so_far, stop
from prewarm.dispatch import Candidate, dispatch, examine, write_waiting
from prewarm.held import Held
from prewarm.manifests import PullJob, manifest
from prewarm.models import Node, NodeStatus, NodeView, Task
from prewarm.observe import needs_look, observe
from prewarm.planner import plan
from prewarm.pull import Ending, Phase, Pull
from prewarm.runtime import Runtime
from prewarm.sender import WaitFor
from prewarm.settle import BatchNews, absorb, settle
from prewarm.stopping import stop_overdue

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5
STOPS_PULLS = frozenset({"cancelled", "task_timeout"})


class Turn:
    """Claims what is due, drives it side by side off one pod stream, and hands back what is not done."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.held: dict[int, Held] = {}
        self.leaving: dict[str, Pull] = {}  # judged and given back; only their deletion is still to be sent
        self.taints: dict[str, tuple[dict[str, str], ...]] = {}
        self.renewed = time.monotonic()

    def run(self) -> bool:
        """Work for at most `TURN_SECONDS`; true when something that is due now was handed back."""
        end = time.monotonic() + settings.TURN_SECONDS
        try:
            while not self.runtime.stopping.is_set() and time.monotonic() < end:
                started = time.monotonic()
                self.claim()
                if not self.held and not self.leaving:
                    break
                self.cycle()
                self.pause(started)
            self.flush()
        finally:
            more = self.hand_back(list(self.held.values()))
        return more

    def claim(self) -> None:
        batches, lease = claims.claim_due(self.runtime.holder, [held.batch for held in self.held.values()])
        for batch in batches:
            held = self.held[batch.pk] = Held.load(batch, lease)
            if batch.lost_claims >= claims.GIVE_UP_AT:
                self.give_up(held)

    def give_up(self, held: Held) -> None:
        """Whoever held this batch died, time and again: its pull jobs go and its open nodes fail."""
        for pull in held.pulls.values():
            pull.end(Ending("worker_lost", "The workers that held this batch died."))

    def cycle(self) -> None:
        """One pass over everything held: listen, settle, dispatch, send."""
        now = database_now()
        self.refresh_tasks(now)
        for held in [held for held in self.held.values() if held.planning]:
            self.plan(held, now)
        self.listen(now)
        by_task: dict[object, list[Held]] = {}
        for held in self.held.values():
            by_task.setdefault(held.task.pk, []).append(held)
        for group in by_task.values():
            self.settle(group, now)
        for group in by_task.values():
            self.dispatch([held for held in group if held.batch.pk in self.held], now)
        self.send()
        self.renew()

    def refresh_tasks(self, now: datetime) -> None:
        """Read again what others may have wished for: cancel, pause. A task out of time is stopped here."""
        wanted = {held.task.pk for held in self.held.values()}
        tasks = {task.pk: task for task in Task.objects.filter(pk__in=wanted).defer("node_names")}
        for task in tasks.values():
            stop_overdue(task, now)
        for held in list(self.held.values()):
            task_now = tasks.get(held.task.pk)
            if task_now is None:  # deleted with all its rows
                del self.held[held.batch.pk]
                continue
            held.task = task_now
            for pull in held.pulls.values():
                pull.task = task_now
                if task_now.stop_reason in STOPS_PULLS and not pull.concluded:
                    pull.end(Ending(task_now.stop_reason))

    def plan(self, held: Held, now: datetime) -> None:
        if plan(held.batch, held.task, now):
            del self.held[held.batch.pk]
        else:
            self.hand_back([held])

    def pulls(self) -> Iterable[Pull]:
        for held in self.held.values():
            yield from held.pulls.values()
        yield from self.leaving.values()

    def listen(self, now: datetime) -> None:
        """Take in answers and pods."""
        known = {pull.name: pull for pull in self.pulls()}
        for asked, name, answer in self.runtime.sender.answers():
            if isinstance(answer, WaitFor) and answer.unreachable:
                self.runtime.note_unreachable(answer.unreachable)
            if name in known:
                take_answer(known[name], asked, answer)
        self.runtime.stream.changed()
        for pull in known.values():
            observe(pull, self.runtime.stream, now)
        self.leaving = {name: pull for name, pull in self.leaving.items() if pull.phase is not Phase.GONE}

    def settle(self, group: list[Held], now: datetime, extra: dict[int, BatchNews] | None = None) -> None:
        """Commit what one task's batches found out."""
        news = [self.news_of(held, now, (extra or {}).get(held.batch.pk)) for held in group]
        worth = [entry for entry in news if entry]
        if not worth:
            return
        settled = settle(group[0].task.pk, worth, now)
        for entry in settled.lost:
            self.held.pop(entry.batch.pk, None)
        if settled.task is None:
            return
        for entry in worth:
            if entry not in settled.lost:
                self.committed(self.held[entry.batch.pk], entry)
        for held in group:
            held.task = settled.task
            for pull in held.pulls.values():
                pull.task = settled.task

    def news_of(self, held: Held, now: datetime, extra: BatchNews | None) -> BatchNews:
        news = extra or BatchNews(held.batch)
        for pull in held.pulls.values():
            events = {
                number: event
                for number in range(len(pull.slot.images))
                if (event := self.runtime.stream.pull_events.of(pull.pod_uid, number))
            }
            if pull.ending and not pull.concluded:
                news.conclusions.append(conclude(pull, events, now))
                news.concluded.append(pull)
            elif not pull.concluded and (latched := so_far(pull, events)):
                news.conclusions.append(latched)
            over = pull.phase is Phase.GONE or (pull.ending and pull.all_pulled)
            if not pull.released and over and (pull.concluded or pull in news.concluded):
                news.releases.append(pull)
            if pull.slot.uid and not pull.uid_stored:
                news.new_uids.append(pull)
        reason = self.stop_reason(held)
        if reason:
            decided = {found.result.pk for found in news.conclusions}
            waiting = [r for r in held.results.values() if r.status == NodeStatus.PENDING and r.pk not in decided]
            news.conclusions += [stop(result, reason) for result in waiting]
        terminal = {found.result.pk for found in news.conclusions if found.terminal}
        news.ends = not (held.results.keys() - terminal) and held.slots_held == len(news.releases)
        return news

    def stop_reason(self, held: Held) -> str:
        return "worker_lost" if held.batch.lost_claims >= claims.GIVE_UP_AT else held.task.stop_reason

    def committed(self, held: Held, news: BatchNews) -> None:
        """Bring memory to what the database now says."""
        for found in news.conclusions:
            absorb(found)
            if found.terminal:
                held.results.pop(found.result.pk, None)
        for pull in news.concluded:
            pull.concluded = True
        for pull in news.new_uids:
            pull.uid_stored = True
        for pull in news.releases:
            pull.released = True
            del held.pulls[pull.name]
            if pull.phase is not Phase.GONE:
                self.leaving[pull.name] = pull
        if news.concluded:
            held.batch.lost_claims = 0
        if news.ends:
            del self.held[held.batch.pk]

    def dispatch(self, group: list[Held], now: datetime) -> None:
        """Start what may start for one task, or say what it waits for."""
        if not group:
            return
        task = group[0].task
        wants: dict[int, int] = {}
        candidates: list[Candidate] = []
        for held in group:
            if self.stop_reason(held) or held.planning:
                continue
            room = max(0, task.concurrency - held.slots_held)
            chosen = held.candidates(now)[:room]
            wants[held.batch.pk] = len(chosen)
            candidates += chosen
        if not candidates:
            return
        waits_for = self.obstacle(task)
        if not waits_for:
            waits_for = self.start(group, task, candidates, wants, now)
        self.note_wants(group, wants, waits_for)
        write_waiting(task, waits_for, now)

    def obstacle(self, task: Task) -> str:
        """Why nothing of this task may start now, whatever the limits say."""
        if task.paused_at:
            return "paused"
        if self.runtime.unreachable:
            return "cluster_unreachable"
        if not NodeView.load().fresh():
            return "node_view_stale"
        return ""

    def start(
        self, group: list[Held], task: Task, candidates: list[Candidate], wants: dict[int, int], now: datetime
    ) -> str:
        nodes = Node.objects.in_bulk([candidate.result.node for candidate in candidates])
        decided = examine(task, candidates, nodes)
        if decided:
            extra: dict[int, BatchNews] = {}
            for candidate, conclusion in decided:
                extra.setdefault(candidate.batch.pk, BatchNews(candidate.batch)).conclusions.append(conclusion)
            self.settle(group, now, extra)
            task = group[0].task
        left = [c for c in candidates if c.result.status == NodeStatus.PENDING and c.batch.pk in self.held]
        left = left[: max(0, task.max_in_flight - task.in_flight)]
        if not left or task.stop_reason:
            return ""
        done = dispatch(self.runtime.installation, task, left, wants, now)
        for candidate, slot in done.slots:
            result = candidate.result
            result.status, result.started_at, result.not_before = NodeStatus.PULLING, result.started_at or now, None
            self.held[candidate.batch.pk].pulls[slot.pull_job] = Pull(slot, result, task, Phase.TO_CREATE)
            self.taints[slot.node] = tuple(nodes[slot.node].taints)
        task.in_flight += len(done.slots)
        return done.waits_for if not done.slots else ""

    def note_wants(self, group: list[Held], wants: dict[int, int], waits_for: str) -> None:
        """Let the order of all tasks know how much waits here."""
        for held in group:
            wanted = wants.get(held.batch.pk, 0) if waits_for else 0
            if held.batch.pk in self.held and held.batch.waiting != wanted and claims.fence(held.batch, waiting=wanted):
                held.batch.waiting = wanted

    def send(self) -> None:
        """Steps (b) and (d), within the write rates."""
        clock = time.monotonic()
        creates = [
            pull
            for held in self.held.values()
            if held.lease.safe_to_create()
            for pull in held.pulls.values()
            if pull.phase is Phase.TO_CREATE and pull.retry_at <= clock
        ]
        for pull in creates[: limits.draw(limits.CREATES, len(creates))]:
            pull.phase = Phase.CREATING
            self.runtime.sender.create(pull.name, manifest(self.pull_job(pull)), pull.images)
        deletes = [
            pull
            for pull in self.pulls()
            if pull.phase is Phase.ENDING
            and pull.concluded
            and pull.slot.uid
            and not pull.deleting
            and pull.delete_due <= clock
        ]
        for pull in deletes[: limits.draw(limits.DELETES, len(deletes))]:
            pull.deleting = True
            seen = self.runtime.stream.look(pull.name)
            pod = (seen.name, seen.uid) if pull.via_job and seen and not seen.gone else None
            self.runtime.sender.delete(pull.name, pull.slot.uid, via_job=pull.via_job, pod=pod)
        for pull in self.pulls():
            if needs_look(pull, self.runtime.stream):
                pull.look_due = clock + 5.0
                self.runtime.sender.look(pull.name, via_job=pull.via_job)

    def pull_job(self, pull: Pull) -> PullJob:
        task, node = pull.task, pull.slot.node
        if node not in self.taints:
            row = Node.objects.filter(pk=node).first()
            self.taints[node] = tuple(row.taints) if row else ()
        return PullJob(
            name=pull.name,
            installation=self.runtime.installation,
            task=str(task.pk),
            request_id=task.request_id,
            namespace=settings.PULL_NAMESPACE,
            service_account=settings.PULL_SERVICE_ACCOUNT,
            priority_class=self.runtime.priority_class,
            node=node,
            node_taints=self.taints[node],
            images=tuple(pull.images),
            pull_policy=task.pull_policy,
            pull_secrets=tuple(task.pull_secrets),
            timeout_seconds=task.pull_timeout_seconds,
            helper_image=task.helper_image,
            via_job=pull.via_job,
        )

    def renew(self) -> None:
        """Lengthen the leases in time; drop, without another write, what is no longer ours."""
        if time.monotonic() - self.renewed >= settings.LEASE_RENEW_SECONDS and self.held:
            ours, lease = claims.renew(self.runtime.holder, [held.batch for held in self.held.values()])
            self.renewed = time.monotonic()
            for pk in list(self.held):
                if pk in ours:
                    self.held[pk].lease = lease
                else:
                    log.warning("lost a batch", extra={"batch": pk})
                    del self.held[pk]
        for pk in [pk for pk, held in self.held.items() if held.lease.lost()]:
            log.warning("a lease ran out", extra={"batch": pk})
            del self.held[pk]

    def pause(self, started: float) -> None:
        """Wait for news; at most one commit interval, and hand back what can only wait for a later time."""
        now = database_now()
        waiting = [held for held in self.held.values() if not held.planning and held.next_due(now) > now]
        self.hand_back(waiting)
        busy = any(pull.phase is Phase.TO_CREATE and pull.retry_at <= started for pull in self.pulls())
        spent = time.monotonic() - started
        if spent < settings.COMMIT_SECONDS and (self.held or self.leaving) and not self.just_opened():
            self.runtime.stream.wait(settings.COMMIT_SECONDS - spent if not busy else 0.02)

    def just_opened(self) -> bool:
        return any(not held.pulls and held.results for held in self.held.values() if not held.task.waiting_reason)

    def flush(self) -> None:
        """Before handing back: let requests under way be answered, and write down what they said."""
        end = time.monotonic() + FLUSH_SECONDS
        while time.monotonic() < end and (self.runtime.sender.under_way or self.leaving):
            self.runtime.stream.wait(0.02)
            self.listen(database_now())
            self.send_deletes_only()
        now = database_now()
        by_task: dict[object, list[Held]] = {}
        for held in self.held.values():
            if not held.lease.lost() and not held.planning:
                by_task.setdefault(held.task.pk, []).append(held)
        for group in by_task.values():
            self.settle(group, now)

    def send_deletes_only(self) -> None:
        """Nothing new is created at the end of a turn."""

    def hand_back(self, group: list[Held]) -> bool:
        now = database_now()
        due_now = False
        for held in group:
            due = held.next_due(now)
            due_now = due_now or due <= now
            claims.hand_back(held.batch, due)
            self.held.pop(held.batch.pk, None)
        return due_now
