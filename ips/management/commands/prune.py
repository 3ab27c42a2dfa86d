"""`manage.py prune`: what is kept long enough goes now, not bit by bit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from accounts.audit import By
from ips.operator_command import OperatorCommand, shell_actor
from ips.retention import Retained
from prewarm import retention as prewarm
from prewarm.clock import database_now
from webhooks import retention as webhooks

KINDS = (*prewarm.KINDS, *webhooks.KINDS)


class Command(OperatorCommand):
    """Does at once, and tells, what the tick does by itself."""

    help = (
        "Delete what is kept long enough: tasks, audit, deliveries, sessions, answers to repeated requests and counts. "
        "The tick does the same by itself, some each minute; --dry-run only counts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how much would go, and delete nothing")
        parser.add_argument("--json", action="store_true", help="print JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        now, dry = database_now(), options["dry_run"]
        told = {one.kind: one.too_old(now).count() if dry else until_none_is_left(one, now) for one in KINDS}
        if not dry and any(told.values()):
            went = {kind: count for kind, count in told.items() if count}
            By(None, shell_actor()).audit("retention.pruned", ", ".join(went), after=went)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry, "rows": told}))
            return
        for kind, count in told.items():
            self.stdout.write(f"{count:>9,}  {kind}")
        self.stdout.write("would be deleted; nothing was." if dry else "deleted.")


def until_none_is_left(one: Retained, now: datetime) -> int:
    """Some at a time, so that others come in between; how many in all."""
    total = 0
    while went := one.prune(now):
        total += went
    return total
