"""The audit as a file: JSON Lines for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.models import AuditEntry

CHUNK = 1000  # rows in memory at a time: MariaDB's client would hold the whole answer
COLUMNS = (
    "at",
    "actor",
    "tenant",
    "action",
    "target",
    "outcome",
    "code",
    "before",
    "after",
    "ip",
    "credential",
    "request_id",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def exported(rows: QuerySet[AuditEntry], kind: str) -> Iterator[str]:
    """The lines of these entries, newest first, as `jsonl` or `csv`."""
    write: Callable[[dict[str, Any]], str] = _as_json if kind == "jsonl" else _as_csv
    if kind == "csv":
        yield _csv_line(COLUMNS)
    last = None
    while chunk := list((rows.filter(pk__lt=last) if last else rows).order_by("-id").select_related("tenant")[:CHUNK]):
        for entry in chunk:
            yield write(_told(entry))
        last = chunk[-1].pk


def _told(entry: AuditEntry) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in COLUMNS}
    return told | {"at": entry.at.isoformat(), "tenant": entry.tenant.slug if entry.tenant else None}


def _as_json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"


def _as_csv(told: dict[str, Any]) -> str:
    return _csv_line([_cell(told[name]) for name in COLUMNS])


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv_line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
