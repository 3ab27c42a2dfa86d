"""What fails again is tried later and later; while the pods cannot be followed nothing is sent at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from django.utils import timezone

from prewarm import limits
from prewarm.answers import take_answer
from prewarm.cluster import ClusterUnreachable, Refused
from prewarm.models import Limit
from prewarm.pull import Phase
from prewarm.runtime import Runtime
from prewarm.sender import StillThere, WaitFor
from prewarm.sending import send_creates, send_deletes
from tests.prewarm.rows import cap
from tests.prewarm.test_pull import pull_of

AWAY, NO = ClusterUnreachable("nobody answers"), Refused("forbidden", status=403)


def wait_after(pull: Any, answer: Any) -> float:
    begun = time.monotonic()
    take_answer(pull, "look", answer)
    return float(pull.look_due) - begun


def test_each_failure_in_a_row_makes_the_wait_longer_and_an_answer_ends_the_row() -> None:
    pull = pull_of(uid="u")

    first, *_, sixth = [wait_after(pull, WaitFor(trouble=AWAY)) for _ in range(6)]
    assert first <= 1 and sixth >= 7

    take_answer(pull, "look", StillThere("u"))
    assert wait_after(pull, WaitFor(trouble=AWAY)) <= 1


def test_a_clear_no_is_not_asked_again_within_a_second() -> None:
    assert wait_after(pull_of(uid="u"), WaitFor(trouble=NO)) >= 2


@pytest.mark.parametrize("lost_for", [10.0, 0.0])
def test_nothing_is_sent_while_the_pods_cannot_be_followed(lost_for: float, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime()
    monkeypatch.setattr(Runtime, "stream", Mock(interruption=lambda: (lost_for, NO if lost_for else None)))
    looked_at: list[bool] = []

    def waiting() -> Iterator[Any]:
        """Whoever would send looks first at what there is."""
        looked_at.append(True)
        yield from ()

    monkeypatch.setattr("prewarm.limits.draw", lambda *_: 0)
    send_creates(runtime, waiting())
    send_deletes(runtime, waiting())
    assert len(looked_at) == (0 if lost_for else 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rate", "sent"),
    [(100, [True, True, True]), (5, [True, True, False]), (4, [True, True]), (1, [False])],
    ids=["all that is asked for", "one token is left for the third", "two and two", "one"],
)
def test_a_job_takes_one_token_for_itself_and_one_for_its_pod(
    rate: int, sent: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, seen = Runtime(), Mock(gone=False, uid="of the pod")
    monkeypatch.setattr(
        Runtime, "stream", Mock(interruption=lambda: (0.0, None), look=lambda _: seen, quiet_for=lambda: 0.0)
    )
    monkeypatch.setattr(Runtime, "sender", sender := Mock())
    cap(limits.DELETES, rate)
    pulls = [pull_of(puller="job", uid=f"u{n}", judged_at=timezone.now()) for n in range(3)]
    assert {pull.phase for pull in pulls} == {Phase.ENDING}
    for number, pull in enumerate(pulls):
        pull.slot.pull_job = f"ips-{number}"

    send_deletes(runtime, pulls)

    asked = [call.kwargs["pod"] is not None for call in sender.delete.call_args_list]
    assert asked == sent
    assert Limit.objects.get(name=limits.DELETES).used == len(asked) + sum(asked)
