"""Who goes first when limits are short: between tenants, within a tenant, and never more than there is room."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.clock import database_now
from prewarm.models import Batch, Limit, Task
from prewarm.order import Share, Waiting, share_of, waiting_tasks
from tests.prewarm.rows import asked, open_batch

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def waiting(
    task: str,
    wants: int = 10,
    *,
    tenant: str = "t",
    priority: int = 5,
    minutes: float = 0,
    urgent: bool = False,
    hosts: tuple[str, ...] = ("docker.io",),
) -> Waiting:
    """A task that waits for so many places, since so many minutes."""
    return Waiting(task, tenant, urgent, priority, NOW - timedelta(minutes=minutes), hosts, wants)


def caps(**rooms: int) -> dict[str, Limit]:
    """Limits with this much room; `_` in a name stands for `:`, so `host_quay` is `host:quay`."""
    return {
        name.replace("_", ":", 1): Limit(name=name.replace("_", ":", 1), cap=room + 3, used=3)
        for name, room in rooms.items()
    }


def places(queue: list[Waiting], limits: dict[str, Limit], in_flight: dict[str, int] | None = None) -> dict[str, int]:
    return {entry.task: share_of(entry.task, queue, in_flight or {}, limits, NOW).places for entry in queue}


def test_a_task_that_waits_alone_gets_all_that_fits() -> None:
    assert places([waiting("a", 10)], caps(cluster=100)) == {"a": 10}
    assert places([waiting("a", 10)], caps(cluster=4)) == {"a": 4}
    assert places([waiting("a", 10)], caps(cluster=0)) == {"a": 0}


def test_the_shortest_limit_counts() -> None:
    limits = caps(cluster=100, tenant_t=7)
    limits["host:docker.io"] = Limit(name="host:docker.io", cap=5, used=1)

    assert places([waiting("a", 10)], limits) == {"a": 4}


def test_a_limit_without_a_row_does_not_count() -> None:
    assert places([waiting("a", 10)], {}) == {"a": 10}


def test_a_limit_that_was_lowered_below_what_is_used_gives_nothing() -> None:
    assert places([waiting("a")], {"cluster": Limit(name="cluster", cap=2, used=9)}) == {"a": 0}


def test_a_task_that_does_not_wait_gets_nothing() -> None:
    assert share_of("other", [waiting("a")], {}, caps(cluster=5), NOW) == Share(0, {})
    assert share_of("a", [], {}, caps(cluster=5), NOW) == Share(0, {})


class TestBetweenTenants:
    def test_the_one_with_least_in_flight_goes_first(self) -> None:
        queue = [waiting("busy", tenant="a"), waiting("idle", tenant="b")]

        assert places(queue, caps(cluster=4), {"a": 10, "b": 2}) == {"busy": 0, "idle": 4}

    def test_places_go_round_once_they_are_even(self) -> None:
        queue = [waiting("x", tenant="a"), waiting("y", tenant="b"), waiting("z", tenant="c")]

        assert places(queue, caps(cluster=9)) == {"x": 3, "y": 3, "z": 3}
        assert places(queue, caps(cluster=8), {"c": 2}) == {"x": 4, "y": 3, "z": 1}

    def test_priority_does_not_reach_across_tenants(self) -> None:
        queue = [waiting("loud", tenant="a", priority=10, minutes=600), waiting("modest", tenant="b", priority=1)]

        assert places(queue, caps(cluster=4)) == {"loud": 2, "modest": 2}

    def test_many_tasks_do_not_get_a_tenant_more(self) -> None:
        queue = [*(waiting(f"a{n}", tenant="a", minutes=9) for n in range(9)), waiting("b", tenant="b")]

        assert places(queue, caps(cluster=6))["b"] == 3


class TestWithinATenant:
    def test_a_higher_priority_goes_first(self) -> None:
        queue = [waiting("low", priority=4, minutes=5), waiting("high", priority=6)]

        assert places(queue, caps(cluster=10)) == {"low": 0, "high": 10}
        assert places(queue, caps(cluster=13)) == {"low": 3, "high": 10}

    def test_of_equals_the_older_goes_first(self) -> None:
        queue = [waiting("young", minutes=1), waiting("old", minutes=2)]

        assert places(queue, caps(cluster=5)) == {"young": 0, "old": 5}

    @pytest.mark.parametrize(
        ("minutes", "first"), [(9, "high"), (10, "high"), (19.9, "high"), (20, "patient"), (60, "patient")]
    )
    def test_every_ten_minutes_of_waiting_are_one_step_up(self, minutes: float, first: str) -> None:
        queue = [waiting("patient", priority=5, minutes=minutes), waiting("high", priority=7)]

        assert places(queue, caps(cluster=1))[first] == 1

    def test_everybody_sees_the_same_order_of_twins(self) -> None:
        queue = [waiting("b"), waiting("a")]

        assert places(queue, caps(cluster=1)) == places(queue[::-1], caps(cluster=1)) == {"a": 1, "b": 0}

    def test_a_task_from_the_future_is_no_crash(self) -> None:
        assert places([waiting("skewed", minutes=-5)], caps(cluster=1)) == {"skewed": 1}


class TestUrgent:
    def test_goes_before_all_whatever_their_tenants_have_in_flight(self) -> None:
        queue = [waiting("urgent", tenant="a", priority=1, urgent=True), waiting("other", tenant="b", priority=10)]

        assert places(queue, caps(cluster=4), {"a": 50}) == {"urgent": 4, "other": 0}

    def test_of_two_the_higher_priority_goes_first_whatever_their_tenants_have_in_flight(self) -> None:
        queue = [
            waiting("low", tenant="a", priority=1, urgent=True),
            waiting("high", tenant="b", priority=9, urgent=True),
        ]

        assert places(queue, caps(cluster=4), {"b": 50}) == {"low": 0, "high": 4}

    def test_does_not_pass_a_limit(self) -> None:
        assert places([waiting("urgent", urgent=True)], caps(cluster=4, tenant_t=2)) == {"urgent": 2}


class TestAhead:
    def test_what_goes_first_is_left_room_for_in_every_limit_that_it_needs(self) -> None:
        queue = [waiting("first", 3, priority=9, hosts=("docker.io", "quay.io")), waiting("second", 10)]
        limits = caps(cluster=8)

        share = share_of("second", queue, {}, limits, NOW)

        assert share.places == 5
        assert share.ahead == {"cluster": 3, "tenant:t": 3, "host:docker.io": 3, "host:quay.io": 3}

    def test_nothing_is_ahead_of_the_first(self) -> None:
        queue = [waiting("first", 3, priority=9), waiting("second", 10)]

        assert share_of("first", queue, {}, caps(cluster=8), NOW) == Share(3, {})

    def test_what_would_go_later_does_not_count(self) -> None:
        queue = [waiting("x", 2, tenant="a"), waiting("y", 100, tenant="b")]

        assert share_of("x", queue, {}, caps(cluster=50), NOW).ahead["cluster"] <= 1 + 1

    def test_nor_does_what_goes_on_where_its_own_limit_ends(self) -> None:
        queue = [waiting("x", 5, tenant="a", hosts=("slow",)), waiting("y", 100, tenant="b", hosts=("fast",))]

        share = share_of("x", queue, {}, caps(cluster=50, host_slow=1, host_fast=100), NOW)

        assert share.places == 1
        assert share.ahead.get("cluster", 0) <= 1

    def test_a_task_that_its_own_registrys_limit_blocks_does_not_hold_up_the_others(self) -> None:
        queue = [waiting("blocked", 50, priority=10, hosts=("slow",)), waiting("free", 10, hosts=("fast",))]

        share = share_of("free", queue, {}, caps(cluster=20, host_slow=0, host_fast=100), NOW)

        assert share == Share(10, {})

    def test_a_task_counts_ahead_only_as_far_as_its_own_limits_let_it(self) -> None:
        queue = [waiting("blocked", 50, priority=10, hosts=("slow",)), waiting("free", 30, hosts=("fast",))]

        share = share_of("free", queue, {}, caps(cluster=20, host_slow=2, host_fast=100), NOW)

        assert share.places == 18
        assert share.ahead["cluster"] == 2

    def test_a_task_that_wants_nothing_does_not_count(self) -> None:
        queue = [waiting("sated", 0, priority=10), waiting("other", 5)]

        assert share_of("other", queue, {}, caps(cluster=5), NOW) == Share(5, {})


@pytest.mark.django_db
@pytest.mark.databases
class TestWhatCounts:
    """Of the rows, what may be ahead of somebody."""

    @pytest.fixture
    def batch(self) -> Batch:
        """Three nodes of it wait for a limit; nobody holds it."""
        batch = open_batch(asked())
        batch.waiting = 3
        batch.save()
        return batch

    def wants(self, **changes: object) -> list[int]:
        Batch.objects.filter(number=1).update(**changes)
        return [entry.wants for entry in waiting_tasks(database_now())]

    def test_what_is_due_and_about_to_be_claimed_does(self, batch: Batch) -> None:
        assert self.wants(due_at=database_now() - timedelta(seconds=8)) == [3]

    def test_what_nobody_has_claimed_for_ten_seconds_does_not(self, batch: Batch) -> None:
        assert self.wants(due_at=database_now() - timedelta(seconds=10.5)) == []

    def test_what_somebody_holds_does_however_long(self, batch: Batch) -> None:
        now = database_now()
        held = {"holder": "a", "due_at": now - timedelta(hours=1)}

        assert self.wants(**held, lease_until=now + timedelta(seconds=10)) == [3]
        assert self.wants(**held, lease_until=now - timedelta(seconds=1)) == []

    @pytest.mark.parametrize("wish", ["paused_at", "cancel_requested_at"])
    def test_a_task_that_may_start_nothing_does_not(self, batch: Batch, wish: str) -> None:
        assert self.wants() == [3]
        Task.objects.update(**{wish: database_now()})
        assert self.wants() == []


entries = st.lists(
    st.builds(
        waiting,
        task=st.sampled_from("abcdefgh"),
        wants=st.integers(0, 12),
        tenant=st.sampled_from("xyz"),
        priority=st.integers(1, 10),
        minutes=st.integers(0, 100),
        urgent=st.booleans(),
        hosts=st.lists(st.sampled_from(["one", "two"]), unique=True, min_size=1).map(tuple),
    ),
    max_size=6,
    unique_by=lambda entry: entry.task,
)
rooms = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(-2, 20) for name in ("cluster", "tenant_x", "tenant_y", "tenant_z", "host_one", "host_two")
    },
)


@given(entries, rooms, st.dictionaries(st.sampled_from("xyz"), st.integers(0, 20)))
def test_all_shares_together_never_take_more_than_there_is_room(
    queue: list[Waiting], room: dict[str, int], in_flight: dict[str, int]
) -> None:
    limits = caps(**room)
    shares = {entry.task: share_of(entry.task, queue, in_flight, limits, NOW) for entry in queue}

    taken: Counter[str] = Counter()
    for entry in queue:
        share = shares[entry.task]
        assert 0 <= share.places <= entry.wants
        for name in entry.limits():
            taken[name] += share.places
            if share.places and name in limits:
                assert share.ahead.get(name, 0) + share.places <= limits[name].cap - limits[name].used
    assert all(taken[name] <= max(0, row.cap - row.used) for name, row in limits.items())


@given(entries, rooms, st.dictionaries(st.sampled_from("xyz"), st.integers(0, 20)))
def test_no_place_is_left_empty_that_somebody_could_use(
    queue: list[Waiting], room: dict[str, int], in_flight: dict[str, int]
) -> None:
    limits = caps(**room)
    got = places(queue, limits, in_flight)
    left = {name: row.cap - row.used for name, row in limits.items()}
    for entry in queue:
        for name in entry.limits():
            if name in left:
                left[name] -= got[entry.task]

    for entry in queue:
        blocked = any(left.get(name, 1) <= 0 for name in entry.limits())
        assert got[entry.task] == entry.wants or blocked
