"""The soaked installation: two web processes, three workers, ticks, scheduler, two watchers, as in production."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.environment import free_port
from tests.faults.part import Part
from tests.processes import MariaDB, Valkey
from tests.simulator import Simulated

PROJECT = Path(__file__).parents[2]
MANAGE = [sys.executable, str(PROJECT / "manage.py")]
NODES = 60
PULL_SECONDS = "0.3-1.5"
# Low enough that tasks have to wait for one another. Every time is as IPS ships.
CAPS = {"IPS_CAP_CLUSTER": "25", "IPS_CAP_REGISTRY_HOST": "15", "IPS_CAP_TENANT": "18"}
STARTS_WITHIN = 90.0


@dataclass(frozen=True)
class Servers:
    """What IPS leans on."""

    cluster: Simulated
    valkey: Valkey
    mariadb: MariaDB

    @classmethod
    def started(cls, folder: Path) -> Servers:
        places = {name: folder / name for name in ("cluster", "valkey", "mariadb")}
        for place in places.values():
            place.mkdir(parents=True)
        servers = cls(
            Simulated(places["cluster"], NODES, PULL_SECONDS),
            Valkey(free_port(), places["valkey"]),
            MariaDB(free_port(), places["mariadb"]),
        )
        for server in (servers.mariadb, servers.valkey, servers.cluster):
            server.start()
        servers.mariadb.make_database("ips")
        return servers

    def stop(self) -> None:
        for server in (self.cluster, self.valkey, self.mariadb):
            server.stop()

    def settings(self, folder: Path) -> dict[str, str]:
        """The environment of every process of IPS, and of the soak itself."""
        return {
            **CAPS,
            **self.mariadb.environment("ips"),
            "IPS_SECRET_KEY": secrets.token_urlsafe(48),
            "IPS_JWT_KEY": secrets.token_urlsafe(48),
            "IPS_VAR_DIR": str(folder),
            "IPS_REDIS_URL": self.valkey.url,
            "IPS_CLUSTER": "kubeconfig",
            "IPS_REGISTRY_CHECK": "off",  # its images are in no registry of this world
            "IPS_KUBECONFIG": str(self.cluster.kubeconfig),
            "IPS_LOG_FORMAT": "json",
            "IPS_VERSION": "",  # as git says it
        }


class Installation:
    """All processes of IPS. Whoever dies is started again, as a supervisor would."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.logs = folder / "logs"
        self.logs.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("IPS_", "DJANGO_"))}
        self._environment = {**kept, **environment, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
        self.web = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
        parts = [self._web(number, address) for number, address in enumerate(self.web, 1)]
        parts += [self._part(f"worker-{number}", "runworker", "turns") for number in (1, 2, 3)]
        parts += [self._part("ticker", "runworker", "ticks"), self._part("scheduler", "runscheduler")]
        parts += [self._part(f"watcher-{number}", "runwatcher") for number in (1, 2)]
        self.parts = {part.name: part for part in parts}

    def start(self) -> None:
        for part in self.parts.values():
            part.start()
        self.until(lambda: all(map(self._ready, self.web)), "IPS to be ready", STARTS_WITHIN)

    def stop(self) -> None:
        for part in self.parts.values():
            part.wanted = False
        for part in self.parts.values():
            if part.alive():
                part.end()

    def revive(self) -> None:
        for part in self.parts.values():
            part.revive()

    def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds:g} s for {what}; see {self.logs}")
            self.revive()
            time.sleep(0.1)

    def log_lines(self) -> list[dict[str, Any]]:
        found = []
        for part in self.parts.values():
            lines = part.log.read_bytes().splitlines() if part.log.exists() else []
            found += [{"part": part.name, **orjson.loads(line)} for line in lines if line[:1] == b"{" and _whole(line)]
        return found

    def _web(self, number: int, address: str) -> Part:
        command = [sys.executable, "-m", "gunicorn", "--config", "python:ips.web_server", "ips.wsgi"]
        environment = self._environment | {"IPS_WEB_ADDRESS": address.removeprefix("http://")}
        return Part(f"web-{number}", command, environment, self.logs)

    def _part(self, name: str, *arguments: str) -> Part:
        return Part(name, [*MANAGE, *arguments], self._environment, self.logs)

    def _ready(self, address: str) -> bool:
        try:
            return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def _whole(line: bytes) -> bool:
    """A process that is killed may leave half a line."""
    return line.endswith(b"}")
