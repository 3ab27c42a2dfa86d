"""Where the time of a run goes: processor seconds of every process on the stage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pids: Mapping[str, int]) -> dict[str, float]:
    """What each has used so far, in user and system mode (fields 14 and 15 of /proc/PID/stat)."""
    return {name: _used(pid) for name, pid in pids.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """The difference, the greatest first."""
    used = {name: after[name] - before[name] for name in before}
    return dict(sorted(used.items(), key=lambda entry: -entry[1]))


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
