"""`manage.py audit export`: who changed what or was refused, as lines for other programs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.audit_export import exported
from accounts.audit_query import moment
from accounts.models import AuditEntry, Outcome
from ips.operator_command import USAGE, OperatorCommand
from ips.problems import Problem


class Command(OperatorCommand):
    help = "Write the audit to standard output, newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        export = parser.add_subparsers(dest="move", required=True, metavar="export").add_parser(
            "export", help="write the lines that are asked for, or all"
        )
        export.add_argument("--as", dest="kind", choices=("jsonl", "csv"), default="jsonl")
        export.add_argument("--since", metavar="TIME", help="from this time or day on, like 2026-11-26T08:00:00Z")
        export.add_argument("--until", metavar="TIME", help="up to this time or day, not including it")
        export.add_argument("--action", action="append", default=[], help="like settings.changed; may be repeated")
        export.add_argument("--tenant", metavar="SLUG")
        export.add_argument("--outcome", choices=Outcome.values)

    def handle(self, *args: Any, **options: Any) -> None:
        rows = AuditEntry.objects.all()
        try:
            if options["since"]:
                rows = rows.filter(at__gte=moment("--since", options["since"]))
            if options["until"]:
                rows = rows.filter(at__lt=moment("--until", options["until"]))
        except Problem as problem:
            raise CommandError(str(problem.detail), returncode=USAGE) from problem
        if options["action"]:
            rows = rows.filter(action__in=options["action"])
        if options["tenant"]:
            rows = rows.filter(tenant__slug=options["tenant"])
        if options["outcome"]:
            rows = rows.filter(outcome=options["outcome"])
        for line in exported(rows, options["kind"]):
            self.stdout.write(line, ending="")
