"""What the processes of IPS use over time: memory, open files, keys in Redis."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.soak.installation import Installation

EVERY = 5.0
WARM_AFTER = 60.0  # seconds: until then a process loads what it needs


@dataclass(frozen=True)
class Sample:
    """One look at one life of a process (or of Redis between two FLUSHALL)."""

    life: str
    age: float
    value: float


class Gauges:
    """Call `look_when_due` often."""

    def __init__(self, installation: Installation, redis_url: str) -> None:
        self.memory: dict[str, list[Sample]] = defaultdict(list)  # MB by kind of process
        self.files: dict[str, list[Sample]] = defaultdict(list)
        self.keys: list[Sample] = []
        self._installation = installation
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=1)
        self._began = time.monotonic()
        self._born: dict[str, float] = {}
        self._next = 0.0

    def look_when_due(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY
        for part in self._installation.parts.values():
            if not part.alive():
                continue
            kind, life = part.name.rstrip("-0123456789"), f"{part.name}:{part.pid}"
            age = now - self._born.setdefault(life, now)
            try:
                pid = _working(part.pid)
                self.memory[kind].append(Sample(life, age, _resident_mb(pid)))
                self.files[kind].append(Sample(life, age, len(list(Path(f"/proc/{pid}/fd").iterdir()))))
            except OSError:
                continue  # it has died just now
        try:
            self.keys.append(Sample("redis", now - self._began, float(self._redis.dbsize())))
        except redis.RedisError:
            return


def slope_per_hour(samples: list[Sample]) -> float | None:
    """By how much a value grows in an hour of a process' life, after its first minute; None when nobody lived so long.

    Least squares over all lives together, each about its own middle: a long life tells more than many short ones.
    """
    lives: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.age >= WARM_AFTER:
            lives[sample.life].append(sample)
    together = spread = 0.0
    for life in lives.values():
        age, value = statistics.mean(s.age for s in life), statistics.mean(s.value for s in life)
        together += sum((s.age - age) * (s.value - value) for s in life)
        spread += sum((s.age - age) ** 2 for s in life)
    return together / spread * 3600 if spread else None


def _working(pid: int) -> int:
    """The process that does the work: of gunicorn's two it is the child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("it is a zombie")
