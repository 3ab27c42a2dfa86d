"""Many tasks whose nodes all pull: one is brought there by planning and dispatch, the others are copies of its rows."""

from __future__ import annotations

import copy
import uuid
from typing import TypeVar

from django.db.models import Model
from django.utils import timezone

from prewarm import claims
from prewarm.dispatch import Candidate, Standing, dispatch
from prewarm.models import Batch, Limit, NodeResult, NodeSlot, Task
from prewarm.models.limit import limit_names
from prewarm.planner import plan
from tests.prewarm.rows import asked, cap, cluster_of

Row = TypeVar("Row", bound=Model)


def pulling(tasks: int, nodes: int) -> list[Task]:
    """So many tasks, each with its own nodes in one batch that is due and that nobody holds."""
    task = _one(tasks, nodes)
    (batch,) = task.batches.filter(number=1)
    results = {slot: slot.node_result for slot in NodeSlot.objects.select_related("node_result")}
    copies = Task.objects.bulk_create(_like(task, pk=uuid.uuid4()) for _ in range(tasks - 1))
    Batch.objects.bulk_create(_like(batch, pk=None, task=of) for of in copies)
    batches = {row.task_id: row for row in Batch.objects.filter(number=1)}
    NodeResult.objects.bulk_create(
        _like(result, pk=None, task=of, batch=batches[of.pk], node=f"{result.node} of {of.pk}")
        for of in copies
        for result in results.values()
    )
    there = {(row.task_id, row.node.partition(" ")[0]): row for row in NodeResult.objects.all()}
    slots = ((slot, there[of.pk, slot.node]) for of in copies for slot in results)
    NodeSlot.objects.bulk_create(
        _like(slot, node=row.node, node_result=row, batch=batches[row.task_id], pull_job=uuid.uuid4().hex)
        for slot, row in slots
    )
    Limit.objects.filter(name__in=limit_names(task.hosts, str(task.tenant_id))).update(used=tasks * nodes)
    return [task, *copies]


def _one(tasks: int, nodes: int) -> Task:
    names = [f"node-{number}" for number in range(nodes)]
    cluster_of(*names)
    task = asked(concurrency=nodes, batch_size=nodes)
    for name in limit_names(task.hosts, str(task.tenant_id)):
        cap(name, tasks * nodes)
    now = timezone.now()
    (planning,), _ = claims.claim_due("setup", [])
    assert plan(planning, task, now)
    (batch,), _ = claims.claim_due("setup", [])
    candidates = [Candidate(batch, result) for result in task.node_results.all()]
    assert len(dispatch("", task, candidates, {batch.pk: Standing(nodes, nodes)}, now).slots) == nodes
    claims.hand_back(batch, now)
    task.refresh_from_db()
    return task


def _like(row: Row, **changes: object) -> Row:
    """A row of its own that differs in these columns."""
    other = copy.copy(row)
    other._state = copy.copy(row._state)
    other._state.fields_cache = {}
    for name, value in changes.items():
        setattr(other, name, value)
    return other
