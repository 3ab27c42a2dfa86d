"""What the registry, the image and the disk can do to a pull."""

from tests.cluster.machine import images, registry
from tests.cluster.recording import images_as_told as told
from tests.cluster.recording.case import (
    Case,
    Json,
    after_pull,
    again,
    all_wait_for,
    either,
    failed_pull,
    has_phase,
    waits_for,
)
from tests.cluster.recording.node_changes import CONTENT, SNAPSHOTS, little_room, reach
from tests.cluster.recording.recorder import Recorder
from tests.cluster.recording.registry_as_told import (
    Fault,
    RegistryAsTold,
    break_off,
    half_of_it,
    later,
    other_bytes,
    status,
    wants_token,
)

MANIFESTS, LAYERS, ALL = "manifests", "blobs", ""
TOO_MANY = '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'
DENIED = '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}'
TOLD = 60  # the last digits of its port, which only recordings use


def record_what_goes_well(recorder: Recorder) -> None:
    stage = recorder.stage
    helper = f"{stage.version.registry}/{images.NOOP}"
    image = f"{stage.new_image()}:1"
    recorder.record(Case("ok", "an image that no node had", (image,), after_pull))
    recorder.record(
        Case("present", "the same image again", (image,), after_pull),
        Case("always", "the same image with policy Always", (image,), after_pull, policy="Always"),
        Case("ok-with-helper", "with the helper", (f"{stage.new_image()}:1",), has_phase("Succeeded"), helper=helper),
    )
    two = (f"{stage.new_image()}:1", f"{stage.version.registry}/a/missing:1", f"{stage.new_image(20)}:1")
    recorder.record(
        Case(
            "one-of-three-missing",
            "three containers, the second's image is in no registry",
            two,
            waits_for("CreateContainerConfigError", "ImagePullBackOff"),
        )
    )


def record_names_and_rights(recorder: Recorder) -> None:
    stage = recorder.stage
    plain, private = stage.version.registry, stage.fresh(images.PRIVATE)
    account = {"username": registry.NAME, "password": "guessed"}
    recorder.secret("wrong-password", stage.version.private_registry, account)
    present = stage.fresh(images.BIG[5])
    helper = f"{plain}/{images.NOOP}"
    recorder.record(
        Case("tag-not-found", "a tag that the registry does not have", (f"{plain}/a/big-5:no-such-tag",)),
        Case("repository-not-found", "a repository that the registry does not have", (f"{plain}/a/missing:1",)),
        Case("digest-not-found", "a digest that nothing has", (f"{plain}/a/big-5@sha256:{'0' * 64}",)),
        Case("no-credentials", "a registry with a password, asked without", (private,)),
        Case("wrong-password", "a pull secret with a wrong password", (private,), secrets=("wrong-password",)),
    )
    recorder.record(
        Case("no-such-secret", "a pull secret that does not exist", (private,), secrets=("no-such-secret",)),
        Case("invalid-name", "a name in capitals", (f"{plain}/A/Big:1",), waits_for("InvalidImageName")),
        Case(
            "never-pulled", "policy Never", (f"{stage.new_image()}:1",), waits_for("ErrImageNeverPull"), policy="Never"
        ),
        Case("helper-missing", "a helper image that is in no registry", (present,), helper=f"{plain}/ips/noop:none"),
        Case("missing-with-helper", "with the helper", (f"{plain}/a/missing:2",), helper=helper),
    )


def record_answers(recorder: Recorder) -> None:
    """A registry that answers as it is told, over plain http."""
    address = f"127.0.0.1:{recorder.stage.version.port(TOLD)}"
    faults = {
        "manifest-429": (MANIFESTS, status(429, TOO_MANY, Retry_After="60"), "429 for the manifest"),
        "layer-429": (LAYERS, status(429, TOO_MANY), "429 for a layer"),
        "manifest-500": (MANIFESTS, status(500, "oops"), "500 for the manifest"),
        "manifest-502": (MANIFESTS, status(502, "<html>Bad Gateway</html>"), "502 for the manifest"),
        "manifest-503": (MANIFESTS, status(503), "503 for the manifest"),
        "layer-500": (LAYERS, status(500, "oops"), "500 for a layer"),
        "layer-503": (LAYERS, status(503), "503 for a layer"),
        "layer-404": (LAYERS, status(404), "404 for a layer of a manifest that is there"),
        "manifest-403": (MANIFESTS, status(403, DENIED), "403 for the manifest"),
        "layer-403": (LAYERS, status(403, DENIED), "403 for a layer"),
        "token-401": (ALL, wants_token(address, 401), "the token server answers 401"),
        "token-403": (ALL, wants_token(address, 403), "the token server answers 403"),
        "token-503": (ALL, wants_token(address, 503), "the token server answers 503"),
        "other-bytes": (LAYERS, other_bytes, "a layer of the right length whose digest is another"),
        "half-a-layer": (LAYERS, half_of_it, "the connection ends in the middle of a layer"),
        "broken-off": (ALL, break_off, "the connection ends without an answer"),
    }
    reach(recorder.stage.cluster.node(1), address, "http")
    with RegistryAsTold(address) as server:
        cases = [
            Case(name, how, (server.has(f"a/{name}", told.random_data(), Fault(part, answer)),), seconds=150)
            for name, (part, answer, how) in faults.items()
        ]
        for start in range(0, len(cases), 4):
            recorder.record(*cases[start : start + 4])


def record_slow_answers(recorder: Recorder) -> None:
    """What happens to a pod while the registry has not answered yet."""
    address = f"127.0.0.1:{recorder.stage.version.port(TOLD)}"
    reach(recorder.stage.cluster.node(1), address, "http")
    with RegistryAsTold(address) as server:
        image = server.has("a/for-a-while", told.random_data(), Fault(MANIFESTS, later(3, status(404))))
        how = "the pod's deadline of 2 s passes while the registry takes 3 s for each answer of 404"
        recorder.record(Case("deadline-in-mid-pull", how, (image,), has_phase("Failed"), deadline=2))
        image = server.has("a/for-long", told.random_data(), Fault(MANIFESTS, later(20, status(404))))
        deleted = Case("deleted-in-mid-pull", "deleted while the registry had not answered", (image,))
        name = recorder.start(deleted)
        recorder.until_event(name, deleted, "Pulling")
        recorder.end(name, deleted)


def record_contents(recorder: Recorder) -> None:
    """What is wrong with the image itself, and whether the node takes it for present the next time."""
    stage, address = recorder.stage, f"127.0.0.1:{recorder.stage.version.port(TOLD)}"
    reach(stage.cluster.node(1), address, "http")
    ends = either(failed_pull, after_pull)
    other = stage.fresh(images.OTHER_PLATFORM)
    alone = "a manifest without an index, whose config names another processor"
    with RegistryAsTold(address) as server:
        cases = [
            Case("other-platform", "an index without this node's processor", (other,)),
            Case("other-platform-alone", alone, (server.has("a/alone", told.other_platform_alone),), ends),
            Case("no-archive", "a layer that is no archive", (server.has("a/no-archive", told.no_archive),)),
            Case("helm-chart", "an OCI artifact", (server.has("a/chart", told.helm_chart),), ends),
            Case("schema-1", "a manifest of schema 1", (server.has("a/schema-1", told.schema_1),)),
            Case("no-json", "a web page for a manifest", (server.has("a/no-json", told.no_json),)),
        ]
        recorder.record(*cases)
        recorder.record(*(again(case) for case in cases if case.name != "other-platform-alone"))


def record_after_the_pull(recorder: Recorder) -> None:
    """The image is there, and its container cannot be made or run."""
    stage = recorder.stage

    def no_user(pod: Json) -> None:
        """The image's own user, whose name nothing in the image explains."""
        del pod["spec"]["securityContext"], pod["spec"]["containers"][0]["securityContext"]
        del pod["spec"]["containers"][0]["env"]

    def not_root(pod: Json) -> None:
        no_user(pod)
        pod["spec"]["securityContext"] = {"runAsNonRoot": True}

    def no_config_map(pod: Json) -> None:
        del pod["spec"]["containers"][0]["env"]

    def again_and_again(pod: Json) -> None:
        no_config_map(pod)
        pod["spec"]["restartPolicy"] = "Always"

    recorder.record(
        Case(
            "create-error",
            "the image's user is a name that nothing in it explains",
            (stage.fresh(images.WITH_USER),),
            waits_for("CreateContainerError"),
            change=no_user,
            unrestricted=True,
        ),
        Case(
            "config-error",
            "runAsNonRoot, and the image's user is a name",
            (stage.fresh(images.WITH_USER),),
            waits_for("CreateContainerConfigError"),
            change=not_root,
            unrestricted=True,
        ),
        Case(
            "start-error",
            "the command is no file of the image",
            (stage.fresh(images.BIG[5]),),
            has_phase("Failed"),
            change=no_config_map,
        ),
        Case(
            "crash-loop",
            "the command is no file of the image, and the pod is started again and again",
            (stage.fresh(images.BIG[5]),),
            waits_for("CrashLoopBackOff"),
            change=again_and_again,
        ),
    )


def record_full_disks(recorder: Recorder) -> None:
    """The disk fills while the pod is there: its sandbox needs what was on the node before."""
    node, address = recorder.stage.cluster.node(2), f"127.0.0.1:{recorder.stage.version.port(TOLD)}"
    reach(node, address, "http")
    places = {
        "disk-full-downloading": (CONTENT, ("ingest", "blobs/sha256"), "content store"),
        "disk-full-unpacking": (SNAPSHOTS, (), "snapshots"),
    }
    with RegistryAsTold(address) as server:
        for name, (place, folders, words) in places.items():
            slow = server.has(f"a/before-{name}", told.random_data(), Fault(MANIFESTS, later(4, status(404))))
            how = f"while the first image is waited for, a tmpfs of 4 MB is mounted over containerd's {words}"
            images = (slow, f"{recorder.stage.new_image(8)}:1")
            full = Case(name, how, images, all_wait_for("ImagePullBackOff"), node=node.name)
            pod = recorder.start(full)
            recorder.until_event(pod, full, "Pulling")
            with little_room(node, place, megabytes=4, folders=folders):
                recorder.until(pod, full, full.until)
            recorder.end(pod, full)
            recorder.record(again(full, full.images[1:], "the same image once more when there is room again"))
