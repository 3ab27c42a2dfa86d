"""`manage.py up`: one installation on this machine, until Ctrl-C."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ips.supervisor.__main__ import add_options, main


class Command(BaseCommand):
    help = "Start web, workers, scheduler, watcher and an embedded Valkey, and keep them alive until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        given = [f"--port={options['port']}"]
        if options["kubeconfig"]:
            given.append(f"--kubeconfig={options['kubeconfig']}")
        sys.exit(main(given))
