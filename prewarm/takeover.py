"""A batch that was taken over from a worker that died is told in its task's history."""

from __future__ import annotations

from prewarm import history, progress
from prewarm.clock import database_now
from prewarm.models import Batch
from prewarm.tallies import TAKEOVERS, count
from prewarm.transactions import retried


def tell_of_takeover(batch: Batch) -> None:
    """Write the event for a batch that was just claimed with `lost_claims` above 0."""

    def work() -> None:
        now = database_now()
        if task := progress.lock(batch.task_id, finished_at=None):
            history.tell_taken_over(task, now, batch.number, batch.lost_claims)
        count(TAKEOVERS)

    retried(work)
