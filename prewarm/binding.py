"""One installation = one cluster: another cluster under the same database is refused."""

from __future__ import annotations

from prewarm.cluster import Cluster
from prewarm.cluster.paths import namespace
from prewarm.models import Installation


class WrongCluster(Exception):
    """The database belongs to another cluster; the message says what to do."""


def bind(cluster: Cluster) -> Installation:
    """This installation, after a look at the cluster's identity, the uid of its namespace kube-system.

    The first cluster ever seen is stored. Raises WrongCluster for another one, ClusterError when nobody answers.
    """
    uid = str(cluster.get(namespace("kube-system"))["metadata"]["uid"])
    installation = Installation.load()
    if not installation.cluster_uid:
        Installation.objects.filter(pk=installation.pk, cluster_uid="").update(cluster_uid=uid)
        installation.refresh_from_db()
    if installation.cluster_uid != uid:
        raise WrongCluster(
            f"This database belongs to another cluster (kube-system uid {installation.cluster_uid}, "
            f"but {cluster.server} has {uid}). Use a database of its own for each cluster."
        )
    return installation
