"""Pods and Jobs as IPS makes them, and what their status says."""

from __future__ import annotations

import secrets
from typing import Any

from tests.contract.server import Json, Server, wait_for

SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 65534,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESOURCES = {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"cpu": "50m", "memory": "16Mi"}}
ABSENT = "ips-absent-0123456789abcdef"
DEADLINE = 300


def held(*images: str, policy: str = "IfNotPresent", node: str | None = None, **spec: Any) -> Json:
    """A pod whose containers wait for a ConfigMap that does not exist, after their images were pulled."""
    command = {
        "command": [f"/ips-{secrets.token_hex(16)}"],
        "env": [{"name": "IPS_HELD", "valueFrom": {"configMapKeyRef": {"name": ABSENT, "key": "x"}}}],
    }
    return _pod(
        [_container(f"img{number}", image, policy) | command for number, image in enumerate(images)], node, spec
    )


def helped(helper: str, *images: str, policy: str = "IfNotPresent", node: str | None = None, **spec: Any) -> Json:
    """A pod whose containers run a helper that an init container has put into an empty volume."""
    mount = {"name": "ips", "mountPath": "/.ips"}
    command = {"command": ["/.ips/noop"], "volumeMounts": [mount | {"readOnly": True}]}
    install = {"command": ["/noop", "--install", "/.ips/noop"], "volumeMounts": [mount]}
    extra = {
        "initContainers": [_container("noop", helper, "IfNotPresent") | install],
        "volumes": [{"name": "ips", "emptyDir": {}}],
    }
    containers = [_container(f"img{number}", image, policy) | command for number, image in enumerate(images)]
    return _pod(containers, node, extra | spec)


def as_job(pod: Json, node: str | None, **spec: Any) -> Json:
    """The pod as a Job that must run on this node."""
    template = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
    if node is not None:
        template["affinity"] = on_node(node)
    labels = dict(pod["metadata"]["labels"])
    job = {"backoffLimit": 0, "completions": 1, "parallelism": 1}
    metadata = {"name": pod["metadata"]["name"], "labels": labels}
    return {"metadata": metadata, "spec": job | {"template": {"metadata": {"labels": labels}, "spec": template}} | spec}


def on_node(node: str) -> Json:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _pod(containers: list[Json], node: str | None, spec: Json) -> Json:
    name = f"pull-{secrets.token_hex(5)}"
    whole = {
        "activeDeadlineSeconds": DEADLINE,
        "automountServiceAccountToken": False,
        "containers": containers,
        "dnsPolicy": "Default",
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
    }
    placed = {"nodeName": node} if node else {}
    return {"metadata": {"name": name, "labels": {"app": "contract", "pull": name}}, "spec": whole | placed | spec}


def _container(name: str, image: str, policy: str) -> Json:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": policy,
        "securityContext": SECURITY,
        "resources": RESOURCES,
    }


def state(pod: Json, container: str) -> Json:
    """The container's state with its kind: {"kind": "waiting", "reason": …}; empty when there is none yet."""
    status = pod["status"]
    for entry in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        if entry["name"] == container:
            for kind, found in entry["state"].items():
                return {"kind": kind, **found}
    return {}


def image_id(pod: Json, container: str) -> str:
    statuses = (*pod["status"].get("initContainerStatuses", ()), *pod["status"].get("containerStatuses", ()))
    return next(str(entry["imageID"]) for entry in statuses if entry["name"] == container)


class Pods:
    """The pods, Jobs and events of one namespace."""

    def __init__(self, server: Server, namespace: str) -> None:
        self.server = server
        self.namespace = namespace
        self.path = f"/api/v1/namespaces/{namespace}/pods"
        self.jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self.event_path = f"/api/v1/namespaces/{namespace}/events"

    def create(self, pod: Json) -> Json:
        return self.server.post(self.path, pod)

    def create_job(self, job: Json) -> Json:
        return self.server.post(self.jobs, job)

    def at(self, pod: Json) -> str:
        return f"{self.path}/{pod['metadata']['name']}"

    def now(self, pod: Json) -> Json:
        return self.server.get(self.at(pod))

    def exists(self, pod: Json) -> bool:
        return self.server.http.get(self.at(pod)).status_code == 200

    def job_now(self, job: Json) -> Json:
        return self.server.get(f"{self.jobs}/{job['metadata']['name']}")

    def of_job(self, job: Json) -> list[Json]:
        """The pods that carry the Job's label."""
        items: list[Json] = self.server.get(self.path, labelSelector=f"job-name={job['metadata']['name']}")["items"]
        return items

    def events(self, about: Json, **selection: str) -> list[Json]:
        """The events about an object, in their order."""
        fields = {"involvedObject.uid": about["metadata"]["uid"], **selection}
        selector = ",".join(f"{key}={value}" for key, value in fields.items())
        items: list[Json] = self.server.get(self.event_path, fieldSelector=selector)["items"]
        return items

    def wait_state(self, pod: Json, container: str, *reasons: str) -> Json:
        """The pod once this container has one of these reasons."""

        def look() -> Json | None:
            found = self.now(pod)
            return found if state(found, container).get("reason") in reasons else None

        found = wait_for(look, f"{container} to be {' or '.join(reasons)}; last: {self.now(pod)['status']}")
        return found

    def wait_phase(self, pod: Json, phase: str, reason: str | None = None) -> Json:
        """The pod once it is in this phase, for this reason if one is given."""

        def look() -> Json | None:
            found = self.now(pod)
            status = found["status"]
            return found if status["phase"] == phase and reason in (None, status.get("reason")) else None

        return wait_for(look, f"phase {phase} {reason or ''}; last: {self.now(pod)['status']}")

    def wait_event(self, about: Json, reason: str, text: str = "", **selection: str) -> Json:
        """The first event of this reason about an object whose message contains the text."""

        def look() -> Json | None:
            events = self.events(about, reason=reason, **selection)
            return next((event for event in events if text in event["message"]), None)

        return wait_for(look, f"an event {reason} {text!r}")
