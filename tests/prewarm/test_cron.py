"""Cron rules: what is one, when it comes over changes of the clocks, and how often in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prewarm.schedules.cron import Cron, InvalidCron, UnknownZone, cron, zone_of

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(rule: str, zone: str, after: str, number: int) -> list[str]:
    """The next times on the clock of the zone."""
    found = islice(cron(rule, zone).times_after(utc(after)), number)
    return [at.astimezone(zone_of(zone)).isoformat() for at in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("* * * * * *", "five fields"),
        ("@daily", "Write five fields"),
        ("CRON_TZ=UTC 0 2 * * *", "five fields"),
        ("61 * * * *", "'61' is no minute"),
        ("* 24 * * *", "'24' is no hour"),
        ("* * 0 * *", "'0' is no day of the month"),
        ("* * * 13 *", "'13' is no month"),
        ("* * * * 8", "'8' is no day of the week"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("20-10 * * * *", "'20-10' is no minute"),
        ("0 0 31 2 *", "never comes"),
        ("0 0 30 2 *", "never comes"),
        ("\u0663 * * * *", "digits"),
        ("0 " * 60, "at most 100"),
    ],
)
def test_what_is_no_rule_is_said_in_words_with_the_field(text: str, said: str) -> None:
    with pytest.raises(InvalidCron, match=said.replace("*", r"\*")):
        cron(text, "UTC")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../UTC", "/etc/passwd", "CET-1CEST", "localtime"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone_of(name)


# What Kubernetes' and Argo's documents say of 2026 in New York: forward on 8 March at 02:00, back on 1 November.
@pytest.mark.parametrize(
    ("rule", "after", "expected"),
    [
        ("30 2 * * *", "2026-03-08T05:00", ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]),
        ("0,30 2 * * *", "2026-03-08T05:00", ["2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"]),
        ("30 1 * * *", "2026-03-08T05:00", ["2026-03-08T01:30:00-05:00", "2026-03-09T01:30:00-04:00"]),
        ("0 3 * * *", "2026-03-08T05:00", ["2026-03-08T03:00:00-04:00", "2026-03-09T03:00:00-04:00"]),
        ("30 1 * * *", "2026-11-01T04:00", ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]),
        ("30 1 * * *", "2026-11-01T06:10", ["2026-11-02T01:30:00-05:00", "2026-11-03T01:30:00-05:00"]),
        ("30 2 * * *", "2026-11-01T04:00", ["2026-11-01T02:30:00-05:00", "2026-11-02T02:30:00-05:00"]),
        ("0 * * * *", "2026-11-01T04:30", ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"]),
        ("0 * * * *", "2026-03-08T05:30", ["2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"]),
    ],
)
def test_a_time_that_clocks_leave_out_comes_once_after_the_gap_and_one_shown_twice_comes_once(
    rule: str, after: str, expected: list[str]
) -> None:
    assert times(rule, NEW_YORK, after, 2) == expected


def test_the_last_time_is_found_over_an_hour_that_comes_twice() -> None:
    rule = cron("30 1 * * *", NEW_YORK)

    assert rule.last_until(utc("2026-11-01T06:10")) == utc("2026-11-01T05:30")
    assert rule.last_until(utc("2026-11-01T05:30")) == utc("2026-11-01T05:30")
    assert rule.last_until(utc("2026-11-01T05:29:59")) == utc("2026-10-31T05:30")


def test_a_month_of_every_minute_is_counted_at_once() -> None:
    rule = cron("* * * * *", BERLIN)
    end = utc("2026-04-10T01:02:03")

    assert rule.count(end - timedelta(days=30), end) == 30 * 1440


@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        ("* * * * *", 1),
        ("*/15 * * * *", 15),
        ("0 2 * * *", 1440),
        ("0 0,23 * * *", 60),
        ("0 0,23 * * 1", 1380),
        ("59 23 1 * *", 1440),
        ("7,9 3 1 1 *", 2),
    ],
)
def test_the_shortest_gap_is_known_without_waiting_for_it(rule: str, minutes: int) -> None:
    assert cron(rule, "UTC").shortest_gap() == timedelta(minutes=minutes)


def test_it_is_said_in_words() -> None:
    assert cron("30 2 * * 1-5", "UTC").in_words() == "At 02:30 on Monday through Friday"


def part(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.integers(2, high).map(lambda step: f"*/{step}"),
        st.lists(number, min_size=2, max_size=3).map(lambda some: ",".join(map(str, some))),
    )


rules = st.tuples(part(0, 59), part(0, 23), part(1, 28), st.sampled_from(["*", "3", "10", "3,10"]), part(0, 7)).map(
    " ".join
)
zones = st.sampled_from(["UTC", BERLIN, NEW_YORK, "America/St_Johns", "Africa/Casablanca", "Africa/Cairo"])
moments = st.datetimes(datetime(2026, 2, 1), datetime(2027, 4, 30)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)


@given(rules, zones, moments, st.integers(1, 45))
def test_it_counts_what_it_would_find_one_by_one(text: str, zone: str, first: datetime, days: int) -> None:
    try:
        rule = Cron(text, zone_of(zone))
    except InvalidCron:
        assume(False)
    last = first + timedelta(days=days)
    assume(rule.count(first, last) < 3000)

    found = list(takewhile(lambda at: at <= last, rule.times_after(first - timedelta(seconds=1))))

    assert rule.count(first, last) == len(found)
    assert found == sorted(set(found))
    if found:
        assert rule.last_until(last) == found[-1]
