"""What the tests of real nodes can ask for: a cluster of each version, and IPS running against it.

Where real nodes cannot run, every test that needs them is not run, and the summary says so and why; in CI
(`CI=true`) not run is failed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installation import Installation
from tests.cluster.machine import images
from tests.cluster.machine.alone import alone
from tests.cluster.machine.cluster import Cluster, reason_not_to_run
from tests.cluster.machine.versions import VERSIONS
from tests.cluster.marks import Marks
from tests.cluster.results import RESULTS, needs_real_nodes
from tests.cluster.rights import kubeconfig_of_ips, set_up
from tests.cluster.stage import Stage
from tests.cluster.waiting import wait_until

SECONDS = 240  # for one test; what a fixture builds and starts does not count


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(SECONDS, func_only=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not RESULTS.wanted:
        return
    terminalreporter.section("real clusters")
    if reason := reason_not_to_run():
        terminalreporter.line(f"NOT RUN: {reason}. Nothing was shown about real nodes.", red=True)
    for line in RESULTS.lines:
        terminalreporter.line(line)


@pytest.fixture(scope="session")
def real_nodes() -> None:
    """What asks for this needs real nodes."""
    needs_real_nodes()


@pytest.fixture(scope="session", params=VERSIONS)
def stage(real_nodes: None, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A cluster of two real nodes, for these tests alone.

    It is left up for the next run; `make cluster-down VERSION=…` ends it.
    """
    cluster = Cluster(VERSIONS[request.param])
    with cluster.alone():
        cluster.up()
        stage = Stage(cluster)
        set_up(cluster)
        yield stage
        stage.remove_images()


@pytest.fixture(scope="session")
def marks() -> Iterator[Marks]:
    with alone("marks"):
        marks = Marks()
        yield marks
        marks.close()


@pytest.fixture(scope="session")
def without_helper(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """IPS on this cluster with the rights that `cluster-setup` gives it."""
    with Installation(tmp_path_factory.mktemp("ips"), kubeconfig_of_ips(stage.cluster)) as installation:
        yield installation


@pytest.fixture(scope="session")
def with_helper(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A second installation on the same cluster, which uses the helper image."""
    helper = f"{stage.version.registry}/{images.NOOP}"
    folder = tmp_path_factory.mktemp("ips-with-helper")
    with Installation(folder, kubeconfig_of_ips(stage.cluster), IPS_HELPER_IMAGE=helper) as installation:
        yield installation


@pytest.fixture
def ips(request: pytest.FixtureRequest) -> Installation:
    """IPS without a helper image; with one where a test is marked with one of `ways`."""
    name = "with_helper" if getattr(request, "param", "") == "helper" else "without_helper"
    installation: Installation = request.getfixturevalue(name)
    return installation


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test with a real cluster, the pull namespace is as empty as before it, and no entrypoint has run."""
    if "stage" not in request.fixturenames:
        yield
        return
    marks: Marks = request.getfixturevalue("marks")
    stage: Stage = request.getfixturevalue("stage")
    yield
    try:
        wait_until(lambda: not stage.left_in_namespace(), "an empty pull namespace", 30)
    except TimeoutError:
        pytest.fail(f"left in the pull namespace: {stage.left_in_namespace()}")
    assert marks.seen == [], "an image's entrypoint has run"
