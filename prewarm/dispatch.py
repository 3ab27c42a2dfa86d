"""Step (a): nodes of a task that may be pulled on now get their slots, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Coalesce

from prewarm import batch_waits, history, limits, order, progress
from prewarm.claims import fence_each
from prewarm.conclude import Conclusion, without_pull
from prewarm.crash_points import crash_point
from prewarm.eligibility import DECIDING, skip_reason
from prewarm.evidence import proven_present
from prewarm.image_results import read
from prewarm.limits import LimitFull
from prewarm.manifests import MAX_IMAGES
from prewarm.marks import has_any, mark_of
from prewarm.models import Batch, Node, NodeResult, NodeSlot, NodeStatus, PullPolicy, Task, TaskStatus
from prewarm.models.limit import limit_names
from prewarm.names import pull_job_name
from prewarm.platforms import MissingVariants
from prewarm.references import registry_hosts
from prewarm.sight import NODE_BUSY
from prewarm.transactions import retried


@dataclass(frozen=True)
class Candidate:
    """A node result that may be dispatched, in a batch that we hold."""

    batch: Batch
    result: NodeResult


@dataclass
class Dispatched:
    """The slots that are committed, what the rest waits for (a limit's name or a word), and if batches were opened."""

    slots: list[tuple[Candidate, NodeSlot]] = field(default_factory=list)
    waits_for: str = ""
    opened: bool = False


class NotNow(Exception):
    """The task is stopped, paused or at its own limit, or the batch is another's: roll back, look again."""


def on_free_nodes(candidates: list[Candidate]) -> list[Candidate]:
    """Those on whose nodes no task has a pull job."""
    names = [candidate.result.node for candidate in candidates]
    busy = set(NodeSlot.objects.filter(node__in=names).values_list("node", flat=True))
    return [candidate for candidate in candidates if candidate.result.node not in busy]


def lookable(names: list[str], task: Task, *, labels: bool) -> dict[str, Node]:
    """These nodes as far as a decision needs them.

    Their long lists of images are read only of those that may have one of the task's.
    """
    columns = (*DECIDING, "labels") if labels else DECIDING
    nodes: dict[str, Node] = Node.objects.only(*columns).in_bulk(names)
    wanted = [mark_of(image) for image in task.images] if task.pull_policy != PullPolicy.ALWAYS else []
    promising = [name for name, node in nodes.items() if node.marks is None or has_any(bytes(node.marks), wanted)]
    listed = dict(Node.objects.filter(pk__in=promising).values_list("name", "images")) if promising else {}
    for name, node in nodes.items():
        node.images = listed.get(name, [])
    return nodes


def decide(
    task: Task, result: NodeResult, node: Node | None, missing: MissingVariants, pool: str = ""
) -> Conclusion | None:
    """Look at the node again: what is decided without a pull.

    It may have to be skipped by now or have left the tenant's node pool, may have images already, or be of a platform
    for which another node of this task found no variant of an image.
    """
    skip = "node_gone" if node is None else skip_reason(node, include_cordoned=task.include_cordoned, pool=pool)
    if node is None or skip:
        return without_pull(result, skip=skip)
    still_open = [image.index for image in read(result.images) if image.open]
    always = task.pull_policy == PullPolicy.ALWAYS
    present = set() if always else proven_present(node, [task.images[index] for index in still_open])
    foreign = missing.on(node, still_open)
    if not present and not foreign:
        return None
    return without_pull(result, {still_open[n] for n in present}, foreign)


@dataclass(frozen=True)
class Standing:
    """Of one batch: how many of its nodes could be dispatched if limits allowed, and how many never were."""

    wants: int
    fresh: int


def dispatch(
    installation: str, task: Task, candidates: list[Candidate], standing: Mapping[int, Standing], now: datetime
) -> Dispatched:
    """Give slots to as many candidates as the limits allow.

    1. Ask the order for this task's share of the limits, after what waits ahead.
    2. Commit slots, node results and limits together; if anything of it does not hold any more, nothing is taken.

    `standing` is of the candidates' batches, by id.
    """
    chosen, ahead, waits_for = _within_limits(task, candidates, now)
    if not chosen:
        return Dispatched(waits_for=waits_for)
    slots = [(candidate, _slot(installation, task, candidate, now)) for candidate in chosen]
    try:
        opened = retried(lambda: _commit(task, slots, ahead, standing, waits_for, now))
        crash_point("slots_taken")
    except LimitFull as full:
        return Dispatched(waits_for=full.name)
    except IntegrityError:
        return Dispatched(waits_for=NODE_BUSY)  # another task was faster on one of the nodes
    except NotNow as not_now:
        return Dispatched(waits_for=str(not_now))
    return Dispatched(slots, waits_for, opened)


def _within_limits(task: Task, free: list[Candidate], now: datetime) -> tuple[list[Candidate], dict[str, int], str]:
    """The candidates that fit, how much of each limit is for others first, and the limit that the rest waits for."""
    names = limit_names(task.hosts, str(task.tenant_id))
    rows = limits.read(names)
    room = {name: int(rows[name].cap - rows[name].used) for name in names}
    tightest = min(names, key=lambda name: room[name])
    others = [entry for entry in order.waiting_tasks(now) if entry.task != str(task.pk)]
    if not others:
        k = max(0, min(len(free), room[tightest]))
        return free[:k], {}, "" if k == len(free) else tightest
    mine = order.Waiting(
        task=str(task.pk),
        tenant=str(task.tenant_id),
        urgent=task.urgent,
        priority=task.priority,
        since=task.created_at,
        hosts=tuple(task.hosts),
        wants=len(free),
    )
    all_limits = rows | limits.read({name for entry in others for name in entry.limits()} - rows.keys())
    share = order.share_of(str(task.pk), [*others, mine], order.in_flight_by_tenant(), all_limits, now)
    ahead = {name: count for name, count in share.ahead.items() if name in rows}
    return free[: share.places], ahead, "" if share.places == len(free) else tightest


def _slot(installation: str, task: Task, candidate: Candidate, now: datetime) -> NodeSlot:
    result = candidate.result
    open_images = [image for image in read(result.images) if image.open]
    chosen = [image.index for image in open_images if image.attempt < result.charged_attempts][:MAX_IMAGES]
    return NodeSlot(
        node=result.node,
        node_result=result,
        batch=candidate.batch,
        attempt=result.attempt,
        part=result.part,
        tenant_id=task.tenant_id,
        hosts=registry_hosts(task.images[index] for index in chosen),
        images=chosen,
        pull_job=pull_job_name(installation, str(task.pk), result.node, result.attempt, result.part),
        taken_at=now,
    )


def _commit(
    task: Task,
    slots: list[tuple[Candidate, NodeSlot]],
    ahead: Mapping[str, int],
    standing: Mapping[int, Standing],
    waits_for: str,
    now: datetime,
) -> bool:
    """True when batches were opened."""
    k = len(slots)
    taken_by = Counter(candidate.batch.pk for candidate, _ in slots)
    batches = {candidate.batch.pk: candidate.batch for candidate, _ in slots}
    left = {pk: max(0, standing[pk].wants - taken_by[pk]) for pk in batches}
    written = {
        batch: {"waiting": left[pk], "waits_for": waits_for if left[pk] else ""} for pk, batch in batches.items()
    }
    if fence_each(written) != batches.keys():
        raise NotNow("lease_lost")
    room = task.max_in_flight - k
    locked = (
        progress.lock(task.pk, cancel_requested_at=None, paused_at=None, in_flight__lte=room) if room >= 0 else None
    )
    if locked is None:
        raise NotNow("own_limit")
    NodeSlot.objects.bulk_create(sorted((slot for _, slot in slots), key=lambda slot: slot.node))
    results = NodeResult.objects.filter(pk__in=[c.result.pk for c, _ in slots], status=NodeStatus.PENDING)
    values = {"status": NodeStatus.PULLING, "not_before": None, "change": locked.change}
    if results.update(started_at=Coalesce(F("started_at"), now), **values) != k:
        raise NotNow("changed")
    limits.take(Counter(name for _, slot in slots for name in slot.limits()), ahead)
    fresh = Counter(candidate.batch.pk for candidate, _ in slots if candidate.result.started_at is None)
    drained = [pk for pk, count in fresh.items() if count == standing[pk].fresh]
    locked.pending -= k
    locked.active += k
    locked.in_flight += k
    locked.status = TaskStatus.RUNNING
    if locked.waiting_reason or waits_for:
        batch_waits.follow_batches(locked, now)
    if locked.started_at is None:
        locked.started_at = now
        history.tell_started(locked, now, k)
    opened = progress.close_drained(locked, drained, now)
    progress.save(locked, now)
    crash_point("taking_slots")
    return opened
