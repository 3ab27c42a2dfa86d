"""`manage.py simcluster`: run a simulated cluster until told to stop."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prewarm.simulator.options import add_arguments, options_of
from prewarm.simulator.serve import serve


class Command(BaseCommand):
    help = "Run a simulated Kubernetes cluster on the loopback until SIGTERM or SIGINT."
    requires_system_checks = []
    requires_migrations_checks = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Here `--version` says which Kubernetes, not which Django."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chosen = options_of(argparse.Namespace(**options))
        except ValueError as error:
            raise CommandError(str(error)) from error
        serve(chosen)
