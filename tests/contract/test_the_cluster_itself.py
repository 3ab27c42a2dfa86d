"""What the API server says about itself, about its nodes, and about what we may do."""

from __future__ import annotations

from tests.contract.server import Server


def test_it_tells_its_version(cluster: Server) -> None:
    assert cluster.version["major"] == "1"
    assert cluster.version["gitVersion"].startswith(f"v1.{cluster.version['minor']}")


def test_it_says_when_it_is_ready(cluster: Server) -> None:
    assert [cluster.http.get(path).text for path in ("/readyz", "/livez")] == ["ok", "ok"]


def test_it_tells_which_groups_it_has(cluster: Server) -> None:
    groups = {group["name"] for group in cluster.get("/apis")["groups"]}

    assert {"batch", "authorization.k8s.io", "scheduling.k8s.io", "rbac.authorization.k8s.io"} <= groups
    assert cluster.get("/api")["versions"] == ["v1"]


def test_kube_system_identifies_the_cluster(cluster: Server) -> None:
    first, second = (cluster.get("/api/v1/namespaces/kube-system") for _ in range(2))

    assert len(first["metadata"]["uid"]) == 36
    assert first["metadata"]["uid"] == second["metadata"]["uid"]


def test_access_can_be_asked_for(cluster: Server) -> None:
    attributes = {"namespace": "default", "verb": "create", "group": "batch", "resource": "jobs"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }

    answer = cluster.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)

    assert answer["status"]["allowed"] is True
    assert answer["spec"]["resourceAttributes"] == attributes


def test_a_node_tells_what_ips_wants_to_know(cluster: Server) -> None:
    node = cluster.get(f"/api/v1/nodes/{cluster.nodes[0]}")

    labels, status = node["metadata"]["labels"], node["status"]
    assert labels["kubernetes.io/hostname"] == cluster.nodes[0]
    assert (labels["kubernetes.io/os"], labels["kubernetes.io/arch"]) == ("linux", "amd64")
    assert {"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"} == {one["type"] for one in status["conditions"]}
    assert {"cpu", "memory", "pods", "ephemeral-storage"} <= set(status["allocatable"])
    assert status["nodeInfo"]["operatingSystem"] == "linux"
    assert status["nodeInfo"]["architecture"] == "amd64"
    assert status["nodeInfo"]["kubeletVersion"] == cluster.version["gitVersion"]
    assert status["nodeInfo"]["containerRuntimeVersion"].startswith("containerd://")
    for image in status["images"]:
        assert image["sizeBytes"] > 0
        assert image["names"]


def test_a_namespace_comes_with_a_service_account(cluster: Server) -> None:
    with cluster.namespace() as namespace:
        found = cluster.get(f"/api/v1/namespaces/{namespace}/serviceaccounts")

        assert "default" in {account["metadata"]["name"] for account in found["items"]}


def test_what_cluster_setup_makes_can_be_made(cluster: Server) -> None:
    with cluster.namespace() as namespace:
        role = {
            "kind": "Role",
            "metadata": {"name": "ips"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        }
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "ips"}
        subjects = [{"kind": "ServiceAccount", "name": "ips", "namespace": namespace}]
        rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"

        account = cluster.post(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "ips"}})
        made = cluster.post(f"{rbac}/roles", role)
        bound = cluster.post(
            f"{rbac}/rolebindings", {"metadata": {"name": "ips"}, "roleRef": reference, "subjects": subjects}
        )

        assert [one["metadata"]["name"] for one in (account, made, bound)] == ["ips"] * 3
        assert cluster.get(f"{rbac}/roles/ips")["rules"] == role["rules"]


def test_a_priority_class_lowers_a_pods_priority(cluster: Server) -> None:
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    made = cluster.post(path, {"metadata": {"generateName": "contract-"}, "value": -1000, "preemptionPolicy": "Never"})
    try:
        assert made["value"] == -1000
        assert cluster.get(f"{path}/{made['metadata']['name']}")["preemptionPolicy"] == "Never"
    finally:
        answer = cluster.delete(f"{path}/{made['metadata']['name']}")

    assert answer.json()["status"] == "Success"
