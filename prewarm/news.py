"""What one held batch has to write, and how memory follows once it is written."""

from __future__ import annotations

import time
from datetime import datetime

from prewarm.claims import GIVE_UP_AT
from prewarm.conclude import conclude, so_far, stop
from prewarm.held import Held
from prewarm.models import NodeStatus
from prewarm.podstream import PodStream
from prewarm.pull import Phase, Pull
from prewarm.pullevents import PullEvent
from prewarm.settle import BatchNews, absorb


def stop_reason(held: Held) -> str:
    """Why nothing more of this batch is started, or an empty string."""
    return "worker_lost" if held.batch.lost_claims >= GIVE_UP_AT else held.task.stop_reason


def gather(held: Held, stream: PodStream, now: datetime, news: BatchNews | None = None) -> BatchNews:
    """Collect verdicts, slots to give back, uids to store, and whether the batch ends with all that.

    A slot goes back with the verdicts only if every image is pulled: then the kubelet does nothing more there.
    Otherwise it waits until the pull job is seen gone.
    """
    news = news or BatchNews(held.batch)
    for pull in held.pulls.values():
        if pull.ending and not pull.concluded:
            news.conclusions.append(conclude(pull, _events(pull, stream), now))
            news.concluded.append(pull)
        elif not pull.concluded and pull.pulled > pull.told and (latched := so_far(pull, _events(pull, stream))):
            news.conclusions.append(latched)
            news.latched.append(pull)
        over = pull.phase is Phase.GONE or (pull.ending is not None and pull.all_pulled)
        if over and not pull.creating and (pull.concluded or pull in news.concluded):
            news.releases.append(pull)
        if pull.slot.uid and not pull.uid_stored:
            news.new_uids.append(pull)
    if reason := stop_reason(held):
        decided = {found.result.pk for found in news.conclusions}
        waiting = [row for row in held.results.values() if row.status == NodeStatus.PENDING and row.pk not in decided]
        news.conclusions += [stop(row, reason) for row in waiting]
    terminal = {found.result.pk for found in news.conclusions if found.terminal}
    fresh = held.never_dispatched() if terminal else []
    news.drains = bool(fresh) and all(row.pk in terminal for row in fresh)
    news.ends = not (held.results.keys() - terminal) and len(held.pulls) == len(news.releases)
    return news


def follow(held: Held, news: BatchNews) -> list[Pull]:
    """Bring memory to what was committed; the pull jobs whose deletion is still to be sent."""
    for found in news.conclusions:
        absorb(found)
        if found.terminal:
            held.results.pop(found.result.pk, None)
    for pull in news.concluded:
        pull.concluded = True
        held.batch.lost_claims = 0
    for pull in news.latched:
        pull.told = pull.pulled
    for pull in news.new_uids:
        pull.uid_stored = True
    held.written = time.monotonic()
    for pull in news.releases:
        del held.pulls[pull.name]
    return [pull for pull in news.releases if pull.phase is not Phase.GONE]


def _events(pull: Pull, stream: PodStream) -> dict[int, PullEvent]:
    numbers = range(len(pull.slot.images))
    return {n: event for n in numbers if (event := stream.pull_events.of(pull.pod_uid, n))}
