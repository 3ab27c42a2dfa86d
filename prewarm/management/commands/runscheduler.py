"""`manage.py runscheduler`: ring the tick."""

from __future__ import annotations

import signal
import threading
from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand

from prewarm.ticker import Ticker


class Command(BaseCommand):
    """Rings the tick through Redis until told to stop. Any number may run."""

    help = "Ring the tick every few seconds. Any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        Ticker(django_rq.get_connection(settings.QUEUE_TICKS)).run_until(stopping)
