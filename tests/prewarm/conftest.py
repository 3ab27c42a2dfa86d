"""A simulated cluster of ten nodes for the tests of the executor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from prewarm.cluster import Cluster
from prewarm.invariants import check, check_cluster
from prewarm.models import Installation
from tests.prewarm.simulated import Worker, take_nodes
from tests.sampler import Sampler
from tests.simulator import Simulated


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    server = Simulated(Path(tmp_path_factory.mktemp("simulated")), nodes=10)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def simulator(simulator_process: Simulated, settings: Settings, transactional_db: None) -> Iterator[Simulated]:
    """Ten nodes that nothing was pulled on yet by this test's installation, in a fresh database."""
    settings.CLUSTER, settings.KUBECONFIG = "simulated", str(simulator_process.kubeconfig)
    settings.RETRY_BACKOFF_MAX_SECONDS = 0.3
    settings.CREATES_PER_SECOND = settings.DELETES_PER_SECOND = 1000
    simulator_process.clear()
    take_nodes(Cluster(connections=2))
    yield simulator_process
    Worker.stop_all()
    assert [str(breach) for breach in check()] == []
    assert check_cluster(Cluster(connections=1), str(Installation.load().uuid)) == []


@pytest.fixture
def worker(simulator: Simulated) -> Iterator[Worker]:
    yield Worker()


@pytest.fixture
def sampler(simulator: Simulated) -> Iterator[Sampler]:
    with Sampler(simulator.kubeconfig) as one:
        yield one


@pytest.fixture
def short_leases(settings: Settings) -> timedelta:
    settings.LEASE_SECONDS, settings.LEASE_RENEW_SECONDS, settings.LEASE_MARGIN_SECONDS = 3.0, 0.5, 0.5
    return timedelta(seconds=3)
