"""Every write of the API leaves a line in the audit, and every write that is refused, too: as the document has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db.models import Model
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.audit import By
from accounts.models import AuditEntry, Role, Session, Tenant, User
from accounts.reset_links import make_link
from prewarm.models import Policy, Schedule, Task
from prewarm.stopping import pause
from tests.accounts.matrix.callers import OURS
from tests.accounts.matrix.things import colleague, policy, schedule, thing_of, webhook
from tests.accounts.test_foreign_ids import kind_of
from tests.accounts.test_idor import WRITES
from tests.people import PASSWORD, person
from tests.prewarm.results import end, happened
from tests.prewarm.rows import asked
from tests.webhooks.rows import told
from webhooks.models import Delivery, DeliveryStatus

pytestmark = pytest.mark.django_db
SCHEMA = yaml.safe_load(Path("docs/openapi.yaml").read_text(encoding="utf-8"))
SAME = {"X-Request-ID": "the-same"}
NEW = "another horse, another battery"
# What writes nothing: it says what would be, or what is read of a message.
WRITES_NOTHING = {
    "POST /api/v1/tasks/preview/",
    "POST /api/v1/policies/preview/",
    "POST /api/v1/schedules/preview/",
    "POST /api/v1/coverage/badge/",
    "POST /api/v1/registry-hooks/{id}/try/",
}
WITHOUT_RIGHTS = "/api/v1/auth/"  # one's own account: nobody is refused for a role


def writing() -> list[str]:
    found = [f"{method.upper()} {path}" for path, methods in SCHEMA["paths"].items() for method in methods]
    writes = [one for one in found if not one.startswith("GET ") and one not in WRITES_NOTHING]
    return [one for one in writes if "{token}" not in one]  # asked by programs of others, whom nobody signed in


def that_failed(_: User) -> Task:
    task = asked()
    happened(task, "n1", "failed", "image_not_found", "no such tag")
    end(task)
    return task


def paused(_: User) -> Task:
    task = asked()
    pause(task, "root")
    return task


def paused_schedule(owner: User) -> Schedule:
    kept = schedule(owner, OURS)
    Schedule.objects.filter(pk=kept.pk).update(paused_at=timezone.now(), next_at=None)
    return kept


def paused_policy(owner: User) -> Policy:
    kept = policy(owner, OURS)
    Policy.objects.filter(pk=kept.pk).update(paused_at=timezone.now())
    return kept


def of_a_paused_tenant(_: User) -> Tenant:
    Tenant.objects.filter(slug=OURS).update(schedules_paused=True)
    return Tenant.objects.get(slug=OURS)


def with_a_failed_delivery(owner: User) -> Model:
    kept = webhook(owner, OURS)
    Delivery.objects.filter(pk=told(kept).pk).update(status=DeliveryStatus.FAILED)
    return kept


def signed_in_somewhere(user: User) -> User:
    Session.objects.create(user=user, expires_at=timezone.now() + timedelta(hours=1))
    return user


# What must be there for it to be done, where one of the kind alone does not do.
THINGS: dict[str, Callable[[User], Model]] = {
    "POST /api/v1/tasks/{id}/retry/": that_failed,
    "POST /api/v1/tasks/{id}/resume/": paused,
    "POST /api/v1/policies/{id}/resume/": paused_policy,
    "POST /api/v1/schedules/{id}/resume/": paused_schedule,
    "POST /api/v1/schedules/resume-all/": of_a_paused_tenant,
    "POST /api/v1/webhooks/{id}/redeliver/": with_a_failed_delivery,
    "POST /api/v1/users/{id}/end-sessions/": lambda _: signed_in_somewhere(colleague(OURS)),
    "DELETE /api/v1/auth/sessions/{id}/": lambda user: thing_of("session-detail")(user, OURS),
    "POST /api/v1/auth/sessions/end-others/": signed_in_somewhere,
}


def body_for(operation: str, user: User) -> dict[str, Any]:
    """A good one."""
    if operation in WRITES:
        return WRITES[operation][0]
    link = make_link(user, By(None, "cli:test"))[1] if "reset-password" in operation else ""
    AuditEntry.objects.all().forget()
    return {
        "POST /api/v1/auth/login/": {"username": user.username, "password": PASSWORD},
        "POST /api/v1/auth/password/": {"current": PASSWORD, "new": NEW},
        "POST /api/v1/auth/reset-password/": {"token": link.partition("#")[2], "new": NEW},
        "PATCH /api/v1/settings/": {"cap_cluster": 77},
        "POST /api/v1/webhooks/{id}/redeliver/": {"since": (timezone.now() - timedelta(days=1)).isoformat()},
    }.get(operation, {})


def path_for(operation: str, user: User) -> str:
    path = operation.partition(" ")[2]
    make = THINGS.get(operation)
    if make is None and "{id}" in path:
        kind = kind_of(path.split("/")[3])
        make = lambda owner: thing_of(f"{kind}-detail")(owner if kind == "api-key" else colleague(OURS), OURS)  # noqa: E731
    thing = make(user) if make else None
    return path.replace("{id}", str(thing.pk)) if thing else path


@pytest.mark.parametrize("operation", writing())
def test_what_is_written_leaves_a_line(as_platform_admin: APIClient, anonymous: APIClient, operation: str) -> None:
    user = as_platform_admin.user
    if "memberships" in operation:
        person("fresh")
    client = anonymous if "login" in operation or "reset-password" in operation else as_platform_admin
    path, body = path_for(operation, user), body_for(operation, user)
    before = AuditEntry.objects.count()

    answer = getattr(client, operation.split()[0].lower())(path, body, headers=SAME)

    assert answer.status_code < 300, answer.content
    lines = AuditEntry.objects.order_by("-id")[: AuditEntry.objects.count() - before]
    assert lines, "nobody would know"
    assert {line.request_id for line in lines} <= {"the-same", ""}
    assert {line.outcome for line in lines} == {"done"}
    assert PASSWORD not in str(list(AuditEntry.objects.values())) and NEW not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("operation", [one for one in writing() if WITHOUT_RIGHTS not in one])
def test_what_is_refused_leaves_a_line(as_mallory: APIClient, operation: str) -> None:
    """Somebody of another team who may not even look."""
    user = person("somebody", Role.ADMIN)
    path, body = path_for(operation, user), body_for(operation, user)
    body = {**body, "tenant": OURS} if operation.startswith("POST") and "{id}" not in operation else body
    before = AuditEntry.objects.count()

    answer = getattr(as_mallory, operation.split()[0].lower())(path, body, headers=SAME)

    assert answer.status_code in (403, 404), answer.content
    (line,) = AuditEntry.objects.order_by("-id")[: AuditEntry.objects.count() - before]
    assert (line.action, line.actor, line.outcome) == ("request.refused", "mallory", "refused")
    assert line.request_id == "the-same"
