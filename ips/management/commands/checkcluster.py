"""`manage.py checkcluster`: exit status 0 when IPS can work with its cluster; else 1 and one sentence."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ips.preflight import what_is_wrong_with_the_cluster


class Command(BaseCommand):
    help = (
        "Say whether the cluster answers, is the right one, and gives IPS the namespace and the rights that it needs."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if wrong := what_is_wrong_with_the_cluster():
            raise CommandError(wrong)
        self.stdout.write("The cluster is ready for IPS.")
