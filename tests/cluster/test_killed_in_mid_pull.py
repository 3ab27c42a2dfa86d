"""`kill -9` of all of IPS in the middle of big pulls: started again, it ends what it began and repeats nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installation import Installation
from tests.cluster.results import RESULTS
from tests.cluster.rights import kubeconfig_of_ips
from tests.cluster.stage import NODES, Stage
from tests.cluster.waiting import wait_until
from tests.sampler import Sampler

MEGABYTES = 200
RATE = 8_000_000  # bytes per second: both nodes need 50 s
MIDWAY = 100_000_000  # bytes, a quarter of what both nodes need
AS_FAST_AS_IT_GOES = 10**9


@pytest.fixture
def own(stage: Stage, tmp_path: Path) -> Iterator[Installation]:
    """IPS for one test alone, with the leases of an installation as it comes."""
    with Installation(tmp_path, kubeconfig_of_ips(stage.cluster)) as installation:
        yield installation


@pytest.mark.parametrize("puller", ["job", "pod"])
def test_everything_killed_in_mid_pull_ends_with_one_pod_per_node(stage: Stage, own: Installation, puller: str) -> None:
    image = stage.slow_image(MEGABYTES)

    with Sampler(stage.cluster.kubeconfig) as seen, stage.slowly(RATE) as proxy:
        task = own.ask([image], puller=puller)
        wait_until(lambda: proxy.passed_on > MIDWAY, "the pulls to be midway", 90)
        passed_on = proxy.passed_on
        killed = own.kill()
        assert killed >= 5, "web, worker, scheduler, watcher and queue"
        assert stage.nodes_with(image) == set()

        own.run()
        assert stage.nodes_with(image) == set(), "started again while the pulls were still under way"
        proxy.bytes_per_second = AS_FAST_AS_IT_GOES
        outcome = own.end_of(task, seconds=120)

        assert outcome.status == "succeeded"
        assert outcome.of(image) == {"pulled"}
        assert {node["attempt"] for node in outcome.nodes} == {1}
        assert stage.nodes_with(image) == set(NODES)
        wait_until(lambda: not stage.left_in_namespace(), "an empty pull namespace", 60)
        assert seen.made == dict.fromkeys(NODES, 1)
    RESULTS.add(
        f"{stage.version.name}, {puller}: kill -9 of {killed} processes with {passed_on / 1e6:.0f} of "
        f"{len(NODES) * MEGABYTES} MB pulled; all of it on both nodes, {sum(seen.made.values())} pods"
    )
    checked = own.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout + checked.stderr
