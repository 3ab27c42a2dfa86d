"""The pull namespace admits nothing that is not restricted, and IPS's pull jobs are."""

import json

import pytest

from tests.cluster.installation import Installation
from tests.cluster.machine import images
from tests.cluster.machine.kubectl import KubectlFailed
from tests.cluster.stage import NODES, PULL_NAMESPACE, Stage
from tests.cluster.ways import both_ways

FIRST_WITH_POD_SECURITY = 22


def test_the_namespace_asks_for_restricted_pods(stage: Stage, ips: Installation) -> None:
    labels = stage.cluster.kubectl.json("get", "namespace", PULL_NAMESPACE)["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@both_ways
def test_pods_that_are_not_restricted_are_refused_and_pull_jobs_are_not(
    stage: Stage, ips: Installation, puller: str
) -> None:
    image = stage.fresh(images.BIG[5])
    if stage.version.minor >= FIRST_WITH_POD_SECURITY:
        with pytest.raises(KubectlFailed, match="violates PodSecurity"):
            stage.kubectl("run", "stranger", f"--image={image}", "--namespace", PULL_NAMESPACE)

    assert ips.warm([image], puller=puller).status == "succeeded"

    assert stage.nodes_with(image) == set(NODES)


@both_ways
def test_pull_jobs_carry_no_token_and_no_privilege(stage: Stage, ips: Installation, puller: str) -> None:
    image = stage.slow_image()
    with stage.slowly():
        task = ips.ask([image], puller=puller)
        ips.until(task, lambda now: now.task["counts"]["active"] == 2, "two pulls")
        made = [left["spec"].get("template", left)["spec"] for left in stage.pull_jobs()]
        ips.cancel(task)
    ips.end_of(task)

    assert made
    for spec in made:
        assert spec["automountServiceAccountToken"] is False
        assert "privileged" not in json.dumps(spec)
        for container in spec["containers"]:
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["runAsNonRoot"] is True
