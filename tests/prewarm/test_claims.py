"""Who runs a batch: one holder at a time, and whoever lost it writes nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from prewarm import claims
from prewarm.models import Batch, Task
from tests.prewarm.rows import asked, open_batch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def batch() -> Batch:
    task = asked()
    task.batches.all().delete()
    return open_batch(task)


def claim(holder: str) -> list[Batch]:
    return claims.claim_due(holder, [])[0]


def expire(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_due_batch_is_claimed_by_one_holder_only(batch: Batch) -> None:
    first, second = claim("a"), claim("b")

    assert [row.pk for row in first] == [batch.pk]
    assert second == []


def test_of_many_workers_at_once_one_gets_the_batch(batch: Batch) -> None:
    winners: list[str] = []
    start = threading.Barrier(6)

    def work(name: str) -> None:
        start.wait()
        if claim(name):
            winners.append(name)
        connections.close_all()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    batch.refresh_from_db()
    assert winners == [batch.holder]
    assert batch.token == 1


def test_a_batch_that_is_not_due_yet_is_left_alone(batch: Batch) -> None:
    Batch.objects.update(due_at=timezone.now() + timedelta(minutes=1))

    assert claim("a") == []


def test_an_expired_lease_may_be_taken_over_and_counts_as_lost(batch: Batch) -> None:
    claim("a")
    expire(batch)

    (taken,) = claim("b")

    assert (taken.holder, taken.token, taken.lost_claims) == ("b", 2, 1)


def test_a_hand_back_is_no_lost_claim(batch: Batch) -> None:
    (mine,) = claim("a")
    claims.hand_back(mine, timezone.now())

    (taken,) = claim("b")

    assert taken.lost_claims == 0


def test_the_earlier_holder_is_fenced_off(batch: Batch) -> None:
    (old,) = claim("a")
    expire(batch)
    (new,) = claim("b")

    assert not claims.fence(old, waiting=7)
    assert claims.fence(new, waiting=3)
    batch.refresh_from_db()
    assert batch.waiting == 3


def test_the_same_worker_is_fenced_off_from_its_own_earlier_claim(batch: Batch) -> None:
    (old,) = claim("a")
    expire(batch)
    claim("a")

    assert not claims.fence(old)


def test_of_several_batches_one_statement_tells_which_are_still_ours(
    batch: Batch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = open_batch(batch.task, number=2)
    mine = claim("a")
    with django_assert_num_queries(1):
        assert claims.fence_all(mine, waiting=1) == {batch.pk, other.pk}
    expire(batch)
    claim("b")

    assert claims.fence_all(mine, waiting=5) == {other.pk}
    assert dict(Batch.objects.values_list("pk", "waiting")) == {batch.pk: 1, other.pk: 5}


def test_a_hand_back_by_the_earlier_holder_changes_nothing(batch: Batch) -> None:
    (old,) = claim("a")
    expire(batch)
    claim("b")

    claims.hand_back(old, timezone.now())

    batch.refresh_from_db()
    assert batch.holder == "b"


def test_renewing_lengthens_the_lease_and_tells_what_is_still_ours(batch: Batch) -> None:
    (mine,) = claim("a")
    before = mine.lease_until

    ours, lease = claims.renew("a", [mine])
    batch.refresh_from_db()

    assert ours == {batch.pk}
    assert before is not None
    assert batch.lease_until is not None
    assert batch.lease_until > before
    assert lease.safe_to_create()


def test_renewing_a_lost_batch_gives_nothing(batch: Batch) -> None:
    (old,) = claim("a")
    expire(batch)
    claim("b")

    ours, _ = claims.renew("a", [old])

    assert ours == set()


def test_nothing_is_created_close_to_the_end_of_a_lease(settings: Settings) -> None:
    settings.LEASE_SECONDS, settings.LEASE_MARGIN_SECONDS = 4.0, 5.0

    assert not claims.Lease.starting().safe_to_create()


def test_a_batch_that_lost_its_holders_twice_is_held_alone(batch: Batch) -> None:
    Batch.objects.update(lost_claims=2)
    other = open_batch(batch.task, 2)

    taken = claim("a")
    more, _ = claims.claim_due("a", taken)

    assert [row.pk for row in taken] == [batch.pk]
    assert more == []
    assert [row.pk for row in claim("b")] == [other.pk]


def test_at_most_fifty_batches_are_held_together(batch: Batch) -> None:
    now = timezone.now()
    Batch.objects.bulk_create(
        Batch(task=batch.task, number=number, status="open", due_at=now) for number in range(2, 72)
    )

    taken = claim("a")
    more, _ = claims.claim_due("a", taken)

    assert len(taken) == claims.TOGETHER
    assert more == []


def many(task: Task, count: int, since: timedelta) -> None:
    due_at = timezone.now() - since
    numbers = range(100, 100 + count)
    Batch.objects.bulk_create(Batch(task=task, number=n, status="open", due_at=due_at) for n in numbers)


@pytest.fixture
def of_rivals(batch: Batch) -> Task:
    task = asked(tenant="rivals")
    task.batches.all().delete()
    return task


def test_where_more_is_due_than_there_are_places_tenants_take_turns(batch: Batch, of_rivals: Task) -> None:
    many(batch.task, 100, since=timedelta(minutes=5))
    many(of_rivals, 8, since=timedelta(seconds=1))

    taken = claim("a")

    assert len(taken) == claims.TOGETHER
    assert sum(row.task_id == of_rivals.pk for row in taken) == 8


def test_whoever_is_full_of_one_tenants_batches_takes_a_few_of_another(batch: Batch, of_rivals: Task) -> None:
    many(batch.task, 100, since=timedelta(minutes=5))
    full = claim("a")
    many(of_rivals, 8, since=timedelta(seconds=1))

    more, _ = claims.claim_due("a", full)
    then, _ = claims.claim_due("a", [*full, *more])

    assert {row.task_id for row in full} == {batch.task_id}
    assert [row.task_id for row in more] == [of_rivals.pk] * claims.FEW
    assert then == []
