"""The delivery log tells what went out and what came back, as far as the reader may see it; and sends again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks import Webhook as Verifier

from accounts.models import AuditEntry
from ips.outbound import Answer
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import hook, make_due, told, work
from webhooks import attempt as attempting
from webhooks import keeping
from webhooks.models import Delivery, DeliveryStatus

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
URL = "/api/v1/deliveries/"


def test_a_delivery_tells_of_every_try(as_ada: APIClient, receiver: Receiver) -> None:
    delivery = told(hook(receiver.url))
    for status in (500, 200):
        receiver.says(status)
        make_due()
        work()
    log = as_ada.get(f"{URL}{delivery.pk}/").json()

    assert (log["status"], log["attempts"], log["due_at"], log["event"]) == ("delivered", 2, None, "task.failed")
    assert [(one["number"], one["status"]) for one in log["tried"]] == [(1, 500), (2, 200)]
    assert all(one["milliseconds"] >= 0 and one["started_at"] for one in log["tried"])
    assert log["tried"][0]["headers"]["webhook-id"] == log["id"]
    assert log["tried"][0]["headers"]["webhook-signature"] == "(hidden)"
    assert log["request"] == receiver.told[0].json


def test_a_waiting_one_tells_when_it_is_tried_next(as_ada: APIClient, receiver: Receiver) -> None:
    receiver.says(500)
    delivery = told(hook(receiver.url))
    work()
    log = as_ada.get(f"{URL}{delivery.pk}/").json()

    assert (log["status"], log["code"]) == ("pending", "http_500")
    assert log["due_at"]


class TestAnswers:
    """What answers inside our network is shown to who runs the installation only."""

    def seen_by(self, client: APIClient, delivery: Delivery) -> str | None:
        (one,) = client.get(f"{URL}{delivery.pk}/").json()["tried"]
        answer: str | None = one["answer"]
        return answer

    def test_from_inside(
        self, as_platform_admin: APIClient, as_ada: APIClient, as_otto: APIClient, receiver: Receiver
    ) -> None:
        receiver.says(200, b"the inside")
        delivery = told(hook(receiver.url))
        work()

        assert self.seen_by(as_platform_admin, delivery) == "the inside"
        assert self.seen_by(as_ada, delivery) is None
        assert self.seen_by(as_otto, delivery) is None

    def test_from_outside(self, as_ada: APIClient, as_otto: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        body = b"x" * 600 + b"\0"
        monkeypatch.setattr(attempting, "send", lambda *_, **__: Answer(200, {}, body))
        delivery = told(hook())
        work()

        assert self.seen_by(as_ada, delivery) == "x" * 512
        assert self.seen_by(as_otto, delivery) is None


@pytest.mark.parametrize("kind", ["slack", "dingtalk"])
@pytest.mark.parametrize(
    "said",
    [b"the inside", b'{"errcode": 310000, "errmsg": "the inside"}', b'{"errcode": 5, "errmsg": "the inside"}'],
)
def test_no_word_of_an_answer_is_in_what_operators_see(
    as_otto: APIClient, as_ada: APIClient, receiver: Receiver, kind: str, said: bytes
) -> None:
    receiver.says(200, said)
    webhook = hook(receiver.url, kind)
    for _ in range(6):
        told(webhook)
    work()
    seen = as_otto.get(URL).content + as_otto.get(f"/api/v1/webhooks/{webhook.pk}/").content
    seen += b"".join(as_otto.get(f"{URL}{one.pk}/").content for one in Delivery.objects.all())

    assert b"the inside" not in seen
    assert b"the inside" not in as_ada.get("/api/v1/audit/").content


def test_viewers_and_strangers_see_none(as_vera: APIClient, as_mallory: APIClient, receiver: Receiver) -> None:
    delivery = told(hook(receiver.url))

    assert as_vera.get(URL).status_code == 403
    assert as_vera.get(f"{URL}{delivery.pk}/").status_code == 403
    assert as_mallory.get(URL).json()["results"] == []
    assert as_mallory.get(f"{URL}{delivery.pk}/").status_code == 404
    assert as_mallory.post(f"{URL}{delivery.pk}/redeliver/").status_code == 404


def test_they_are_found_by_webhook_status_event_and_time(as_otto: APIClient) -> None:
    one, two = hook(), hook()
    told(one, "task.failed")
    Delivery.objects.update(at=timezone.now() - timedelta(days=2))
    told(two, "task.succeeded")
    Delivery.objects.filter(webhook=two).update(status=DeliveryStatus.FAILED)

    def found(**query: str) -> list[str]:
        answer = as_otto.get(URL, query)
        assert answer.status_code == 200, answer.content
        return sorted(row["event"] for row in answer.json()["results"])

    assert found() == ["task.failed", "task.succeeded"]
    assert found(webhook=str(two.pk)) == ["task.succeeded"]
    assert found(status="failed") == ["task.succeeded"]
    assert found(event="task.failed") == ["task.failed"]
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    assert found(since=yesterday) == ["task.succeeded"]
    assert found(until=yesterday) == ["task.failed"]
    for query in ({"webhook": "x"}, {"since": "soon"}, {"status": "lost"}, {"stat": "x"}, {"task": ""}):
        assert as_otto.get(URL, query).status_code == 400


def test_a_list_costs_the_same_however_long(as_otto: APIClient, django_assert_max_num_queries) -> None:
    for _ in range(10):
        told(hook())
    with django_assert_max_num_queries(8):
        assert as_otto.get(URL).json()["count"] >= 10


class TestAgain:
    def test_one_is_sent_again_under_its_id_with_its_body(self, as_otto: APIClient, receiver: Receiver) -> None:
        webhook = hook(receiver.url)
        delivery = told(webhook)
        receiver.says(404)
        work()
        receiver.says(200)
        answer = as_otto.post(f"{URL}{delivery.pk}/redeliver/")
        work()

        assert (answer.status_code, answer.json()) == (202, {"deliveries": 1, "left": 0})
        assert answer["Location"] == f"{URL}{delivery.pk}/"
        first, second = receiver.told
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        Verifier(webhook.secret).verify(second.body, second.headers)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 2)
        assert AuditEntry.objects.filter(action="delivery.redelivered", target=str(delivery.pk)).exists()

    def test_one_that_waits_already_is_a_conflict(self, as_otto: APIClient) -> None:
        delivery = told(hook())
        answer = as_otto.post(f"{URL}{delivery.pk}/redeliver/")

        assert (answer.status_code, answer.json()["code"]) == (409, "delivery_waits")

    def test_all_that_failed_since_then(self, as_otto: APIClient, receiver: Receiver) -> None:
        webhook = hook(receiver.url)
        receiver.says(404)
        old = told(webhook)
        work()
        Delivery.objects.update(at=timezone.now() - timedelta(days=2))
        for _ in range(3):
            told(webhook)
        work()
        receiver.says(200)
        told(webhook)
        work()
        since = (timezone.now() - timedelta(days=1)).isoformat()
        answer = as_otto.post(f"/api/v1/webhooks/{webhook.pk}/redeliver/", {"since": since})
        work()

        assert (answer.status_code, answer.json()) == (202, {"deliveries": 3, "left": 0})
        old.refresh_from_db()
        assert old.status == DeliveryStatus.FAILED
        assert webhook.deliveries.filter(status=DeliveryStatus.DELIVERED).count() == 4

    def test_only_so_many_at_once_and_it_is_said_how_many_are_left(
        self, as_otto: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping, "MOST_AGAIN", 2)
        webhook = hook()
        for _ in range(5):
            told(webhook)
        Delivery.objects.update(status=DeliveryStatus.FAILED)
        body = {"since": (timezone.now() - timedelta(days=1)).isoformat()}
        answers = [as_otto.post(f"/api/v1/webhooks/{webhook.pk}/redeliver/", body).json() for _ in range(4)]

        assert [(one["deliveries"], one["left"]) for one in answers] == [(2, 3), (2, 1), (1, 0), (0, 0)]

    def test_it_starts_its_schedule_anew(self, as_otto: APIClient, receiver: Receiver, settings) -> None:
        settings.DELIVERY_WAITS = [1]
        receiver.says(500)
        delivery = told(hook(receiver.url))
        for _ in range(2):
            make_due()
            work()
        as_otto.post(f"{URL}{delivery.pk}/redeliver/")
        work()

        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, 3)
