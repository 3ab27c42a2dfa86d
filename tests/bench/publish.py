"""Writes what was measured into the documentation, for people and for machines. What was not measured now stays."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Table, number
from tests.bench.rows import ALL, ROWS

DOCS = Path(__file__).parents[2] / "docs"
MACHINES, PEOPLE = DOCS / "performance.json", DOCS / "performance.md"
INTRODUCTION = """\
# How fast IPS is

Written by `make bench-publish`. Every process ran on one machine: {machine}: the API server of Kubernetes 1.36 with
etcd (which does not wait for the disk), the fleet, the database, and IPS. The fleet plays the kubelets of up to 5,000
nodes on that API server: each has a Node object of more than 15 KB with 50 images, a lease that is renewed, and judges
pods as a kubelet does (the contract tests hold it to that); for a benchmark it tells as little as a kubelet may. What
it says it pulls is not pulled; the two real nodes do pull. What only a young cluster does for thousands of new nodes is
left out: the taint of new ones, the cluster's size on each.

The value is the median of the runs; the spread is the least and the most. The ideal is what nothing could beat in the
same runs. Database: MariaDB, unless named. Every row but the default-cap one lifts the caps on writes.

The goals are for a machine on which a bare client makes 5,000 pods in 31 s and 200 in 1 s; where one is missed, the
ideal tells how fast this machine was.

What stands in the way where a goal is missed: both processors are busy. While 5,000 pods come and go the API server
alone uses 101 of the 248 processor-seconds that there are, the worker 46, the fleet 32, the rest of the control plane
42; a bare client that only creates the pods needs 44 to 48 s here. The two rows with 1,000 nodes: the bare client needs
1.25 to 1.30 times the ideal. The preview spends its time on comparing 100,000 pairs with what the nodes list.

Last measured {date}.
"""


def publish(measured: Sequence[Figure | Table]) -> None:
    """Merge into docs/performance.json by name, each with its commit; then write docs/performance.md from it."""
    known = json.loads(MACHINES.read_text()) if MACHINES.is_file() else {"figures": [], "tables": []}
    commit = _commit()
    figures = {entry["name"]: entry for entry in known["figures"] if entry["name"] in ROWS}
    tables = {_key(entry["title"]): entry for entry in known["tables"]}
    for result in measured:
        if isinstance(result, Figure):
            figures[result.name] = result.as_json() | {"commit": commit}
        else:
            tables[_key(result.title)] = result.as_json() | {"commit": commit}
    document = {
        "machine": machine(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit,
        "figures": [figures[row.name] for row in ALL if row.name in figures],
        "tables": list(tables.values()),
    }
    MACHINES.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    PEOPLE.write_text(as_text(document))


def as_text(document: dict[str, Any]) -> str:
    """The document for people."""
    lines = [INTRODUCTION.format(**document)]
    lines += ["| what | value | spread | goal | ideal | settings | commit |", "|---|---|---|---|---|---|---|"]
    for entry in document["figures"]:
        row, values = ROWS[entry["name"]], entry["values"]
        value = f"**{number(entry['value'])}** {row.unit}".strip()
        spread = f"{number(min(values))}–{number(max(values))}" if len(values) > 1 else ""
        goal = "" if row.goal is None else f"≤ {number(row.goal)}"
        settings = entry["settings"] + (f", {entry['database']}" if entry["database"] != "MariaDB" else "")
        cells = [f"`{row.name}`: {row.what}", value, spread, goal, entry["ideal"], settings, entry["commit"]]
        lines.append(f"| {' | '.join(cells)} |")
    for table in document["tables"]:
        lines += ["", f"## {table['title']}", "", f"Commit {table['commit']}.", ""]
        lines += [f"| {' | '.join(table['header'])} |", "|---" * len(table["header"]) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in table["rows"]]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Processor, how many of them, and memory."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {processor}, {memory:.0f} GB of memory, Python {platform.python_version()}"


def _commit() -> str:
    """Where the measured code is; `-dirty` when it was changed since, of which the figures themselves are no part."""
    head = _git("describe", "--always")
    return f"{head}-dirty" if _git("diff", "--name-only", "HEAD", "--", ":/", ":!/docs/performance.*") else head


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=DOCS, capture_output=True, text=True, check=False).stdout.strip()


def _key(title: str) -> str:
    """What a table is known by: the words before its first figure."""
    return title.partition(" ")[0]
