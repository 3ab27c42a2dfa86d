"""Whatever a receiver answers is a failed try like any other: it breaks nothing, and nobody else waits for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ips.outbound import Answer
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import hook, told, work
from webhooks.kinds import KINDS, Outcome
from webhooks.kinds.kind import LONGEST_WAIT, retry_after
from webhooks.models import DeliveryStatus
from webhooks.pacing import take

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
DATES_OF_NO_CALENDAR = [
    f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT",
    f"Mon, 01 Jan 2027 00:00:00 +{'9' * 30}",
    "Mon, 99 Jan 2027 99:99:99 GMT",
]


@pytest.mark.parametrize("text", DATES_OF_NO_CALENDAR)
def test_a_retry_after_of_no_calendar_is_none(text: str) -> None:
    assert retry_after(Answer(503, {"retry-after": text}, b"")) is None


def test_a_receiver_that_asks_to_wait_until_no_date_is_tried_again_like_others(receiver: Receiver) -> None:
    receiver.says(503, Retry_After=DATES_OF_NO_CALENDAR[0])
    delivery = told(hook(receiver.url))
    work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, delivery.attempts) == (DeliveryStatus.PENDING, "http_503", 1)
    assert delivery.due_at and delivery.due_at > timezone.now()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"punish": "deny", "wait": 1' + "0" * 400 + "}", "firewall"),
        ('{"punish": "deny", "wait": Infinity}', "firewall"),
        ('{"punish": "deny", "wait": NaN}', "not_dingtalk"),
        ('{"errcode": 1' + "0" * 100 + "}", "errcode_1" + "0" * 31),
        ('{"errcode": -1' + "0" * 100 + "}", "errcode_-1" + "0" * 30),
        ('{"errcode": 7, "errmsg": "\\ud800"}', "errcode_7"),
        ('{"errcode": 7, "errmsg": {"a": ["\\udfff"]}}', "errcode_7"),
    ],
)
def test_a_robot_that_answers_nonsense_is_tried_again_like_others(receiver: Receiver, said: str, code: str) -> None:
    receiver.says(200, said.encode())
    delivery = told(hook(receiver.url, "dingtalk"))
    work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, delivery.attempts) == (DeliveryStatus.PENDING, code, 1)
    verdict = KINDS["dingtalk"].judge(Answer(200, {}, said.encode()))
    assert verdict.outcome == Outcome.AGAIN
    assert verdict.wait is None or verdict.wait <= LONGEST_WAIT
    assert len(verdict.code) <= 40 and verdict.message.encode()


def test_a_robot_is_not_silent_for_an_hour_because_a_clock_was_set_back() -> None:
    now = timezone.now()
    ahead = [take("https://robot.example/", 18, now + timedelta(hours=1)) for _ in range(18)]
    assert ahead[-1].left == 0

    place = take("https://robot.example/", 18, now)

    assert (place.left, place.wait) == (17, 0.0)
