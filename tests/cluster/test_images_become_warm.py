"""Images of any size are really on the nodes when IPS says so, whichever way they are pulled."""

import json

from tests.cluster.installation import Installation
from tests.cluster.machine import images
from tests.cluster.results import RESULTS
from tests.cluster.stage import NODES, Stage
from tests.cluster.ways import both_ways, every_way

EVERY_NODE = set(NODES)


@every_way
def test_images_of_5_50_and_200_mb_reach_both_nodes(stage: Stage, ips: Installation, puller: str) -> None:
    wanted = {megabytes: f"{stage.new_image(megabytes)}:1" for megabytes in (5, 50, 200)}

    outcome = ips.warm(list(wanted.values()), puller=puller)

    assert outcome.status == "succeeded"
    for megabytes, image in wanted.items():
        assert outcome.of(image) == {"pulled"}
        assert stage.nodes_with(image) == EVERY_NODE
        for node in NODES:
            entry = outcome.image(node, image)
            assert entry["seconds"] > 0
            assert entry["bytes"] is None or entry["bytes"] >= megabytes * 1_000_000
            way = f"{puller}, {'helper' if 'IPS_HELPER_IMAGE' in ips.environment else 'no helper'}"
            size = f"told as {entry['bytes'] / 1e6:.1f} MB" if entry["bytes"] else "size not told"
            RESULTS.add(f"{stage.version.name} {node} {way}: {megabytes} MB in {entry['seconds']:.1f} s, {size}")


@both_ways
def test_what_is_there_already_is_told_as_such(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.BIG[5])
    assert ips.warm([image]).of(image) == {"pulled"}

    again = ips.warm([image], puller=puller)

    assert again.status == "succeeded"
    assert again.of(image) == {"already_present"}
    assert stage.nodes_with(image) == EVERY_NODE


@both_ways
def test_each_tag_of_an_image_becomes_warm_by_itself(stage: Stage, ips: Installation, puller: str) -> None:
    new = stage.new_image(5, tags=2)
    first, second = f"{new}:1", f"{new}:2"

    ips.warm([first], puller=puller)
    assert (stage.nodes_with(first), stage.nodes_with(second)) == (EVERY_NODE, set())

    outcome = ips.warm([second], puller=puller)
    assert outcome.of(second) == {"pulled"}
    assert stage.nodes_with(second) == EVERY_NODE


@both_ways
def test_an_image_with_a_user_that_nobody_knows_is_pulled(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.WITH_USER)

    assert ips.warm([image], puller=puller).of(image) == {"pulled"}

    assert stage.nodes_with(image) == EVERY_NODE


@both_ways
def test_an_image_is_warmed_on_the_named_node_only(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.BIG[5])

    outcome = ips.warm([image], node_names=["node2"], puller=puller)

    assert outcome.task["counts"]["desired"] == 1
    assert stage.nodes_with(image) == {"node2"}


def test_the_command_line_warms_images_too(stage: Stage, ips: Installation) -> None:
    image, missing = stage.fresh(images.BIG[5]), f"{stage.version.registry}/a/never-pushed:1"

    warm = ips.manage("prewarm", image, "--names", "node1,node2", "--wait", "--json")
    cold = ips.manage("prewarm", missing, "--all-nodes", "--wait", "--json")

    assert warm.returncode == 0, warm.stderr
    assert json.loads(warm.stdout)["status"] == "succeeded"
    assert stage.nodes_with(image) == EVERY_NODE
    assert cold.returncode == 1, cold.stderr
    assert [reason["reason"] for reason in json.loads(cold.stdout)["reasons"]] == ["image_not_found"]
