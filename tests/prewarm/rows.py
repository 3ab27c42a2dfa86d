"""Rows for tests: a task that is planned, nodes that are there."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import Tenant
from prewarm import submit
from prewarm.models import Batch, BatchStatus, Limit, Node, NodeView, Task
from prewarm.task_request import TaskRequest, permitted


def cluster_of(*names: str, **values: Any) -> list[Node]:
    """Ready nodes of these names, and a view that was heard from just now."""
    now = timezone.now()
    NodeView.load()
    NodeView.objects.update(complete_at=now, heard_at=now)
    rows = [
        Node(
            name=name,
            **{"uid": name, "ready": True, "os": "linux", "arch": "amd64", "seen_at": now, "digest": name, **values},
        )
        for name in names
    ]
    return Node.objects.bulk_create(rows)


def asked(images: list[str] | None = None, tenant: str = "default", **wishes: Any) -> Task:
    """A task as the API makes it, not planned yet."""
    data = {"images": images or ["nginx:1.27"], **wishes}
    if not {"node_names", "node_selector", "all_nodes"} & set(wishes):
        data["all_nodes"] = True
    request = TaskRequest(data=data)
    request.is_valid(raise_exception=True)
    wish = dict(request.validated_data)
    wish.pop("tenant")
    team, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
    wish = permitted(wish, team, may_be_urgent=True)
    return submit.submit(tenant=team, user=None, actor="test", request_id="", wish=wish)


def open_batch(task: Task, number: int = 1) -> Batch:
    """A batch of a task that is open and due."""
    return Batch.objects.create(task=task, number=number, status=BatchStatus.OPEN, due_at=timezone.now())


def cap(name: str, value: int) -> None:
    Limit.objects.update_or_create(name=name, defaults={"cap": value})
