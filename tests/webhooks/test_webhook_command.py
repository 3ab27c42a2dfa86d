"""`manage.py webhook` does at a terminal what the API does."""

from __future__ import annotations

import json
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import hook, told, work
from webhooks.management.commands import webhook as command
from webhooks.models import Delivery, DeliveryStatus, Webhook
from webhooks.receiver import Heard, receive

pytestmark = pytest.mark.django_db


def typed(*words: str) -> str:
    out = StringIO()
    call_command("webhook", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_one_is_made_and_its_secret_printed_alone() -> None:
    printed = typed("create", "Ops", "https://hear.example/hook", "--event", "task.failed").strip()

    kept = Webhook.objects.get()
    assert printed == kept.secret
    assert kept.events == ["task.failed"]
    assert AuditEntry.objects.get(action="webhook.created").actor.startswith("cli:")
    assert "secret" not in typed("list")
    assert json.loads(typed("--json", "list"))[0]["name"] == "Ops"


def test_what_the_api_refuses_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match=r"url: .*169\.254"):
        typed("create", "Ops", "http://169.254.169.254/")
    with pytest.raises(CommandError, match="no tenant"):
        typed("create", "Ops", "https://hear.example/", "--tenant", "nobody")


def test_a_test_tells_how_it_went(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    hook(receiver.url, name="Ops")
    monkeypatch.setattr(command.time, "sleep", lambda _: work())
    assert "Ops was told in" in typed("test", "Ops")

    receiver.says(404)
    with pytest.raises(CommandError, match="404"):
        typed("test", "Ops")


def test_without_a_worker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    hook(name="Ops")
    monkeypatch.setattr(command, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(CommandError, match="runworker deliveries"):
        typed("test", "Ops")


def test_what_failed_is_sent_again(receiver: Receiver) -> None:
    webhook = hook(receiver.url, name="Ops")
    receiver.says(404)
    delivery = told(webhook)
    work()

    assert "1 delivery is" in typed("redeliver", "Ops")
    assert Delivery.objects.get().status == DeliveryStatus.PENDING
    work()
    assert "1 delivery is" in typed("redeliver", str(delivery.pk))
    with pytest.raises(CommandError, match="waits for its next try"):
        typed("redeliver", str(delivery.pk))
    with pytest.raises(CommandError, match="no webhook"):
        typed("redeliver", "Nobody")


class TestReceive:
    """The receiver of this command believes what is signed, and nothing else."""

    def heard_by(self, secret: str, webhook: Webhook) -> tuple[list[Heard], Delivery]:
        heard: list[Heard] = []
        server = receive("127.0.0.1", 0, secret, heard.append)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            Webhook.objects.update(url=f"http://127.0.0.1:{server.server_port}/")
            delivery = told(webhook)
            work()
        finally:
            server.shutdown()
            server.server_close()
        delivery.refresh_from_db()
        return heard, delivery

    def test_what_is_signed_is_believed(self) -> None:
        webhook = hook()
        heard, delivery = self.heard_by(webhook.secret, webhook)

        assert [(one.id, one.problem, one.again) for one in heard] == [(str(delivery.pk), "", False)]
        assert delivery.status == DeliveryStatus.DELIVERED

    def test_what_another_signed_is_not(self) -> None:
        from webhooks.signing import new_secret

        heard, delivery = self.heard_by(new_secret(), hook())

        assert "No signature" in heard[0].problem
        assert (delivery.status, delivery.code) == (DeliveryStatus.FAILED, "http_401")


def test_the_receiver_shows_what_it_hears() -> None:
    from webhooks.receiver import shown

    good: Any = Heard("1", b'{"type": "task.failed"}', "", again=True)
    assert "heard again" in shown(good)
    assert '"type": "task.failed"' in shown(good)
    assert "REFUSED: x" in shown(Heard("", b"\xff", "x", again=False))
