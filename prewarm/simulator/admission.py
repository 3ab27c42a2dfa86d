"""What happens to a new object before it is kept: namespace, service account, priority, Pod Security, defaults, checks.

In the order of the real API server: admission first (404, 403), validation second (422), the name last (409).
"""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from prewarm.simulator import jobspec, podspec, refusals
from prewarm.simulator.names import check_labels, check_name
from prewarm.simulator.podsecurity import ENFORCE_LABEL, violations
from prewarm.simulator.release import Release
from prewarm.simulator.resources import (
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    PRIORITY_CLASSES,
    SERVICE_ACCOUNTS,
    Resource,
)
from prewarm.simulator.store import Json, Store

_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_ABSENCE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class Admission:
    """Turns what a client sent into what is kept, or refuses it."""

    def __init__(self, store: Store, release: Release) -> None:
        self._store = store
        self._release = release

    def admit(self, resource: Resource, namespace: str, body: Any) -> tuple[Json, str]:
        """The object as it will be kept, and a warning for the client ("" if none). Raises Refusal."""
        body = self._decoded(resource, namespace, body)
        if resource.namespaced:
            self._check_namespace(namespace)
        warning = ""
        if resource is PODS:
            body = self._pod(body, namespace)
        elif resource is JOBS:
            body = jobspec.with_defaults(body, str(uuid.uuid4()), self._release)
            warning = self._security_warning(body["spec"].get("template", {}).get("spec") or {}, namespace)
        elif resource is NAMESPACES:
            body = self._namespace(body)
        elif resource is NODES:
            body = {"spec": {}, "status": {}} | body
        self._validate(resource, body)
        return body, warning

    def check_written(self, resource: Resource, body: Json) -> None:
        """What a change must not break. Raises Refusal 422."""
        causes = refusals.Causes()
        check_labels(causes, "metadata.labels", body["metadata"].get("labels"), self._release)
        causes.refuse(resource, body["metadata"]["name"])

    def _decoded(self, resource: Resource, namespace: str, body: Any) -> Json:
        if not isinstance(body, dict):
            raise refusals.bad_request("the object provided is unrecognized (must be of type Object)")
        kind = body.get("kind") or resource.kind
        if kind != resource.kind:
            what = f'{kind} in version "{body.get("apiVersion", "v1").rpartition("/")[2]}" cannot be handled as a '
            raise refusals.bad_request(
                f"{what}{resource.kind}: converting ({kind}) to ({resource.kind}): unknown conversion"
            )
        metadata = body.get("metadata")
        spec = body.get("spec")
        if not isinstance(metadata, dict | None) or not isinstance(spec, dict | None):
            raise refusals.bad_request(_not_unmarshalled(resource, "object"))
        for wanted in ("containers", "initContainers"):
            if spec and resource is PODS and not isinstance(spec.get(wanted), list | None):
                raise refusals.bad_request(_not_unmarshalled(resource, f"PodSpec.spec.{wanted} of type []v1.Container"))
        metadata = dict(metadata or {})
        if resource.namespaced and metadata.setdefault("namespace", namespace) != namespace:
            text = "the namespace of the provided object does not match the namespace sent on the request"
            raise refusals.bad_request(text)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"][:58] + "".join(secrets.choice(_NAME_LETTERS) for _ in range(5))
        metadata.setdefault("name", "")
        for ours in ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "managedFields", "selfLink"):
            metadata.pop(ours, None)
        return {key: value for key, value in body.items() if key not in ("kind", "apiVersion")} | {"metadata": metadata}

    def _check_namespace(self, namespace: str) -> None:
        found = self._store.get(NAMESPACES, "", namespace)
        if found["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise refusals.forbidden(NAMESPACES, namespace, why)

    def _pod(self, body: Json, namespace: str) -> Json:
        name = body["metadata"]["name"]
        spec = podspec.with_defaults(body.get("spec") or {})
        account = spec["serviceAccountName"]
        if self._store.find(SERVICE_ACCOUNTS, namespace, account) is None:
            known_as = name or body["metadata"].get("generateName", "")
            why = f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
            raise refusals.forbidden(PODS, known_as, why)
        spec = self._with_priority(name, spec)
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *_absence_tolerations(spec)]
        if spec.get("containers") and (broken := self._violations(namespace, spec)):
            raise refusals.forbidden(PODS, name, broken)
        status = {"phase": "Pending"}
        if spec.get("containers"):
            status["qosClass"] = podspec.quality_of_service(spec)
        metadata = {"generation": 1, **body["metadata"]} if self._release.recent else body["metadata"]
        return {"metadata": metadata, "spec": spec, "status": status}

    def _with_priority(self, name: str, spec: Json) -> Json:
        asked = spec.get("priorityClassName")
        if not asked:
            return spec | {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
        found = self._store.find(PRIORITY_CLASSES, "", asked)
        if found is None:
            raise refusals.forbidden(PODS, name, f"no PriorityClass with name {asked} was found")
        policy = found.get("preemptionPolicy", "PreemptLowerPriority")
        return spec | {"priority": found.get("value", 0), "preemptionPolicy": policy}

    def _violations(self, namespace: str, spec: Json) -> str:
        if not self._release.recent:
            return ""  # Pod Security came with 1.22
        found = self._store.get(NAMESPACES, "", namespace)
        level = (found["metadata"].get("labels") or {}).get(ENFORCE_LABEL, "")
        broken = violations(level, spec)
        return f'violates PodSecurity "{level}:latest": {broken}' if broken else ""

    def _security_warning(self, spec: Json, namespace: str) -> str:
        broken = self._violations(namespace, spec) if spec.get("containers") else ""
        return f"would {broken.replace('violates', 'violate', 1)}" if broken else ""

    def _namespace(self, body: Json) -> Json:
        metadata = dict(body["metadata"])
        if self._release.minor >= 21:
            metadata["labels"] = {"kubernetes.io/metadata.name": metadata["name"], **(metadata.get("labels") or {})}
        return {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}

    def _validate(self, resource: Resource, body: Json) -> None:
        causes = refusals.Causes()
        metadata = body["metadata"]
        check_name(causes, resource, metadata["name"], self._release)
        check_labels(causes, "metadata.labels", metadata.get("labels"), self._release)
        if resource is PODS:
            podspec.check(causes, body["spec"], self._release)
        elif resource is JOBS:
            jobspec.check(causes, body, self._release)
        causes.refuse(resource, metadata["name"])


def _not_unmarshalled(resource: Resource, what: str) -> str:
    start = f'{resource.kind} in version "v1" cannot be handled as a {resource.kind}: json: cannot unmarshal'
    return f"{start} string into Go struct field {what}"


def _absence_tolerations(spec: Json) -> list[Json]:
    """Five minutes of a node's absence are tolerated by whoever says nothing about them (DefaultTolerationSeconds)."""
    said = [
        toleration
        for toleration in spec.get("tolerations") or ()
        if toleration.get("effect") in (None, "", "NoExecute")
    ]
    return [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in _ABSENCE
        if not any(toleration.get("key") in (None, "", key) for toleration in said)
    ]
