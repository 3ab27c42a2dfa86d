"""The stage of a benchmark: a control plane of 1.36, a fleet, a database, and IPS as `manage.py up` runs it."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.processor import seconds_of, spent
from tests.bench.statements import create_database, statements
from tests.bench.watching import Watching
from tests.cluster.installation import Installation
from tests.cluster.machine import audit, controlplane
from tests.cluster.machine.plane import ControlPlane, control_plane_of
from tests.cluster.machine.versions import VERSIONS
from tests.cluster.rights import kubeconfig_of_ips, set_up
from tests.environment import free_port
from tests.fleet.running import Fleet, fleet_of
from tests.processes import MariaDB
from tests.running import pids_of

VERSION = "1.36"
IPS_USER = "system:serviceaccount:ips:ips"
MARIADB, SQLITE = "MariaDB", "SQLite"
IPS_PROCESSES = {
    "web": "gunicorn",
    "worker": "runworker turns",
    "ticker": "runworker ticks",
    "scheduler": "runscheduler",
    "watcher": "runwatcher",
    "Valkey": "valkey-server",
}
UNLIMITED = "100000"  # writes a second
PATIENCE = 600.0
SILENCE = 1800  # seconds that a node may say nothing: on a busy machine the fleet must not lose any
# Writes down on each node how big the cluster has become, 20 nodes a second: minutes of work that only a cluster has
# which grew by thousands of nodes just now.
GROWTH = "ttl-controller"
REGISTRY = "192.168.255.1:5000"  # a private address, which no pre-check goes to without being told so


@dataclass(frozen=True)
class Ran:
    """One task, in seconds from before its POST: to the first pod, to the terminal status, to an empty namespace.

    `processor` is what each process on the stage has used until then, in seconds of one processor.
    """

    task: str
    first_pod: float
    total: float
    cleaned: float
    processor: dict[str, float]


@dataclass
class Stage:
    """A stage on which nothing else happens."""

    plane: ControlPlane
    fleet: Fleet
    ips: Installation
    database: str
    mariadb: MariaDB | None

    def run(self, images: list[str], **wishes: Any) -> Ran:
        """Make a task and follow it. While pods are pulling only the watch is followed, which IPS does not feel."""
        nodes = len(wishes.get("node_names") or self.fleet.nodes)
        if not {"node_names", "all_nodes"} & set(wishes):
            wishes["all_nodes"] = True
        pids = self.pids()
        with Watching(self.plane.kubeconfig) as watching:
            before, begun = seconds_of(pids), time.perf_counter()
            task = self.ips.ask(images, **wishes)
            watching.until_pulled(nodes, PATIENCE)
            status = until_finished(self.ips, task)
            ended = time.perf_counter()
            if status != "succeeded":
                raise RuntimeError(f"the task has {status}: {self.ips.outcome(task).task}")
            watching.until_empty(PATIENCE)
            cleaned, after = time.perf_counter(), seconds_of(pids)
        return Ran(task, watching.first_at - begun, ended - begun, cleaned - begun, spent(before, after))

    def pids(self) -> dict[str, int]:
        """The processes that have a part in a run."""
        of_plane = {name: self.plane.processes.find(name) for name in controlplane.NAMES}
        found = {name: process.pid for name, process in of_plane.items() if process}
        if self.mariadb and self.mariadb.process:
            found["MariaDB"] = self.mariadb.process.pid
        for name, words in IPS_PROCESSES.items():
            found |= {f"IPS {name}": pid for pid in pids_of(self.ips.port, words)}
        return found | {"fleet": self.fleet.pid, "benchmark": os.getpid()}

    def statements(self) -> int:
        """What the database has been asked so far."""
        assert self.mariadb is not None
        return statements(self.mariadb.port)

    def requests(self) -> int:
        """How many requests IPS has made, without watches. Waits until the API server has written them all down."""
        time.sleep(2)  # it writes once a second
        counted = audit.requests(self.plane.folder)
        return sum(count for what, count in counted.items() if not what.startswith("watch "))


def until_finished(ips: Installation, task: str, seconds: float = PATIENCE) -> str:
    """Ask until the task has ended; its status."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        told = ips.http.get(f"tasks/{task}/changes/", params={"after": 10**9}).raise_for_status().json()["task"]
        if told["finished_at"]:
            return str(told["status"])
        time.sleep(0.02)
    raise TimeoutError(f"task {task} did not end within {seconds:g} s")


def image(name: str = "bench") -> list[str]:
    """An image that no node has, smaller than what the nodes list, so that their lists stay as they are."""
    return [f"{REGISTRY}/{name}/{uuid.uuid4().hex}/big-20:1"]


def lifted(at_once: int) -> dict[str, str]:
    """Settings for so many pull jobs at once, and no cap on writes."""
    caps = dict.fromkeys(("IPS_CAP_CLUSTER", "IPS_CAP_REGISTRY_HOST", "IPS_CAP_TENANT"), str(at_once))
    return caps | dict.fromkeys(("IPS_CREATES_PER_SECOND", "IPS_DELETES_PER_SECOND"), UNLIMITED)


def in_flight(at_once: int) -> dict[str, str]:
    """Settings for so many pull jobs at once, with the default caps on writes."""
    return {name: value for name, value in lifted(at_once).items() if "PER_SECOND" not in name}


@contextmanager
def cluster(nodes: int, seconds: str) -> Iterator[tuple[ControlPlane, Fleet]]:
    """A new control plane and so many nodes, whose pulls take so long."""
    lease = max(60, nodes // 10)
    os.environ["GOGC"] = "400"  # of the control plane: two processors are for everybody, memory there is enough
    with control_plane_of(VERSIONS[VERSION], silence=SILENCE, audited=[IPS_USER], without=[GROWTH]) as plane:
        set_up(plane)
        options = (f"--nodes={nodes}", f"--speed={seconds}", f"--lease={lease}", "--terse")
        with fleet_of(plane.kubeconfig, plane.processes.logs, *options) as fleet:
            yield plane, fleet


@contextmanager
def own_database(database: str = MARIADB) -> Iterator[tuple[Path, dict[str, str], MariaDB | None]]:
    """A folder for an installation, settings that name an empty database of its own, and its server if it has one."""
    with tempfile.TemporaryDirectory(prefix="ips-bench-") as name:
        folder = Path(name)
        if database == SQLITE:
            yield folder, {}, None
            return
        (folder / "mariadb").mkdir()
        server = MariaDB(free_port(), folder / "mariadb")
        server.start()
        try:
            create_database(server.port, "ips")
            address = {"IPS_DB_ENGINE": "mysql", "IPS_DB_PORT": str(server.port)}
            yield folder, {**address, "IPS_DB_NAME": "ips", "IPS_DB_USER": "root"}, server
        finally:
            server.stop()


@contextmanager
def installation(
    plane: ControlPlane, fleet: Fleet, settings: dict[str, str], database: str = MARIADB
) -> Iterator[Stage]:
    """A new installation with an empty database on this cluster."""
    with (
        own_database(database) as (folder, where, mariadb),
        Installation(folder, kubeconfig_of_ips(plane), **settings, **where) as ips,
    ):
        yield Stage(plane, fleet, ips, database, mariadb)


@contextmanager
def stage(nodes: int, seconds: str, settings: dict[str, str], database: str = MARIADB) -> Iterator[Stage]:
    """A new cluster with one installation."""
    with cluster(nodes, seconds) as (plane, fleet), installation(plane, fleet, settings, database) as ready:
        yield ready
