"""The task form that a schedule holds: checked when it is written, and again each time it becomes a task."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError

from accounts.models import Tenant
from ips.problems import FieldError, Invalid, Problem, field_errors
from prewarm.task_request import TaskRequest, permitted

FIELD = "task"


class TaskForm(TaskRequest):
    """A task as `POST tasks/` takes it, without a tenant: it is made in the schedule's."""

    tenant = None  # type: ignore[assignment]  # so DRF leaves out what a base class declares


@extend_schema_field(TaskForm)
class FormField(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """A task form; what is wrong in it is told by its own fields."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        asked = TaskForm(data=data)
        if not asked.is_valid():
            raise ValidationError(asked.errors)
        return {name: _plain(value) for name, value in asked.validated_data.items()}

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


def check_form(form: Mapping[str, Any], tenant: Tenant, *, may_be_urgent: bool) -> None:
    """Raises Invalid (422) and Problem (403) as a task's request does, with the fields of `task`."""
    try:
        wish_of(form, tenant, may_be_urgent=may_be_urgent)
    except Invalid as wrong:
        raise Invalid(_inside(wrong.errors)) from wrong
    except Problem as wrong:
        errors = _inside(wrong.errors)
        raise Problem(wrong.status_code, wrong.code, str(wrong.detail), errors=errors) from wrong
    except ValidationError as wrong:
        raise Invalid(_inside(field_errors(wrong))) from wrong


def wish_of(form: Mapping[str, Any], tenant: Tenant, *, may_be_urgent: bool) -> dict[str, Any]:
    """What a task is made from, as things are now. Raises APIException for what the tenant may not ask for now."""
    asked = TaskForm(data=dict(form))
    asked.is_valid(raise_exception=True)
    return permitted(asked.validated_data, tenant, may_be_urgent=may_be_urgent)


def why_refused(error: APIException) -> tuple[str, str]:
    """A code, and the words: `images/0: default may not pull …`."""
    errors: list[FieldError] = []
    if isinstance(error, Problem):
        errors = error.errors
    elif isinstance(error, ValidationError):
        errors = field_errors(error)
    if not errors:
        return str(error.get_codes()), str(error.detail)
    first, more = errors[0], len(errors) - 1
    told = f"{first['pointer']}: {first['detail']}" if first["pointer"] else first["detail"]
    return first["code"], f"{told} (and {more} more)" if more else told


def _inside(errors: list[FieldError]) -> list[FieldError]:
    return [{**error, "pointer": f"{FIELD}/{error['pointer']}".rstrip("/")} for error in errors]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, uuid.UUID) else value
