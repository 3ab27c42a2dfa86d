"""The only file that knows rq-scheduler: it rings the tick, and nothing else.

The package's own scheduler stays alive and silent after a FLUSHALL, dies of one unreadable entry, and pickles. Here the
tick is registered again on every pass, entries that cannot be read are dropped, and jobs are JSON.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler.scheduler import Scheduler

log = logging.getLogger(__name__)

TICK = "prewarm.work.tick"
TICK_ID = "ips-tick"
PASS_SECONDS = 1.0


def next_tick(connection: Redis) -> float | None:
    """When the tick is due next, in seconds since the epoch; None when no scheduler has registered it."""
    due: float | None = connection.zscore(Scheduler.scheduled_jobs_key, TICK_ID)
    return due


class JsonJob(Job):
    """A job that is written and read as JSON, whoever asks for it."""

    def __init__(self, id: str | None = None, connection: Any = None, serializer: Any = None) -> None:
        super().__init__(id, connection=connection, serializer=serializer or JSONSerializer)


class Ticker(Scheduler):
    """Rings the tick. Any number of them may run: a lock in Redis lets one through per pass, two would be harmless."""

    def __init__(self, connection: Redis) -> None:
        super().__init__(
            queue_name=settings.QUEUE_TICKS, connection=connection, interval=PASS_SECONDS, job_class=JsonJob
        )

    def run_until(self, stopping: threading.Event) -> None:
        """Pass after pass. Without Redis it waits and tries again: no process needs to die of that."""
        while not stopping.is_set():
            started = time.monotonic()
            try:
                self.one_pass()
            except RedisError as error:
                log.warning("no tick: Redis does not answer", extra={"error": str(error)})
            stopping.wait(max(0.1, PASS_SECONDS - (time.monotonic() - started)))

    def one_pass(self) -> None:
        """Register the tick if it is missing, then put what is due on its queue."""
        if not self.acquire_lock():
            return
        try:
            self.drop_unreadable()
            if not self.registered():
                self.schedule(
                    datetime.utcnow(),
                    TICK,
                    interval=int(settings.TICK_SECONDS),
                    id=TICK_ID,
                    result_ttl=-1,
                    queue_name=settings.QUEUE_TICKS,
                )
            if not self.queued():
                self.enqueue_jobs()
        finally:
            self.remove_lock()

    def registered(self) -> bool:
        """Whether the tick is due soon. One that is due far off was registered before the clock was set back."""
        due = next_tick(self.connection)
        return due is not None and due <= time.time() + 2 * settings.TICK_SECONDS

    def queued(self) -> bool:
        """Whether a tick waits on the queue already: a second one would tell nobody anything."""
        return bool(self.connection.llen(f"rq:queue:{settings.QUEUE_TICKS}"))

    def drop_unreadable(self) -> None:
        for raw in self.connection.zrange(self.scheduled_jobs_key, 0, -1):
            name = raw.decode(errors="replace")
            try:
                log.debug("scheduled", extra={"entry": JsonJob.fetch(name, connection=self.connection).func_name})
            except RedisError:
                raise
            except Exception as error:  # whatever it is, it is not ours to run
                log.warning("dropped an unreadable entry", extra={"entry": name, "error": str(error)})
                self.connection.zrem(self.scheduled_jobs_key, raw)
