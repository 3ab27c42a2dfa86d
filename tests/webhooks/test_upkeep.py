"""Deliveries are counted, rung for and deleted by what looks after them; the admin shows them without secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.people import PASSWORD, person
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import hook, told, work
from webhooks import work as delivering
from webhooks.models import Delivery, DeliveryStatus, Pace, Webhook
from webhooks.retention import prune

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_what_is_over_for_long_is_deleted_and_what_waits_never(settings) -> None:
    settings.KEEP_DELIVERIES_DAYS = 30
    webhook = hook()
    over, waiting, fresh = told(webhook), told(webhook), told(webhook)
    long_ago = timezone.now() - timedelta(days=31)
    Delivery.objects.filter(pk__in=[over.pk, waiting.pk]).update(created_at=long_ago)
    Delivery.objects.filter(pk__in=[over.pk, fresh.pk]).update(status=DeliveryStatus.DELIVERED)
    prune(timezone.now())

    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, fresh.pk}


def test_deliveries_of_a_webhook_that_was_deleted_at_that_moment_go_too() -> None:
    webhook = hook()
    delivery = told(webhook)
    Webhook.objects.filter(pk=webhook.pk)._raw_delete(using="default")  # as another process did in between
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=2))
    work()
    prune(timezone.now())

    assert not Delivery.objects.filter(pk=delivery.pk).exists()


def test_a_tick_rings_for_what_nobody_rang_for(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(delivering, "ring_deliveries", lambda: rung.append(True))
    delivering.look_after(timezone.now())
    assert rung == []

    told(hook())
    delivering.look_after(timezone.now())
    assert rung == [True]


def test_attempts_are_counted_by_kind_and_end(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    webhook = hook(receiver.url)
    told(webhook)
    work()
    receiver.says(500)
    told(webhook)
    work()
    told(hook(enabled=True))
    text = Client().get("/metrics").content.decode()

    assert 'ips_webhook_deliveries_total{kind="generic",result="delivered"} 1.0' in text
    assert 'ips_webhook_deliveries_total{kind="generic",result="again"} 1.0' in text
    assert 'ips_webhook_delivery_duration_seconds_count{kind="generic"} 2.0' in text
    assert "ips_webhook_delivery_oldest_due_timestamp_seconds" in text


class TestAdmin:
    @pytest.fixture
    def admin(self, db: None) -> Client:
        person("root", platform_admin=True)
        client = Client()
        client.post("/admin/login/", {"username": "root", "password": PASSWORD})
        return client

    def test_pages_open_and_show_no_secret(self, admin: Client, receiver: Receiver) -> None:
        webhook = hook(f"{receiver.url}/t0ken-in-the-path", old_secret="whsec_old")
        delivery = told(webhook)
        work()
        pages = [
            "webhook/",
            f"webhook/{webhook.pk}/change/",
            "delivery/",
            f"delivery/{delivery.pk}/change/",
            "deliveryattempt/",
            f"deliveryattempt/{delivery.tried.get().pk}/change/",
            "pace/",
        ]
        for page in pages:
            answer = admin.get(f"/admin/webhooks/{page}")
            assert answer.status_code == 200, page
            text = answer.content.decode()
            assert not [one for one in (webhook.secret, "whsec_old", "t0ken") if one in text], page

    def test_a_failed_delivery_is_sent_again_and_a_webhook_tried_out(self, admin: Client, receiver: Receiver) -> None:
        webhook = hook(receiver.url, enabled=False)
        Delivery.objects.create(
            webhook=webhook,
            event="task.failed",
            about="x",
            at=timezone.now(),
            created_at=timezone.now(),
            status="failed",
        )
        one = Delivery.objects.get()
        admin.post("/admin/webhooks/delivery/", {"action": "redeliver", "_selected_action": [str(one.pk)]})
        for action in ("test", "enable"):
            admin.post("/admin/webhooks/webhook/", {"action": action, "_selected_action": [str(webhook.pk)]})
        work()

        webhook.refresh_from_db()
        assert webhook.enabled
        assert Delivery.objects.filter(status=DeliveryStatus.DELIVERED).count() == 2


def test_paces_of_yesterday_are_forgotten() -> None:
    Pace.objects.create(place="x")
    Pace.objects.update(changed_at=timezone.now() - timedelta(days=2))
    prune(timezone.now())

    assert not Pace.objects.exists()
