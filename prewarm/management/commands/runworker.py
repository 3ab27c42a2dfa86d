"""`manage.py runworker QUEUE`: take turns, or run ticks."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from prewarm.binding import WrongCluster
from prewarm.cluster import ClusterError, NotConfigured
from prewarm.work import runtime
from prewarm.worker import work

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """A worker for one queue, until told to stop. Run as many as you like."""

    help = (
        "Work on one queue: turns (pulls images), ticks (finds what is due) or deliveries (tells others). "
        "Run as many as you like."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=list(settings.RQ_QUEUES), help="the queue to work on")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # before it works there is nothing to hand back
        if options["queue"] == settings.QUEUE_DELIVERIES:  # needs no cluster
            log.info("a worker starts", extra={"queue": options["queue"]})
            work(options["queue"])
            return
        try:
            log.info("a worker starts", extra={"queue": options["queue"], "installation": runtime().installation})
            if options["queue"] == settings.QUEUE_TURNS:
                runtime().ready()  # the pods are known by the time of the first turn
        except (NotConfigured, WrongCluster) as error:
            raise CommandError(str(error)) from error
        except ClusterError as error:
            log.warning("the API server does not answer yet; turns will wait", extra={"error": error.message})
        work(options["queue"])
