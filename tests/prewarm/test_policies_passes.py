"""What a policy asks for: what is missing, once, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Tenant
from prewarm import metrics, stopping
from prewarm.clock import database_now
from prewarm.inventory.coverage import coverage
from prewarm.marks import key_of_mark, mark_of
from prewarm.models import Node, NodeView, OwnPull, Policy, PolicyNode, Task
from prewarm.planner import choose
from prewarm.policies import answers, keeping, passing, rounds
from tests.prewarm.policies import (
    BY,
    a_minute_later,
    ends,
    listing,
    long_ago,
    nodes_with,
    now_lists,
    pairs_of,
    policy_of,
    proven,
    run,
)
from tests.prewarm.rows import asked, cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def missing(policy: Policy) -> dict[str, dict[str, Any]]:
    """By node, what is told of each image there."""
    policy.refresh_from_db()
    rows = list(PolicyNode.objects.filter(policy=policy, open=True).order_by("node"))
    return {one["node"]: {image["image"]: image for image in one["images"]} for one in answers.missing(policy, rows)}


def test_only_the_missing_pairs_are_asked_for_in_one_task_that_says_why() -> None:
    nodes_with("nginx:1.27", names=("n1", "n2"))
    cluster_of("n3", **listing("redis:8"))
    policy = policy_of("nginx:1.27", "redis:8")

    task = run(policy)

    assert task is not None
    assert pairs_of(task) == {"n1": ["redis:8"], "n2": ["redis:8"], "n3": ["nginx:1.27"]}
    assert (task.trigger, task.policy, task.priority, task.actor) == ("policy", policy, 2, "policy web")
    assert task.cause == "policy web: 2 images wanted on 3 nodes"
    chosen = choose(task)
    assert {entry.node: list(entry.images) for entry in chosen.pull} == {"n1": [1], "n2": [1], "n3": [0]}
    assert (policy.state, policy.pairs, policy.warm, policy.missing, policy.unknown) == ("gap", 6, 3, 3, 0)
    assert policy.coverage == 50.0


def test_what_is_in_a_task_that_is_not_over_is_not_asked_for_again() -> None:
    nodes_with()
    policy = policy_of()
    assert run(policy)

    assert run(policy) is None
    assert Task.objects.count() == 1
    assert {image["task"] for images in missing(policy).values() for image in images.values()} == {
        Task.objects.get().pk
    }


def test_after_a_pull_the_nodes_list_may_lag_and_nothing_is_asked_for_again() -> None:
    nodes_with()
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task)

    assert run(policy) is None
    assert (policy.state, policy.warm, policy.missing) == ("covered", 3, 0)
    assert missing(policy) == {}


def test_a_list_that_could_have_told_of_a_pull_and_does_not_is_believed(settings: Settings) -> None:
    nodes_with()
    policy = policy_of()
    task = run(policy)
    assert task
    long_ago(ends(task), settings.NODE_IMAGES_LAG_SECONDS + 5)

    run(policy)

    assert (policy.state, policy.missing) == ("gap", 3)
    assert {one["nginx:1.27"]["kind"] for one in missing(policy).values()} == {"lost"}


def test_what_is_gone_soon_after_a_pull_is_brought_back_at_the_recheck_and_not_at_once(settings: Settings) -> None:
    nodes_with()
    policy = policy_of(recheck_seconds=300)
    task = run(policy)
    assert task
    long_ago(ends(task), settings.NODE_IMAGES_LAG_SECONDS + 5)
    assert run(policy) is None
    again = missing(policy)["n1"]["nginx:1.27"]["again_at"]
    pulled_at = OwnPull.objects.get(node="n1").at
    assert abs(again - pulled_at - timedelta(seconds=300)) < timedelta(seconds=2)
    assert abs(policy.due_at - again) < timedelta(seconds=2)

    pause_is_over(policy)
    long_ago(task, 301)
    another = run(policy)

    assert another and set(pairs_of(another)) == {"n1", "n2", "n3"}
    assert another.cause == "policy web: 3 nodes lost nginx:1.27"


def test_a_policy_and_the_inventory_say_the_same_of_every_pair(settings: Settings) -> None:
    cluster_of("lists-it", **listing("nginx:1.27"))
    cluster_of("lists-all-else", **listing())
    cluster_of("cut", **listing(cut=True))
    cluster_of("pulled-now", **listing())
    cluster_of("pulled-long-ago", **listing())
    cluster_of("pulled-and-cut", **listing(cut=True))
    for node, ago in (("pulled-now", 5), ("pulled-long-ago", 3600), ("pulled-and-cut", 3600)):
        at = timezone.now() - timedelta(seconds=ago)
        OwnPull.objects.create(image=key_of_mark(mark_of("nginx:1.27")), node=node, node_uid=node, at=at)
    policy = policy_of()

    run(policy)

    (share,) = coverage(["nginx:1.27"], "", frozenset({""})).images
    assert (policy.warm, policy.missing, policy.unknown) == (share.ready, share.missing, share.unknown) == (3, 2, 1)
    assert set(missing(policy)) == {"lists-all-else", "cut", "pulled-long-ago"}


def test_what_anybody_pulled_there_is_not_pulled_again() -> None:
    nodes_with()
    by_hand = asked(["nginx:1.27"])
    proven(by_hand, {"n1": [0], "n2": [0]}, timezone.now())
    policy = policy_of()

    task = run(policy)

    assert task and set(pairs_of(task)) == {"n3"}


def test_an_image_that_a_node_lost_is_brought_back() -> None:
    nodes_with("nginx:1.27")
    policy = policy_of()
    assert run(policy) is None
    assert (policy.state, policy.coverage) == ("covered", 100.0)

    now_lists("n2")
    task = run(policy)

    assert task and pairs_of(task) == {"n2": ["nginx:1.27"]}
    assert task.cause == "policy web: node n2 lost nginx:1.27"
    assert missing(policy)["n2"]["nginx:1.27"]["kind"] == "lost"
    now_lists("n2", "nginx:1.27")
    ends(task)
    assert run(policy) is None
    assert policy.state == "covered"


def test_what_an_earlier_version_wrote_of_a_node_is_still_read() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task, "image_not_found")
    run(policy)
    row = PolicyNode.objects.get()
    before = missing(policy)
    PolicyNode.objects.update(gaps=[[*gap[:6], 0, *gap[6:]] for gap in row.gaps])

    assert run(policy) is None
    assert missing(policy) == before


def test_a_node_that_joins_is_pulled_on_once_it_has_settled() -> None:
    nodes_with("nginx:1.27")
    policy = policy_of(settle_seconds=60)
    assert run(policy) is None
    cluster_of("n7", **listing(), ready_changed_at=timezone.now() - timedelta(seconds=10))

    assert run(policy) is None
    row = PolicyNode.objects.get(node="n7")
    assert (row.blocked, policy.state, policy.missing) == ("settling", "covered", 1)
    assert timedelta(seconds=40) < policy.due_at - timezone.now() < timedelta(seconds=60)

    Node.objects.filter(pk="n7").update(ready_changed_at=timezone.now() - timedelta(seconds=61))
    task = run(policy)
    assert task and task.cause == "policy web: node n7 joined"


def test_a_node_of_the_same_name_is_another_one_when_its_uid_is() -> None:
    nodes_with("nginx:1.27")
    policy = policy_of()
    run(policy)

    Node.objects.filter(pk="n1").update(uid="another", **listing())
    task = run(policy)

    assert task and task.cause == "policy web: node n1 joined"


def test_a_node_that_matches_anew_is_one_that_joined() -> None:
    nodes_with(labels={"pool": "cpu"})
    policy = policy_of(node_selector="pool=gpu")
    assert run(policy) is None
    assert (policy.nodes, policy.coverage, policy.state) == (0, None, "covered")

    Node.objects.filter(pk="n2").update(labels={"pool": "gpu"})
    task = run(policy)

    assert task and task.cause == "policy web: node n2 joined"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ready": False}, "node_unready"),
        ({"unschedulable": True}, "node_cordoned"),
        ({"disk_pressure": True}, "no_disk_headroom"),
    ],
)
def test_on_nodes_that_cannot_pull_nothing_is_asked_for_and_that_is_said(change: dict[str, Any], reason: str) -> None:
    nodes_with("nginx:1.27", names=("n1",))
    cluster_of("n2", **listing(), **change)
    policy = policy_of()

    assert run(policy) is None
    row = PolicyNode.objects.get(node="n2")
    assert (row.blocked, row.open, policy.state) == (reason, True, "covered")
    assert (policy.pairs, policy.warm, policy.coverage) == (2, 1, 50.0)


def test_a_node_that_is_away_for_a_while_has_lost_nothing() -> None:
    nodes_with("nginx:1.27")
    policy = policy_of()
    run(policy)
    Node.objects.filter(pk="n1").update(ready=False)
    assert run(policy) is None
    assert (policy.warm, policy.unknown, policy.missing) == (2, 1, 0)

    Node.objects.filter(pk="n1").update(ready=True)

    assert run(policy) is None
    assert (policy.warm, policy.unknown) == (3, 0)


def test_nodes_of_another_system_about_to_go_or_outside_of_the_pool_are_none_of_the_policys() -> None:
    Tenant.objects.filter(slug="default").update(node_pool="team=ours")
    ours = {"labels": {"team": "ours"}}
    cluster_of("n1", **listing(), **ours)
    cluster_of("n2", **listing(), labels={"team": "theirs"})
    cluster_of("n3", **listing(), **ours, os="windows")
    cluster_of("n4", **listing(), **ours, taints=[{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}])
    policy = policy_of()

    task = run(policy)

    assert task and set(pairs_of(task)) == {"n1"}
    assert policy.nodes == 1


def test_what_is_not_known_is_proven_by_a_pull_and_then_for_long(settings: Settings) -> None:
    cluster_of("n1", **listing(cut=True))
    policy = policy_of()

    task = run(policy)
    assert task and (policy.missing, policy.unknown) == (0, 1)
    assert missing(policy)["n1"]["nginx:1.27"]["state"] == "unknown"

    long_ago(ends(task), settings.POLICY_PROVE_SECONDS - 60)
    assert run(policy) is None
    assert (policy.state, policy.warm) == ("covered", 1)

    long_ago(task, settings.POLICY_PROVE_SECONDS + 1)
    again = run(policy)
    assert again and again.cause == "policy web: nginx:1.27 not proven on node n1"
    assert (policy.state, policy.warm, missing(policy)) == ("covered", 1, {}), "coverage counts it too"
    ends(again)
    assert run(policy) is None
    assert (policy.state, policy.warm, missing(policy)) == ("covered", 1, {})


def test_what_a_cut_list_showed_and_shows_no_more_is_proven_at_once_and_once() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task)
    now_lists("n1", "nginx:1.27", cut=True)
    run(policy)
    a_minute_later(policy)

    now_lists("n1", cut=True)
    proof = run(policy)

    assert proof and proof.cause == "policy web: nginx:1.27 not proven on node n1"
    assert (policy.state, policy.warm) == ("covered", 1), "coverage says so too"
    assert run(policy) is None
    ends(proof)
    for _ in range(3):
        a_minute_later(policy)
        assert run(policy) is None


def test_a_proof_that_fails_is_a_gap() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task)
    now_lists("n1", "nginx:1.27", cut=True)
    run(policy)
    a_minute_later(policy)
    now_lists("n1", cut=True)
    proof = run(policy)
    assert proof

    ends(proof, "image_not_found")

    assert run(policy) is None
    assert (policy.state, policy.warm) == ("gap", 0)


def test_missing_tells_what_is_known_now_and_not_what_was_at_the_last_pass() -> None:
    nodes_with(names=("n1", "n2", "n3"))
    policy = policy_of()
    run(policy)

    now_lists("n1", "nginx:1.27")
    now_lists("n2", cut=True)

    assert {node: [one["state"] for one in images.values()] for node, images in missing(policy).items()} == {
        "n1": [],
        "n2": ["unknown"],
        "n3": ["missing"],
    }


def test_what_fails_is_asked_for_again_with_growing_pauses_and_said(settings: Settings) -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    pauses = []
    for _ in range(3):
        task = run(policy)
        assert task
        ends(task, "image_not_found")
        assert run(policy) is None
        again = missing(policy)["n1"]["nginx:1.27"]["again_at"]
        pauses.append((again - timezone.now()).total_seconds())
        pause_is_over(policy)
        a_minute_later(policy)

    assert pauses == pytest.approx([60, 120, 240], abs=5)
    told = missing(policy)["n1"]["nginx:1.27"]
    assert (told["reason"], told["tries"]) == ("image_not_found", 3)
    assert policy.state == "cannot"
    assert "1 pull failed time and again: image not found." in policy.problem
    task = run(policy)
    assert task and task.cause == "policy web: nginx:1.27 tried again on node n1"


def pause_is_over(policy: Policy) -> None:
    for row in PolicyNode.objects.filter(policy=policy):
        row.gaps = [[*gap[:5], 1 if gap[5] else 0, *gap[6:]] for gap in row.gaps]
        row.save()


def test_results_are_taken_over_once_however_often_a_pass_dies() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task, "image_not_found")
    run(policy)
    Policy.objects.update(unabsorbed=[str(task.pk)])  # as if the pass had died before it wrote that it was done

    run(policy)

    assert missing(policy)["n1"]["nginx:1.27"]["tries"] == 1


def test_at_most_so_many_nodes_a_minute_are_asked_for() -> None:
    nodes_with(names=tuple(f"n{number:02}" for number in range(10)))
    policy = policy_of(nodes_per_minute=4)

    first, second = run(policy), run(policy)

    assert first and len(pairs_of(first)) == 4
    assert second is None and policy.waits_for == "rate"
    assert timezone.now() < policy.due_at < timezone.now() + timedelta(seconds=62)
    a_minute_later(policy)
    third = run(policy)
    assert third and len(pairs_of(third)) == 4
    assert not set(pairs_of(first)) & set(pairs_of(third))


def test_a_policy_that_is_paused_asks_for_nothing() -> None:
    nodes_with()
    policy = policy_of()
    keeping.pause(policy, BY)
    policy.refresh_from_db()

    assert rounds.due(timezone.now() + timedelta(hours=1)) == []
    assert not passing.claim(policy, database_now())
    keeping.resume(policy, BY)
    assert rounds.look_after(None) == 1
    assert Task.objects.count() == 1


def test_a_pass_under_way_when_the_policy_is_paused_makes_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes_with()
    policy = policy_of()
    assert passing.claim(policy, database_now())
    keeping.pause(Policy.objects.get(), BY)

    with pytest.raises(passing.Superseded):
        passing.run(policy, None)
    assert not Task.objects.exists()


def test_two_passes_at_once_make_one_task() -> None:
    nodes_with()
    policy_of()
    one, other = Policy.objects.get(), Policy.objects.get()

    assert passing.claim(one, database_now())
    assert not passing.claim(other, database_now())
    passing.run(one, None)
    assert Task.objects.count() == 1


def test_while_the_cluster_is_not_heard_nothing_is_believed() -> None:
    nodes_with()
    policy = policy_of()
    NodeView.objects.update(heard_at=timezone.now() - timedelta(minutes=5))
    policy.refresh_from_db()
    assert passing.claim(policy, database_now())

    assert passing.run(policy, None) is None
    policy.refresh_from_db()
    assert (policy.waits_for, policy.state, policy.checked_at) == ("node_view_stale", "new", None)


def test_what_the_tenant_may_not_have_keeps_the_policy_from_asking_and_that_is_said() -> None:
    nodes_with()
    policy = policy_of("nginx:1.27", "redis:8")
    Tenant.objects.filter(slug="default").update(denied_images=["docker.io/library/redis"], max_running_tasks=0)

    assert run(policy) is None
    assert policy.state == "cannot"
    assert "The tenant may not pull redis:8." in policy.problem
    assert "max_running_tasks" in policy.problem

    Tenant.objects.filter(slug="default").update(max_running_tasks=None)
    task = run(policy)
    assert task and task.images == ["nginx:1.27"]


def test_a_task_that_somebody_cancelled_is_asked_for_again_after_a_pause() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    stopping.cancel(task, "ada")
    ends(task, "cancelled")

    assert run(policy) is None
    assert missing(policy)["n1"]["nginx:1.27"]["reason"] == "cancelled"


def test_an_image_list_of_the_library_counts_as_it_is_at_each_pass() -> None:
    from prewarm.models import ImageList

    nodes_with("nginx:1.27")
    kept = ImageList.objects.create(tenant=Tenant.objects.get(slug="default"), name="Base", images=["nginx:1.27"])
    policy = policy_of(images=[], image_lists=[str(kept.pk)])
    assert run(policy) is None

    ImageList.objects.update(images=["nginx:1.27", "redis:8"])
    task = run(policy)

    assert task and (task.images, task.cause) == (["redis:8"], "policy web: redis:8 wanted on 3 nodes")
    ImageList.objects.all().delete()
    run(policy)
    assert policy.problem == "1 image list that it names is deleted."


def test_one_spelling_of_an_image_is_as_good_as_another() -> None:
    nodes_with("docker.io/library/nginx:1.27")
    policy = policy_of("nginx:1.27", "docker.io/library/nginx:1.27", "library/nginx:1.27")

    assert run(policy) is None
    assert (policy.pairs, policy.warm) == (3, 3)


def test_nodes_that_left_are_forgotten() -> None:
    nodes_with()
    policy = policy_of()
    run(policy)
    Node.objects.filter(pk="n1").delete()

    run(policy)

    assert set(PolicyNode.objects.values_list("node", flat=True)) == {"n2", "n3"}
    assert policy.nodes == 2


def test_news_of_nodes_lead_to_a_pass_but_not_without_end(settings: Settings) -> None:
    nodes_with("nginx:1.27")
    policy = policy_of()
    run(policy)
    now = timezone.now()
    assert rounds.due(now) == []

    NodeView.objects.update(changed_at=now + timedelta(seconds=1))

    assert rounds.due(now + timedelta(seconds=2)) == []
    assert rounds.due(now + timedelta(seconds=settings.POLICY_LEAST_SECONDS + 1)) == [policy]


def test_a_pass_costs_as_many_statements_however_many_nodes_there_are() -> None:
    policy = policy_of("nginx:1.27", "redis:8")
    counts = []
    for part in range(2):
        nodes_with(names=tuple(f"n{part}-{number}" for number in range(5 + 100 * part)))
        with CaptureQueriesContext(connection) as told:
            run(policy)
        counts.append(len(told))

    assert counts[1] <= counts[0] + 4, "it asks for outcomes of the first task too"


def test_a_pass_that_breaks_keeps_no_other_policy_back(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes_with()
    broken, good = policy_of(name="broken"), policy_of(name="good")
    real = passing.run

    def run_or_break(policy: Policy, cluster: Any) -> Task | None:
        if policy.pk == broken.pk:
            raise RuntimeError("this one breaks")
        return real(policy, cluster)

    monkeypatch.setattr(passing, "run", run_or_break)
    assert rounds.look_after(None) == 2

    good.refresh_from_db()
    broken.refresh_from_db()
    assert good.checked_at and broken.checked_at is None
    assert broken.due_at > timezone.now() + timedelta(seconds=30)


def test_prometheus_is_told_the_coverage_of_those_that_miss_most(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes_with("nginx:1.27")
    run(policy_of(name="warm"))
    run(policy_of("redis:8", name="cold"))
    keeping.pause(policy_of(name="asleep"), BY)
    monkeypatch.setattr(metrics, "MOST_POLICIES", 1)

    told = {family.name: family.samples for family in metrics.policies()}

    assert {sample.labels["state"]: sample.value for sample in told["ips_policies"]} == {
        "new": 0,
        "covered": 1,
        "gap": 1,
        "cannot": 0,
        "paused": 1,
    }
    (one,) = told["ips_policy_coverage_ratio"]
    assert (one.labels, one.value) == ({"tenant": "default", "policy": "cold"}, 0.0)
    assert told["ips_policy_oldest_check_timestamp_seconds"][0].value > 0
