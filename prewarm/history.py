"""What a task's events say, in words for whoever operates the cluster: what happened, to which nodes, and why.

Every function here runs inside a transaction that holds the task's row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count

from prewarm.announce import announce_task
from prewarm.conclude import Conclusion
from prewarm.models import Message, NodeStatus, Task, TaskEvent, TaskStatus
from prewarm.reasons import label_for
from prewarm.wording import counted, duration, listed, nodes

NAMED = 20  # so many nodes are named in an event's data
ENDS = {
    TaskStatus.SUCCEEDED: "The task succeeded",
    TaskStatus.PARTIAL: "The task is partly done",
    TaskStatus.FAILED: "The task failed",
    TaskStatus.CANCELLED: "The task was cancelled",
}


def record(task: Task, now: datetime, kind: str, text: str, **data: Any) -> None:
    """Write one line, under the counter of this transaction, and let who tells others know."""
    TaskEvent.objects.create(task=task, change=task.change, at=now, kind=kind, text=text[:500], data=data)
    announce_task(task, kind, text, now)


def tell_created(task: Task, now: datetime, actor: str) -> None:
    if task.retry_of_id:
        text = f"{actor} asked to try again what failed in task {str(task.retry_of_id)[:8]}."
    else:
        what = task.images[0] if len(task.images) == 1 else counted(len(task.images), "image")
        text = f"{actor} asked for {what} on {task.target}."
    record(task, now, "created", text, actor=actor)


def tell_planned(task: Task, now: datetime, outside: int) -> None:
    text = f"{nodes(task.desired)} chosen"
    if task.pending:
        text += f": {task.pending:,} to pull on, in {counted(task.open_batches - 1, 'batch', 'batches')}"
    if task.skipped:
        rows = task.node_results.filter(status=NodeStatus.SKIPPED).values("reason").annotate(n=Count("pk"))
        why = ", ".join(f"{row['n']:,} {label_for(row['reason'])}" for row in rows.order_by("-n", "reason"))
        text += f"; {task.skipped:,} skipped ({why})"
    if outside:
        text += f"; {outside:,} that match are left out: they are not in {task.tenant}'s node pool"
    record(task, now, "planned", f"{text}.", desired=task.desired, skipped=task.skipped)


def tell_missing(task: Task, now: datetime, missing: list[int]) -> None:
    names = [task.images[index] for index in missing]
    verb = "is" if len(names) == 1 else "are"
    text = f"{listed(names)} {verb} not in the registry: no pull job is made for {'it' if len(names) == 1 else 'them'}."
    record(task, now, "images_missing", text, reason="image_not_found", images=names[:NAMED])


def tell_started(task: Task, now: datetime, pull_jobs: int) -> None:
    record(task, now, "started", f"The first pull jobs start, on {nodes(pull_jobs)}.")


def tell_results(task: Task, conclusions: Iterable[Conclusion], now: datetime) -> None:
    """One line for each reason of this settlement, however many nodes it struck.

    The runtime's own words are in the first line of each kind and reason only.
    """
    groups: dict[tuple[str, str], list[Conclusion]] = {}
    for found in conclusions:
        if kind := _kind(found):
            groups.setdefault((kind, found.reason), []).append(found)
    if not groups:
        return
    earlier = task.events.filter(kind__in={kind for kind, _ in groups}).order_by()
    told = set(earlier.values_list("kind", "data__reason").distinct())
    for (kind, reason), group in sorted(groups.items()):
        names = [found.result.node for found in group]
        text = f"{_what_happened(task, kind, group)} {listed(names)}: {_why(task, reason, group)}."
        if (kind, reason) not in told and (said := _runtime_words(reason, group)):
            text += f" The runtime says: {said}"
        record(task, now, kind, text, reason=reason, nodes=names[:NAMED], count=len(names))


def _kind(found: Conclusion) -> str:
    if found.closed_attempt:
        return "nodes_retried"
    if found.status == NodeStatus.FAILED:
        return "nodes_failed"
    return "nodes_skipped" if found.status == NodeStatus.SKIPPED else ""


def _what_happened(task: Task, kind: str, group: list[Conclusion]) -> str:
    if kind == "nodes_failed":
        return "Failed on"
    if kind == "nodes_skipped":
        return "Skipped"
    attempt = max(found.attempt - found.recreated for found in group)
    return f"Will try again (attempt {attempt} of {task.max_attempts}) on"


def _why(task: Task, reason: str, group: list[Conclusion]) -> str:
    """The reason, and which images it is about, unless it is about all of them."""
    about = {image.index for found in group for image in found.images if image.reason == reason and not image.warm}
    if not about or len(about) == len(task.images) > 1:
        return label_for(reason)
    return f"{label_for(reason)} ({listed([task.images[index] for index in sorted(about)])})"


def _runtime_words(reason: str, group: list[Conclusion]) -> str:
    """What was heard just now, or with an earlier pull job of the same node."""
    struck = [image for found in group for image in found.images if image.reason == reason]
    ids = [image.message_id for image in struck if image.message_id]
    return next(iter(Message.objects.filter(pk__in=ids[:1]).values_list("text", flat=True)), "")


def tell_taken_over(task: Task, now: datetime, batch: int, lost_claims: int) -> None:
    """A worker has claimed what another held when its lease ran out."""
    times = "" if lost_claims == 1 else f" ({lost_claims} times in a row)"
    what = f"batch {batch}" if batch else "the planning"
    text = f"The worker that held {what} was lost{times}; another goes on with it."
    record(task, now, "taken_over", text, batch=batch, lost_claims=lost_claims)


def tell_failure_limit(task: Task, now: datetime) -> None:
    text = f"{nodes(task.failed)} failed and the failure limit is {task.failure_limit}: nothing more starts."
    record(task, now, "stopped", text, reason="failure_limit")


def tell_first_wave_failed(task: Task, now: datetime) -> None:
    text = f"The first wave of {nodes(task.first_wave)} failed: nothing more starts."
    record(task, now, "stopped", text, reason="first_wave_failed")


def tell_out_of_time(task: Task, now: datetime) -> None:
    allowed = duration(task.timeout_seconds)
    text = f"The task's time of {allowed} is over: pulls under way are ended, nothing more starts."
    record(task, now, "stopped", text, reason="task_timeout")


def tell_given_up(task: Task, now: datetime) -> None:
    text = "The workers that planned this task died time and again: nothing starts."
    record(task, now, "stopped", text, reason="worker_lost")


def tell_newer_version(task: Task, now: datetime) -> None:
    text = "The task waits for a worker of a newer version, as it was asked for by one."
    record(task, now, "waits_for_newer_version", text)


def tell_too_big(task: Task, now: datetime) -> None:
    text = f"The cluster has grown: {task.target} are more than one task may have. Nothing starts."
    record(task, now, "stopped", text, reason="too_big")


def tell_cancel_requested(task: Task, now: datetime, actor: str) -> None:
    text = f"{actor} cancelled the task: pulls under way are ended, nothing more starts."
    record(task, now, "cancel_requested", text, actor=actor)


def tell_paused(task: Task, now: datetime, actor: str) -> None:
    text = f"{actor} paused the task: pulls under way go on to their end, nothing more starts."
    record(task, now, "paused", text, actor=actor)


def tell_resumed(task: Task, now: datetime, actor: str) -> None:
    record(task, now, "resumed", f"{actor} let the task go on.", actor=actor)


def tell_finished(task: Task, now: datetime) -> None:
    record(task, now, "finished", ending(task), status=task.status)


def ending(task: Task) -> str:
    """How it ended, with the counts."""
    if task.reason == "no_nodes":
        return "The task failed: the cluster has no node that matches what was asked for."
    end = ENDS[TaskStatus(task.status)]
    if task.succeeded == task.desired:
        return f"{end}: {'the node is' if task.desired == 1 else f'all {task.desired:,} nodes are'} warm."
    if task.failed == task.desired > 1:
        return f"{end}: all {task.desired:,} nodes failed."
    counts = [(name, getattr(task, name)) for name in ("succeeded", "failed", "skipped", "cancelled")]
    told = ", ".join(f"{count:,} {name}" for name, count in counts if count)
    return f"{end}: of {nodes(task.desired)} {told}." if told else f"{end}."
