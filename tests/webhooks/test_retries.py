"""What may pass is tried again, later and later; what never will is not; and nobody waits for another's turn."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from ips.outbound import Answer
from tests.webhooks.receivers import Receiver, Told
from tests.webhooks.rows import hook, make_due, told, work
from webhooks import claims
from webhooks.kinds.kind import LONGEST_WAIT, retry_after
from webhooks.models import DeliveryStatus
from webhooks.rounds import serve
from webhooks.settle import FEWEST_FAILURES, REFUSALS_BORNE, next_wait

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_waits_grow_by_the_schedule_and_never_two_alike(settings) -> None:
    settings.DELIVERY_WAITS = [5, 60, 300]
    webhook = hook()
    waits = [next_wait(webhook, tries) for tries in (1, 2, 3)]

    assert all(0.8 * plan <= wait <= 1.2 * plan for plan, wait in zip((5, 60, 300), waits, strict=True) if wait)
    assert None not in waits
    assert next_wait(webhook, 4) is None
    assert len({next_wait(webhook, 2) for _ in range(20)}) > 10


def test_a_failure_that_may_pass_is_tried_until_it_does(receiver: Receiver) -> None:
    delivery = told(hook(receiver.url))
    for status in (500, 502, 408, 200):
        receiver.says(status)
        make_due()
        work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 4)
    assert list(delivery.tried.values_list("number", "status")) == [(1, 500), (2, 502), (3, 408), (4, 200)]


def test_the_schedule_has_an_end_and_it_is_told(receiver: Receiver, settings) -> None:
    settings.DELIVERY_WAITS = [1, 1]
    receiver.says(500)
    delivery = told(hook(receiver.url))
    for _ in range(5):
        make_due()
        work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, delivery.attempts) == (DeliveryStatus.FAILED, "http_500", 3)
    assert delivery.due_at is None
    assert len(receiver.told) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 413, 422])
def test_what_no_repetition_mends_is_not_repeated(receiver: Receiver, status: int) -> None:
    receiver.says(status, Location="http://169.254.169.254/")
    delivery = told(hook(receiver.url))
    work()
    make_due()
    work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, len(receiver.told)) == (DeliveryStatus.FAILED, f"http_{status}", 1)


def test_a_wait_that_the_place_asks_for_is_kept_by_all_that_is_for_it(receiver: Receiver) -> None:
    receiver.says(429, Retry_After="3600")
    webhook = hook(receiver.url)
    first, second = told(webhook), told(webhook)
    work()

    first.refresh_from_db()
    second.refresh_from_db()
    webhook.refresh_from_db()
    assert len(receiver.told) == 1
    assert first.due_at and first.due_at >= timezone.now() + timedelta(minutes=59)
    assert (second.status, second.attempts) == (DeliveryStatus.PENDING, 0)
    assert webhook.rests_until and webhook.rests_until >= timezone.now() + timedelta(minutes=59)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("99999999", LONGEST_WAIT),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("\uff11\uff12", None),
    ],
)
def test_retry_after_is_read(text: str, seconds: float | None) -> None:
    assert retry_after(Answer(429, {"retry-after": text}, b"")) == seconds


def test_retry_after_may_be_a_date() -> None:
    at = email.utils.format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    found = retry_after(Answer(503, {"retry-after": at}, b""))
    assert found is not None and 60 < found <= 121


def test_a_waiting_retry_holds_nothing_back(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    stuck, next_one = told(webhook), told(webhook)

    def one_fails(heard: Told) -> tuple[int, bytes, dict[str, str]]:
        return (500 if heard.headers["webhook-id"] == str(stuck.pk) else 200), b"", {}

    receiver.answers(one_fails)
    work()

    stuck.refresh_from_db()
    next_one.refresh_from_db()
    assert (stuck.status, next_one.status) == (DeliveryStatus.PENDING, DeliveryStatus.DELIVERED)


def test_a_place_that_does_not_answer_gets_a_rest(receiver: Receiver, settings) -> None:
    settings.WEBHOOK_REST_SECONDS = 60.0
    receiver.says(500)
    webhook = hook(receiver.url)
    for _ in range(5):
        told(webhook)
    work()

    webhook.refresh_from_db()
    assert len(receiver.told) == 3
    assert webhook.rests_until and webhook.rests_until > timezone.now() + timedelta(seconds=50)


def test_nobody_listening_is_told_in_words() -> None:
    delivery = told(hook("http://127.0.0.1:1/hook".replace(":1/", ":9/")))
    work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code) == (DeliveryStatus.FAILED, "refused")  # port 9 is no web server's
    assert "Port 9" in delivery.message


class TestDisabling:
    def test_what_says_that_it_is_gone_is_disabled_at_once(self, receiver: Receiver) -> None:
        receiver.says(410)
        webhook = hook(receiver.url)
        first, second = told(webhook), told(webhook)
        work()

        for one in (webhook, first, second):
            one.refresh_from_db()
        assert not webhook.enabled
        assert "410" in webhook.disabled_reason
        assert (first.code, second.code) == ("http_410", "webhook_disabled")
        assert AuditEntry.objects.get(action="webhook.disabled").tenant == webhook.tenant

    def test_refused_again_and_again_it_is_disabled_and_says_why(self, receiver: Receiver, settings) -> None:
        settings.WEBHOOK_REFUSED_SECONDS = 0.0
        receiver.says(403)
        webhook = hook(receiver.url)
        for _ in range(REFUSALS_BORNE + 2):
            told(webhook)
        work()

        webhook.refresh_from_db()
        assert (webhook.enabled, len(receiver.told)) == (False, REFUSALS_BORNE)
        assert webhook.disabled_reason.startswith(f"Refused {REFUSALS_BORNE} times in a row")
        assert not webhook.deliveries.filter(status=DeliveryStatus.PENDING).exists()

    def test_one_bad_moment_disables_nothing_however_much_is_refused_in_it(self, receiver: Receiver) -> None:
        receiver.says(403)
        webhook = hook(receiver.url)
        for _ in range(3 * REFUSALS_BORNE):
            told(webhook)
        work()
        webhook.refresh_from_db()
        assert (webhook.enabled, webhook.refusals) == (True, 3 * REFUSALS_BORNE)

        type(webhook).objects.update(refused_since=timezone.now() - timedelta(minutes=11))
        told(webhook)
        work()
        webhook.refresh_from_db()
        assert not webhook.enabled

    def test_what_failed_for_long_and_is_then_refused_once_more_is_not(self, receiver: Receiver) -> None:
        receiver.says(403)
        webhook = hook(receiver.url, failing_since=timezone.now() - timedelta(hours=5), failures=3)
        for _ in range(REFUSALS_BORNE):
            told(webhook)
        work()
        webhook.refresh_from_db()
        assert webhook.enabled

    def test_one_success_in_between_and_it_is_not(self, receiver: Receiver, settings) -> None:
        settings.WEBHOOK_REFUSED_SECONDS = 0.0
        webhook = hook(receiver.url)
        for number in range(3 * REFUSALS_BORNE):
            receiver.says(200 if number % REFUSALS_BORNE == REFUSALS_BORNE - 1 else 403)
            told(webhook)
            work()

        webhook.refresh_from_db()
        assert webhook.enabled

    def test_after_days_of_nothing_but_failures_it_is(self, receiver: Receiver) -> None:
        receiver.says(500)
        webhook = hook(receiver.url, failures=FEWEST_FAILURES, failing_since=timezone.now() - timedelta(hours=71))
        delivery = told(webhook)
        work()
        webhook.refresh_from_db()
        assert webhook.enabled

        type(webhook).objects.update(failing_since=timezone.now() - timedelta(hours=73))
        make_due()
        work()

        webhook.refresh_from_db()
        delivery.refresh_from_db()
        assert not webhook.enabled
        assert "72 hours" in webhook.disabled_reason
        assert delivery.status == DeliveryStatus.FAILED


class TestOneAtATime:
    def test_what_one_worker_serves_no_other_claims(self) -> None:
        told(hook())
        (claim,) = claims.claim_due("one", 10)

        assert claims.claim_due("another", 10) == []
        claims.let_go(claim)
        assert len(claims.claim_due("another", 10)) == 1

    def test_when_its_lease_is_over_another_takes_it_and_the_first_writes_nothing(self, receiver: Receiver) -> None:
        webhook = hook(receiver.url)
        delivery = told(webhook)
        (late,) = claims.claim_due("one", 10)
        type(webhook).objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        (claim,) = claims.claim_due("another", 10)
        with pytest.raises(claims.ClaimLost):
            serve(late, lambda: False)
        assert receiver.told == []
        serve(claim, lambda: False)

        delivery.refresh_from_db()
        assert (delivery.attempts, len(receiver.told)) == (1, 1)

    def test_those_served_longest_ago_come_first(self) -> None:
        webhooks = [hook() for _ in range(3)]
        for webhook in webhooks:
            told(webhook)
        first = claims.claim_due("one", 1)
        for claim in first:
            claims.let_go(claim)
        rest = claims.claim_due("one", 2)

        assert first[0].webhook.pk not in {claim.webhook.pk for claim in rest}
