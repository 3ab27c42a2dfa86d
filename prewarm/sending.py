"""Steps (b) and (d) of a turn: which pull jobs are created, deleted and looked at now, within the write rates."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from prewarm import limits
from prewarm.held import Held
from prewarm.manifests import PullJob, manifest
from prewarm.models import Node
from prewarm.observe import needs_look
from prewarm.pull import Phase, Pull
from prewarm.runtime import Runtime


def send_creates(runtime: Runtime, held: Iterable[Held]) -> None:
    """Create what has its slot. Nothing is created close to the end of a lease, or while the API server is busy."""
    if runtime.busy or runtime.lost:
        return
    clock = time.monotonic()
    waiting = [
        (batch, pull)
        for batch in held
        if batch.may_create()
        for pull in batch.pulls.values()
        if pull.phase is Phase.TO_CREATE and not pull.creating and pull.retry_at <= clock
    ]
    chosen = waiting[: limits.draw(limits.CREATES, len(waiting))]
    _read_taints([pull for _, pull in chosen if pull.taints is None])
    for batch, pull in chosen:
        body = _manifest(runtime, batch, pull)
        pull.phase, pull.creating = Phase.CREATING, True
        runtime.sender.create(pull.name, body, pull.images, batch.may_create)


def send_deletes(runtime: Runtime, pulls: Iterable[Pull]) -> None:
    """Delete what is judged and committed, by uid; look for what has no known uid or does not show itself."""
    if runtime.lost:
        return
    clock = time.monotonic()
    everything = list(pulls)
    waiting = [pull for pull in everything if _to_delete(pull) and pull.delete_due <= clock]
    pods = {pull.name: _pod_of_job(pull, runtime) for pull in waiting}
    left = limits.draw(limits.DELETES, len(waiting) + sum(1 for pod in pods.values() if pod))
    for pull in waiting:
        if not left:
            break
        pod = pods[pull.name] if left > 1 else None  # then the garbage collector takes it, a little later
        left -= 2 if pod else 1
        pull.deleting = True
        runtime.sender.delete(pull.name, pull.slot.uid, via_job=pull.via_job, pod=pod)
    for pull in everything:
        if needs_look(pull, runtime.stream):
            pull.look_due = clock + 5.0  # its answer sets it anew
            runtime.sender.look(pull.name, via_job=pull.via_job)


def _pod_of_job(pull: Pull, runtime: Runtime) -> tuple[str, str] | None:
    """Name and uid of the pod that is deleted together with its Job, by a request of its own."""
    seen = runtime.stream.look(pull.name) if pull.via_job else None
    return (seen.name, seen.uid) if seen and not seen.gone else None


def _to_delete(pull: Pull) -> bool:
    return pull.phase is Phase.ENDING and pull.concluded and bool(pull.slot.uid) and not pull.deleting


def _manifest(runtime: Runtime, held: Held, pull: Pull) -> dict[str, Any]:
    task = pull.task
    return manifest(
        PullJob(
            name=pull.name,
            installation=runtime.installation,
            task=str(task.pk),
            tenant=str(task.tenant_id),
            batch=held.batch.number,
            request_id=task.request_id,
            namespace=settings.PULL_NAMESPACE,
            service_account=settings.PULL_SERVICE_ACCOUNT,
            priority_class=runtime.priority_class,
            node=pull.slot.node,
            node_taints=pull.taints or (),
            images=tuple(pull.images),
            pull_policy=task.pull_policy,
            pull_secrets=tuple(task.pull_secrets),
            timeout_seconds=task.pull_timeout_seconds,
            helper_image=task.helper_image,
            via_job=pull.via_job,
        )
    )


def _read_taints(pulls: list[Pull]) -> None:
    """Of the nodes of pull jobs that another turn dispatched."""
    if pulls:
        known = dict(Node.objects.filter(pk__in=[pull.slot.node for pull in pulls]).values_list("name", "taints"))
        for pull in pulls:
            pull.taints = tuple(known.get(pull.slot.node, ()))
