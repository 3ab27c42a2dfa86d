"""What strikes the soaked installation: a seeded blow every so many seconds, at most a given number of them."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import redis

from tests.faults.part import Part
from tests.soak.installation import Installation, Servers

COMES_BACK_AFTER = 3.0
# A few of a hundred requests to the API server fail all the time, each in its own way.
ALWAYS: list[dict[str, Any]] = [
    {"kind": "status", "code": 503, "rate": 0.01},
    {"kind": "status", "code": 429, "retry_after": 1, "rate": 0.01},
    {"kind": "reset", "rate": 0.01},
    {"kind": "execute_then_timeout", "verb": "create", "seconds": 0.1, "rate": 0.03},
    {"kind": "execute_then_timeout", "verb": "delete", "seconds": 0.1, "rate": 0.03},
    {"kind": "delay", "seconds": 1.0, "rate": 0.02},
]
AWAY = {"kind": "reset", "rate": 1.0}


class Trouble:
    """Call `strike_when_due` often. `counts` says by kind what was done to the processes."""

    def __init__(self, installation: Installation, servers: Servers, seed: int, *, every: float, most: int) -> None:
        self.counts: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()  # requests to the API server, by kind of fault
        self.killed_workers: list[int] = []  # process ids, until somebody takes them
        self._installation = installation
        self._servers = servers
        self._chance = random.Random(seed)
        self._every = every
        self._most = most
        self._next = time.monotonic() + every
        self._later: list[tuple[float, Callable[[], Any]]] = []
        self._faults(ALWAYS)

    def strike_when_due(self) -> None:
        now = time.monotonic()
        for due, undo in [entry for entry in self._later if entry[0] <= now]:
            self._later.remove((due, undo))
            undo()
        if now < self._next or self.counts.total() >= self._most:
            return
        self._next = now + min(3 * self._every, max(self._every / 4, self._chance.expovariate(1 / self._every)))
        blow, weight = zip(*BLOWS.items(), strict=True)
        name = self._chance.choices(blow, weight)[0]
        if getattr(self, f"_{name}")():
            self.counts[name] += 1

    def end(self) -> None:
        """Nothing more strikes: all that stands still goes on, all that is away is back."""
        for _, undo in self._later:
            undo()
        self._later.clear()
        self._faults([])

    def _kill_worker(self) -> bool:
        part = self._one("worker-", to_die=True)
        if part:
            self.killed_workers.append(part.pid)
            part.kill()
        return bool(part)

    def _kill_web(self) -> bool:
        return self._kill("web-")

    def _kill_watcher(self) -> bool:
        return self._kill("watcher-")

    def _kill_ticker(self) -> bool:
        return self._kill("ticker")

    def _kill_scheduler(self) -> bool:
        return self._kill("scheduler")

    def _freeze_worker(self) -> bool:
        """Longer than a lease, sometimes: somebody else takes over, and it wakes in the middle of its work."""
        return self._freeze("worker-", self._chance.uniform(3, 45))

    def _freeze_watcher(self) -> bool:
        return self._freeze("watcher-", self._chance.uniform(3, 45))

    def _freeze_web(self) -> bool:
        return self._freeze("web-", self._chance.uniform(1, 8))

    def _end_worker(self) -> bool:
        return self._end("worker-")

    def _end_web(self) -> bool:
        return self._end("web-")

    def _flush_redis(self) -> bool:
        with redis.Redis.from_url(self._servers.valkey.url) as client:
            client.flushall()
        return True

    def _kill_valkey(self) -> bool:
        self._servers.valkey.kill()
        self._after(COMES_BACK_AFTER, self._servers.valkey.start)
        return True

    def _kill_mariadb(self) -> bool:
        self._servers.mariadb.kill()
        self._after(COMES_BACK_AFTER, self._servers.mariadb.start)
        return True

    def _api_server_away(self) -> bool:
        self._faults([AWAY])
        self._http("POST", "watches/end", {})
        self._after(self._chance.uniform(5, 40), lambda: self._faults(ALWAYS))
        return True

    def _kill(self, kind: str) -> bool:
        part = self._one(kind, to_die=True)
        if part:
            part.kill()
        return bool(part)

    def _freeze(self, kind: str, seconds: float) -> bool:
        part = self._one(kind)
        if part is None:
            return False
        part.freeze()
        pid = part.pid
        self._after(seconds, lambda: part.thaw() if part.pid == pid else None)
        return True

    def _end(self, kind: str) -> bool:
        part = self._one(kind, to_die=True)
        if part:
            part.send(signal.SIGTERM)
        return bool(part)

    def _one(self, kind: str, *, to_die: bool = False) -> Part | None:
        """One that runs. The first of each kind of many does not die: its memory is measured over the whole time."""
        parts = [part for name, part in self._installation.parts.items() if name.startswith(kind) and part.alive()]
        parts = [part for part in parts if not (to_die and part.name.endswith("-1"))]
        return self._chance.choice(parts) if parts else None

    def _after(self, seconds: float, undo: Callable[[], Any]) -> None:
        self._later.append((time.monotonic() + seconds, undo))

    def _faults(self, rules: list[dict[str, Any]]) -> None:
        for rule in self._http("GET", "")["faults"]:
            self.struck[rule["kind"]] += rule["struck"]
        self._http("DELETE", "faults")
        seeded = [{"times": None, "seed": self._chance.randint(0, 10**6), **rule} for rule in rules]
        self._http("POST", "faults", seeded)

    def _http(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self._servers.cluster.url}/_sim/{path}", json=body, timeout=10)
        return answer.raise_for_status().json()


# How often each blow falls, beside the others.
BLOWS = {
    "kill_worker": 8,
    "freeze_worker": 4,
    "end_worker": 2,
    "kill_web": 2,
    "freeze_web": 1,
    "end_web": 1,
    "kill_watcher": 1,
    "freeze_watcher": 2,
    "kill_ticker": 1,
    "kill_scheduler": 1,
    "flush_redis": 2,
    "kill_valkey": 1,
    "kill_mariadb": 1,
    "api_server_away": 1,
}
