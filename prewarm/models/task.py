"""What was asked for: images on nodes, with its limits, and how far it is."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from prewarm.wording import listed

# What a worker must understand of a task to do what it asks for. Raised with a new wish that an older worker would not
# know of; workers leave alone what is newer than they are. 2: pairs that are no product (AskedPairs).
SPEC_VERSION = 2


class TaskStatus(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"  # some nodes have the images, some do not
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({TaskStatus.SUCCEEDED, TaskStatus.PARTIAL, TaskStatus.FAILED, TaskStatus.CANCELLED})


class Trigger(models.TextChoices):
    """What made a task."""

    REQUEST = "request"
    RETRY = "retry"
    SCHEDULE = "schedule"
    POLICY = "policy"
    HOOK = "hook"


class Puller(models.TextChoices):
    AUTO = "auto"
    JOB = "job"
    POD = "pod"


class PullPolicy(models.TextChoices):
    IF_NOT_PRESENT = "IfNotPresent"
    ALWAYS = "Always"


class Task(models.Model):
    """Images × nodes, or the pairs that an earlier task left (`retry_of`).

    The counts are of nodes and always add up: desired = pending + active + succeeded + failed + skipped + cancelled.
    They, `in_flight` and `change` are written only in transactions that hold this row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.PROTECT, related_name="tasks")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    actor = models.CharField(max_length=160, help_text="Who asked, in words that outlive the account.")
    request_id = models.CharField(max_length=64, blank=True)
    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="retries")
    trigger = models.CharField(max_length=8, choices=Trigger, default=Trigger.REQUEST, db_default=Trigger.REQUEST)
    cause = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Why, where nobody asked for this one task."
    )
    # Without constraints: with one, MariaDB would copy the table to add it, and wait for whoever writes to it.
    schedule = models.ForeignKey(
        "prewarm.Schedule", on_delete=models.SET_NULL, null=True, related_name="tasks", db_constraint=False
    )
    policy = models.ForeignKey(
        "prewarm.Policy", on_delete=models.SET_NULL, null=True, related_name="tasks", db_constraint=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    name = models.CharField(max_length=100, blank=True)
    images = models.JSONField()
    hosts = models.JSONField(help_text="The registry hosts of the images, sorted.")
    node_selector = models.CharField(max_length=2048, blank=True)
    node_names = models.JSONField(default=list)
    all_nodes = models.BooleanField(default=False)
    include_cordoned = models.BooleanField(default=False)
    batch_size = models.PositiveIntegerField(default=10)
    concurrency = models.PositiveIntegerField(default=5)
    parallel_batches = models.PositiveIntegerField(default=1)
    priority = models.PositiveSmallIntegerField(default=5)
    urgent = models.BooleanField(default=False)
    timeout_seconds = models.PositiveIntegerField(default=1800)
    timeout_by_estimate = models.BooleanField(
        default=False, db_default=False, help_text="No timeout was given: planning sets it from the estimate."
    )
    pull_timeout_seconds = models.PositiveIntegerField(default=900)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    retry_backoff_seconds = models.PositiveIntegerField(default=30)
    pull_policy = models.CharField(max_length=12, choices=PullPolicy, default=PullPolicy.IF_NOT_PRESENT)
    pull_secrets = models.JSONField(default=list)
    failure_limit = models.CharField(max_length=8, blank=True, help_text="A count or a percentage of nodes.")
    first_wave = models.PositiveIntegerField(default=0, help_text="Nodes that go alone before all others; 0 for none.")
    strict_waves = models.BooleanField(default=False)
    allow_skipped = models.BooleanField(default=False)
    puller = models.CharField(max_length=4, choices=Puller, default=Puller.AUTO)
    helper_image = models.CharField(max_length=780, blank=True)
    webhooks = models.JSONField(null=True, help_text="Ids of webhooks that are told of this task, named by who asked.")

    spec_version = models.PositiveSmallIntegerField(default=SPEC_VERSION, db_default=1)
    status = models.CharField(max_length=10, choices=TaskStatus, default=TaskStatus.PENDING)
    reason = models.CharField(max_length=32, blank=True)
    stop_reason = models.CharField(max_length=32, blank=True, help_text="Why no more is started: a reason code.")
    cancel_requested_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    waiting_reason = models.CharField(max_length=300, blank=True)
    waiting_since = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    clock_seconds = models.FloatField(default=0, help_text="Seconds on the task's clock, see prewarm.task_clock.")
    clock_at = models.DateTimeField(null=True, help_text="Since when the clock runs uncounted.")

    change = models.PositiveBigIntegerField(default=0)
    open_batches = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    desired = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)
    active = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tenant", "-created_at", "id"], name="task_of_tenant"),
            models.Index(fields=["status", "-created_at", "id"], name="task_of_status"),
            models.Index(fields=["-created_at", "id"], name="task_newest_first"),
            models.Index(fields=["name"], name="task_by_name"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(
                    desired=models.F("pending")
                    + models.F("active")
                    + models.F("succeeded")
                    + models.F("failed")
                    + models.F("skipped")
                    + models.F("cancelled")
                ),
                name="task_counts_add_up",
            )
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def title(self) -> str:
        """Its name, or its images when it has none."""
        first, others = self.images[0], len(self.images) - 1
        return self.name or (f"{first} + {others} more" if others else first)

    @property
    def target(self) -> str:
        """The nodes that were asked for, in words."""
        if self.all_nodes:
            return "all nodes"
        if self.node_selector:
            return f"the nodes with {self.node_selector}"
        return listed(self.node_names) or "no nodes"

    @property
    def finished(self) -> bool:
        return self.status in FINISHED

    @property
    def max_in_flight(self) -> int:
        """What this task may have in flight at once, whatever the number of batches and workers."""
        return self.concurrency * self.parallel_batches

    @property
    def failures_allowed(self) -> int | None:
        """At how many failed nodes the task stops, or None for never. A percentage is of all nodes, rounded up."""
        if not self.failure_limit:
            return None
        if self.failure_limit.endswith("%"):
            return max(1, -(-self.desired * int(self.failure_limit[:-1]) // 100))
        return int(self.failure_limit)

    def outcome(self) -> tuple[TaskStatus, str]:
        """The final status that the counts mean, and its reason.

        Skipped nodes are not warm: they make a task partial unless `allow_skipped`; a task that warmed nothing failed.
        """
        if self.stop_reason == "cancelled" and (self.cancelled or not self.desired):
            return TaskStatus.CANCELLED, "cancelled"
        if not self.desired:
            return TaskStatus.FAILED, self.stop_reason or "no_nodes"
        if not self.succeeded:
            return TaskStatus.FAILED, self.stop_reason
        warm = self.succeeded + (self.skipped if self.allow_skipped else 0)
        return (TaskStatus.SUCCEEDED if warm == self.desired else TaskStatus.PARTIAL), self.stop_reason
