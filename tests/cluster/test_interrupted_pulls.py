"""A pull that was interrupted is never called warm, and leaves nothing behind."""

from tests.cluster.installation import WARM, Installation
from tests.cluster.stage import PULL_NAMESPACE, Stage
from tests.cluster.waiting import wait_until
from tests.cluster.ways import every_way

AS_FAST_AS_IT_GOES = 10**9


def pods_of(stage: Stage, task: str) -> list[str]:
    """The task's pods that a kubelet has begun to work on."""
    return [
        left["metadata"]["name"]
        for left in stage.pull_jobs()
        if left["kind"] == "Pod"
        and left["metadata"]["labels"].get("ips.io/task") == task
        and left["status"].get("startTime")
    ]


@every_way
def test_a_pull_beyond_its_deadline_is_not_warm(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.slow_image()

    with stage.slowly() as proxy:
        outcome = ips.warm([image], puller=puller, pull_timeout_seconds=5, max_attempts=1)
        assert proxy.passed_on > 0

    assert outcome.of(image) == {"failed"}
    assert outcome.reasons(image) == {"deadline_exceeded"}
    assert stage.nodes_with(image) == set()


def test_a_pod_that_somebody_deletes_in_mid_pull_is_not_warm(stage: Stage, ips: Installation) -> None:
    image = stage.slow_image()

    with stage.slowly() as proxy:
        task = ips.ask([image], puller="pod", max_attempts=1)
        wait_until(lambda: len(pods_of(stage, task)) == 2 and proxy.passed_on > 0, "both pulls to be under way", 60)
        stage.kubectl("delete", "pods", "--namespace", PULL_NAMESPACE, "--wait=false", f"--selector=ips.io/task={task}")
    outcome = ips.end_of(task)

    assert outcome.of(image) == {"failed"}
    assert outcome.reasons(image) == {"deleted_externally"}
    assert stage.nodes_with(image) == set()


def test_a_deleted_pod_of_a_job_is_warm_only_if_the_image_is_there(stage: Stage, ips: Installation) -> None:
    """Some versions' Job controllers make a new pod at once: then the pull may still succeed, and really."""
    image = stage.slow_image()

    with stage.slowly() as proxy:
        task = ips.ask([image], puller="job", max_attempts=1)
        wait_until(lambda: len(pods_of(stage, task)) == 2 and proxy.passed_on > 0, "both pulls to be under way", 60)
        stage.kubectl("delete", "pods", "--namespace", PULL_NAMESPACE, "--wait=false", f"--selector=ips.io/task={task}")
        assert stage.nodes_with(image) == set()
        assert ips.outcome(task).of(image) & WARM == set()
        proxy.bytes_per_second = AS_FAST_AS_IT_GOES
        outcome = ips.end_of(task)

    for node in ("node1", "node2"):
        if outcome.image(node, image)["outcome"] in WARM:
            assert node in stage.nodes_with(image)


@every_way
def test_a_cancelled_task_takes_its_pull_jobs_away(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.slow_image()

    with stage.slowly() as proxy:
        task = ips.ask([image], puller=puller)
        wait_until(lambda: len(pods_of(stage, task)) == 2 and proxy.passed_on > 0, "both pulls to be under way", 60)
        ips.cancel(task)
    outcome = ips.end_of(task)

    assert outcome.status == "cancelled"
    assert outcome.of(image) == {"cancelled"}
    assert stage.nodes_with(image) == set()


def test_a_lost_deletion_in_mid_pull_is_tried_again_and_then_warm(stage: Stage, ips: Installation) -> None:
    image = stage.slow_image()

    with stage.slowly() as proxy:
        task = ips.ask([image], puller="pod", max_attempts=3)
        wait_until(lambda: len(pods_of(stage, task)) == 2 and proxy.passed_on > 0, "both pulls to be under way", 60)
        stage.kubectl("delete", "pods", "--namespace", PULL_NAMESPACE, "--wait=false", f"--selector=ips.io/task={task}")
        proxy.bytes_per_second = AS_FAST_AS_IT_GOES
        outcome = ips.end_of(task)

    assert outcome.of(image) <= WARM
    assert {node["attempt"] for node in outcome.nodes} == {2}
    assert stage.nodes_with(image) == {"node1", "node2"}
