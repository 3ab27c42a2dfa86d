"""`manage.py bootstrap`: bring the database up to date and make the first platform administrator."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.bootstrap import first_administrator
from ips.migrating import migrate


class Command(BaseCommand):
    help = (
        "Apply missing migrations, then make the first platform administrator and show the random password once. "
        "Does nothing when all of that is done."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print {username, password} or null")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate()
        made = first_administrator()
        if options["json"]:
            self.stdout.write(json.dumps(made and {"username": made[0], "password": made[1]}))
        elif made is None:
            self.stdout.write("Nothing to do: there is a platform administrator.")
        else:
            self.stdout.write(
                f"Username: {made[0]}\nPassword: {made[1]}\nThe password is not stored and not shown again."
            )
