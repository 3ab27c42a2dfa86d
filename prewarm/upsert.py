"""Many rows written by few statements: INSERT … ON CONFLICT / ON DUPLICATE KEY UPDATE.

Django's bulk_update builds a CASE for each column and row instead: some twenty times the processor time (1.1 ms a node
result against 0.06 ms, measured on SQLite and on MariaDB).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Model

ROWS = 500


def upsert(rows: Sequence[Model], fields: Sequence[str], at_once: int = ROWS) -> None:
    """Write these `fields` of rows that are there; a row that is not there is inserted whole.

    At most `at_once` rows a statement. Every row must be complete, since the database checks it as one to insert.
    """
    if not rows:
        return
    model = type(rows[0])
    # MariaDB finds the conflict by its own keys and refuses to be told; SQLite must be told.
    told = connection.features.supports_update_conflicts_with_target
    model._default_manager.bulk_create(
        rows,
        batch_size=at_once,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name] if told else None,
        update_fields=fields,
    )
