"""What IPS needs in a cluster: a namespace for pull jobs, accounts, rights, a priority class; and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings

from prewarm.cluster import AlreadyThere, Cluster, ClusterError
from prewarm.cluster.paths import namespace

OWN_NAMESPACE = "ips"
OWN_ACCOUNT = "ips"
LABELS = {"app.kubernetes.io/name": "ips", "app.kubernetes.io/managed-by": "ips"}
READ = ["get", "list", "watch"]
PULL_VERBS = ["create", *READ, "delete", "deletecollection"]

# (group, resource, verbs): the Role in the pull namespace. No secrets: pull secrets are named, the kubelet reads them.
PULL_RULES = (
    ("batch", "jobs", PULL_VERBS),
    ("", "pods", PULL_VERBS),
    ("", "events", READ),
)
# What policies read that follow workloads, where an administrator lets them.
WORKLOADS = (
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
)
FOLLOWER = "ips-workloads"


def objects(follow: Sequence[str] = (), *, follow_all: bool = False) -> list[dict[str, Any]]:
    """All that an administrator makes once, in an order in which it can be applied.

    `follow` are namespaces whose workloads policies may read; with `follow_all` it is every one.
    """
    pull = settings.PULL_NAMESPACE
    rbac = "rbac.authorization.k8s.io"
    subject = [{"kind": "ServiceAccount", "name": OWN_ACCOUNT, "namespace": OWN_NAMESPACE}]
    restricted = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    return [
        _object("v1", "Namespace", OWN_NAMESPACE),
        _object("v1", "Namespace", pull, labels=restricted),
        _object("v1", "ServiceAccount", OWN_ACCOUNT, inside=OWN_NAMESPACE),
        _object("v1", "ServiceAccount", settings.PULL_SERVICE_ACCOUNT, inside=pull, automountServiceAccountToken=False),
        _object(
            f"{rbac}/v1",
            "ClusterRole",
            "ips-nodes",
            rules=[
                {"apiGroups": [""], "resources": ["nodes"], "verbs": READ},
                # its uid tells one cluster from another
                {
                    "apiGroups": [""],
                    "resources": ["namespaces"],
                    "verbs": ["get"],
                    "resourceNames": ["kube-system", pull],
                },
                {
                    "apiGroups": ["scheduling.k8s.io"],
                    "resources": ["priorityclasses"],
                    "verbs": ["get"],
                    "resourceNames": [settings.PRIORITY_CLASS],
                },
            ],
        ),
        _object(
            f"{rbac}/v1",
            "ClusterRoleBinding",
            "ips-nodes",
            roleRef={"apiGroup": rbac, "kind": "ClusterRole", "name": "ips-nodes"},
            subjects=subject,
        ),
        _object(
            f"{rbac}/v1",
            "Role",
            "ips-pull",
            inside=pull,
            rules=[
                {"apiGroups": [group], "resources": [resource], "verbs": verbs} for group, resource, verbs in PULL_RULES
            ],
        ),
        _object(
            f"{rbac}/v1",
            "RoleBinding",
            "ips-pull",
            inside=pull,
            roleRef={"apiGroup": rbac, "kind": "Role", "name": "ips-pull"},
            subjects=subject,
        ),
        *_reading_workloads(subject, follow, follow_all=follow_all),
        # below the cluster autoscaler's cut-off (-10), so that pull jobs neither make nor keep nodes
        _object(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            settings.PRIORITY_CLASS,
            value=-1000,
            preemptionPolicy="Never",
            globalDefault=False,
            description="IPS pull jobs: first to go when a node is short of anything.",
        ),
    ]


def _reading_workloads(
    subject: list[dict[str, str]], follow: Sequence[str], *, follow_all: bool
) -> Iterator[dict[str, Any]]:
    """A role that lists workloads and nothing else, bound where it was asked for."""
    rbac = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [group], "resources": [resource], "verbs": ["list"]} for group, resource in WORKLOADS]
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": FOLLOWER}
    if follow or follow_all:
        yield _object(f"{rbac}/v1", "ClusterRole", FOLLOWER, rules=rules)
    if follow_all:
        yield _object(f"{rbac}/v1", "ClusterRoleBinding", FOLLOWER, roleRef=role, subjects=subject)
    for name in follow:
        yield _object(f"{rbac}/v1", "RoleBinding", FOLLOWER, inside=name, roleRef=role, subjects=subject)


def apply(cluster: Cluster, follow: Sequence[str] = (), *, follow_all: bool = False) -> list[str]:
    """Make what is not there; what is there stays as it is, but for roles and labels, which are brought up to date."""
    done = []
    for wanted in objects(follow, follow_all=follow_all):
        inside = wanted["metadata"].get("namespace", "")
        name = f"{wanted['kind']} {wanted['metadata']['name']}{f' in {inside}' if inside in follow else ''}"
        try:
            cluster.post(_collection(wanted), wanted)
            done.append(f"{name} created")
        except AlreadyThere:
            done.append(f"{name} {_bring_up_to_date(cluster, wanted)}")
    return done


def missing(cluster: Cluster) -> list[str]:
    """What keeps IPS from working in this cluster, a sentence each; empty when all is there.

    Raises ClusterUnreachable when nobody answers.
    """
    problems = []
    pull = settings.PULL_NAMESPACE
    try:
        if cluster.find(namespace(pull)) is None:
            problems.append(f"The namespace {pull} does not exist.")
        elif cluster.find(f"{namespace(pull)}/serviceaccounts/{settings.PULL_SERVICE_ACCOUNT}") is None:
            problems.append(f"The service account {settings.PULL_SERVICE_ACCOUNT} does not exist in {pull}.")
    except ClusterError as error:
        if error.status != 403:
            raise
    needed = [("", "nodes", READ, "")] + [(group, resource, verbs, pull) for group, resource, verbs in PULL_RULES]
    for group, resource, verbs, inside in needed:
        lacking = [verb for verb in verbs if not _may(cluster, group, resource, verb, inside)]
        if lacking:
            where = f"in namespace {inside}" if inside else "in the cluster"
            problems.append(f"This account may not {', '.join(lacking)} {resource} {where}.")
    return problems


def not_to_follow(cluster: Cluster, namespaces: Sequence[str]) -> list[str]:
    """Which workloads policies cannot follow for want of a right, a sentence for each namespace."""
    found = []
    for name in namespaces:
        if lacking := [resource for group, resource in WORKLOADS if not _may(cluster, group, resource, "list", name)]:
            found.append(f"policies cannot follow the {', '.join(lacking)} of namespace {name}: IPS may not list them")
    return found


def _may(cluster: Cluster, group: str, resource: str, verb: str, inside: str) -> bool:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"group": group, "resource": resource, "verb": verb, "namespace": inside}},
    }
    answer = cluster.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    return bool((answer.get("status") or {}).get("allowed"))


def _bring_up_to_date(cluster: Cluster, wanted: dict[str, Any]) -> str:
    if wanted["kind"] not in ("Namespace", "ClusterRole", "Role"):
        return "is there"
    path = f"{_collection(wanted)}/{wanted['metadata']['name']}"
    there = cluster.get(path)
    labels = {**(there["metadata"].get("labels") or {}), **wanted["metadata"]["labels"]}
    if there["metadata"].get("labels") == labels and there.get("rules") == wanted.get("rules"):
        return "is there"
    there["metadata"]["labels"] = labels
    if "rules" in wanted:
        there["rules"] = wanted["rules"]
    cluster.put(path, there)
    return "updated"


def _collection(wanted: dict[str, Any]) -> str:
    group = wanted["apiVersion"]
    prefix = f"/api/{group}" if group == "v1" else f"/apis/{group}"
    inside = wanted["metadata"].get("namespace")
    plural = {"PriorityClass": "priorityclasses"}.get(wanted["kind"], wanted["kind"].lower() + "s")
    return f"{prefix}/namespaces/{inside}/{plural}" if inside else f"{prefix}/{plural}"


def _object(
    api_version: str, kind: str, name: str, *, inside: str = "", labels: dict[str, str] | None = None, **rest: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": LABELS | (labels or {})}
    if inside:
        metadata["namespace"] = inside
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
