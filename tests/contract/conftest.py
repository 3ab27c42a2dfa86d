"""What the contract tests can ask for: a cluster, a namespace of their own, a simulated cluster to break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prewarm.simulator.options import Options
from prewarm.simulator.release import SUPPORTED, Release
from prewarm.simulator.running import Running, simulated_cluster
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.plane import control_plane_of
from tests.cluster.machine.versions import VERSIONS
from tests.cluster.results import needs_control_plane, needs_real_nodes
from tests.contract.pods import Pods
from tests.contract.server import Server, connect
from tests.fleet.options import QUICK
from tests.fleet.running import fleet_of

KUBECONFIG = os.environ.get("IPS_CONTRACT_KUBECONFIG", "")
REGISTRY = os.environ.get("IPS_CONTRACT_REGISTRY", "")
SIMULATED_REGISTRY = "registry.example:5000"
REAL = (pytest.mark.cluster, pytest.mark.timeout(240, func_only=True))
ALL = [
    *(f"simulated-{version}" for version in SUPPORTED),
    *(pytest.param(f"fleet-{version}", marks=REAL) for version in VERSIONS),
    *(pytest.param(f"real-{version}", marks=REAL) for version in VERSIONS),
    *([pytest.param("named", marks=REAL)] if KUBECONFIG else []),
]


def simulated(version: str, folder: Path, *, nodes: int = 4, speed: tuple[float, float] = (0.05, 0.1)) -> Options:
    """Options of a simulated cluster that does not make a test wait."""
    release = Release(version)
    return Options(nodes=nodes, speed=speed, release=release, pace=QUICK, kubeconfig=str(folder / "kubeconfig"))


# What these say is said of an API server, and with real nodes it is a real one too.
OF_THE_SERVER = frozenset({"test_creating", "test_lists", "test_the_cluster_itself", "test_watches"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not ("[fleet-" in item.name and item.path.stem in OF_THE_SERVER)]


@pytest.fixture(scope="session", params=ALL)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each simulated version, real API servers with simulated kubelets and with real ones, the one that is named."""
    name = str(request.param)
    if name.startswith("fleet-"):
        with fleet(name) as server:
            yield server
        return
    if name == "named":
        yield connect(name, Path(KUBECONFIG), REGISTRY)
        return
    if name.startswith("real-"):
        yield real(name)
        return
    options = simulated(name.removeprefix("simulated-"), tmp_path_factory.mktemp(name))
    with simulated_cluster(options):
        yield connect(name, Path(options.kubeconfig), SIMULATED_REGISTRY)


@contextmanager
def fleet(name: str) -> Iterator[Server]:
    """A real control plane whose nodes are simulated."""
    needs_control_plane()
    with (
        control_plane_of(VERSIONS[name.removeprefix("fleet-")]) as plane,
        fleet_of(plane.kubeconfig, plane.processes.logs, "--nodes=4", "--images=9", "--speed=0.05-0.1", "--quick"),
    ):
        yield connect(name, plane.kubeconfig, SIMULATED_REGISTRY)


def real(name: str) -> Server:
    """A cluster of two real nodes. It is left up for the next run, as by tests/cluster."""
    needs_real_nodes()
    version = VERSIONS[name.removeprefix("real-")]
    cluster = Cluster(version)
    cluster.up()
    return connect(name, cluster.kubeconfig, version.registry)


@pytest.fixture
def pods(cluster: Server) -> Iterator[Pods]:
    """A namespace of the test's own on each cluster."""
    with cluster.namespace() as namespace:
        yield Pods(cluster, namespace)


@pytest.fixture(params=SUPPORTED)
def sim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A simulated cluster for this test alone, to be broken."""
    with simulated_cluster(simulated(str(request.param), tmp_path)) as running:
        yield running


@pytest.fixture
def sim_pods(sim: Running) -> Iterator[Pods]:
    """A namespace of the simulated cluster that may be broken."""
    server = connect("simulated", Path(sim.kubeconfig), SIMULATED_REGISTRY)
    with server.namespace() as namespace:
        yield Pods(server, namespace)
