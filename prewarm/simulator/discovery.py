"""What the API server says about itself: version, groups, resources."""

from __future__ import annotations

from typing import Any

from prewarm.simulator.refusals import no_such_route
from prewarm.simulator.release import Release
from prewarm.simulator.resources import ALL, PODS, Resource

Json = dict[str, Any]
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_GROUPS = sorted({resource.group for resource in ALL if resource.group} | {"authorization.k8s.io"})


def version(release: Release) -> Json:
    major, minor, _ = release.version.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{release.version}",
        "gitCommit": "simulated",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "go1.26.0",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def api_versions(host: str) -> Json:
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def group_list() -> Json:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _GROUPS]}


def _group(name: str) -> Json:
    version_of = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version_of], "preferredVersion": version_of}


def resource_list(group: str, in_version: str, release: Release) -> Json:
    """The resources of a version of a group ("" is the core). Raises Refusal 404."""
    known = [one for one in ALL if (one.group, one.version) == (group, in_version) and one.exists(release.minor)]
    if not known and (group, in_version) != ("authorization.k8s.io", "v1"):
        raise no_such_route()
    resources = [_described(resource) for resource in known]
    if not group:
        resources.append(_described(PODS) | {"name": "pods/status", "verbs": ["get", "patch", "update"]})
    if group == "authorization.k8s.io":
        review = {"name": "selfsubjectaccessreviews", "singularName": "", "namespaced": False}
        resources.append(review | {"kind": "SelfSubjectAccessReview", "verbs": ["create"]})
    group_version = f"{group}/{in_version}" if group else in_version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}


def _described(resource: Resource) -> Json:
    described = {"name": resource.plural, "singularName": resource.kind.lower(), "namespaced": resource.namespaced}
    return described | {"kind": resource.kind, "verbs": _VERBS}
