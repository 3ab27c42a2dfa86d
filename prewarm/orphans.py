"""Pull jobs that no row needs: what a killed worker left behind, or tasks that a restored database does not know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prewarm.clock import database_now
from prewarm.cluster import Cluster
from prewarm.cluster.paths import jobs, pods
from prewarm.manifests import INSTALLATION_LABEL, PULL_JOB_LABEL, TASK_LABEL
from prewarm.models import NodeResult, NodeSlot, NodeStatus, Task
from prewarm.names import pull_job_name
from prewarm.upsert import ROWS


@dataclass(frozen=True)
class Found:
    """A Job or a pod that carries this installation's id."""

    kind: str
    name: str
    uid: str
    pull_job: str
    task: str
    node: str
    made_at: datetime
    deleting: bool

    @property
    def path(self) -> str:
        return jobs(self.name) if self.kind == "Job" else pods(self.name)


def ours(cluster: Cluster, installation: str) -> list[Found]:
    """All Jobs and pods of this installation. What carries another id, or none, is never looked at."""
    query = {"labelSelector": f"{INSTALLATION_LABEL}={installation}"}
    return [
        _found(kind, item)
        for kind, path in (("Job", jobs()), ("Pod", pods()))
        for items, _ in cluster.pages(path, query)
        for item in items
    ]


def orphans(found: Iterable[Found], installation: str, grace: timedelta) -> list[Found]:
    """Those older than the grace time that no slot needs and no node result will adopt.

    `found` must have been listed before: objects first, rows second, so that whatever gets its slot in between is
    seen as needed. A slot's pull job is its holder's to delete.
    """
    old = database_now() - grace
    loose = _without_slot([one for one in found if one.made_at < old and not one.deleting])
    adoptable = _adoptable(loose, installation)
    rest = [one for one in loose if one.pull_job not in adoptable]
    return _without_slot(rest) if rest else []  # a slot may have been taken since


def _found(kind: str, item: dict[str, Any]) -> Found:
    metadata = item["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return Found(
        kind=kind,
        name=metadata["name"],
        uid=metadata["uid"],
        pull_job=labels.get(PULL_JOB_LABEL) or "",
        task=labels.get(TASK_LABEL) or "",
        node=annotations.get("ips.io/node") or "",
        made_at=datetime.fromisoformat(metadata["creationTimestamp"]),
        deleting=bool(metadata.get("deletionTimestamp")),
    )


def _without_slot(found: list[Found]) -> list[Found]:
    needed = set(NodeSlot.objects.values_list("pull_job", flat=True))
    return [one for one in found if one.pull_job not in needed]


def _adoptable(found: list[Found], installation: str) -> set[str]:
    """The names among these that a task will ask for: it meets a 409 and goes on with what is there.

    Only a database that was put back knows less than its cluster: the pull job is there, and its node result still
    waits for that very attempt, or its task for being planned.
    """
    by_task: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_task[one.task].append(one)
    names: set[str] = set()
    for task in Task.objects.filter(finished_at=None, stop_reason="").only("pk", "planned_at") if by_task else ():
        mine = by_task.get(str(task.pk), [])
        if task.planned_at is None:
            names |= {one.pull_job for one in mine}
            continue
        for start in range(0, len(mine), ROWS):
            nodes = [one.node for one in mine[start : start + ROWS]]
            waiting = NodeResult.objects.filter(task=task, node__in=nodes, status=NodeStatus.PENDING)
            names |= {
                pull_job_name(installation, str(task.pk), row.node, row.attempt, row.part)
                for row in waiting.only("node", "attempt", "part")
            }
    return names
