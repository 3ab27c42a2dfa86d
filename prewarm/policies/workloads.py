"""The workloads that a policy follows, read from the cluster: which images they need, and where."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from prewarm.cluster import Cluster, ClusterError, ClusterUnreachable, Refused, ResourceExpired
from prewarm.cluster.paths import workloads
from prewarm.policies.placement import placement_of
from prewarm.references import InvalidReference, parse

Json = dict[str, Any]
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {  # plural, and the API versions to try, newest first
    "Deployment": ("deployments", ("apps/v1",)),
    "StatefulSet": ("statefulsets", ("apps/v1",)),
    "DaemonSet": ("daemonsets", ("apps/v1",)),
    "CronJob": ("cronjobs", ("batch/v1", "batch/v1beta1")),  # batch/v1 since Kubernetes 1.21
    "Job": ("jobs", ("batch/v1",)),
}
MOST = 5_000  # workloads of a policy
MOST_SECONDS = 30.0  # a pass holds its policy for a minute
NOTHING: Mapping[str, Any] = {"read_at": None, "problems": [], "workloads": []}


class TooMany(Exception):
    """More workloads than one policy can follow."""


def read(cluster: Cluster, follow: Mapping[str, Any], namespaces: set[str], now: datetime) -> Json:
    """All that match now, in pages; `namespaces` are those attached to the tenant, and no other is asked for.

    Raises ClusterError when the API server does not answer or asks to be left alone. What it refuses is told.
    """
    found: list[Json] = []
    problems = []
    deadline = time.monotonic() + MOST_SECONDS
    for namespace in follow["namespaces"]:
        if namespace not in namespaces:
            problems.append(f"The namespace {namespace} is not attached to the tenant any more.")
            continue
        for kind in follow["kinds"]:
            if time.monotonic() > deadline:
                raise ClusterUnreachable(f"reading them took longer than {MOST_SECONDS:g} s")
            try:
                for one in _of_kind(cluster, namespace, kind, follow.get("selector") or ""):
                    found.append(one)
                    if len(found) > MOST:
                        raise TooMany
            except TooMany:
                problems.append(f"More than {MOST:,} workloads match: follow fewer namespaces, or name labels.")
                return _answer(found[:MOST], problems, now)
            except Refused as refused:
                problems.append(_refusal(refused, kind, namespace))
    return _answer(found, problems, now)


def _answer(found: list[Json], problems: list[str], now: datetime) -> Json:
    found.sort(key=lambda one: (one["namespace"], one["kind"], one["name"]))
    return {"read_at": now.isoformat(), "problems": problems, "workloads": found}


def _refusal(refused: Refused, kind: str, namespace: str) -> str:
    plural = KINDS[kind][0]
    if refused.status == 403:
        return (
            f"IPS may not list {plural} in namespace {namespace}. A cluster administrator gives it the right: "
            f"manage.py cluster-setup --follow {namespace} --apply."
        )
    return f"The API server does not list {plural} in namespace {namespace}: {refused.message[:200]}"


def _of_kind(cluster: Cluster, namespace: str, kind: str, selector: str) -> Iterator[Json]:
    plural, versions = KINDS[kind]
    query = {"labelSelector": selector} if selector else {}
    for number, version in enumerate(versions, 1):
        try:
            for item in _items(cluster, workloads(version, namespace, plural), query):
                if one := _workload(item, kind):
                    yield one
            return
        except Refused as refused:
            if refused.status != 404 or number == len(versions):
                raise


def _items(cluster: Cluster, path: str, query: Mapping[str, str]) -> Iterator[Json]:
    """A list that outlived its continue token is begun anew, once."""
    for attempt in (1, 2):
        items: list[Json] = []
        try:
            for page, _ in cluster.pages(path, query):
                items += page
                if len(items) > MOST:
                    break
        except ResourceExpired:
            if attempt == 2:
                raise
            continue
        yield from items
        return


def _workload(item: Mapping[str, Any], kind: str) -> Json | None:
    """What the policy needs of it; None for what is over or about to be gone."""
    metadata, spec = item.get("metadata") or {}, item.get("spec") or {}
    if metadata.get("deletionTimestamp") or (kind == "Job" and _over(item)):
        return None
    if kind == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = (spec.get("template") or {}).get("spec") or {}
    images, ignored = [], []
    for container in [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]:
        image = container.get("image") or ""
        try:
            parse(image)
        except InvalidReference:
            ignored.append(image[:200])
        else:
            images.append(image)
    return {
        "kind": kind,
        "namespace": str(metadata.get("namespace") or ""),
        "name": str(metadata.get("name") or ""),
        "images": list(dict.fromkeys(images)),
        "ignored": list(dict.fromkeys(ignored)),
        "placement": placement_of(pod),
    }


def _over(job: Mapping[str, Any]) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(one.get("type") in ("Complete", "Failed") and one.get("status") == "True" for one in conditions)


def unreadable(error: ClusterError) -> str:
    return f"The workloads could not be read: {error.message[:300]}"
