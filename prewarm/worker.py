"""The RQ worker: runs turns and ticks in its own process, so that client, cache and stream live as long as it does."""

from __future__ import annotations

import logging
from types import FrameType

import django_rq
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from prewarm.work import runtime

log = logging.getLogger(__name__)

# How long Redis remembers a worker that was killed. An idle worker asks for work at least this often.
WORKER_TTL = 30


class TurnWorker(SimpleWorker):
    """Ends soon after SIGTERM: the turn in progress hands back what it holds within a second."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        runtime().stop()
        super().request_stop(signum, frame)


def work(queue: str) -> None:
    """Work on one queue until told to stop."""
    connection = django_rq.get_connection(queue)
    worker = TurnWorker(
        [django_rq.get_queue(queue)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        log_job_description=False,
    )
    worker.work(with_scheduler=False, logging_level="WARNING")
