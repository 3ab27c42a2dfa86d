"""The kinds of objects that the simulated API server keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """One kind of object and where it is found."""

    plural: str
    kind: str
    group: str = ""
    namespaced: bool = True
    version: str = "v1"
    since: int = 0  # the minor release of Kubernetes that it came with, and the one that it went with
    until: int = 1_000

    def exists(self, minor: int) -> bool:
        return self.since <= minor < self.until

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def prefix(self) -> str:
        return f"/apis/{self.group_version}" if self.group else "/api/v1"

    @property
    def qualified(self) -> str:
        """The name that messages use: `jobs.batch`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


NAMESPACES = Resource("namespaces", "Namespace", namespaced=False)
NODES = Resource("nodes", "Node", namespaced=False)
PODS = Resource("pods", "Pod")
EVENTS = Resource("events", "Event")
SERVICE_ACCOUNTS = Resource("serviceaccounts", "ServiceAccount")
CONFIG_MAPS = Resource("configmaps", "ConfigMap")
SECRETS = Resource("secrets", "Secret")
JOBS = Resource("jobs", "Job", "batch")
# Workloads: kept, but nothing runs of them.
DEPLOYMENTS = Resource("deployments", "Deployment", "apps")
STATEFUL_SETS = Resource("statefulsets", "StatefulSet", "apps")
DAEMON_SETS = Resource("daemonsets", "DaemonSet", "apps")
CRON_JOBS = Resource("cronjobs", "CronJob", "batch", since=21)
CRON_JOBS_BETA = Resource("cronjobs", "CronJob", "batch", version="v1beta1", until=21)
PRIORITY_CLASSES = Resource("priorityclasses", "PriorityClass", "scheduling.k8s.io", namespaced=False)
_RBAC = "rbac.authorization.k8s.io"
ROLES = Resource("roles", "Role", _RBAC)
ROLE_BINDINGS = Resource("rolebindings", "RoleBinding", _RBAC)
CLUSTER_ROLES = Resource("clusterroles", "ClusterRole", _RBAC, namespaced=False)
CLUSTER_ROLE_BINDINGS = Resource("clusterrolebindings", "ClusterRoleBinding", _RBAC, namespaced=False)

ALL = (
    NAMESPACES,
    NODES,
    PODS,
    EVENTS,
    SERVICE_ACCOUNTS,
    CONFIG_MAPS,
    SECRETS,
    JOBS,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS_BETA,
    CRON_JOBS,
    PRIORITY_CLASSES,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
)
BY_PLACE = {(resource.group, resource.version, resource.plural): resource for resource in ALL}
