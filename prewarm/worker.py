"""The RQ worker: runs turns and ticks in its own process, so that client, cache and stream live as long as it does."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import django_rq
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from prewarm.work import runtime

log = logging.getLogger(__name__)

# How long Redis remembers a worker that was killed. An idle worker asks for work at least this often.
WORKER_TTL = 30
LONGEST_END_SECONDS = 10.0

# What a worker does when it is told to end, by its queue; where nothing is said, its turn ends.
_endings: dict[str, Callable[[], None]] = {}


def ends_with(queue: str, stop: Callable[[], None]) -> None:
    """A worker of this queue that is told to end calls this, in a thread of its own, and no cluster is asked."""
    _endings[queue] = stop


class TurnWorker(SimpleWorker):
    """Ends soon after SIGTERM: the turn in progress hands back what it holds within a second."""

    max_connection_wait_time = 5.0  # how long after Redis is back an idle worker may not know it

    def work(self, *arguments: Any, **options: Any) -> bool:
        self._ear, self._bell = os.pipe()
        threading.Thread(target=self._see_to_the_end, name="end", daemon=True).start()
        return super().work(*arguments, **options)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """In a signal handler: no lock may be asked for that the interrupted code could hold."""
        os.write(self._bell, b"!")
        super().request_stop(signum, frame)

    def _see_to_the_end(self) -> None:
        """Once told to end, stop the turn; a process that has not ended in time by itself is ended as by kill -9."""
        os.read(self._ear, 1)
        for queue in self.queues:
            stop = _endings[queue.name] if queue.name in _endings else runtime().stop
            stop()
        time.sleep(LONGEST_END_SECONDS)
        log.error("this worker did not end by itself: what it held is taken over when its lease is over")
        os._exit(1)


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
