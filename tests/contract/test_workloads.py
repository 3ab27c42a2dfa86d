"""The workloads that policies follow: every kind is listed, in pages, by label; and read as policies read them."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import Settings

from prewarm.cluster import Cluster
from prewarm.policies import workloads
from tests.contract.pods import Pods
from tests.contract.server import Server
from tests.contract.workloads import SPECS, make, place, template


@pytest.mark.parametrize("kind", list(SPECS))
def test_every_kind_is_listed_in_pages_and_by_label(cluster: Server, pods: Pods, kind: str) -> None:
    for number in range(3):
        make(cluster, pods.namespace, kind, f"w{number}", template("a/b:1"), part="odd" if number % 2 else "even")
    where = place(cluster, kind, pods.namespace)

    first = cluster.get(where, limit=2)
    second = cluster.get(where, limit=2, **{"continue": first["metadata"]["continue"]})
    odd = cluster.get(where, labelSelector="part=odd,app in (shop)")

    assert first["kind"] == f"{kind}List"
    assert [item["metadata"]["name"] for page in (first, second) for item in page["items"]] == ["w0", "w1", "w2"]
    assert [item["metadata"]["name"] for item in odd["items"]] == ["w1"]


def test_cron_jobs_are_where_the_release_has_them(cluster: Server, pods: Pods) -> None:
    stable = cluster.http.get(f"/apis/batch/v1/namespaces/{pods.namespace}/cronjobs").status_code
    beta = cluster.http.get(f"/apis/batch/v1beta1/namespaces/{pods.namespace}/cronjobs").status_code

    assert (stable, beta) == ((200, 404) if cluster.recent else (404, 200))


def test_a_policy_reads_all_kinds_with_init_containers_and_placement(
    cluster: Server, pods: Pods, settings: Settings
) -> None:
    pod = template("shop/web:1", "shop/web:1", init=("shop/init:2",), tolerations=[{"operator": "Exists"}])
    for kind in SPECS:
        make(cluster, pods.namespace, kind, "web", pod)
    make(cluster, pods.namespace, "Deployment", "other", template("shop/other:1"), part="other")
    settings.CLUSTER, settings.KUBECONFIG = "kubeconfig", str(cluster.kubeconfig)
    follow = {"namespaces": [pods.namespace], "selector": "part!=other", "kinds": list(workloads.KINDS)}

    found = workloads.read(Cluster(connections=1), follow, {pods.namespace}, timezone.now())

    assert found["problems"] == []
    assert {one["kind"]: one["name"] for one in found["workloads"]} == dict.fromkeys(SPECS, "web")
    for one in found["workloads"]:
        assert one["images"] == ["shop/init:2", "shop/web:1"]
        assert one["placement"]["tolerations"] == [{"operator": "Exists"}]
