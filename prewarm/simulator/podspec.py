"""A pod's spec: what the API server fills in, and what it refuses (pkg/apis/core/{v1/defaults,validation}.go)."""

from __future__ import annotations

from typing import Any

from prewarm.simulator.names import NOT_LABEL, check_labels, too_long
from prewarm.simulator.refusals import Causes
from prewarm.simulator.release import Release

Json = dict[str, Any]
POLICIES = ("Always", "IfNotPresent", "Never")
_DNS_LABEL = 63


def with_defaults(spec: Json) -> Json:
    """The spec with what the API server fills in."""
    filled: Json = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    } | {key: value for key, value in spec.items() if value is not None}
    if filled["terminationGracePeriodSeconds"] < 0:
        filled["terminationGracePeriodSeconds"] = 1
    for kind in ("initContainers", "containers"):
        if kind in filled:
            filled[kind] = [_container(container) for container in filled[kind]]
    account = filled.get("serviceAccountName") or filled.get("serviceAccount") or "default"
    return filled | {"serviceAccountName": account, "serviceAccount": account}


def _container(container: Json) -> Json:
    image = str(container.get("image") or "")
    tag = image.rpartition("/")[2].partition(":")[2]
    latest = "@" not in image and tag in ("", "latest")
    return {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always" if latest else "IfNotPresent",
    } | container


def check(causes: Causes, spec: Json, release: Release, at: str = "spec") -> None:
    """Collect what is wrong with a pod's spec."""
    if not spec.get("containers"):
        causes.required(f"{at}.containers")
    names: set[str] = set()
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            _check_container(causes, container, names, f"{at}.{kind}[{number}]", release)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= 2147483647:
        causes.invalid(f"{at}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive")
    if spec.get("restartPolicy") not in ("Always", "OnFailure", "Never"):
        causes.unsupported(f"{at}.restartPolicy", str(spec.get("restartPolicy")), ("Always", "OnFailure", "Never"))
    check_labels(causes, f"{at}.nodeSelector", spec.get("nodeSelector"), release)


def _check_container(causes: Causes, container: Json, names: set[str], at: str, release: Release) -> None:
    name = str(container.get("name") or "")
    if not name:
        causes.required(f"{at}.name")
    elif len(name) > _DNS_LABEL:
        causes.invalid(f"{at}.name", name, too_long(_DNS_LABEL, release))
    elif not name.replace("-", "a").isalnum() or name != name.lower() or name.startswith("-") or name.endswith("-"):
        causes.invalid(f"{at}.name", name, NOT_LABEL)
    elif name in names:
        causes.duplicate(f"{at}.name", name)
    names.add(name)
    image = str(container.get("image") or "")
    if not image:
        causes.required(f"{at}.image")
    elif image != image.strip():
        causes.invalid(f"{at}.image", image, "must not have leading or trailing whitespace")
    if container.get("imagePullPolicy") not in POLICIES:
        causes.unsupported(f"{at}.imagePullPolicy", str(container.get("imagePullPolicy")), POLICIES)


def quality_of_service(spec: Json) -> str:
    """The pod's QoS class (pkg/apis/core/v1/helper/qos)."""
    demands = [container.get("resources") or {} for container in _all_containers(spec)]
    requests = [demand.get("requests") or {} for demand in demands]
    limits = [demand.get("limits") or {} for demand in demands]
    if not any(requests) and not any(limits):
        return "BestEffort"
    guaranteed = all(
        limit.get(what) and request.get(what, limit.get(what)) == limit.get(what)
        for request, limit in zip(requests, limits, strict=True)
        for what in ("cpu", "memory")
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _all_containers(spec: Json) -> list[Json]:
    return [*(spec.get("initContainers") or ()), *spec["containers"]]
