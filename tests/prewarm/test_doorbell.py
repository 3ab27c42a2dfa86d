"""Redis as a doorbell: it says only that there is work, and losing it loses time, never work."""

from __future__ import annotations

import json

import django_rq
import pytest
from rq import Queue

from prewarm.doorbell import TURN, ring_turns
from tests.processes import Valkey


@pytest.fixture
def queue(valkey: Valkey) -> Queue:
    turns: Queue = django_rq.get_queue("turns")
    turns.empty()
    return turns


def test_without_a_worker_one_turn_waits_however_often_it_rings(queue: Queue) -> None:
    for _ in range(5):
        ring_turns()

    assert queue.count == 1


def test_a_turn_is_json_and_carries_nothing(queue: Queue) -> None:
    ring_turns()

    (job,) = queue.get_jobs()
    assert json.loads(job.data) == [TURN, None, [], {}]


def test_it_rings_again_once_the_turn_was_taken(queue: Queue) -> None:
    ring_turns()
    queue.empty()

    ring_turns()

    assert queue.count == 1


def test_nobody_at_the_door_is_only_a_warning(queue: Queue, valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    valkey.stop()
    try:
        ring_turns()
    finally:
        valkey.start()

    assert "nobody heard the doorbell" in caplog.text
    ring_turns()
    assert queue.count == 1
