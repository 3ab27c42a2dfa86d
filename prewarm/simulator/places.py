"""Paths of the API: what a request is about."""

from __future__ import annotations

from dataclasses import dataclass

from prewarm.simulator.refusals import no_such_route
from prewarm.simulator.resources import BY_PLACE, NAMESPACES, Resource

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True)
class Place:
    """A kind, perhaps in a namespace, perhaps one object, perhaps a part of it (`status`)."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    part: str = ""

    def verb(self, method: str, *, watching: bool) -> str:
        """The verb that RBAC would check."""
        if method == "GET":
            return "get" if self.name else "watch" if watching else "list"
        if method == "DELETE":
            return "delete" if self.name else "deletecollection"
        return _VERBS.get(method, "")


def place_of(path: str, minor: int) -> Place:
    """Read /api/v1/… or /apis/GROUP/VERSION/…, as this minor release of Kubernetes has them. Raises Refusal 404."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_route()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and (group, version, rest[2]) in BY_PLACE:
        namespace, rest = rest[1], rest[2:]
    resource = BY_PLACE.get((group, version, rest[0]))
    if resource is None or not resource.exists(minor) or len(rest) > 3 or (namespace and not resource.namespaced):
        raise no_such_route()
    name, part = (*rest[1:], "", "")[:2]
    if resource.namespaced and name and not namespace:
        raise no_such_route()
    if part not in ("", "status") and not (resource is NAMESPACES and part == "finalize"):
        raise no_such_route()
    return Place(resource, namespace, name, part)
