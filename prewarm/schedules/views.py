"""Schedules in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.permissions import Rights, asked_by, tenant_for
from ips.entity_tags import Tagged, unless_changed
from ips.pagination import Pages
from ips.query import chosen, holding, only_known, ordered_by, ordering
from prewarm.clock import database_now
from prewarm.models import RunOutcome, Schedule
from prewarm.schedules import keeping
from prewarm.schedules.preview import preview
from prewarm.schedules.request import AllOfTenant, RuleRequest, ScheduleChange, ScheduleRequest
from prewarm.schedules.rules import check_interval
from prewarm.schedules.serializers import RulePreview, RunSerializer, ScheduleSerializer

ORDER = ("name", "next_at", "created_at", "changed_at")
RUN_ORDER = ("scheduled_for", "fired_at")


class AllPaused(serializers.Serializer[Any]):
    """Whether none of the tenant's schedules fires by itself."""

    tenant = serializers.CharField()
    schedules_paused = serializers.BooleanField()


class ScheduleViewSet(Tagged, viewsets.GenericViewSet[Schedule]):
    """Cron rules that make tasks. `If-Match` minds what people decide, not when the rule last fired."""

    serializer_class = ScheduleSerializer
    queryset = Schedule.objects.none()
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    passing: ClassVar[frozenset[str]] = frozenset({"next_at", "last_run", "waits_for"})

    def get_queryset(self) -> QuerySet[Schedule]:
        rows = Schedule.objects.select_related("tenant", "created_by", "last_run__task")
        return Rights.of(self.request).among(rows.defer("last_run__task__node_names", "last_run__task__images"))

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("paused", bool),
            OpenApiParameter("search", str, description="In the name and in the images."),
            ordered_by(*ORDER),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "paused", "search", "ordering")
        rows = self.get_queryset()
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if paused := set(chosen(request, "paused", ["true", "false"])):
            rows = rows if len(paused) == 2 else rows.filter(paused_at__isnull=paused == {"false"})
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name", "form__images"))
        rows = rows.order_by(ordering(request, "name", *ORDER), "id")
        return self.get_paginated_response(ScheduleSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=ScheduleRequest, responses={201: ScheduleSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make one, which fires from now on."""
        asked = ScheduleRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        tenant = tenant_for(request, wish.pop("tenant"))
        made = keeping.make_schedule(tenant, asked_by(request), wish, may_be_urgent=_may_be_urgent(request))
        headers = {"Location": f"/api/v1/schedules/{made.pk}/"}
        return Response(ScheduleSerializer(made).data, status=201, headers=headers)

    @extend_schema(request=ScheduleChange, responses=ScheduleSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named. Another rule counts from now on; tasks that were made stay as they are."""
        kept = self.get_object()
        asked = ScheduleChange(data=request.data)
        asked.is_valid(raise_exception=True)
        may = _may_be_urgent(request)
        changed = keeping.change_schedule(kept, asked_by(request), asked.validated_data, may_be_urgent=may)
        return Response(ScheduleSerializer(changed).data)

    @extend_schema(responses={204: None})
    @unless_changed
    def destroy(self, request: Request, pk: str) -> Response:
        """With its runs. Its tasks stay, and go on."""
        keeping.delete_schedule(self.get_object(), asked_by(request))
        return Response(status=204)

    @extend_schema(request=RuleRequest, responses=RulePreview)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """The next ten runs of a rule, or what is wrong with it. Nothing is kept."""
        asked = RuleRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        rule, tenant = asked.validated_data, tenant_for(request, asked.validated_data["tenant"])
        check_interval(rule["cron"], rule["time_zone"], tenant)
        return Response(
            RulePreview(preview(rule["cron"], rule["time_zone"], rule["viewer_time_zone"], database_now())).data
        )

    @extend_schema(request=None, responses={202: RunSerializer})
    @idempotent
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Run it now, besides its rule. The answer says what came of it: a task, or why there is none."""
        run = keeping.run_now(self.get_object(), asked_by(request), may_be_urgent=_may_be_urgent(request))
        headers = {"Location": f"/api/v1/tasks/{run.task_id}/"} if run.task_id else {}
        return Response(RunSerializer(run).data, status=202, headers=headers)

    @extend_schema(request=None, responses=ScheduleSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Fire no more by itself; what comes meanwhile is not caught up."""
        return Response(ScheduleSerializer(keeping.pause_schedule(self.get_object(), asked_by(request))).data)

    @extend_schema(request=None, responses=ScheduleSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Fire again, from the next time on."""
        return Response(ScheduleSerializer(keeping.resume_schedule(self.get_object(), asked_by(request))).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("outcome", str, many=True, enum=RunOutcome.values),
            ordered_by(*RUN_ORDER),
        ],
        responses=RunSerializer(many=True),
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def runs(self, request: Request, pk: str) -> Response:
        """What became of each firing, newest first."""
        only_known(request, "outcome", "ordering")
        rows = self.get_object().runs.select_related("task").defer("task__node_names", "task__images")
        if outcomes := chosen(request, "outcome", RunOutcome.values):
            rows = rows.filter(outcome__in=outcomes)
        rows = rows.order_by(ordering(request, "-scheduled_for", *RUN_ORDER), "id")
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(RunSerializer(page, many=True).data)

    @extend_schema(request=AllOfTenant, responses=AllPaused)
    @action(detail=False, methods=["post"], url_path="pause-all", url_name="pause-all")
    def pause_all(self, request: Request) -> Response:
        """None of the tenant's schedules fires by itself any more."""
        return self._all(request, keeping.pause_all)

    @extend_schema(request=AllOfTenant, responses=AllPaused)
    @action(detail=False, methods=["post"], url_path="resume-all", url_name="resume-all")
    def resume_all(self, request: Request) -> Response:
        """Those of the tenant's schedules that are not paused themselves fire again, from their next time on."""
        return self._all(request, keeping.resume_all)

    def _all(self, request: Request, move: Any) -> Response:
        asked = AllOfTenant(data=request.data)
        asked.is_valid(raise_exception=True)
        tenant = move(tenant_for(request, asked.validated_data["tenant"]), asked_by(request))
        return Response({"tenant": tenant.slug, "schedules_paused": tenant.schedules_paused})


def _may_be_urgent(request: Request) -> bool:
    return "tasks.urgent" in Rights.of(request).everywhere()
