"""What tests can ask for, wherever they are: a control plane of their own, and a fleet of simulated kubelets on it.

    def test_x(control_plane: ControlPlane, fleet: Fleet) -> None

Both are of 1.36 unless a test says `@pytest.mark.parametrize("control_plane", ["1.20"], indirect=True)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cluster.machine.plane import ControlPlane
    from tests.fleet.running import Fleet

NODES = 20


@pytest.fixture(scope="session")
def control_plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """etcd, API server, controller manager and scheduler, set up for IPS by `cluster-setup`, for this run alone."""
    from tests.cluster.machine.plane import control_plane_of
    from tests.cluster.machine.versions import VERSIONS
    from tests.cluster.results import needs_control_plane
    from tests.cluster.rights import set_up

    needs_control_plane()
    with control_plane_of(VERSIONS[getattr(request, "param", "1.36")]) as plane:
        set_up(plane)
        yield plane


@pytest.fixture(scope="session")
def running_fleet(control_plane: ControlPlane) -> Iterator[Fleet]:
    from tests.fleet.running import fleet_of

    # leases that are renewed five times as often as they must be, so that none is late on a busy machine
    with fleet_of(control_plane.kubeconfig, control_plane.processes.logs, f"--nodes={NODES}", "--lease=4") as fleet:
        yield fleet


@pytest.fixture
def fleet(running_fleet: Fleet) -> Iterator[Fleet]:
    """Twenty simulated nodes on the control plane, whose pulls take 0.2 to 0.8 s; as new for every test."""
    yield running_fleet
    running_fleet.reset()
