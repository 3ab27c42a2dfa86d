"""Limits are rows: however many workers take at once, no cap is ever passed."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from prewarm import limits, live_settings
from prewarm.limits import LimitFull
from prewarm.live_settings import LiveSettings
from prewarm.models import Limit, Setting
from prewarm.retention import prune
from tests.prewarm.rows import cap

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def take(amounts: dict[str, int], ahead: dict[str, int] | None = None) -> bool:
    try:
        with transaction.atomic():
            limits.take(amounts, ahead or {})
    except LimitFull:
        return False
    return True


def used(name: str) -> float:
    return Limit.objects.get(name=name).used


def test_what_fits_is_taken_and_what_does_not_fit_is_not() -> None:
    cap("cluster", 3)

    assert take({"cluster": 2})
    assert not take({"cluster": 2})
    assert take({"cluster": 1})
    assert used("cluster") == 3


def test_several_limits_are_taken_together_or_not_at_all() -> None:
    cap("cluster", 10)
    cap("host:docker.io", 1)

    assert not take({"host:docker.io": 2, "cluster": 2})
    assert used("cluster") == 0


def test_room_is_left_for_what_waits_ahead() -> None:
    cap("cluster", 5)

    assert not take({"cluster": 3}, ahead={"cluster": 3})
    assert take({"cluster": 2}, ahead={"cluster": 3})


def test_a_limit_that_nobody_made_starts_from_its_default(settings: Settings) -> None:
    settings.CAP_REGISTRY_HOST = 7

    rows = limits.read(["host:quay.io", "cluster"])

    assert rows["host:quay.io"].cap == 7


def test_a_limit_that_was_cleared_away_after_the_look_gives_nothing_until_the_next_look() -> None:
    limits.read(["host:quay.io"])
    assert prune(timezone.now()) == 1

    assert not take({"host:quay.io": 1})
    limits.read(["host:quay.io"])
    assert take({"host:quay.io": 1})
    assert prune(timezone.now()) == 0


def test_a_cap_that_is_lowered_while_another_process_looks_is_not_raised_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cap("cluster", 100)
    looked = live_settings.load

    def lowered_right_after_the_look() -> LiveSettings:
        seen = looked()
        monkeypatch.setattr(live_settings, "load", looked)
        Setting.objects.create(name="cap_cluster", value=5, changed_at=timezone.now(), changed_by="root")
        limits.follow_settings()
        return seen

    monkeypatch.setattr(live_settings, "load", lowered_right_after_the_look)
    limits.follow_settings()

    assert Limit.objects.get(name="cluster").cap == 5


def test_a_limit_that_nobody_made_has_the_cap_that_was_set_a_moment_ago() -> None:
    live_settings.current()
    Setting.objects.create(name="cap_cluster", value=5, changed_at=timezone.now(), changed_by="another process")

    assert limits.read(["cluster"])["cluster"].cap == 5


def test_many_workers_at_once_never_pass_the_cap() -> None:
    cap("cluster", 10)
    cap("host:docker.io", 10)
    got: list[int] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(5):
            if limits_taken():
                got.append(1)
        connections.close_all()

    def limits_taken() -> bool:
        return take({"host:docker.io": 1, "cluster": 1})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 10
    assert used("cluster") == used("host:docker.io") == 10


def test_the_cluster_is_always_locked_last() -> None:
    assert limits.in_lock_order({"cluster": 1, "tenant:x": 1, "host:a": 1}) == ["host:a", "tenant:x", "cluster"]


def test_a_bucket_gives_one_second_worth_at_once_and_then_refuses() -> None:
    cap(limits.CREATES, 20)

    assert limits.draw(limits.CREATES, 15) == 15
    assert limits.draw(limits.CREATES, 15) <= 6
    assert limits.draw(limits.CREATES, 0) == 0


def test_a_bucket_drains_with_the_time() -> None:
    cap(limits.CREATES, 10)
    Limit.objects.update(used=10, drained_at=timezone.now() - timedelta(seconds=0.5))

    assert 4 <= limits.draw(limits.CREATES, 10) <= 6


def test_a_clock_that_was_set_back_does_not_stop_the_bucket() -> None:
    cap(limits.CREATES, 10)
    Limit.objects.update(used=10, drained_at=timezone.now() + timedelta(hours=1))

    assert limits.draw(limits.CREATES, 10) == 10


def test_many_workers_at_once_never_draw_more_than_the_rate_allows() -> None:
    cap(limits.CREATES, 50)
    drawn: list[int] = []
    began = time.monotonic()

    def work() -> None:
        for _ in range(10):
            drawn.append(limits.draw(limits.CREATES, 5))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(drawn) <= 50 + 50 * (time.monotonic() - began) + 1
