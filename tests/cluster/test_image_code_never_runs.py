"""Nothing of an image is ever executed by warming it."""

from tests.cluster.installation import Installation
from tests.cluster.machine import images
from tests.cluster.marks import Marks
from tests.cluster.stage import NODES, Stage
from tests.cluster.waiting import wait_until
from tests.cluster.ways import every_way


@every_way
def test_an_entrypoint_that_would_leave_a_mark_never_runs(
    stage: Stage, ips: Installation, puller: str, marks: Marks
) -> None:
    image = stage.fresh(images.EVIL)

    outcome = ips.warm([image], puller=puller)

    assert outcome.of(image) == {"pulled"}
    assert stage.nodes_with(image) == set(NODES)
    assert marks.seen == []


def test_the_same_entrypoint_does_leave_marks_when_it_is_run(stage: Stage, marks: Marks) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "evil", "namespace": "default"},
        "spec": {
            "nodeName": "node1",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "containers": [{"name": "evil", "image": f"{stage.version.registry}/{images.EVIL}"}],
        },
    }
    stage.cluster.kubectl.apply(pod)
    try:
        wait_until(lambda: bool(marks.seen), "a mark of the running entrypoint", 60)
    finally:
        stage.kubectl("delete", "pod", "evil", "--wait", "--now")
        marks.seen.clear()
