"""`manage.py runwatcher`: keep the table of nodes."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prewarm.binding import WrongCluster
from prewarm.cluster import NotConfigured
from prewarm.watcher import watch_nodes


class Command(BaseCommand):
    """Follows the cluster's nodes until told to stop. Any number may run; one works, the others stand by."""

    help = "Keep the table of nodes: list once, then follow changes. Any number may run; one leads."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        try:
            watch_nodes(stopping)
        except (NotConfigured, WrongCluster) as error:
            raise CommandError(str(error)) from error
