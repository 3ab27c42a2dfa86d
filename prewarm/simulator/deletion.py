"""What DELETE does: preconditions, grace, finalizers, and who deletes the dependents of a Job."""

from __future__ import annotations

from typing import Any

from prewarm.simulator import refusals
from prewarm.simulator.clock import now
from prewarm.simulator.resources import JOBS, NAMESPACES, PODS, Resource
from prewarm.simulator.store import Json, Store, with_metadata

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Deletion:
    """Marks objects for deletion, or removes them when nothing holds them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def delete(self, resource: Resource, namespace: str, name: str, options: Any) -> tuple[Json, bool]:
        """The object as it is now, and whether it is gone. Raises Refusal 404 or 409."""
        found = self._store.get(resource, namespace, name)
        options = options if isinstance(options, dict) else {}
        _check_preconditions(resource, found, options.get("preconditions") or {})
        marked = self._marked(resource, found, options)
        if resource is NAMESPACES:
            self._empty(name)
        if self._held(resource, marked):
            return self._store.write(resource, marked), False
        if resource is PODS and marked is not found:
            self._store.write(resource, marked)  # the last state before the end, as watches see it
        return self._store.remove(resource, namespace, name), True

    def finish(self, resource: Resource, body: Json) -> Json:
        """Remove a marked object once nothing holds it any more."""
        if body["metadata"].get("deletionTimestamp") and not self._held(resource, body):
            metadata = body["metadata"]
            return self._store.remove(resource, metadata.get("namespace", ""), metadata["name"])
        return body

    def _marked(self, resource: Resource, found: Json, options: Json) -> Json:
        grace = _grace(resource, found, options)
        before = found["metadata"].get("deletionGracePeriodSeconds")
        finalizers = list(found["metadata"].get("finalizers") or ())
        for finalizer in _finalizers(resource, options):
            if finalizer not in finalizers:
                finalizers.append(finalizer)
        if before is not None and before <= grace and finalizers == found["metadata"].get("finalizers", []):
            return found
        mark: Json = {"deletionTimestamp": now(grace), "deletionGracePeriodSeconds": grace}
        if found["metadata"].get("generation"):
            mark["generation"] = found["metadata"]["generation"] + 1
        if finalizers:
            mark["finalizers"] = finalizers
        return with_metadata(found, mark)

    def _held(self, resource: Resource, body: Json) -> bool:
        if body["metadata"].get("finalizers"):
            return True
        return resource is PODS and bool(body["metadata"].get("deletionGracePeriodSeconds"))

    def _empty(self, namespace: str) -> None:
        for resource in (JOBS, PODS):
            for place, name in list(self._store.objects(resource)):
                if place == namespace:
                    body = self._store.get(resource, place, name)
                    if body["metadata"].get("finalizers"):
                        self._store.write(resource, with_metadata(body, {"finalizers": []}))
                    self.delete(resource, place, name, {"gracePeriodSeconds": 0})


def _check_preconditions(resource: Resource, found: Json, wanted: Json) -> None:
    metadata = found["metadata"]
    for key, title in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if wanted.get(key) and wanted[key] != metadata[key]:
            why = f"the {title} in the precondition ({wanted[key]}) does not match the {title} in record "
            why += f"({metadata[key]}). The object might have been deleted and then recreated"
            raise refusals.conflict(resource, metadata["name"], why, kind=True)


def _grace(resource: Resource, found: Json, options: Json) -> int:
    """Seconds until the object may go. Pods that nobody runs, or that have ended, go at once (pod strategy)."""
    if resource is not PODS:
        return 0
    if not found["spec"].get("nodeName") or found["status"].get("phase") in ("Succeeded", "Failed"):
        return 0
    asked = options.get("gracePeriodSeconds")
    grace = found["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked
    return max(0, int(grace))


def _finalizers(resource: Resource, options: Json) -> list[str]:
    policy = options.get("propagationPolicy")
    if policy is None and options.get("orphanDependents") is not None:
        policy = "Orphan" if options["orphanDependents"] else "Background"
    if policy not in (None, "Foreground", "Background", "Orphan"):
        causes = refusals.Causes()
        causes.unsupported("propagationPolicy", str(policy), ("Foreground", "Background", "Orphan", "nil"))
        causes.refuse(Resource("deleteoptions", "DeleteOptions", "meta.k8s.io"), "")
    if resource is JOBS and policy in (None, "Orphan"):
        return [ORPHAN]  # a Job's default, unlike that of every other kind
    return [FOREGROUND] if policy == "Foreground" and resource is JOBS else []


def without_finalizer(body: Json, finalizer: str) -> Json:
    """The object without this finalizer."""
    finalizers = [one for one in body["metadata"].get("finalizers") or () if one != finalizer]
    metadata = {key: value for key, value in body["metadata"].items() if key != "finalizers"}
    return body | {"metadata": metadata | ({"finalizers": finalizers} if finalizers else {})}
