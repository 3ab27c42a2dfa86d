"""What cannot be pulled fails with its reason, its hint and the runtime's own words, and is never called warm."""

from tests.cluster.installation import WARM, Installation, Outcome
from tests.cluster.machine import images, registry
from tests.cluster.stage import NODES, Stage
from tests.cluster.ways import both_ways, each_puller


def assert_failed(outcome: Outcome, image: str, reason: str) -> None:
    """Failed on every node for this reason, with words of the runtime's and a hint."""
    assert outcome.of(image) == {"failed"}
    assert outcome.reasons(image) == {reason}
    for node in NODES:
        entry = outcome.image(node, image)
        assert entry["message"]
        assert entry["hint"]


@both_ways
def test_a_missing_tag_is_not_found_and_its_neighbour_is_pulled(stage: Stage, ips: Installation, puller: str) -> None:
    missing, present = f"{stage.version.registry}/a/big-5:no-such-tag", stage.fresh(images.BIG[5])

    outcome = ips.warm([missing, present], puller=puller)

    assert outcome.status == "failed"
    assert_failed(outcome, missing, "image_not_found")
    assert outcome.of(present) == {"pulled"}
    assert stage.nodes_with(missing) == set()
    assert stage.nodes_with(present) == set(NODES)


@each_puller
def test_a_private_image_without_a_secret_is_unauthorized(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.PRIVATE)

    outcome = ips.warm([image], puller=puller)

    assert_failed(outcome, image, "unauthorized")
    assert stage.nodes_with(image) == set()


@each_puller
def test_a_private_image_with_a_wrong_password_is_unauthorized(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.PRIVATE)
    secret = stage.pull_secret("wrong-password", "guessed")

    outcome = ips.warm([image], puller=puller, pull_secrets=[secret])

    assert_failed(outcome, image, "unauthorized")
    assert stage.nodes_with(image) == set()


@both_ways
def test_a_private_image_with_the_right_secret_becomes_warm(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.PRIVATE)
    secret = stage.pull_secret("right-password", registry.PASSWORD)

    outcome = ips.warm([image], puller=puller, pull_secrets=[secret])

    assert outcome.of(image) == {"pulled"}
    assert stage.nodes_with(image) == set(NODES)


def test_an_invalid_name_is_refused_before_anything_is_made(stage: Stage, ips: Installation) -> None:
    answer = ips.post_task(["Nginx//:1.27"])

    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["images/0"]


@each_puller
def test_an_image_for_another_platform_is_told_as_such(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.OTHER_PLATFORM)

    outcome = ips.warm([image], puller=puller)

    assert_failed(outcome, image, "wrong_platform")
    assert stage.nodes_with(image) == set()


@each_puller
def test_a_registry_that_nobody_runs_is_unreachable(stage: Stage, ips: Installation, puller: str) -> None:
    image = f"{stage.version.silent_registry}/a/big-5:1"

    outcome = ips.warm([image], puller=puller, max_attempts=2)

    assert_failed(outcome, image, "registry_unreachable")
    assert {node["attempt"] for node in outcome.nodes} == {2}


@both_ways
def test_a_registry_that_comes_back_is_asked_again(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.fresh(images.BIG[5])

    with stage.without_registry():
        task = ips.ask([image], puller=puller, max_attempts=10, retry_backoff_seconds=2)
        ips.until(task, lambda now: any(node["attempt"] > 1 for node in now.nodes), "a second attempt")
    outcome = ips.end_of(task)

    assert outcome.of(image) <= WARM
    assert stage.nodes_with(image) == set(NODES)
