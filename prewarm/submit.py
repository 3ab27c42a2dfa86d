"""A new task: its row, its planning batch, its first event, and the bell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.audit import audit
from accounts.models import Tenant, User
from prewarm import history, quotas
from prewarm.clock import database_now
from prewarm.doorbell import ring_turns
from prewarm.estimate import LEAST_TIMEOUT
from prewarm.models import FINISHED, AskedPairs, Batch, BatchStatus, Policy, Task, Trigger
from prewarm.planner import pairs_left
from prewarm.references import registry_hosts
from prewarm.stopping import StatusForbids
from prewarm.task_request import count_nodes
from prewarm.tenant_rules import check_images, check_pull_secrets
from prewarm.transactions import retried

Groups = Sequence[tuple[Sequence[int], Sequence[str]]]  # places of images, and the nodes that want those

# What a retry takes over from the task that it repeats.
_REPEATED = (
    "name",
    "images",
    "hosts",
    "include_cordoned",
    "batch_size",
    "concurrency",
    "parallel_batches",
    "priority",
    "timeout_seconds",
    "timeout_by_estimate",
    "pull_timeout_seconds",
    "max_attempts",
    "retry_backoff_seconds",
    "pull_policy",
    "pull_secrets",
    "failure_limit",
    "first_wave",
    "strict_waves",
    "allow_skipped",
    "puller",
    "webhooks",
)


def submit(
    *,
    tenant: Tenant,
    user: User | None,
    actor: str,
    request_id: str,
    wish: Mapping[str, Any],
    trigger: Trigger = Trigger.REQUEST,
    cause: str = "",
    policy: Policy | None = None,
    pairs: Groups | None = None,
) -> Task:
    """Accept what a validated request asks for. Planning and pulling happen later, in turns.

    `pairs` are what is asked for where that is not every image on every node that is named: places of images, and the
    nodes that want those. Raises Conflict (409) when that is more than the tenant may ask for.
    """
    values = {**wish, "hosts": registry_hosts(wish["images"]), "trigger": trigger, "cause": cause}
    if wish["timeout_seconds"] is None:
        values |= {"timeout_seconds": LEAST_TIMEOUT, "timeout_by_estimate": True}
    if pairs is not None:
        number = sum(len(images) * len(nodes) for images, nodes in pairs)
    else:
        number = count_nodes(wish, tenant) * len(wish["images"]) if quotas.limited(tenant) else 0
    return _create(tenant, user, actor, request_id, values | {"policy": policy}, number, pairs)


def retry(task: Task, *, user: User | None, actor: str, request_id: str) -> Task:
    """A new task for the pairs of this one that failed (or were cancelled).

    Raises StatusForbids when this one still runs, or nothing of it can be retried; Invalid (422) and Conflict (409)
    when its tenant may not ask for it any more.
    """
    if task.status not in FINISHED:
        raise StatusForbids("task_running", "The task still runs; cancel it first, or wait for its end.")
    left = pairs_left(task.pk)
    if not left:
        raise StatusForbids("nothing_to_retry", "No node of this task failed, so there is nothing to retry.")
    wish = {name: getattr(task, name) for name in _REPEATED}
    wish["priority"] = min(task.priority, task.tenant.max_priority)
    wanted = {index for images in left.values() for index in images}
    check_images({task.images[index]: f"images/{index}" for index in sorted(wanted)}, task.tenant)
    check_pull_secrets(task.pull_secrets, task.tenant)
    pairs = sum(map(len, left.values()))
    return _create(task.tenant, user, actor, request_id, {**wish, "retry_of": task, "trigger": Trigger.RETRY}, pairs)


def _create(
    tenant: Tenant,
    user: User | None,
    actor: str,
    request_id: str,
    values: dict[str, Any],
    pairs: int,
    groups: Groups | None = None,
) -> Task:
    def work() -> Task:
        now = database_now()
        quotas.take(tenant, pairs, now)
        task = Task(
            tenant=tenant,
            created_by=user,
            actor=actor,
            request_id=request_id,
            helper_image=settings.HELPER_IMAGE,
            open_batches=1,
            change=1,
            **values,
        )
        task.save(force_insert=True)
        if groups is not None:
            AskedPairs.objects.create(task=task, groups=groups)
        Batch.objects.create(task=task, number=0, status=BatchStatus.OPEN, dispatching=False, due_at=now)
        history.tell_created(task, now, actor)
        _audit(task, user)
        transaction.on_commit(ring_turns)
        return task

    return retried(work)


def _audit(task: Task, user: User | None) -> None:
    """A retry is something done with the task that it repeats; anything else is about the new one."""
    if task.retry_of_id:
        action, target, after = "task.retried", task.retry_of_id, {"retry": str(task.pk)}
    else:
        action, target, after = "task.created", task.pk, {"title": task.title, "nodes": task.target}
    audit(
        action,
        str(target),
        user=user,
        actor=task.actor,
        request_id=task.request_id,
        after=after,
        tenant=task.tenant,
    )
