"""Management commands that people and pipelines type: clear sentences, and exit statuses that tell."""

from __future__ import annotations

import getpass
import os
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.models import Model, QuerySet

USAGE, OUT_OF_ORDER, INTERRUPTED = 2, 4, 130
NO_PUBLIC_URL = "The address begins with where people reach IPS; set IPS_PUBLIC_URL to have it whole."
Row = TypeVar("Row", bound=Model)


class OperatorCommand(BaseCommand):
    """Says in one sentence when IPS itself is out of order (exit status 4), and when it was interrupted (130)."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            raise CommandError(_what_is_wrong_with_the_database(error), returncode=OUT_OF_ORDER) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=INTERRUPTED) from None


def shell_actor() -> str:
    """`cli:<user>`, as history and audit name who typed a command; the user's number where it has no name."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container that runs as any user
        return f"cli:{os.getuid()}"


def the_one(rows: QuerySet[Row], which: str, what: str, listing: str) -> Row:
    """The row with this id, or with this name if only one has it. Raises CommandError, which names the `listing`."""
    try:
        if found := rows.filter(pk=which).first():
            return found
    except ValidationError:
        pass  # no id
    named = list(rows.filter(name=which)[:2])
    if len(named) == 1:
        return named[0]
    if named:
        raise CommandError(f"There is more than one {what} {which!r}. Name the id; see: {listing}.", returncode=USAGE)
    raise CommandError(f"There is no {what} {which!r}. See: {listing}.", returncode=USAGE)


def _what_is_wrong_with_the_database(error: DatabaseError) -> str:
    instance = settings.VAR_DIR / "instance.env"
    if "IPS_DB_NAME" not in os.environ and "IPS_DB_ENGINE" not in os.environ and not instance.exists():
        port = os.environ.get("PORT", "8000")
        return (
            f"No IPS was ever started here on port {port}: {instance} does not exist. Start one with `make run`, or "
            "say which one you mean, like PORT=8123."
        )
    said = str(error.args[-1] if error.args else error)
    if "no such table" in said or "doesn't exist" in said or "no such column" in said or "Unknown column" in said:
        return f"The database is not of this version of IPS: {said}. Run: manage.py bootstrap."
    return f"The database does not do what it is asked: {said}. See: manage.py doctor."
