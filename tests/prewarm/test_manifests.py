"""The object that makes a kubelet pull: built from constants, harmless, and user data only where it belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.manifests import ABSENT, MAX_IMAGES, PullJob, manifest, tolerations

Json = dict[str, Any]

PLAIN = PullJob(
    name="ips-0",
    installation="8d0f8a5e-0000-4000-8000-000000000001",
    task="8d0f8a5e-0000-4000-8000-000000000002",
    tenant="8d0f8a5e-0000-4000-8000-000000000003",
    batch=7,
    request_id="request",
    namespace="ips-pull",
    service_account="ips-puller",
    priority_class="ips-prewarm",
    node="node-1",
    node_taints=(),
    images=("nginx:1", "redis:2"),
    pull_policy="IfNotPresent",
    pull_secrets=("regcred",),
    timeout_seconds=900,
    helper_image="",
    via_job=False,
)
WAYS = [
    pytest.param(replace(PLAIN, via_job=via_job, helper_image=helper), id=f"{'job' if via_job else 'pod'}, {way}")
    for via_job in (False, True)
    for helper, way in (("", "no helper"), ("ips/noop:1", "helper"))
]
all_ways = pytest.mark.parametrize("pull", WAYS)


def pod_spec(made: Json) -> Json:
    spec: Json = made["spec"]["template"]["spec"] if made["kind"] == "Job" else made["spec"]
    return spec


def all_containers(spec: Json) -> list[Json]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def violations(spec: Json) -> list[str]:
    """What Pod Security "restricted" says about a pod: pod-security-admission, policy/check_*.go, in short."""
    pod = spec.get("securityContext", {})
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    safe_volumes = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim"}
    for volume in spec.get("volumes", []):
        found += [f"volume {kind}" for kind in volume.keys() - {"name"} - safe_volumes - {"projected", "secret"}]
    for container in all_containers(spec):
        own = container.get("securityContext", {})
        capabilities = own.get("capabilities", {})
        seccomp = own.get("seccompProfile", pod.get("seccompProfile", {})).get("type")
        wrong = {
            "privileged": bool(own.get("privileged")),
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is not False,
            "capabilities.drop": "ALL" not in capabilities.get("drop", []),
            "capabilities.add": bool(set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}),
            "runAsNonRoot": own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True,
            "runAsUser": own.get("runAsUser", pod.get("runAsUser")) == 0,
            "seccompProfile": seccomp not in ("RuntimeDefault", "Localhost"),
            "hostPorts": any(port.get("hostPort") for port in container.get("ports", [])),
            "procMount": own.get("procMount", "Default") != "Default",
            "seLinuxOptions": bool(own.get("seLinuxOptions") or pod.get("seLinuxOptions")),
            "hostProcess": bool(own.get("windowsOptions") or pod.get("windowsOptions")),
            "lifecycle and probes": bool({"lifecycle", "livenessProbe", "startupProbe"} & container.keys()),
        }
        found += [f"{container['name']}: {name}" for name, is_wrong in wrong.items() if is_wrong]
    found += [f"sysctl {entry['name']}" for entry in pod.get("sysctls", [])]
    return found


@all_ways
class TestSafety:
    def test_pod_security_restricted_has_nothing_to_say(self, pull: PullJob) -> None:
        assert violations(pod_spec(manifest(pull))) == []

    def test_there_is_no_service_account_token_and_nothing_to_find_about_services(self, pull: PullJob) -> None:
        spec = pod_spec(manifest(pull))

        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["serviceAccountName"] == "ips-puller"

    def test_every_container_is_bounded_and_sees_a_read_only_image(self, pull: PullJob) -> None:
        for container in all_containers(pod_spec(manifest(pull))):
            assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}
            assert container["resources"]["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert "args" not in container
            assert "ports" not in container

    def test_the_images_own_code_never_runs(self, pull: PullJob) -> None:
        spec = pod_spec(manifest(pull))

        for container in spec["containers"]:
            (command,) = container["command"]
            if pull.helper_image:
                assert command == "/.ips/noop"
                assert container["volumeMounts"] == [{"name": "ips", "mountPath": "/.ips", "readOnly": True}]
                assert "env" not in container
            else:
                assert re.fullmatch(r"/ips-[0-9a-f]{32}", command)
                (held,) = container["env"]
                absent = held["valueFrom"]["configMapKeyRef"]
                assert re.fullmatch(r"ips-absent-[0-9a-f]{32}", absent["name"])
                assert "optional" not in absent

    def test_it_ends_by_itself_at_once_and_is_never_tried_again_by_kubernetes(self, pull: PullJob) -> None:
        made = manifest(pull)
        spec = pod_spec(made)

        assert (spec["restartPolicy"], spec["terminationGracePeriodSeconds"]) == ("Never", 0)
        assert spec["activeDeadlineSeconds"] == 900
        if pull.via_job:
            assert made["spec"]["backoffLimit"] == 0
            assert "activeDeadlineSeconds" not in made["spec"]
            assert "ttlSecondsAfterFinished" not in made["spec"]

    def test_labels_say_whose_it_is(self, pull: PullJob) -> None:
        made = manifest(pull)
        labels = {
            "app.kubernetes.io/managed-by": "ips",
            "ips.io/installation": PLAIN.installation,
            "ips.io/task": PLAIN.task,
            "ips.io/tenant": PLAIN.tenant,
            "ips.io/batch": "7",
            "ips.io/pull-job": "ips-0",
        }

        assert made["metadata"]["name"] == "ips-0"
        assert made["metadata"]["namespace"] == "ips-pull"
        assert made["metadata"]["labels"] == labels
        if pull.via_job:
            assert made["spec"]["template"]["metadata"]["labels"] == labels

    def test_an_autoscaler_may_take_the_node_away(self, pull: PullJob) -> None:
        made = manifest(pull)
        metadata = made["spec"]["template"]["metadata"] if pull.via_job else made["metadata"]

        assert metadata["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "true"

    def test_there_is_a_container_for_each_image_in_order(self, pull: PullJob) -> None:
        images = tuple(f"registry.example.com/app:{n}" for n in range(MAX_IMAGES))

        containers = pod_spec(manifest(replace(pull, images=images, pull_policy="Always")))["containers"]

        assert [(entry["name"], entry["image"]) for entry in containers] == [
            (f"img{n}", image) for n, image in enumerate(images)
        ]
        assert {entry["imagePullPolicy"] for entry in containers} == {"Always"}

    def test_it_is_json(self, pull: PullJob) -> None:
        made = manifest(pull)

        assert json.loads(json.dumps(made)) == made


class TestPlacement:
    def test_a_pod_is_bound_to_its_node(self) -> None:
        made = manifest(PLAIN)

        assert made["spec"]["nodeName"] == "node-1"
        assert "affinity" not in made["spec"]

    def test_a_job_is_placed_by_the_nodes_name_not_by_a_label(self) -> None:
        spec = pod_spec(manifest(replace(PLAIN, via_job=True)))
        (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
            "nodeSelectorTerms"
        ]

        assert term == {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}
        assert "nodeName" not in spec
        assert "nodeSelector" not in spec


class TestTheHelper:
    @pytest.mark.parametrize("via_job", [False, True])
    def test_is_copied_by_an_init_container_that_alone_may_write(self, via_job: bool) -> None:
        spec = pod_spec(manifest(replace(PLAIN, helper_image="ips/noop:1", via_job=via_job)))
        (noop,) = spec["initContainers"]

        assert (noop["name"], noop["image"], noop["imagePullPolicy"]) == ("noop", "ips/noop:1", "IfNotPresent")
        assert noop["command"] == ["/noop", "--install", "/.ips/noop"]
        assert noop["volumeMounts"] == [{"name": "ips", "mountPath": "/.ips"}]
        assert spec["volumes"] == [{"name": "ips", "emptyDir": {"sizeLimit": "8Mi"}}]

    def test_is_pulled_if_not_present_even_when_the_images_are_always_pulled(self) -> None:
        spec = pod_spec(manifest(replace(PLAIN, helper_image="ips/noop:1", pull_policy="Always")))

        assert spec["initContainers"][0]["imagePullPolicy"] == "IfNotPresent"

    def test_is_not_there_when_there_is_none(self) -> None:
        spec = pod_spec(manifest(PLAIN))

        assert "initContainers" not in spec
        assert "volumes" not in spec


class TestWithoutAHelper:
    def test_nobody_can_guess_the_absent_names_and_no_two_pull_jobs_share_them(self) -> None:
        first, second = (manifest(PLAIN)["spec"]["containers"][0] for _ in range(2))

        assert first["command"] != second["command"]
        assert first["env"] != second["env"]

    def test_who_knows_the_config_maps_name_still_does_not_know_the_command(self) -> None:
        container = manifest(PLAIN)["spec"]["containers"][0]

        absent = container["env"][0]["valueFrom"]["configMapKeyRef"]["name"]
        assert absent.removeprefix("ips-absent-") not in container["command"][0]


def test_what_is_not_given_is_left_out() -> None:
    spec = pod_spec(manifest(replace(PLAIN, priority_class="", pull_secrets=())))

    assert "priorityClassName" not in spec
    assert "imagePullSecrets" not in spec


def test_what_is_given_is_named() -> None:
    spec = pod_spec(manifest(replace(PLAIN, pull_secrets=("one", "two"))))

    assert spec["priorityClassName"] == "ips-prewarm"
    assert spec["imagePullSecrets"] == [{"name": "one"}, {"name": "two"}]


NO_SCHEDULE = {"operator": "Exists", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("taints", "tolerated"),
    [
        ([], []),
        ([{"key": "gpu", "value": "yes", "effect": "NoSchedule"}], []),
        ([{"key": "gpu", "effect": "NoExecute"}], ["gpu"]),
        ([{"key": "b", "effect": "NoExecute"}, {"key": "a", "effect": "NoExecute"}], ["a", "b"]),
        ([{"key": "gpu", "effect": "PreferNoSchedule"}], []),
        ([{"key": "gpu"}], []),
        ([{"key": key, "effect": "NoExecute"} for key in sorted(ABSENT)], []),
        (
            [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}, {"key": "x", "effect": "NoExecute"}],
            ["x"],
        ),
    ],
)
def test_every_no_schedule_taint_is_tolerated_and_of_no_execute_only_the_nodes_own(
    taints: list[dict[str, Any]], tolerated: list[str]
) -> None:
    assert tolerations(taints) == [
        NO_SCHEDULE,
        *({"key": key, "operator": "Exists", "effect": "NoExecute"} for key in tolerated),
    ]
    assert pod_spec(manifest(replace(PLAIN, node_taints=tuple(taints))))["tolerations"] == tolerations(taints)


def test_no_toleration_holds_a_pod_on_a_dead_node() -> None:
    for entry in tolerations([{"key": key, "effect": "NoExecute"} for key in ABSENT]):
        assert entry.get("effect") == "NoSchedule"


# Where what users, nodes and operators say may appear, and nowhere else.
METADATA = r"(/spec/template)?/metadata/(labels|annotations)/(ips\.io~1[a-z-]+)"
ALLOWED = re.compile(
    rf"{METADATA}|/metadata/(name|namespace)"
    r"|(/spec/template)?/spec/(initContainers/0/image|activeDeadlineSeconds|serviceAccountName|priorityClassName|nodeName"
    r"|containers/\d+/image|containers/\d+/imagePullPolicy|imagePullSecrets/\d+/name|tolerations/\d+/key"
    r"|affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0"
    # random each time
    r"|containers/\d+/command/0|containers/\d+/env/0/valueFrom/configMapKeyRef/name)"
)


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar of a JSON value with its pointer (RFC 6901)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{pointer}/{index}")
    else:
        yield pointer, value


word = st.text(min_size=1, max_size=30)
anything = st.builds(
    PullJob,
    name=word,
    installation=word,
    task=word,
    tenant=word,
    batch=st.integers(1, 1000),
    request_id=word,
    namespace=word,
    service_account=word,
    priority_class=word,
    node=word,
    node_taints=st.lists(
        st.fixed_dictionaries({"key": word, "value": word, "effect": st.just("NoExecute")}), max_size=3
    ).map(tuple),
    images=st.lists(word, min_size=1, max_size=3).map(tuple),
    pull_policy=st.sampled_from(["Always", "IfNotPresent"]),
    pull_secrets=st.lists(word, min_size=1, max_size=3).map(tuple),
    timeout_seconds=st.integers(1, 86400),
    helper_image=word,
    via_job=st.booleans(),
)


@given(anything, st.booleans())
def test_whatever_is_asked_for_changes_nothing_but_the_places_that_are_meant_for_it(
    pull: PullJob, with_helper: bool
) -> None:
    pull = pull if with_helper else replace(pull, helper_image="")
    constant = replace(
        PLAIN,
        via_job=pull.via_job,
        helper_image="ips/noop:1" if with_helper else "",
        images=("nginx:1",) * len(pull.images),
        pull_secrets=("regcred",) * len(pull.pull_secrets),
        node_taints=tuple(
            {"key": f"taint{number}", "effect": "NoExecute"}
            for number in range(len({taint["key"] for taint in pull.node_taints}))
        ),
    )

    made, expected = dict(leaves(manifest(pull))), dict(leaves(manifest(constant)))

    assert made.keys() == expected.keys()
    elsewhere = [pointer for pointer in made if made[pointer] != expected[pointer] and not ALLOWED.fullmatch(pointer)]
    assert elsewhere == []
    assert violations(pod_spec(manifest(pull))) == []


@given(anything)
def test_secrets_are_only_ever_named(pull: PullJob) -> None:
    secret = "a-secret-that-appears-once"

    made = manifest(replace(pull, pull_secrets=(secret,)))

    places = [pointer for pointer, value in leaves(made) if value == secret]
    assert [place.removeprefix("/spec/template") for place in places] == ["/spec/imagePullSecrets/0/name"]
