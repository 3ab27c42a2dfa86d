"""Policies that follow workloads: which images they need, where their pods may run, and who may follow what."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm.cluster import ClusterBusy, Refused, ResourceExpired
from prewarm.models import Node, Policy
from prewarm.policies import workloads
from prewarm.policies.placement import fits, placement_of
from tests.prewarm.policies import listing, nodes_with, pairs_of, policy_of, run
from tests.prewarm.rows import cluster_of

POLICIES = "/api/v1/policies/"
GPU = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def node(name: str = "n1", taints: tuple[dict[str, str], ...] = (), **labels: str) -> Node:
    return Node(name=name, labels=labels, taints=list(taints))


def required(*terms: dict[str, Any]) -> dict[str, Any]:
    ours = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"affinity": {"nodeAffinity": ours}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


PLACED = [
    ("no wish", {}, node(), True),
    ("a node selector that fits", {"nodeSelector": {"pool": "web"}}, node(pool="web"), True),
    ("one that does not", {"nodeSelector": {"pool": "web"}}, node(pool="db"), False),
    ("a node's name", {"nodeName": "n2"}, node("n1"), False),
    ("In", required(expression("zone", "In", "a", "b")), node(zone="b"), True),
    ("NotIn an absent label", required(expression("zone", "NotIn", "a")), node(), True),
    ("Exists", required(expression("zone", "Exists")), node(), False),
    ("DoesNotExist", required(expression("zone", "DoesNotExist")), node(), True),
    ("Gt", required(expression("cpus", "Gt", "8")), node(cpus="16"), True),
    ("Lt of no number", required(expression("cpus", "Lt", "8")), node(cpus="many"), False),
    ("one term of two", required(expression("a", "Exists"), expression("b", "Exists")), node(b=""), True),
    ("no term at all", required(), node(), False),
    ("a term that says nothing", required({}), node(), False),
    (
        "by the node's name",
        required({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}),
        node("n1"),
        True,
    ),
    ("a taint", {}, node(taints=(GPU,)), False),
    ("a taint that is only preferred", {}, node(taints=({**GPU, "effect": "PreferNoSchedule"},)), True),
    ("a taint that passes", {}, node(taints=({"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},)), True),
    ("tolerated by value", {"tolerations": [{"key": "gpu", "value": "yes"}]}, node(taints=(GPU,)), True),
    ("another value", {"tolerations": [{"key": "gpu", "value": "no"}]}, node(taints=(GPU,)), False),
    ("tolerated by key", {"tolerations": [{"key": "gpu", "operator": "Exists"}]}, node(taints=(GPU,)), True),
    ("everything tolerated", {"tolerations": [{"operator": "Exists"}]}, node(taints=(GPU,)), True),
    (
        "another effect tolerated",
        {"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}]},
        node(taints=(GPU,)),
        False,
    ),
]


@pytest.mark.parametrize(("pod", "where", "may"), [case[1:] for case in PLACED], ids=[case[0] for case in PLACED])
def test_a_workload_runs_where_the_scheduler_would_let_it(pod: dict[str, Any], where: Node, may: bool) -> None:
    assert fits(placement_of(pod), where) is may


@given(st.recursive(st.none() | st.text(max_size=3) | st.integers(), lambda inner: st.lists(inner, max_size=2)))
def test_what_is_kept_of_a_pod_is_small_whatever_else_it_says(rubbish: Any) -> None:
    assert placement_of({"volumes": rubbish, "containers": rubbish, "env": rubbish}) == {}


class Kept:
    """A cluster of lists, by path; where it has CronJobs of an old release, it has none at the newer place."""

    def __init__(self, **lists: Any) -> None:
        self.lists = {path.replace("__", "/"): items for path, items in lists.items()}
        self.asked: list[tuple[str, str]] = []

    def pages(self, path: str, query: Any = None) -> Any:
        self.asked.append((path, (query or {}).get("labelSelector", "")))
        for end, found in self.lists.items():
            if path.endswith(end):
                if isinstance(found, Exception):
                    raise found
                for at in range(0, len(found), 2):
                    yield found[at : at + 2], "1"
                return
        if "v1/" in path and any("v1beta1" in end for end in self.lists):
            raise Refused("not found", status=404)
        yield [], "1"


def deployment(name: str, *images: str, namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    pod = {"containers": [{"image": image} for image in images], **spec}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"template": {"spec": pod}}}


def followed(cluster: Any, *kinds: str, namespaces: tuple[str, ...] = ("shop",), selector: str = "") -> Any:
    follow = {"namespaces": list(namespaces), "kinds": list(kinds), "selector": selector}
    return workloads.read(cluster, follow, {"shop"}, timezone.now())


def test_init_containers_count_and_what_is_no_image_is_told() -> None:
    web = deployment("web", "shop/web:1", "{{ image }}", initContainers=[{"image": "shop/init:1"}])

    (one,) = followed(Kept(**{"shop__deployments": [web]}), "Deployment")["workloads"]

    assert (one["images"], one["ignored"]) == (["shop/init:1", "shop/web:1"], ["{{ image }}"])


def test_cron_jobs_of_an_old_release_are_found_and_their_templates_read() -> None:
    template = deployment("nightly", "shop/job:1")["spec"]
    nightly = {"metadata": {"name": "nightly", "namespace": "shop"}, "spec": {"jobTemplate": {"spec": template}}}
    old = Kept(**{"v1beta1__namespaces__shop__cronjobs": [nightly]})

    (one,) = followed(old, "CronJob")["workloads"]
    assert (one["kind"], one["images"]) == ("CronJob", ["shop/job:1"])


def test_jobs_that_are_over_and_what_is_being_deleted_is_not_followed() -> None:
    over = deployment("over", "shop/a:1") | {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    going = deployment("going", "shop/b:1")
    going["metadata"]["deletionTimestamp"] = "2026-11-27T00:00:00Z"
    cluster = Kept(**{"shop__jobs": [over, going, deployment("open", "shop/c:1")]})

    assert [one["name"] for one in followed(cluster, "Job")["workloads"]] == ["open"]


def test_a_missing_right_is_told_with_its_remedy_and_the_other_kinds_are_read() -> None:
    refused = Refused("forbidden", status=403)
    cluster = Kept(**{"shop__deployments": refused, "shop__daemonsets": [deployment("agent", "shop/agent:1")]})

    found = followed(cluster, "Deployment", "DaemonSet")

    assert [one["name"] for one in found["workloads"]] == ["agent"]
    (problem,) = found["problems"]
    assert "may not list deployments in namespace shop" in problem and "--follow shop" in problem


def test_no_namespace_is_asked_for_that_is_not_attached() -> None:
    cluster = Kept(**{"shop__deployments": [deployment("web", "shop/web:1")]})

    found = followed(cluster, "Deployment", namespaces=("secret", "shop"), selector="app=web")

    assert [path for path, _ in cluster.asked] == ["/apis/apps/v1/namespaces/shop/deployments"]
    assert cluster.asked[0][1] == "app=web"
    assert found["problems"] == ["The namespace secret is not attached to the tenant any more."]


def test_a_list_that_grew_too_old_between_two_pages_is_read_anew_once() -> None:
    with pytest.raises(ResourceExpired):
        followed(Kept(**{"shop__deployments": ResourceExpired("too old", status=410)}), "Deployment")


@pytest.mark.django_db
@pytest.mark.databases
class TestAPolicyThatFollows:
    @pytest.fixture(autouse=True)
    def attached(self) -> None:
        Tenant.objects.filter(slug="default").update(followed_namespaces=["shop"])

    def policy(self, **wishes: Any) -> Policy:
        follow = {"namespaces": ["shop"], "selector": "", "kinds": list(workloads.KINDS)}
        return policy_of(images=[], follow=follow, **wishes)

    def passed(self, policy: Policy, cluster: Any) -> Any:
        Policy.objects.filter(pk=policy.pk).update(followed=None)
        return run(policy, cluster)

    def test_each_image_is_wanted_where_its_workloads_may_run(self) -> None:
        nodes_with(names=("n1",), labels={"pool": "web"})
        cluster_of("n2", **listing(), labels={"pool": "gpu"}, taints=[GPU])
        cluster_of("n3", **listing("shop/web:1"), labels={"pool": "web"})
        web = deployment("web", "shop/web:1", nodeSelector={"pool": "web"})
        train = deployment("train", "shop/train:1", tolerations=[{"key": "gpu", "operator": "Exists"}])
        train["spec"]["template"]["spec"]["nodeSelector"] = {"pool": "gpu"}
        cluster = Kept(**{"shop__deployments": [web, train]})
        policy = self.policy()

        task = self.passed(policy, cluster)

        assert pairs_of(task) == {"n1": ["shop/web:1"], "n2": ["shop/train:1"]}
        assert (policy.pairs, policy.warm, policy.wanted) == (3, 1, ["shop/train:1", "shop/web:1"])

    def test_the_policys_own_target_holds_too(self) -> None:
        nodes_with(names=("n1", "n2"))
        policy = self.policy(node_names=["n2"])

        task = self.passed(policy, Kept(**{"shop__deployments": [deployment("web", "shop/web:1")]}))

        assert pairs_of(task) == {"n2": ["shop/web:1"]}

    def test_a_new_tag_of_a_workload_is_wanted_and_the_old_one_no_more(self) -> None:
        nodes_with("shop/web:1")
        policy = self.policy()
        assert self.passed(policy, Kept(**{"shop__deployments": [deployment("web", "shop/web:1")]})) is None

        task = self.passed(policy, Kept(**{"shop__deployments": [deployment("web", "shop/web:2")]}))

        assert (task.images, task.cause) == (["shop/web:2"], "policy web: shop/web:2 wanted on 3 nodes")

    def test_while_workloads_cannot_be_read_the_last_reading_holds_and_that_is_said(self) -> None:
        nodes_with()
        policy = self.policy()
        self.passed(policy, Kept(**{"shop__deployments": [deployment("web", "shop/web:1")]}))
        kept = policy.followed
        kept["read_at"] = "2026-01-01T00:00:00+00:00"
        Policy.objects.update(followed=kept)

        run(policy, Kept(**{"shop__deployments": ClusterBusy("leave me alone", status=429, retry_after=7)}))

        assert policy.wanted == ["shop/web:1"]
        assert "could not be read: leave me alone" in policy.problem
        assert policy.state == "cannot"

    def test_a_namespace_that_is_detached_is_not_followed_any_more(self) -> None:
        nodes_with()
        policy = self.policy()
        cluster = Kept(**{"shop__deployments": [deployment("web", "shop/web:1")]})
        Tenant.objects.filter(slug="default").update(followed_namespaces=[])

        assert self.passed(policy, cluster) is None
        assert cluster.asked == []
        assert (policy.state, policy.wanted) == ("cannot", [])

    def test_another_tenants_namespace_is_refused(self, as_otto: APIClient) -> None:
        wish = {"name": "spy", "follow": {"namespaces": ["payroll"]}, "all_nodes": True}

        answer = as_otto.post(POLICIES, wish)

        assert answer.status_code == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["namespace_not_attached"]

    def test_the_workloads_are_told_with_the_nodes_where_they_may_run(self, as_vera: APIClient) -> None:
        nodes_with(names=("n1",), labels={"pool": "web"})
        cluster_of("n2", **listing(), labels={})
        policy = self.policy()
        web = deployment("web", "shop/web:1", nodeSelector={"pool": "web"})
        self.passed(policy, Kept(**{"shop__deployments": [web]}))

        told = as_vera.get(f"{POLICIES}{policy.pk}/workloads/").json()

        assert told["read_at"] and told["problems"] == []
        assert told["workloads"] == [
            {
                "kind": "Deployment",
                "namespace": "shop",
                "name": "web",
                "images": ["shop/web:1"],
                "ignored": [],
                "nodes": 1,
            }
        ]

    def test_what_it_follows_is_read_again_only_when_that_is_some_time_ago(self) -> None:
        nodes_with()
        policy = self.policy()
        cluster = Kept(**{"shop__deployments": [deployment("web", "shop/web:1")]})
        self.passed(policy, cluster)
        asked = len(cluster.asked)

        run(policy, cluster)

        assert len(cluster.asked) == asked
