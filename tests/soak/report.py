"""The soak's table: in a terminal, as JSON, and in docs/reliability.md between its marks."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- soak: written by python -m tests.soak -->", "<!-- /soak -->"


def rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each line of the table."""
    found = [
        ("duration, seed", f"{figures['minutes']:g} min, {figures['seed']}"),
        ("tasks run", f"{figures['tasks']} of {figures['tenants']} tenants, {figures['unfinished']} unfinished"),
        ("pairs (node, image)", f"{figures['pairs']}: {counted(figures['outcomes'])}"),
        ("**lost**", f"**lost {figures['lost']}**"),
        ("**double**", f"**double {figures['double']}**"),
        ("outcomes that are not the registry's", f"{figures['untrue']}"),
        ("limits exceeded", f"{figures['exceeded']}"),
        ("invariants broken at the end", f"{figures['breaches']}"),
        ("blows", f"{sum(figures['blows'].values())}: {counted(figures['blows'])}"),
        ("requests to the API server struck", counted(figures["struck"])),
        (
            "takeovers from dead workers",
            f"{figures['takeovers']}, {spread(figures['takeover_seconds'])} after the kill",
        ),
        ("fenced writes, batches dropped", f"{figures['fenced']}, {figures['dropped']}"),
        ("a task from asking to its end", spread(figures["completion_seconds"])),
    ]
    for kind, (memory, mb, files) in figures["processes"].items():
        found.append((f"{kind}: memory, open files", f"{mb:.0f} MB, {slope(memory, 'MB')}; {slope(files, 'files')}"))
    found.append(("keys in Redis", f"{figures['keys']:.0f} at most, {slope(figures['keys_slope'], 'keys')}"))
    return found


def markdown(figures: dict[str, Any], peaks: str) -> str:
    lines = [f"Run on {date.today().isoformat()}, IPS {figures['version']}.", "", "| what | figure |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows(figures)]
    return "\n".join(
        [
            *lines,
            "",
            "The most in flight at once, as a watch outside of IPS saw it, beside the caps:",
            "",
            *_block(peaks),
        ]
    )


def write(text: str) -> None:
    """Replace what the document says between the marks."""
    whole = DOCUMENT.read_text()
    new, count = re.subn(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{text}\n{END}", whole, flags=re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"{DOCUMENT} has no section for the soak.")
    DOCUMENT.write_text(new)


def counted(counts: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(counts.items())) or "none"


def spread(seconds: list[float | None]) -> str:
    """p50 and p95."""
    return f"p50 {seconds[0]:.1f} s, p95 {seconds[1]:.1f} s" if None not in seconds else "–"


def slope(value: float | None, unit: str) -> str:
    return f"{value:+.1f} {unit}/h" if value is not None else "too short to tell"


def _block(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
