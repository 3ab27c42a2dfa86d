"""`manage.py prune` deletes at once what is kept long enough, and before that says what it would."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AuditEntry, IdempotentRequest, ResetLink, Role, Session, SignInAttempt
from ips.management.commands import prune as command
from prewarm.models import NodeResult, Task
from tests.people import person
from tests.prewarm.results import end, happened
from tests.prewarm.rows import asked
from webhooks.models import Delivery, DeliveryStatus, Webhook, WebhookKind

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
OLD = 7  # more than one step of anything takes, where steps are small


def run(*options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("prune", "--json", *options, stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def left() -> dict[str, int]:
    models = (Task, NodeResult, AuditEntry, Delivery, IdempotentRequest, Session, ResetLink, SignInAttempt)
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.fixture
def much_that_is_old(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Of each kind some rows that are kept long enough, and one that is not; what is to stay."""
    now = timezone.now()
    otto = person("otto", Role.OPERATOR)
    webhook = Webhook.objects.create(
        tenant=otto.memberships.get().tenant, name="Ops", kind=WebhookKind.GENERIC, url="https://hear.example/"
    )
    ages = [timedelta(days=400 if number else 0) for number in range(OLD + 1)]
    for days in ages:
        task = asked()
        happened(task, "n1", "failed", "image_not_found", "no such tag")
        end(task)
        Task.objects.filter(pk=task.pk).update(finished_at=now - days)
    AuditEntry.objects.all().forget()
    Delivery.objects.all().delete()
    for number, days in enumerate(ages):
        AuditEntry.objects.create(action="settings.changed", actor="root", at=now - days)
        delivery = Delivery.objects.create(
            webhook=webhook, event="task.failed", about="x", at=now, created_at=now, status=DeliveryStatus.DELIVERED
        )
        Delivery.objects.filter(pk=delivery.pk).update(created_at=now - days)
        IdempotentRequest.objects.create(caller="user x", key=str(number), asked="", claimed_at=now - days)
        Session.objects.create(user=otto, expires_at=now - days)
        ResetLink.objects.create(user=otto, secret_hash=str(number), expires_at=now - days)
        SignInAttempt.objects.create(username="otto", at=now - days)
    Delivery.objects.create(webhook=webhook, event="task.failed", about="waits", at=now, created_at=now - days)
    for kind in command.KINDS:
        monkeypatch.setitem(kind.__dict__, "at_once", 3)
    return dict.fromkeys(left(), 1) | {"Delivery": 2}


def test_everything_that_is_old_goes_and_nothing_else(much_that_is_old: dict[str, int]) -> None:
    told = run()

    assert told["dry_run"] is False
    went = {kind: count for kind, count in told["rows"].items() if count}
    assert went == dict.fromkeys(
        (
            "tasks",
            "audit entries",
            "deliveries",
            "sessions",
            "reset links",
            "sign-in attempts",
            "answers to repeated requests",
        ),
        OLD,
    )
    entry = AuditEntry.objects.get(action="retention.pruned")
    assert entry.actor.startswith("cli:") and entry.after == went
    assert left() == much_that_is_old | {"AuditEntry": 2}


def test_a_dry_run_says_the_same_and_deletes_nothing(much_that_is_old: dict[str, int]) -> None:
    before = left()

    told = run("--dry-run")

    assert told["dry_run"] is True
    assert left() == before
    assert told["rows"] == run()["rows"]


def test_where_nothing_is_old_nothing_is_noted(db: None) -> None:
    out = io.StringIO()
    call_command("prune", stdout=out)

    assert set(out.getvalue().split()) >= {"0", "tasks", "deleted."}
    assert not AuditEntry.objects.exists()


def test_who_signed_in_lately_stays_known(much_that_is_old: dict[str, int]) -> None:
    """The sign-in lets somebody pass where they are known, for 30 days: their sessions must be there so long."""
    lately = timezone.now() - timedelta(days=29)
    Session.objects.update(created_at=lately, expires_at=lately + timedelta(days=1), ended_at=lately)

    run()

    assert Session.objects.count() == OLD + 1
