"""What the contract tests can ask for: a cluster, a namespace of their own, a simulated cluster to break."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prewarm.simulator.options import Options
from prewarm.simulator.pace import Pace
from prewarm.simulator.release import SUPPORTED, Release
from prewarm.simulator.running import Running, simulated_cluster
from tests.contract.pods import Pods
from tests.contract.server import Server, connect

KUBECONFIG = os.environ.get("IPS_CONTRACT_KUBECONFIG", "")
REGISTRY = os.environ.get("IPS_CONTRACT_REGISTRY", "")
SIMULATED_REGISTRY = "registry.example:5000"
logging.getLogger("httpx").setLevel(logging.WARNING)  # one line for each request buries what a test has to say
QUICK = Pace(
    relist=0.05,
    sync=0.4,
    back_off=0.4,
    back_off_most=3.0,
    report=0.1,
    collect=8.0,
    retry_job=0.2,
    evict=0.2,
    bookmark=1.0,
)
ALL = [*(f"simulated-{version}" for version in SUPPORTED), *(["real"] if KUBECONFIG else [])]


def simulated(version: str, folder: Path, *, nodes: int = 4, speed: tuple[float, float] = (0.05, 0.1)) -> Options:
    """Options of a simulated cluster that does not make a test wait."""
    release = Release(version)
    return Options(nodes=nodes, speed=speed, release=release, pace=QUICK, kubeconfig=str(folder / "kubeconfig"))


@pytest.fixture(scope="session", params=ALL)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each simulated version, and the real cluster if one is named."""
    name = str(request.param)
    if name == "real":
        yield connect(name, Path(KUBECONFIG), REGISTRY)
        return
    options = simulated(name.removeprefix("simulated-"), tmp_path_factory.mktemp(name))
    with simulated_cluster(options):
        yield connect(name, Path(options.kubeconfig), SIMULATED_REGISTRY)


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
