"""`manage.py cluster-setup`: what IPS needs in a cluster."""

from __future__ import annotations

from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from prewarm import cluster_setup
from prewarm.cluster import Cluster, ClusterError, NotConfigured


class Plain(yaml.SafeDumper):
    """YAML without anchors: what is the same is written out again, as people expect it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class Command(BaseCommand):
    """Prints the objects, makes them, or says what is missing."""

    help = (
        "Namespace, accounts, rights and priority class that IPS needs: print them, make them, or say what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--print", action="store_true", help="print the objects as YAML, for kubectl apply -f -")
        what.add_argument("--apply", action="store_true", help="make them with the configured kubeconfig")

        parser.add_argument(
            "--follow",
            action="append",
            default=[],
            metavar="NAMESPACE",
            help="let policies list the workloads of this namespace; may be repeated",
        )
        parser.add_argument("--follow-all", action="store_true", help="let policies list those of all namespaces")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print"]:
            wanted = cluster_setup.objects(options["follow"], follow_all=options["follow_all"])
            self.stdout.write(yaml.dump_all(wanted, Dumper=Plain, sort_keys=False))
            return
        try:
            cluster = Cluster(connections=1)
            if options["apply"]:
                done = cluster_setup.apply(cluster, options["follow"], follow_all=options["follow_all"])
                self.stdout.write("\n".join(done))
                return
            problems = cluster_setup.missing(cluster)
        except (NotConfigured, ClusterError) as error:
            raise CommandError(str(error)) from error
        if problems:
            raise CommandError("\n".join([*problems, "Make what is missing with: manage.py cluster-setup --apply"]))
        self.stdout.write(f"{cluster.server} has all that IPS needs.")
