"""What the kubelet, the scheduler and people can do to a pod before its pull has ended."""

import shutil

from tests.cluster.recording.case import Case, Json, after_pull, has_phase, unschedulable, waits_for
from tests.cluster.recording.node_changes import kubelet_with, less_room
from tests.cluster.recording.recorder import Recorder

GIGABYTE = 10**9


def much_cpu(pod: Json) -> None:
    resources = pod["spec"]["containers"][0]["resources"]
    resources["requests"]["cpu"] = resources["limits"]["cpu"] = "900"


def other_zone(pod: Json) -> None:
    pod["spec"]["nodeSelector"] = {"zone": "elsewhere"}


def record_rejections(recorder: Recorder) -> None:
    image = (f"{recorder.stage.new_image()}:1",)
    failed = has_phase("Failed")
    recorder.record(
        Case("out-of-cpu", "nodeName, and more CPU than there is", image, failed, change=much_cpu),
        Case(
            "wrong-labels",
            "nodeName, and a nodeSelector that the node does not match",
            image,
            failed,
            change=other_zone,
        ),
        Case(
            "unschedulable",
            "more CPU than there is, by the scheduler",
            image,
            unschedulable,
            change=much_cpu,
            scheduled=True,
        ),
        Case(
            "no-such-node",
            "a node that is not there, by the scheduler",
            image,
            unschedulable,
            node="node9",
            scheduled=True,
        ),
    )


def record_deadlines(recorder: Recorder) -> None:
    """The pod's deadline passes: one image is there, one is not."""
    stage = recorder.stage
    images = (f"{stage.new_image()}:1", f"{stage.version.registry}/a/missing:1")
    recorder.record(
        Case(
            "deadline",
            "the pod's deadline of 15 s passes; the first image is there, the second in no registry",
            images,
            has_phase("Failed"),
            deadline=15,
            linger=3,
        )
    )


def record_small_kubelet(recorder: Recorder) -> None:
    """A kubelet that admits one pod and pulls one image a second."""
    stage, node = recorder.stage, recorder.stage.cluster.node(2)
    with kubelet_with(stage, node, maxPods=1, registryPullQPS=1, registryBurst=1):
        images = tuple(f"{stage.new_image(1)}:1" for _ in range(3))
        how = "three images at once, the kubelet's own limit is one pull a second"
        throttled = Case(
            "pull-qps", how, images, waits_for("CreateContainerConfigError", "ErrImagePull"), node=node.name
        )
        recorder.record(throttled)
        first = Case("occupied", "", images[:1], after_pull, node=node.name)
        second = Case("out-of-pods", "a kubelet of one pod has one", images[:1], has_phase("Failed"), node=node.name)
        name = recorder.start(first)
        recorder.until(name, first, after_pull)
        recorder.record(second)
        recorder.drop(name, first)


def record_evictions(recorder: Recorder) -> None:
    """The kubelet finds its disk too full: once while it runs, once when it starts."""
    stage, node = recorder.stage, recorder.stage.cluster.node(2)
    images = (f"{stage.new_image()}:1", f"{stage.version.registry}/a/missing:1")
    both_told = waits_for("CreateContainerConfigError", "ImagePullBackOff")
    how = "evicted when the disk filled; the first image was there, the second is in no registry"
    evicted = Case("evicted", how, images, has_phase("Failed"), node=node.name, seconds=150, linger=3)
    free = shutil.disk_usage(node.folder).free
    with kubelet_with(stage, node, evictionHard={"nodefs.available": str(free - 3 * GIGABYTE)}):
        name = recorder.start(evicted)
        recorder.until(name, evicted, both_told)
        with less_room(node, 4 * GIGABYTE):
            recorder.until(name, evicted, evicted.until)
            recorder.end(name, evicted)
    how = "a kubelet that starts with too full a disk finds the pod that it had"
    found = Case("evicted-at-start", how, images, has_phase("Failed"), node=node.name, linger=3)
    name = recorder.start(found)
    recorder.until(name, found, both_told)
    with kubelet_with(stage, node, evictionHard={"nodefs.available": "99%"}):
        recorder.until(name, found, found.until)
        recorder.end(name, found)
        how = "a pod for a kubelet whose disk is too full"
        recorder.record(Case("disk-pressure", how, images[:1], has_phase("Failed"), node=node.name))
