"""Tasks, their results and history: REST views. They find, permit, ask once, answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.models import Tenant, User
from accounts.permissions import Rights, tenant_for
from ips.entity_tags import Tagged
from ips.pagination import Pages
from ips.problems import Conflict, Problem
from ips.query import chosen, holding, only_known, ordered_by, ordering
from ips.request_id import current_request_id
from prewarm import stopping, submit
from prewarm.changes import ChangesAnswer, EventsAnswer, changes, etag, events
from prewarm.models import NodeResult, NodeStatus, Task, TaskStatus, Trigger
from prewarm.node_results import NodeResultSchema, node_results
from prewarm.preview import preview
from prewarm.preview.schema import Preview
from prewarm.serializers import TaskDetail, TaskSerializer
from prewarm.task_request import TaskRequest, permitted
from prewarm.task_rows import for_lists

LARGEST = 10**15 - 1
AFTER = OpenApiParameter("after", {"type": "integer", "minimum": 0, "maximum": LARGEST}, default=0)
TASK_ORDER = ("created_at", "started_at", "finished_at", "status", "priority", "name")
RESULT_ORDER = ("node", "status", "reason", "started_at", "finished_at")


def after(request: Request) -> int:
    value = request.query_params.get("after", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST))):
        raise Problem(400, "invalid_after", "after is the number `change` of an earlier answer, or 0.")
    return int(value)


class TaskViewSet(Tagged, viewsets.GenericViewSet[Task]):
    """Prewarm tasks: make one, follow it, stop it, try again what failed."""

    serializer_class = TaskSerializer
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

    def get_queryset(self) -> QuerySet[Task]:
        return Rights.of(self.request).among(Task.objects.select_related("tenant"))

    def get_serializer_class(self) -> type[TaskSerializer]:
        return TaskSerializer if self.action == "list" else TaskDetail

    def listed(self) -> QuerySet[Task]:
        """The tasks that the filters of a list name."""
        only_known(self.request, "status", "trigger", "policy", "search", "ordering", "tenant")
        tasks = for_lists(self.get_queryset())
        if statuses := chosen(self.request, "status", TaskStatus.values):
            tasks = tasks.filter(status__in=statuses)
        if triggers := chosen(self.request, "trigger", Trigger.values):
            tasks = tasks.filter(trigger__in=triggers)
        if (policy := self.request.query_params.get("policy")) is not None:
            tasks = tasks.filter(policy=_id(policy, "policy"))
        if tenant := self.request.query_params.get("tenant"):
            tasks = tasks.filter(tenant__slug=tenant)
        if search := self.request.query_params.get("search", "")[:200]:
            tasks = tasks.filter(holding(search, "name", "images", "actor"))
        return tasks.order_by(ordering(self.request, "-created_at", *TASK_ORDER), "id")

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, many=True, enum=TaskStatus.values),
            OpenApiParameter("trigger", str, many=True, enum=Trigger.values, description="What made it."),
            OpenApiParameter("policy", UUID, description="The id of the policy that made it."),
            OpenApiParameter("search", str, description="In name, images and creator."),
            ordered_by(*TASK_ORDER),
            OpenApiParameter("tenant", str),
        ]
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.listed())
        return self.get_paginated_response(TaskSerializer(page, many=True).data)

    @extend_schema(request=TaskRequest, responses={202: TaskDetail})
    @idempotent
    def create(self, request: Request) -> Response:
        """Accept a task. It is planned and run in the background: follow `changes/`."""
        tenant, wish = self.permitted_wish(request)
        task = submit.submit(tenant=tenant, wish=wish, **self.who(request))
        return self.accepted(task)

    @extend_schema(request=TaskRequest, responses={200: Preview})
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What this task would do: which nodes, what is warm, what the registries say, how long. Nothing is made."""
        tenant, wish = self.permitted_wish(request)
        return Response(preview(wish, tenant))

    @extend_schema(request=None, responses={202: TaskDetail})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Start nothing more, and take the running pull jobs away."""
        return self.moved(stopping.cancel, request)

    @extend_schema(request=None, responses={202: TaskDetail})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Start nothing more for now; running pulls go on."""
        return self.moved(stopping.pause, request)

    @extend_schema(request=None, responses={202: TaskDetail})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let a paused task go on."""
        return self.moved(stopping.resume, request)

    @extend_schema(request=None, responses={202: TaskDetail})
    @idempotent
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """A new task with only what failed."""
        try:
            again = submit.retry(self.get_object(), **self.who(request))
        except stopping.StatusForbids as forbids:
            raise Conflict(forbids.code, forbids.message) from forbids
        return self.accepted(again)

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, many=True, enum=NodeStatus.values),
            OpenApiParameter("reason", str),
            OpenApiParameter("search", str, description="In the node's name."),
            ordered_by(*RESULT_ORDER),
        ],
        responses=NodeResultSchema(many=True),
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def nodes(self, request: Request, pk: str) -> Response:
        """What happened on each node, image by image."""
        only_known(request, "status", "reason", "search", "ordering")
        task = self.get_object()
        rows = NodeResult.objects.filter(task=task).select_related("batch")
        if statuses := chosen(request, "status", NodeStatus.values):
            rows = rows.filter(status__in=statuses)
        if reasons := request.query_params.getlist("reason"):
            rows = rows.filter(reason__in=reasons)
        if search := request.query_params.get("search", "")[:253]:
            rows = rows.filter(holding(search, "node"))
        rows = rows.order_by(ordering(request, "node", *RESULT_ORDER), "pk")
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(node_results(task, page))

    @extend_schema(parameters=[AFTER], responses=EventsAnswer)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """The task's history in plain words; `after` is the `change` of an earlier answer, and `more` says to go on."""
        only_known(request, "after")
        return Response(events(self.get_object(), after(request)))

    @extend_schema(parameters=[AFTER], responses={200: ChangesAnswer, 304: None})
    @action(detail=True, methods=["get"])
    def changes(self, request: Request, pk: str) -> Response:
        """All that changed since the answer whose `change` was `after`; 304 while nothing did, `waiting` included."""
        only_known(request, "after")
        task = self.get_object()
        tag = etag(task)
        since = after(request)
        if since >= task.change and request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers={"ETag": tag})
        return Response(changes(task, since), headers={"ETag": tag, "Cache-Control": "no-cache"})

    def permitted_wish(self, request: Request) -> tuple[Tenant, dict[str, Any]]:
        """What is asked for, and the tenant that it is for, which may ask for it."""
        asked = TaskRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        tenant = tenant_for(request, wish.pop("tenant"))
        return tenant, permitted(wish, tenant, may_be_urgent="tasks.urgent" in Rights.of(request).everywhere())

    def who(self, request: Request) -> dict[str, Any]:
        assert isinstance(request.user, User)
        return {"user": request.user, "actor": Rights.of(request).actor, "request_id": current_request_id()}

    def moved(self, move: Any, request: Request) -> Response:
        task = self.get_object()
        try:
            move(task, stopping.Asker(**self.who(request)))
        except stopping.StatusForbids as forbids:
            raise Conflict(forbids.code, forbids.message) from forbids
        task.refresh_from_db()
        return self.accepted(task)

    def accepted(self, task: Task) -> Response:
        body = TaskDetail(task).data
        return Response(body, status=202, headers={"Location": f"/api/v1/tasks/{task.pk}/"})


def _id(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise Problem(400, "unknown_value", f"{name} is the id of one, not {text[:40]!r}.") from wrong
