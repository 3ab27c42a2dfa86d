"""When pulls may start: windows of the week, over midnight, over changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.windows import DAY, Window, closed_since, is_open, opens_at

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEKDAYS = frozenset(range(5))
NIGHT = Window(WEEKDAYS, 22 * 60, 6 * 60)


def at(day: int, hours: int, minutes: int = 0) -> datetime:
    """A moment of the week from Monday the 23rd of November on."""
    return MONDAY + timedelta(days=day, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("moment", "open"),
    [
        (at(0, 21, 59), False),
        (at(0, 22), True),
        (at(1, 5, 59), True),
        (at(1, 6), False),
        (at(4, 23), True),
        (at(5, 5), True),  # Friday's night
        (at(5, 23), False),
        (at(6, 23), False),
        (at(0, 5), False),  # Sunday has none
    ],
)
def test_a_window_may_go_over_midnight_and_belongs_to_the_day_it_starts(moment: datetime, open: bool) -> None:
    assert is_open([NIGHT], UTC, moment) is open


def test_the_whole_day_goes_to_24_00() -> None:
    saturday = [Window(frozenset({5}), 0, DAY)]

    assert [is_open(saturday, UTC, at(5, 0)), is_open(saturday, UTC, at(5, 23, 59))] == [True, True]
    assert not is_open(saturday, UTC, at(6, 0))


def test_without_windows_it_is_always_open() -> None:
    assert is_open([], UTC, at(2, 12))
    assert opens_at([], UTC, at(2, 12)) is None
    assert closed_since([], UTC, at(2, 12)) is None


def test_any_of_several_windows_will_do() -> None:
    windows = [NIGHT, Window(frozenset({5, 6}), 9 * 60, 17 * 60)]

    assert is_open(windows, UTC, at(5, 10))
    assert opens_at(windows, UTC, at(5, 18)) == at(6, 9)
    assert closed_since(windows, UTC, at(5, 18)) == at(5, 17)


def test_it_says_when_it_opens_and_since_when_it_is_closed() -> None:
    assert opens_at([NIGHT], UTC, at(5, 12)) == at(7, 22)
    assert closed_since([NIGHT], UTC, at(6, 12)) == at(5, 6)


def test_local_time_counts() -> None:
    noon = [Window(WEEKDAYS, 12 * 60, 13 * 60)]

    assert opens_at(noon, BERLIN, at(0, 0)) == at(0, 11)


def test_an_hour_that_the_clocks_leave_out_does_not_come() -> None:
    morning = [Window(frozenset({6}), 2 * 60, 3 * 60)]
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)

    assert not any(is_open(morning, BERLIN, before + timedelta(minutes=n)) for n in range(180))
    assert opens_at(morning, BERLIN, before) == datetime(2026, 4, 5, 0, 0, tzinfo=UTC)


def test_a_weekly_hour_that_is_left_out_comes_a_fortnight_after_the_last() -> None:
    morning = [Window(frozenset({6}), 2 * 60, 3 * 60)]
    monday = datetime(2026, 3, 23, tzinfo=UTC)

    assert opens_at(morning, BERLIN, monday) == datetime(2026, 4, 5, 0, 0, tzinfo=UTC)
    assert closed_since(morning, BERLIN, monday + timedelta(days=12)) == datetime(2026, 3, 22, 2, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_counts_twice() -> None:
    morning = [Window(frozenset({6}), 2 * 60, 3 * 60)]
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)

    assert sum(is_open(morning, BERLIN, before + timedelta(minutes=n)) for n in range(180)) == 120


@pytest.mark.parametrize(
    ("days", "start", "end"), [((), 0, 60), ((7,), 0, 60), ((0,), 60, 60), ((0,), -1, 60), ((0,), 0, 1441)]
)
def test_nonsense_is_refused(days: tuple[int, ...], start: int, end: int) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(frozenset(days), start, end)


times = st.integers(0, DAY - 1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(st.data(), moments, st.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns")]))
def test_it_opens_where_it_says_and_was_closed_from_where_it_says(
    data: st.DataObject, now: datetime, zone: ZoneInfo
) -> None:
    pairs = st.tuples(times, st.integers(1, DAY)).filter(lambda pair: pair[0] != pair[1])
    days = st.frozensets(st.integers(0, 6), min_size=1)
    windows = data.draw(
        st.lists(st.tuples(days, pairs).map(lambda one: Window(one[0], *one[1])), min_size=1, max_size=3)
    )
    opens, closed = opens_at(windows, zone, now), closed_since(windows, zone, now)

    assert (opens is None) == (closed is None) == is_open(windows, zone, now)
    if opens and closed:
        assert closed <= now < opens
        assert is_open(windows, zone, opens)
        assert not is_open(windows, zone, closed)
