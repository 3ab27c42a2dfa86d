"""Numbers, times and names as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

SHOWN = 3


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 node`, `5,000 nodes`, `2 batches`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def nodes(number: int) -> str:
    return counted(number, "node")


def listed(names: Sequence[str], shown: int = SHOWN) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 17 more`."""
    if len(names) > shown + 1:
        return f"{', '.join(names[:shown])} and {len(names) - shown:,} more"
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])


def duration(seconds: float) -> str:
    """0.4 s · 12 s · 3 min · 3 min 05 s · 2 h 10 min"""
    if seconds < 10:
        return f"{max(0.0, round(seconds, 1)):g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole // 60, "min", whole % 60, "s")
    return _two(whole // 3600, "h", whole % 3600 // 60, "min")


def _two(large: int, unit: str, small: int, smaller_unit: str) -> str:
    return f"{large} {unit} {small:02} {smaller_unit}" if small else f"{large} {unit}"


def size(count: float) -> str:
    """Decimal units, as registries and kubectl give them."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while count >= 999.5 and len(units) > 1:
        count /= 1000
        units.pop(0)
    return f"{count:.1f} {units[0]}" if count < 10 and units[0] != "B" else f"{count:.0f} {units[0]}"


def clock(at: datetime, now: datetime) -> str:
    """The time of day in UTC, with the date unless it is today's."""
    return f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M:%S}"
