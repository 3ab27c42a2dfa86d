"""`manage.py sweep`: what in the cluster no task needs, and its end."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ips.operator_command import OUT_OF_ORDER, OperatorCommand
from prewarm import sweep
from prewarm.binding import WrongCluster, bind
from prewarm.clock import database_now
from prewarm.cluster import Cluster, ClusterError, NotConfigured
from prewarm.orphans import Found
from prewarm.wording import counted, duration


class Command(OperatorCommand):
    """Does at once, and tells, what the tick does by itself."""

    help = (
        "Delete the pull jobs of this installation that no task needs, such as those of tasks that a restored database "
        "does not know. The tick does the same by itself; --dry-run only tells. Other installations' are never touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            cluster = Cluster(connections=1)
            found = sweep.find(cluster, str(bind(cluster).uuid))
            self.tell(found)
            if options["dry_run"]:
                self.stdout.write(f"{counted(len(found), 'object')} would be deleted.")
                return
            deleted = sweep.sweep(cluster, found)
        except (NotConfigured, WrongCluster, ClusterError) as error:
            raise CommandError(f"The cluster could not be swept: {error}", returncode=OUT_OF_ORDER) from error
        left = len(found) - deleted
        self.stdout.write(f"{counted(deleted, 'object')} deleted{f', {left:,} left for the next time' * bool(left)}.")

    def tell(self, found: list[Found]) -> None:
        now = database_now()
        for one in sorted(found, key=lambda one: (one.task, one.node, one.kind)):
            age = duration((now - one.made_at).total_seconds())
            self.stdout.write(f"{one.kind} {one.name} on {one.node or '?'}, of task {one.task[:8] or '?'}, {age} old")
