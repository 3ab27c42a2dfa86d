"""What clients can do with objects: the verbs of the API, without HTTP."""

from __future__ import annotations

from typing import Any

from prewarm.simulator import refusals
from prewarm.simulator.admission import Admission
from prewarm.simulator.deletion import Deletion
from prewarm.simulator.pages import Pages
from prewarm.simulator.patches import patched
from prewarm.simulator.release import Release
from prewarm.simulator.resources import NAMESPACES, PODS, SERVICE_ACCOUNTS, Resource
from prewarm.simulator.selectors import Selection
from prewarm.simulator.store import Json, Store, with_metadata

PRESERVED = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)


class Verbs:
    """Create, get, list, change and delete, with the checks of the API server."""

    def __init__(self, store: Store, release: Release) -> None:
        self.store = store
        self.pages = Pages(store)
        self.deletion = Deletion(store)
        self._admission = Admission(store, release)

    def create(self, resource: Resource, namespace: str, body: Any, *, dry: bool = False) -> tuple[Json, str]:
        """The new object and a warning ("" if none). Raises Refusal."""
        admitted, warning = self._admission.admit(resource, namespace, body)
        if dry:
            if self.store.find(resource, namespace, admitted["metadata"]["name"]):
                raise refusals.already_exists(resource, admitted["metadata"]["name"])
            return admitted, warning
        kept = self.store.create(resource, admitted)
        if resource is NAMESPACES:
            account = {"name": "default", "namespace": kept["metadata"]["name"]}
            self.store.create(SERVICE_ACCOUNTS, {"metadata": account})
        return kept, warning

    def list(self, selection: Selection, limit: int, token: str) -> Json:
        """A page of a list."""
        page = self.pages.page(selection, limit, token)
        metadata: Json = {"resourceVersion": str(page.version)}
        if page.token:
            metadata["continue"] = page.token
        if page.remaining:
            metadata["remainingItemCount"] = page.remaining
        resource = selection.resource
        kind = {"kind": f"{resource.kind}List", "apiVersion": resource.group_version}
        return {**kind, "metadata": metadata, "items": page.items}

    def replace(self, resource: Resource, namespace: str, name: str, body: Json, *, part: str = "") -> Json:
        """PUT. Raises Refusal 409 when the object has changed since the version that was sent."""
        found = self.store.get(resource, namespace, name)
        sent = (body.get("metadata") or {}).get("resourceVersion")
        if sent and sent != found["metadata"]["resourceVersion"]:
            why = "the object has been modified; please apply your changes to the latest version and try again"
            raise refusals.conflict(resource, name, why)
        return self._write(resource, found, body, part)

    def patch(self, resource: Resource, namespace: str, name: str, patch: Any, kind: str, *, part: str = "") -> Json:
        """PATCH, of the object or of its status."""
        found = self.store.get(resource, namespace, name)
        return self._write(resource, found, patched(found, patch, kind), part)

    def delete_all(self, selection: Selection, options: Any) -> Json:
        """Delete what the selection takes; the list of what was found."""
        found = self.list(selection, 0, "")
        for body in found["items"]:
            metadata = body["metadata"]
            self.deletion.delete(selection.resource, metadata.get("namespace", ""), metadata["name"], options)
        return found

    def _write(self, resource: Resource, found: Json, body: Json, part: str) -> Json:
        kept = {key: value for key, value in body.items() if key not in ("kind", "apiVersion")}
        if part == "status":
            kept = {**found, "status": kept.get("status", {})}
        elif resource is PODS:
            kept["status"] = found["status"]
        fixed = ("name", "namespace", "uid", "creationTimestamp", "resourceVersion", "deletionTimestamp")
        kept = with_metadata(kept, {key: found["metadata"][key] for key in fixed if key in found["metadata"]})
        self._admission.check_written(resource, kept)
        return self.deletion.finish(resource, self.store.write(resource, kept))
