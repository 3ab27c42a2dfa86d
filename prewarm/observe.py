"""What the pod stream says about the pull jobs that a turn holds."""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings

from prewarm.judge import latch
from prewarm.podseen import PodSeen
from prewarm.podstream import PodStream
from prewarm.pull import Ending, Phase, Pull

# A pull job that the stream does not show yet may only be late: look by GET after this long, and then now and then.
LOOK_AFTER_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 15.0


def observe(pull: Pull, stream: PodStream, now: datetime) -> None:
    """Take in what is known of one pull job: latch verdicts, notice that it is over, gone or overdue."""
    seen = stream.look(pull.name)
    if seen and pull.phase is not Phase.GONE:
        _take(pull, seen, now)
    if pull.phase is Phase.RUNNING and pull.ending is None and stream.steady_for() >= settings.STEADY_SECONDS:
        _check_deadlines(pull, seen, stream.steady_for(), now)


def needs_look(pull: Pull, stream: PodStream) -> bool:
    """Whether only a GET can tell what became of this pull job."""
    if pull.phase not in (Phase.RUNNING, Phase.ENDING) or pull.creating or pull.deleting:
        return False
    if stream.quiet_for() > settings.WATCH_SECONDS:
        return False
    if pull.phase is Phase.ENDING and not pull.slot.uid:
        return time.monotonic() >= pull.look_due
    if pull.phase is Phase.RUNNING and stream.look(pull.name):
        return False
    due = max(pull.look_due, pull.since + LOOK_AFTER_SECONDS)
    return time.monotonic() >= due


def _take(pull: Pull, seen: PodSeen, now: datetime) -> None:
    if not pull.via_job and pull.slot.uid and seen.uid != pull.slot.uid:
        return  # an earlier object of the same name
    if seen.deleting and pull.phase in (Phase.TO_CREATE, Phase.CREATING):
        return  # what is on its way out is not taken over: the create waits until it is gone
    pull.pod_uid = seen.uid
    if pull.phase in (Phase.TO_CREATE, Phase.CREATING):
        pull.phase = Phase.RUNNING
    if not pull.via_job and not pull.slot.uid:
        pull.slot.uid = seen.uid
    found = pull.judge(seen)
    if not pull.concluded:
        latch(pull.verdicts, found.verdicts)
    if seen.gone and pull.via_job:
        pull.look_due = 0.0  # the Job may live on, and make another pod: only a look at both tells
    elif seen.gone:
        pull.phase = Phase.GONE
    if pull.ending is None and not pull.concluded:
        if pull.all_judged:
            pull.end(Ending(""))
        elif found.ended:
            pull.end(_end_of(found.end_reason, found.end_message, seen))
        elif seen.gone:
            pull.end(Ending("deleted_externally", "The pull job disappeared before it had a result."))
        elif found.unschedulable and _age(pull, seen, now) > settings.UNSCHEDULABLE_SECONDS:
            pull.end(Ending("unschedulable", found.unschedulable))


def _end_of(reason: str, message: str, seen: PodSeen) -> Ending:
    """A deadline tells about pulls only who saw the pod before: afterwards containers that did pull look the same."""
    if reason == "deadline_exceeded" and not seen.alive_before:
        return Ending("", message)
    return Ending(reason, message)


def _check_deadlines(pull: Pull, seen: PodSeen | None, steady: float, now: datetime) -> None:
    """End what is overdue, once the API server has been heard from without a break for a while.

    A kubelet that was cut off with us needs up to a minute to come back and see its pods (client-go doubles the pauses
    of its watches up to 30 s, with jitter): it has not answered only if it was silent all through `steady`.
    """
    age = _age(pull, seen, now)
    if seen and not seen.status.get("startTime") and min(age, steady) > settings.NODE_ANSWER_SECONDS:
        text = f"The kubelet of {pull.slot.node} did not take the pull job within {settings.NODE_ANSWER_SECONDS:g} s."
        pull.end(Ending("node_unready", text))
    elif age > pull.task.pull_timeout_seconds + settings.PULL_TIMEOUT_GRACE_SECONDS:
        text = f"No result after {pull.task.pull_timeout_seconds} s, the pull deadline."
        pull.end(Ending("deadline_exceeded", text))


def _age(pull: Pull, seen: PodSeen | None, now: datetime) -> float:
    """Seconds since the pull job was known to exist. A Job's pod may be made much later: its own age counts."""
    began = pull.slot.created_at or (pull.slot.taken_at if pull.uid_stored else now)
    age = (now - began).total_seconds()
    return min(age, time.monotonic() - seen.since) if pull.via_job and seen else age
