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

    @property
    def group_version(self) -> str:
        return f"{self.group}/v1" if self.group else "v1"

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
    PRIORITY_CLASSES,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
)
BY_PLACE = {(resource.group, resource.plural): resource for resource in ALL}
