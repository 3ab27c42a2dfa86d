"""What is done in Django's admin: by the moves of the API, and with the same lines in the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.api_keys import make_key
from accounts.audit import By
from accounts.models import AuditEntry, Role, Session, Tenant
from prewarm import live_settings
from prewarm.admin import tasks as task_pages
from prewarm.models import Setting, Task
from tests.people import person
from tests.prewarm.policies import policy_of
from tests.prewarm.results import end, happened, running
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS = "/admin/prewarm/task/"
SETTINGS = "/admin/prewarm/setting/"


def choose(browser: Client, page: str, action: str, *rows: Any) -> str:
    """Tick these rows and do this with them; what the page says then."""
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return browser.post(page, form, follow=True).content.decode()


def told(*actions: str) -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(action__in=actions).order_by("id")
    return [(row.actor, row.action, row.target) for row in rows]


def test_tasks_are_paused_resumed_and_cancelled_and_the_audit_tells_who_did(administrator):
    one, other = asked(name="One"), asked(name="Other")

    assert "2 tasks are paused." in choose(administrator, TASKS, "pause", one, other)
    assert Task.objects.exclude(paused_at=None).count() == 2
    choose(administrator, TASKS, "resume", one)
    choose(administrator, TASKS, "cancel", one)

    one.refresh_from_db()
    other.refresh_from_db()
    assert one.paused_at is None and one.cancel_requested_at is not None
    assert other.paused_at is not None and other.cancel_requested_at is None
    assert told("task.resumed", "task.cancelled") == [
        ("root", "task.resumed", str(one.pk)),
        ("root", "task.cancelled", str(one.pk)),
    ]
    entry = AuditEntry.objects.filter(action="task.paused").earliest("id")
    assert entry.user is not None and entry.request_id and entry.credential.startswith("session ")


def test_what_failed_is_tried_again_as_a_new_task(administrator):
    task = running(asked(name="Nightly"))
    happened(task, "bad", "failed", "registry_unreachable")
    end(task)

    choose(administrator, TASKS, "retry", task)

    again = Task.objects.get(retry_of=task)
    assert (again.actor, again.created_by.get_username()) == ("root", "root")
    assert told("task.retried") == [("root", "task.retried", str(task.pk))]


def test_what_the_status_forbids_is_said_for_each_task_and_the_others_are_moved(administrator):
    over, going = running(asked(name="Over")), asked(name="Going")
    happened(over, "good", "succeeded")
    end(over)

    page = choose(administrator, TASKS, "cancel", over, going)

    assert "1 tasks are being cancelled." in page
    assert "Over: The task has succeeded already." in page
    going.refresh_from_db()
    assert going.cancel_requested_at is not None


def test_more_tasks_than_anybody_looks_through_are_not_moved_at_once(administrator, monkeypatch):
    monkeypatch.setattr(task_pages, "MOST_AT_ONCE", 1)

    page = choose(administrator, TASKS, "cancel", asked(name="One"), asked(name="Other"))

    assert "nothing was done" in page
    assert not Task.objects.exclude(cancel_requested_at=None).exists()


def test_sessions_are_ended(administrator):
    otto = person("otto", Role.OPERATOR)
    session = Session.objects.create(user=otto, expires_at=timezone.now() + timedelta(hours=1))

    choose(administrator, "/admin/accounts/session/", "end_sessions", session)

    session.refresh_from_db()
    assert session.ended_at is not None
    assert told("session.ended") == [("root", "session.ended", str(session.pk))]


def test_keys_are_revoked_once(administrator):
    ada = person("ada", Role.ADMIN)
    key, _ = make_key(ada, Tenant.objects.get(slug="default"), "deploy", By(ada, "ada"))

    assert "1 keys revoked." in choose(administrator, "/admin/accounts/apikey/", "revoke", key)
    assert "0 keys revoked." in choose(administrator, "/admin/accounts/apikey/", "revoke", key)

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert told("api_key.revoked") == [("root", "api_key.revoked", str(key))]


def test_the_intake_is_paused_with_a_reason_and_opened_again(administrator):
    administrator.post(f"{SETTINGS}intake/", {"pause": "yes", "reason": "The registry moves."})

    live = live_settings.load()
    assert live.intake_paused and live.intake_reason == "The registry moves."
    assert "The registry moves." in administrator.get(SETTINGS).content.decode()

    administrator.post(f"{SETTINGS}intake/", {"resume": "yes"})

    assert not live_settings.load().intake_paused
    assert told("settings.changed") == [("root", "settings.changed", "settings")] * 2


def test_a_reason_that_the_api_refuses_is_refused_here_too(administrator):
    page = administrator.post(f"{SETTINGS}intake/", {"pause": "yes", "reason": "x" * 301}, follow=True)

    assert "The reason cannot be used" in page.content.decode()
    assert not Setting.objects.exists()


def test_a_link_does_not_pause_the_intake_and_neither_does_who_may_not(administrator):
    person("ada", Role.ADMIN)
    assert administrator.get(f"{SETTINGS}intake/").status_code == 405
    assert Client().post(f"{SETTINGS}intake/", {"pause": "yes"}).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = administrator.cookies
    assert strict.post(f"{SETTINGS}intake/", {"pause": "yes"}).status_code == 403

    assert not live_settings.load().intake_paused


def test_policies_are_paused_resumed_and_checked(administrator):
    one, other = policy_of(name="one"), policy_of(name="other")
    page = "/admin/prewarm/policy/"

    assert "2 policies are paused." in choose(administrator, page, "pause", one, other)
    assert "1 policy is resumed." in choose(administrator, page, "resume", one)
    assert "1 policy is looked at in a few seconds." in choose(administrator, page, "check_now", one, other)
    assert told("policy.checked") == [("root", "policy.checked", str(one.pk))]
