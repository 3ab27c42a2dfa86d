"""What the API server's answers mean for a pull job."""

from __future__ import annotations

import time

from prewarm.cluster import ClusterError, Refused
from prewarm.cluster.client import retry_seconds
from prewarm.pull import Ending, Phase, Pull
from prewarm.sender import Answer, Created, EndedUnjudged, Gone, No, StillThere, WaitFor

SEEN_GONE_WITHIN_SECONDS = 1.0


def take_answer(pull: Pull, asked: str, answer: Answer) -> None:
    """Bring a pull job on by one answer to a create, a delete or a look."""
    pull.failures = pull.failures + _weight(answer.trouble) if isinstance(answer, WaitFor) and answer.trouble else 0
    {"create": _created, "delete": _deleted, "look": _looked}[asked](pull, answer)


def _created(pull: Pull, answer: Answer) -> None:
    pull.creating = False
    waiting = pull.phase in (Phase.TO_CREATE, Phase.CREATING)
    if isinstance(answer, Created):
        pull.slot.uid = answer.uid
        if waiting:
            pull.phase = Phase.RUNNING
        pull.since = time.monotonic()
    elif isinstance(answer, WaitFor):
        if waiting:
            pull.phase = Phase.TO_CREATE
            pull.retry_at = _again(pull, answer)
    elif pull.pod_uid:
        pass  # an earlier try had made it: the stream shows it, and tells more than this answer
    elif isinstance(answer, EndedUnjudged):
        pull.slot.uid = answer.uid
        pull.phase = Phase.RUNNING if waiting else pull.phase
        pull.end(Ending("", "An earlier pull job of this name ended without a result."))
    elif isinstance(answer, No):
        pull.phase = Phase.GONE
        pull.end(Ending(answer.reason, answer.message))


def _deleted(pull: Pull, answer: Answer) -> None:
    pull.deleting = False
    if isinstance(answer, Gone):
        pull.phase = Phase.GONE
    elif isinstance(answer, StillThere):
        pull.look_due = time.monotonic() + SEEN_GONE_WITHIN_SECONDS
        pull.delete_due = time.monotonic() + 10 * SEEN_GONE_WITHIN_SECONDS
    elif isinstance(answer, WaitFor):
        pull.delete_due = _again(pull, answer)


def _looked(pull: Pull, answer: Answer) -> None:
    if isinstance(answer, StillThere):
        if answer.uid and not pull.slot.uid:
            pull.slot.uid = answer.uid
        pull.look_due = time.monotonic() + (1.0 if pull.phase is Phase.ENDING else 15.0)
    elif isinstance(answer, Gone):
        if pull.phase is Phase.RUNNING and not pull.uid_stored and not pull.slot.uid:
            pull.phase = Phase.TO_CREATE
        elif pull.phase is Phase.RUNNING:
            pull.phase = Phase.GONE
            pull.end(Ending("deleted_externally", "The pull job disappeared before it had a result."))
        elif pull.phase is Phase.ENDING:
            pull.phase = Phase.GONE
    elif isinstance(answer, No):
        pull.end(Ending(answer.reason, answer.message))
    elif isinstance(answer, WaitFor):
        pull.look_due = _again(pull, answer)


def _weight(trouble: ClusterError) -> int:
    """A clear no will not have changed in a second: it counts like a fourth failure."""
    return 4 if isinstance(trouble, Refused) else 1


def _again(pull: Pull, answer: WaitFor) -> float:
    """When to try again, on the monotonic clock: the longer it has failed, the later."""
    wait = retry_seconds(pull.failures, answer.trouble) if answer.trouble else answer.seconds
    return time.monotonic() + wait
