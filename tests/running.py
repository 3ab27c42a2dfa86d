"""Which processes of an installation run right now."""

from __future__ import annotations

import subprocess
from pathlib import Path


def pids_of(port: int, words: str) -> list[int]:
    """The processes of the installation on this port whose command line has these words."""
    return [pid for pid, _, command in _listed() if words in command and _belongs(pid, port)]


def resident_mb(port: int, words: str) -> float:
    """The most memory that one of these processes holds, in MB; 0 when there is none."""
    found = [rss / 1024 for pid, rss, command in _listed() if words in command and _belongs(pid, port)]
    return max(found, default=0.0)


def peak_mb(port: int, words: str) -> float:
    """The most memory that one of these processes has ever held, in MB (VmHWM of proc(5))."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in pids_of(port, words)]
    return max(int(text.partition("VmHWM:")[2].split()[0]) / 1024 for text in texts)


def _listed() -> list[tuple[int, int, str]]:
    text = subprocess.run(["ps", "-eo", "pid=,rss=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in text.splitlines()]
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]


def _belongs(pid: int, port: int) -> bool:
    """Each child of `manage.py up` has the instance's port in its environment."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"PORT={port}".encode() in environment
