"""Policies for tests, nodes that list images, and tasks that end without any worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.audit import By
from accounts.models import Tenant
from prewarm.clock import database_now
from prewarm.image_results import ImageResult, Outcome, write
from prewarm.marks import key_of_mark, mark_of, marks_of
from prewarm.models import AskedPairs, Node, NodeResult, NodeStatus, NodeView, OwnPull, Policy, Task, TaskStatus
from prewarm.policies import keeping, passing
from prewarm.references import parse
from tests.prewarm.rows import cluster_of

BY = By(None, "test")


def policy_of(*images: str, tenant: str = "default", **wishes: Any) -> Policy:
    """One that wants these images on all nodes, as the API makes it."""
    team, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
    wish = {"name": "web", "images": list(images or ("nginx:1.27",)), "settle_seconds": 0, **wishes}
    if not {"node_names", "node_selector"} & set(wish):
        wish["all_nodes"] = True
    return keeping.make_policy(team, BY, wish)


def listing(*images: str, cut: bool = False) -> dict[str, Any]:
    """What a node's row says when its kubelet lists these images, and so many others that the list may be cut."""
    others = [[50, [f"docker.io/library/other:{number}"]] for number in range(50 if cut else 1)]
    listed = [*([100, [parse(image).stored_name]] for image in images), *others]
    return {"images": listed, "marks": marks_of(listed)}


def nodes_with(*images: str, names: tuple[str, ...] = ("n1", "n2", "n3"), **values: Any) -> list[Node]:
    return cluster_of(*names, **{**listing(*images), **values})


def now_lists(name: str, *images: str, cut: bool = False) -> None:
    Node.objects.filter(pk=name).update(**listing(*images, cut=cut))


def run(policy: Policy, cluster: Any = None) -> Task | None:
    """A pass, as if its time had come; the task that it made."""
    NodeView.objects.update(heard_at=timezone.now())
    policy.refresh_from_db()
    assert passing.claim(policy, database_now())
    task = passing.run(policy, None if cluster is None else lambda: cluster)
    policy.refresh_from_db()
    return task


def pairs_of(task: Task) -> dict[str, list[str]]:
    """What the task asks for, by node."""
    return {node: [task.images[index] for index in images] for node, images in AskedPairs.of(task).items()}


def ends(task: Task, reason: str = "", *, skipped: bool = False) -> Task:
    """The task is over: every pair pulled, or all failed, or were skipped, for this reason."""
    now = timezone.now()
    bad = (Outcome.SKIPPED, NodeStatus.SKIPPED) if skipped else (Outcome.FAILED, NodeStatus.FAILED)
    outcome, status = bad if reason else (Outcome.PULLED, NodeStatus.SUCCEEDED)
    pairs = AskedPairs.of(task)
    NodeResult.objects.bulk_create(
        NodeResult(
            task=task,
            node=node,
            status=status,
            reason=reason,
            images=write(ImageResult(index, outcome, reason) for index in images),
            finished_at=now,
        )
        for node, images in pairs.items()
    )
    if not reason:
        proven(task, pairs, now)
    task.desired = len(pairs)
    task.failed, task.succeeded = (len(pairs), 0) if reason else (0, len(pairs))
    task.status, task.planned_at, task.finished_at = TaskStatus.FAILED if reason else TaskStatus.SUCCEEDED, now, now
    task.open_batches = 0
    task.save()
    task.batches.update(status="ended")
    return task


def proven(task: Task, pairs: Mapping[str, Iterable[int]], at: datetime) -> None:
    """What the settlement writes of pulls that succeeded, in place of what was known of these pairs."""
    uids = dict(Node.objects.values_list("name", "uid"))
    for node, images in pairs.items():
        for index in images:
            mark = key_of_mark(mark_of(task.images[index]))
            OwnPull.objects.update_or_create(image=mark, node=node, defaults={"node_uid": uids[node], "at": at})


def long_ago(task: Task, seconds: float) -> None:
    """As if it had ended so long ago, and its pulls too."""
    at = timezone.now() - timedelta(seconds=seconds)
    task.node_results.update(finished_at=at)
    Task.objects.filter(pk=task.pk).update(finished_at=at)
    OwnPull.objects.filter(node__in=AskedPairs.of(task)).update(at=at)


def a_minute_later(policy: Policy) -> None:
    """As if what the policy asked for lay a minute back."""
    policy.refresh_from_db()
    Policy.objects.filter(pk=policy.pk).update(asked=[[at - 61, nodes] for at, nodes in policy.asked])
