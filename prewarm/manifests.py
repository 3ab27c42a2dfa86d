"""The pull job as a dict, built from constants.

User data enters in four places only: the images, the node's name, the names of pull secrets, and our own labels and
annotations. The image's own code never runs:

- with a helper image, an init container copies a static binary of ours to an emptyDir, and that is every container's
  command (it replaces ENTRYPOINT and CMD);
- without one, each container asks for a key of a ConfigMap that does not exist. The kubelet pulls first, then waits
  with CreateContainerConfigError, and no container is ever created. ConfigMap name and command carry 128 random bits
  each, so that even somebody who creates ConfigMaps there runs nothing.

The security settings satisfy Pod Security "restricted" (kubernetes.io/docs/concepts/security/pod-security-standards).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_IMAGES = 20  # per pod: its size and the kubelet's work stay small

INSTALLATION_LABEL = "ips.io/installation"
TASK_LABEL = "ips.io/task"
TENANT_LABEL = "ips.io/tenant"
BATCH_LABEL = "ips.io/batch"
PULL_JOB_LABEL = "ips.io/pull-job"

# NoExecute taints that mean the node is not there: a pod that tolerated them would stay bound to a dead node for ever.
ABSENT = frozenset(
    {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
        "node.kubernetes.io/out-of-service",
    }
)

_CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 65534,
    "runAsGroup": 65534,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
_RESOURCES = {
    "requests": {"cpu": "1m", "memory": "4Mi", "ephemeral-storage": "1Mi"},
    "limits": {"cpu": "50m", "memory": "16Mi", "ephemeral-storage": "8Mi"},
}


@dataclass(frozen=True)
class PullJob:
    """What one pull job should do."""

    name: str
    installation: str
    task: str
    tenant: str
    batch: int
    request_id: str
    namespace: str
    service_account: str
    priority_class: str
    node: str
    node_taints: tuple[dict[str, Any], ...]
    images: tuple[str, ...]
    pull_policy: str
    pull_secrets: tuple[str, ...]
    timeout_seconds: int
    helper_image: str
    via_job: bool


def manifest(pull: PullJob) -> dict[str, Any]:
    """The object to create: a bare Pod, or a Job around the same pod."""
    metadata = {
        "name": pull.name,
        "namespace": pull.namespace,
        "labels": {
            "app.kubernetes.io/managed-by": "ips",
            INSTALLATION_LABEL: pull.installation,
            TASK_LABEL: pull.task,
            TENANT_LABEL: pull.tenant,
            BATCH_LABEL: str(pull.batch),
            PULL_JOB_LABEL: pull.name,
        },
        "annotations": {
            "ips.io/node": pull.node,
            "ips.io/request-id": pull.request_id,
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
        },
    }
    spec = _pod_spec(pull)
    if not pull.via_job:
        spec["nodeName"] = pull.node
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    spec["affinity"] = _on_node(pull.node)
    template = {"metadata": {key: metadata[key] for key in ("labels", "annotations")}, "spec": spec}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        # The deadline sits on the pod: on the Job it would make the controller delete the pod and its error text.
        "spec": {"backoffLimit": 0, "completions": 1, "parallelism": 1, "template": template},
    }


def tolerations(taints: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Every NoSchedule taint; of NoExecute only those that the node has now, by key, and never those of absence."""
    keys = {taint["key"] for taint in taints if taint.get("effect") == "NoExecute"} - ABSENT
    return [{"operator": "Exists", "effect": "NoSchedule"}] + [
        {"key": key, "operator": "Exists", "effect": "NoExecute"} for key in sorted(keys)
    ]


def _pod_spec(pull: PullJob) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "activeDeadlineSeconds": pull.timeout_seconds,
        "automountServiceAccountToken": False,
        "dnsPolicy": "Default",
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "runAsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccountName": pull.service_account,
        "terminationGracePeriodSeconds": 0,
        "tolerations": tolerations(pull.node_taints),
        "containers": _containers(pull),
    }
    if pull.priority_class:
        spec["priorityClassName"] = pull.priority_class
    if pull.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in pull.pull_secrets]
    if pull.helper_image:
        spec["initContainers"] = [
            _container("noop", pull.helper_image, "IfNotPresent")
            | {
                "command": ["/noop", "--install", "/.ips/noop"],
                "volumeMounts": [{"name": "ips", "mountPath": "/.ips"}],
            }
        ]
        spec["volumes"] = [{"name": "ips", "emptyDir": {"sizeLimit": "8Mi"}}]
    return spec


def _containers(pull: PullJob) -> list[dict[str, Any]]:
    if pull.helper_image:
        how: dict[str, Any] = {
            "command": ["/.ips/noop"],
            "volumeMounts": [{"name": "ips", "mountPath": "/.ips", "readOnly": True}],
        }
    else:
        bits = secrets.token_hex(32)
        absent = {"name": f"ips-absent-{bits[:32]}", "key": "x"}
        how = {
            "command": [f"/ips-{bits[32:]}"],
            "env": [{"name": "IPS_HELD", "valueFrom": {"configMapKeyRef": absent}}],
        }
    return [_container(f"img{index}", image, pull.pull_policy) | how for index, image in enumerate(pull.images)]


def _container(name: str, image: str, pull_policy: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": pull_policy,
        "securityContext": _CONTAINER_SECURITY,
        "resources": _RESOURCES,
    }


def _on_node(node: str) -> dict[str, Any]:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}
        }
    }
