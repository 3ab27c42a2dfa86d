"""Nodes that are cordoned or do not answer are skipped with that reason; the others become warm."""

from tests.cluster.installation import Installation
from tests.cluster.machine import images
from tests.cluster.stage import Stage
from tests.cluster.ways import both_ways


@both_ways
def test_a_cordoned_node_is_skipped(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.BIG[5])

    with stage.cordoned("node2"):
        ips.sees("node2", unschedulable=True)
        outcome = ips.warm([image], puller=puller)

    assert outcome.status == "partial"
    assert (outcome.node("node2")["status"], outcome.node("node2")["reason"]) == ("skipped", "node_cordoned")
    assert stage.nodes_with(image) == {"node1"}


@both_ways
def test_a_cordoned_node_is_warmed_when_that_is_asked_for(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.BIG[5])

    with stage.cordoned("node2"):
        ips.sees("node2", unschedulable=True)
        outcome = ips.warm([image], puller=puller, include_cordoned=True)

    assert outcome.status == "succeeded"
    assert stage.nodes_with(image) == {"node1", "node2"}


def test_a_node_that_is_not_ready_is_skipped_until_it_is(stage: Stage, ips: Installation) -> None:
    image = stage.fresh(images.BIG[5])

    with stage.kubelet_stopped("node2"):
        ips.sees("node2", ready=False)
        for puller in ("job", "pod"):
            outcome = ips.warm([image], puller=puller)
            assert outcome.status == "partial"
            assert (outcome.node("node2")["status"], outcome.node("node2")["reason"]) == ("skipped", "node_unready")
        assert stage.nodes_with(image) == {"node1"}

    ips.sees("node2", ready=True)
    assert ips.warm([image]).status == "succeeded"
    assert stage.nodes_with(image) == {"node1", "node2"}
