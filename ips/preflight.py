"""Can this installation work with its cluster? Asked before `up` starts, answered in one sentence."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from prewarm.binding import WrongCluster, bind
from prewarm.cluster import Cluster, ClusterError, NotConfigured
from prewarm.cluster.paths import namespace

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
# (group, resource, verb) in the pull namespace, and for the whole cluster.
IN_NAMESPACE = [
    *[("", "pods", verb) for verb in ("create", "get", "list", "watch", "delete", "deletecollection")],
    *[("batch", "jobs", verb) for verb in ("create", "get", "list", "watch", "delete", "deletecollection")],
    ("", "events", "list"),
]
IN_CLUSTER = [("", "nodes", verb) for verb in ("get", "list", "watch")]
REMEDY = "See what to make, or make it: manage.py cluster-setup --print | --apply"


def what_is_wrong_with_the_cluster() -> str | None:
    """One sentence with its remedy, or None when all is well: reachable, the right one, namespace and rights there."""
    try:
        cluster = Cluster()
        cluster.get("/version")
        if _namespace_is_missing(cluster):
            return f"The namespace {settings.PULL_NAMESPACE} is missing in the cluster {cluster.server}. {REMEDY}"
        if missing := _missing_rights(cluster):
            return f"IPS lacks rights in the cluster {cluster.server}: {', '.join(missing)}. {REMEDY}"
        bind(cluster)
    except (NotConfigured, WrongCluster) as error:
        return str(error)
    except ClusterError as error:
        return f"The Kubernetes API server does not answer as it should: {error.message}"
    return None


def _namespace_is_missing(cluster: Cluster) -> bool:
    try:
        return cluster.find(namespace(settings.PULL_NAMESPACE)) is None
    except ClusterError as error:
        if error.status == 403:  # may not look at namespaces; the rights in it are asked for next
            return False
        raise


def _missing_rights(cluster: Cluster) -> list[str]:
    wanted = [(settings.PULL_NAMESPACE, *right) for right in IN_NAMESPACE] + [("", *right) for right in IN_CLUSTER]
    return [
        f"{verb} {resource}"
        for where, group, resource, verb in wanted
        if not _may(cluster, where, group, resource, verb)
    ]


def _may(cluster: Cluster, where: str, group: str, resource: str, verb: str) -> bool:
    attributes = {"namespace": where, "group": group, "resource": resource, "verb": verb}
    review: dict[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return bool(cluster.post(REVIEWS, review)["status"]["allowed"])
