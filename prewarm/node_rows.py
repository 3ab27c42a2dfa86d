"""From a Kubernetes Node object to our row, and only what changed to the database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.utils.dateparse import parse_datetime

from prewarm.marks import marks_of
from prewarm.models import Node
from prewarm.upsert import ROWS, upsert

BYTES = 2_000_000
_FIELDS = (
    "uid",
    "labels",
    "taints",
    "unschedulable",
    "ready",
    "ready_changed_at",
    "disk_pressure",
    "os",
    "arch",
    "runtime",
    "kubelet_version",
    "disk_bytes",
    "images",
    "marks",
    "seen_at",
    "digest",
)
# A kubelet's own words have any length, and one node must not keep all others from being written.
_TOLD = {
    field.name: field.max_length
    for field in Node._meta.fields
    if field.name in ("os", "arch", "runtime", "kubelet_version")
}
_FACTORS = {
    "": 1,
    "Ki": 1024,
    "Mi": 1024**2,
    "Gi": 1024**3,
    "Ti": 1024**4,
    "Pi": 1024**5,
    "k": 1000,
    "M": 1000**2,
    "G": 1000**3,
    "T": 1000**4,
    "P": 1000**5,
}
_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)((?:[KMGTP]i|[kMGTP])?)", re.ASCII)


def row_of(node: Mapping[str, Any], seen_at: datetime) -> Node:
    """The row for a Node object; heartbeats are left out, so an unchanged node keeps its digest."""
    metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    info = status.get("nodeInfo") or {}
    conditions = {entry["type"]: entry.get("status") for entry in status.get("conditions") or ()}
    turned = {entry["type"]: entry.get("lastTransitionTime") for entry in status.get("conditions") or ()}
    values = {
        "uid": metadata["uid"],
        "labels": metadata.get("labels") or {},
        "taints": [
            {key: taint[key] for key in ("key", "value", "effect") if key in taint}
            for taint in spec.get("taints") or ()
        ],
        "unschedulable": bool(spec.get("unschedulable")),
        "ready": conditions.get("Ready") == "True",
        "ready_changed_at": moment(turned.get("Ready")),
        "disk_pressure": conditions.get("DiskPressure") == "True",
        "os": info.get("operatingSystem") or "",
        "arch": info.get("architecture") or "",
        "runtime": info.get("containerRuntimeVersion") or "",
        "kubelet_version": info.get("kubeletVersion") or "",
        "disk_bytes": quantity((status.get("allocatable") or {}).get("ephemeral-storage")),
        "images": [[image.get("sizeBytes") or 0, image.get("names") or []] for image in status.get("images") or ()],
    }
    values |= {name: values[name][:most] for name, most in _TOLD.items()}
    told = orjson.dumps({**values, "marks": 1}, option=orjson.OPT_SORT_KEYS)  # 1: rows of before had none
    digest = hashlib.sha1(told, usedforsecurity=False).hexdigest()
    return Node(name=metadata["name"], seen_at=seen_at, digest=digest, marks=marks_of(values["images"]), **values)


def moment(text: str | None) -> datetime | None:
    """A time as Kubernetes writes it; None when there is none or it cannot be read."""
    try:
        found = parse_datetime(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def quantity(text: str | None) -> int:
    """A Kubernetes quantity such as `10Gi` in bytes; 0 when there is none or it cannot be read."""
    match = _QUANTITY.fullmatch(text or "")
    return int(float(match[1]) * _FACTORS[match[2]]) if match else 0


def write(rows: Iterable[Node], digests: dict[str, str]) -> int:
    """Write the rows whose digest is not the one known, ≤ 500 and ≤ 2 MB a statement; how many were written."""
    changed = [row for row in rows if digests.get(row.name) != row.digest]
    for part in _parts(changed):
        upsert(part, _FIELDS)
        digests.update((row.name, row.digest) for row in part)
    return len(changed)


def _parts(rows: list[Node]) -> Iterator[list[Node]]:
    """What is written together. A statement has quotes escaped, so it is longer than what is in its rows."""
    part: list[Node] = []
    size = 0
    for row in rows:
        length = len(orjson.dumps([row.images, row.labels, row.taints]))
        if part and (len(part) == ROWS or size + length > BYTES):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part


def forget(names: Iterable[str], digests: dict[str, str]) -> None:
    """Delete nodes that left the cluster."""
    gone = list(names)
    for start in range(0, len(gone), ROWS):
        Node.objects.filter(pk__in=gone[start : start + ROWS]).delete()
    for name in gone:
        digests.pop(name, None)
