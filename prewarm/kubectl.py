"""Lines for a terminal with kubectl, that show what IPS cannot.

`{node}` stands for the name of the node that one is looking at; whoever shows a line puts it in.
"""

from __future__ import annotations

import shlex

from django.conf import settings

from prewarm.manifests import TASK_LABEL

NODE = "kubectl describe node {node}"
NODES = "kubectl get nodes -o wide"
NODE_EVENTS = "kubectl get events -A --field-selector involvedObject.kind=Node,involvedObject.name={node}"
NODE_DISK = "kubectl get --raw /api/v1/nodes/{node}/proxy/stats/summary"
NODE_PODS = "kubectl get pods -A --field-selector spec.nodeName={node}"
PLATFORMS = "kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch"
UNCORDON = "kubectl uncordon {node}"
# Events outlive their pods by an hour; only -o wide tells on which node they happened.
PULL_EVENTS = "kubectl get events -n {namespace} --sort-by=.lastTimestamp -o wide | grep -w {node}"
SCHEDULING = "kubectl get events -n {namespace} --field-selector reason=FailedScheduling --sort-by=.lastTimestamp"
SECRETS = "kubectl get secrets -n {namespace} --field-selector type=kubernetes.io/dockerconfigjson"
QUOTA = "kubectl describe quota -n {namespace}"
PULL_JOBS = "kubectl get pods,jobs -n {namespace} --show-labels"
PULL_NAMESPACE = "kubectl describe namespace {namespace}"


def filled(lines: tuple[str, ...]) -> list[str]:
    """These lines for this installation's pull namespace."""
    return [line.replace("{namespace}", settings.PULL_NAMESPACE) for line in lines]


def pull_jobs_of(task: object) -> str:
    """What shows a task's pull jobs while they are there."""
    return f"kubectl get pods -n {settings.PULL_NAMESPACE} -l {TASK_LABEL}={task} -o wide"


def nodes_with(selector: str) -> str:
    return f"kubectl get nodes --show-labels -l {shlex.quote(selector)}"
