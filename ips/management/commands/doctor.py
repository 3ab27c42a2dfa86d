"""`manage.py doctor`: is every part of this installation as it should be, and what is to be done if not?"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from ips.findings import OK, PROBLEM, WARNING, Finding, findings
from ips.operator_command import OperatorCommand


class Command(OperatorCommand):
    """Looks at versions, database, Redis, clocks, processes, the view of the nodes, the cluster and IPS' rights."""

    help = (
        "Look at every part and say what is wrong and what to do. A line each: ok, warning or problem. "
        "Exit status 1 when there is a problem."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[Finding] = []
        for finding in findings():
            found.append(finding)
            if not options["json"]:
                self.stdout.write(self.line(finding))
        healthy = all(finding.level != PROBLEM for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": healthy, "findings": [finding._asdict() for finding in found]}))
        if not healthy:
            raise SystemExit(1)

    def line(self, finding: Finding) -> str:
        paints = {OK: self.style.SUCCESS, WARNING: self.style.WARNING, PROBLEM: self.style.ERROR}
        text = f"{finding.text}: {finding.remedy}" if finding.remedy else finding.text
        return f"{paints[finding.level](f'{finding.level:7}')}  {finding.part:14}  {text}"
