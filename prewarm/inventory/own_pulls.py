"""What our pulls proved, written in the settlement that commits the verdicts: neither is ever there without the other.

One statement; the names of the images were written before (known_images.learn_pulled).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from prewarm.conclude import Conclusion
from prewarm.marks import key_of_mark, mark_of
from prewarm.models import Node, OwnPull, Task
from prewarm.references import parse

AT_ONCE = 1000
WRITTEN = ("node_uid", "digest", "bytes", "at")


def remember(task: Task, conclusions: Iterable[Conclusion], now: datetime) -> None:
    """Write what these pulls proved, in place of what was known of the same images on the same nodes."""
    rows: dict[tuple[int, str], tuple[Any, ...]] = {}
    at = connection.ops.adapt_datetimefield_value(now)
    for found in conclusions:
        node = found.result.node
        for image in found.proven:
            name = task.images[image.index]
            number = key_of_mark(mark_of(name))
            digest = parse(name).digest or found.digests.get(image.index, "")
            rows[number, node] = (number, node, node, digest, image.size or None, at)
    everything = [rows[key] for key in sorted(rows)]
    for start in range(0, len(everything), AT_ONCE):
        _write(everything[start : start + AT_ONCE])


def _write(rows: list[tuple[Any, ...]]) -> None:
    quote = connection.ops.quote_name
    table, nodes = quote(OwnPull._meta.db_table), quote(Node._meta.db_table)
    columns = ", ".join(map(quote, ("image", "node", *WRITTEN)))
    uid = f"COALESCE((SELECT {quote('uid')} FROM {nodes} WHERE {quote('name')} = %s), '')"
    places = ", ".join([f"(%s, %s, {uid}, %s, %s, %s)"] * len(rows))
    if connection.vendor == "mysql":
        changes = ", ".join(f"{quote(name)} = VALUES({quote(name)})" for name in WRITTEN)
        conflict = f"ON DUPLICATE KEY UPDATE {changes}"
    else:
        changes = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in WRITTEN)
        conflict = f"ON CONFLICT ({quote('image')}, {quote('node')}) DO UPDATE SET {changes}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES {places} {conflict}", [value for row in rows for value in row]
        )
