"""IPS works with the rights that `cluster-setup` gives it, which are few."""

import pytest

from tests.cluster.machine.kubectl import Kubectl, KubectlFailed
from tests.cluster.rights import kubeconfig_of_ips
from tests.cluster.stage import PULL_NAMESPACE, Stage

MAY = [
    ("list", "nodes", None),
    ("watch", "nodes", None),
    ("create", "pods", PULL_NAMESPACE),
    ("deletecollection", "pods", PULL_NAMESPACE),
    ("create", "jobs", PULL_NAMESPACE),
    ("list", "events", PULL_NAMESPACE),
]
MAY_NOT = [
    ("patch", "nodes", None),
    ("get", "secrets", PULL_NAMESPACE),
    ("list", "secrets", None),
    ("create", "pods --subresource=exec", PULL_NAMESPACE),
    ("get", "pods --subresource=log", PULL_NAMESPACE),
    ("list", "pods", "default"),
    ("create", "pods", "kube-system"),
    ("create", "rolebindings", PULL_NAMESPACE),
]


@pytest.fixture
def may(stage: Stage) -> Kubectl:
    return Kubectl(stage.version, kubeconfig_of_ips(stage.cluster))


@pytest.mark.parametrize(("verb", "resource", "namespace"), MAY)
def test_ips_may(may: Kubectl, verb: str, resource: str, namespace: str | None) -> None:
    assert may("auth", "can-i", verb, *resource.split(), *where(namespace)).strip() == "yes"


@pytest.mark.parametrize(("verb", "resource", "namespace"), MAY_NOT)
def test_ips_may_not(may: Kubectl, verb: str, resource: str, namespace: str | None) -> None:
    with pytest.raises(KubectlFailed):
        may("auth", "can-i", verb, *resource.split(), *where(namespace))


def where(namespace: str | None) -> list[str]:
    return ["--namespace", namespace] if namespace else ["--all-namespaces"]
