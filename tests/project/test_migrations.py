"""A migration runs while processes of the version before still work: it only adds what they may leave out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import Field

OURS = ("accounts", "prewarm", "webhooks")
# Takes away what the version before may still use. The version after the one that stopped using it may: name it here.
TAKES_AWAY = (migrations.RemoveField, migrations.RenameField, migrations.DeleteModel, migrations.RenameModel)
NOT_USED_ANY_MORE: frozenset[str] = frozenset()


def later_migrations() -> Iterator[migrations.Migration]:
    """All but the first of each app, which no version runs under."""
    for (app, _), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in OURS and not migration.initial and migration.dependencies:
            yield migration


def complaint(operation: Operation) -> str:
    """Why the version before could not live with this; empty when it can."""
    what = operation.describe()
    if isinstance(operation, TAKES_AWAY) and what not in NOT_USED_ANY_MORE:
        return f"{what}: the version before still uses it"
    if isinstance(operation, migrations.AddField) and not may_be_left_out(operation.field):
        return f"{what}: the version before cannot make rows any more; give it a db_default or null=True"
    return ""


def may_be_left_out(field: Field) -> bool:
    return field.null or field.many_to_many or field.has_db_default()


@pytest.mark.parametrize("migration", list(later_migrations()), ids=str)
def test_the_version_before_can_live_with_it(migration: migrations.Migration) -> None:
    assert [told for operation in migration.operations if (told := complaint(operation))] == []
