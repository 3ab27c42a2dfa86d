"""What one cycle of a turn knows of everybody's pull jobs and of who else wants a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils.functional import cached_property

from accounts.models import Tenant
from prewarm import order
from prewarm.models import NodeResult, NodeSlot, NodeStatus, NodeView, Task

NODE_BUSY = "node_busy"


@dataclass(frozen=True)
class Contender:
    """A batch that somebody looks after, that has room and waits for nothing but nodes; its place, least first."""

    batch: int
    task: UUID
    tenant: UUID
    priority: int
    urgent: bool
    place: order.Place


class Sight:
    """Read once per cycle, when first asked for, and carried on by what the cycle itself starts.

    It only saves asking in vain for each of many tasks: who finds a node free here asks again, and the commit decides.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._wanted: dict[frozenset[int], dict[str, bool]] = {}

    @cached_property
    def fresh(self) -> bool:
        """Whether the table of nodes may be relied on."""
        return NodeView.load().fresh()

    @cached_property
    def pools(self) -> dict[UUID, str]:
        """The node pools of the tenants that have one."""
        return dict(Tenant.objects.exclude(node_pool="").values_list("pk", "node_pool"))

    @cached_property
    def busy(self) -> set[str]:
        """The nodes that have a pull job."""
        return {node for node, _ in self._slots}

    @cached_property
    def in_flight(self) -> Counter[str]:
        """Pull jobs by tenant."""
        return Counter(str(tenant) for _, tenant in self._slots)

    def took(self, slots: Iterable[NodeSlot]) -> None:
        """The cycle started these pull jobs."""
        for slot in slots:
            self.busy.add(slot.node)
            self.in_flight[str(slot.tenant_id)] += 1

    def place(self, task: Task) -> order.Place:
        return order.place(task, self.in_flight, self.now)

    def before(self, task: Task) -> frozenset[int]:
        """The batches of other tasks that could use a free node now and have more right to it.

        Tasks of the same tenant and no higher priority are left out: among them a node goes to whoever comes first.
        """
        ours = self.place(task)
        return frozenset(
            other.batch
            for other in self._contenders
            if other.task != task.pk
            and (other.tenant != task.tenant_id or other.priority > task.priority or other.urgent)
            and other.place < ours
        )

    def wanted(self, batches: frozenset[int], nodes: Iterable[str]) -> set[str]:
        """Those of the nodes on which one of these batches could start now."""
        if not batches:
            return set()
        known = self._wanted.setdefault(batches, {})
        asked = set(nodes)
        if unknown := asked - known.keys():
            its_time_has_come = Q(not_before=None) | Q(not_before__lte=self.now)
            rows = NodeResult.objects.filter(
                its_time_has_come, batch__in=batches, status=NodeStatus.PENDING, node__in=unknown
            )
            found = set(rows.values_list("node", flat=True))
            known |= {node: node in found for node in unknown}
        return {node for node in asked if known[node]}

    @cached_property
    def _slots(self) -> list[tuple[str, UUID]]:
        return list(NodeSlot.objects.values_list("node", "tenant_id"))

    @cached_property
    def _contenders(self) -> list[Contender]:
        may_start = Q(task__cancel_requested_at=None, task__paused_at=None, waits_for__in=("", NODE_BUSY))
        room = Q(
            task__in_flight__lt=F("task__concurrency") * F("task__parallel_batches"), pulls__lt=F("task__concurrency")
        )
        rows = order.reachable(self.now).filter(may_start).annotate(pulls=Count("slots")).filter(room)
        wanted = ("tenant", "urgent", "priority", "created_at")
        found = rows.select_related("task").only("task", *(f"task__{name}" for name in wanted))
        return [
            Contender(
                batch=row.pk,
                task=row.task_id,
                tenant=row.task.tenant_id,
                priority=row.task.priority,
                urgent=row.task.urgent,
                place=self.place(row.task),
            )
            for row in found
        ]
