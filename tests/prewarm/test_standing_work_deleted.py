"""Deleting what is at work at that very moment: the row is locked first, so nothing is added to it meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from prewarm.models import Policy, PolicyNode, RunOutcome, Schedule, ScheduleRun
from prewarm.policies import keeping as policies
from prewarm.schedules import keeping as schedules
from tests.prewarm.policies import BY, policy_of
from tests.prewarm.schedule_rows import ROOT, schedule
from tests.webhooks.inbound.pushes import registry_hook
from webhooks.inbound import keeping as hooks
from webhooks.models import Arrival, ArrivalOutcome, RegistryHook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def while_it_is_at_work(adds: Callable[[], Any], deletes: Callable[[], Any]) -> None:
    """`adds` has begun its transaction and not ended it when `deletes` begins."""
    begun, failed = threading.Event(), []

    def delete() -> None:
        begun.wait(10)
        try:
            deletes()
        except BaseException as error:  # told by the assertion below
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=delete)
    thread.start()
    with transaction.atomic():
        adds()
        begun.set()
        thread.join(1 if connection.vendor == "mysql" else 0.2)
    thread.join(20)
    assert not failed


def test_a_schedule_that_fires() -> None:
    one, now = schedule(), timezone.now()

    def fires() -> None:
        Schedule.objects.filter(pk=one.pk).update(next_at=None)
        ScheduleRun.objects.create(schedule=one, scheduled_for=now, fired_at=now, outcome=RunOutcome.MISSED)

    while_it_is_at_work(fires, lambda: schedules.delete_schedule(one, ROOT))
    assert not Schedule.objects.exists() and not ScheduleRun.objects.exists()


def test_a_policy_under_a_pass() -> None:
    one = policy_of()

    def passes() -> None:
        Policy.objects.filter(pk=one.pk).update(token=one.token)
        PolicyNode.objects.create(policy=one, node="n1", since=timezone.now())

    while_it_is_at_work(passes, lambda: policies.delete_policy(one, BY))
    assert not Policy.objects.exists() and not PolicyNode.objects.exists()


def test_a_hook_that_hears() -> None:
    one, now = registry_hook(), timezone.now()

    def hears() -> None:
        Arrival.objects.create(hook=one, at=now, last_at=now, outcome=ArrivalOutcome.IGNORED)

    while_it_is_at_work(hears, lambda: hooks.delete_hook(one, ROOT))
    assert not RegistryHook.objects.exists() and not Arrival.objects.exists()
