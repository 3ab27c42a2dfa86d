"""`manage.py check_invariants`: does everything that must hold, hold?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prewarm.binding import WrongCluster, bind
from prewarm.cluster import Cluster, ClusterError, NotConfigured
from prewarm.invariants import check, check_cluster


class Command(BaseCommand):
    """Compares rows with rows and, unless told otherwise, with the cluster."""

    help = "Check that counts, limits, slots and the cluster agree. Exit status 1 when something does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-cluster", action="store_true", help="look at the database only")

    def handle(self, *args: Any, **options: Any) -> None:
        found = check()
        if not options["no_cluster"]:
            try:
                cluster = Cluster(connections=1)
                found += check_cluster(cluster, str(bind(cluster).uuid))
            except (NotConfigured, WrongCluster, ClusterError) as error:
                raise CommandError(f"The cluster could not be looked at: {error}", returncode=2) from error
        for breach in found:
            self.stderr.write(str(breach))
        if found:
            raise CommandError(f"{len(found)} things do not hold.")
        self.stdout.write("Everything holds.")
