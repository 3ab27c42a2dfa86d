"""Redis as a doorbell: an RQ job says only that there is work. Losing all of Redis loses time, never work."""

from __future__ import annotations

import logging

import django_rq
from django.conf import settings
from redis.exceptions import RedisError
from rq import Worker

log = logging.getLogger(__name__)

TURN = "prewarm.work.turn"
RESULT_SECONDS = 0
FAILURE_SECONDS = 60


def ring_turns() -> None:
    """Ask for a turn, unless as many are queued already as there are workers.

    When Redis does not answer, the next tick rings instead.
    """
    ring(settings.QUEUE_TURNS, TURN)


def ring(queue_name: str, job: str) -> None:
    """Put this job on its queue, unless as many wait there already as the queue has workers."""
    try:
        queue = django_rq.get_queue(queue_name, commit_mode="auto")
        if queue.count < max(1, Worker.count(queue=queue)):
            queue.enqueue(job, result_ttl=RESULT_SECONDS, failure_ttl=FAILURE_SECONDS)
    except RedisError as error:
        log.warning("nobody heard the doorbell", extra={"error": str(error)})
