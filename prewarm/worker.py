"""The RQ worker: runs turns and ticks in its own process, so that client, cache and stream live as long as it does."""

from __future__ import annotations

import logging
from types import FrameType

import django_rq
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from prewarm.work import runtime

log = logging.getLogger(__name__)

# How long Redis remembers a worker that was killed. An idle worker asks for work at least this often.
WORKER_TTL = 30


class TurnWorker(SimpleWorker):
    """Ends soon after SIGTERM: the turn in progress hands back what it holds within a second."""

    max_connection_wait_time = 5.0  # how long after Redis is back an idle worker may not know it

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        runtime().stop()
        super().request_stop(signum, frame)


def warn_of_eviction(connection: Redis) -> None:
    """Say so if Redis may throw away queues when it is full; who hides its configuration is believed."""
    try:
        policy = str(connection.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except RedisError:
        return
    if policy.startswith("allkeys"):
        log.warning(
            "Redis may throw away what waits in its queues: set maxmemory-policy noeviction", extra={"policy": policy}
        )


def work(queue: str) -> None:
    """Work on one queue until told to stop."""
    connection = django_rq.get_connection(queue)
    warn_of_eviction(connection)
    worker = TurnWorker(
        [django_rq.get_queue(queue)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        log_job_description=False,
    )
    worker.work(with_scheduler=False, logging_level="WARNING")
