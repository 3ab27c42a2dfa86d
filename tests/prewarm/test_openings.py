"""Windows by cron rules: what they allow, what they deny, and when that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm import openings
from prewarm.change_settings import change_settings
from prewarm.intake import intake
from prewarm.openings import ByRule, Never, OfTheWeek, Openings
from prewarm.schedules.cron import cron
from prewarm.windows import Window

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NIGHTS = ByRule(cron("0 22 * * 1-5", "UTC"), timedelta(hours=8))
FREEZE = ByRule(cron("0 0 24 11 *", "UTC"), timedelta(days=2))
WEEKEND = OfTheWeek((Window(frozenset({5, 6}), 0, 1440),), UTC)


def at(day: int, hours: int, minutes: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("moment", "open"),
    [(at(0, 21, 59), False), (at(0, 22), True), (at(1, 5, 59), True), (at(1, 6), False), (at(5, 5), True)],
)
def test_a_window_begins_with_its_rule_and_lasts_so_long(moment: datetime, open: bool) -> None:
    assert Openings((NIGHTS,)).open(moment) is open


def test_any_allow_window_will_do_and_the_older_kind_counts_beside() -> None:
    both = Openings((NIGHTS, WEEKEND))

    assert both.open(at(5, 12)) and both.open(at(0, 23)) and not both.open(at(0, 12))
    assert openings.opens_at([both], at(4, 12)) == at(4, 22)


def test_deny_beats_allow() -> None:
    frozen = Openings((NIGHTS,), (FREEZE,))

    assert not frozen.open(at(1, 23))
    assert openings.opens_at([frozen], at(1, 12)) == at(3, 0), "in the middle of a night that is allowed"
    assert openings.closed_since([frozen], at(1, 1)) == at(1, 0)


def test_without_allow_windows_all_is_open_that_is_not_denied() -> None:
    frozen = Openings((), (FREEZE,))

    assert frozen.open(at(0, 12)) and not frozen.open(at(1, 12))
    assert openings.opens_at([frozen], at(2, 12)) == at(3, 0)
    assert openings.opens_at([frozen], at(3, 0)) is None


def test_all_that_are_asked_must_be_open() -> None:
    common, own = Openings((NIGHTS,)), Openings((ByRule(cron("0 23 * * *", "UTC"), timedelta(hours=2)),))

    assert openings.opens_at([common, own], at(0, 12)) == at(0, 23)
    assert openings.closed_since([common, own], at(1, 12)) == at(1, 1)


def test_windows_that_follow_one_another_are_one() -> None:
    hours = ByRule(cron("0 20-23 * * *", "UTC"), timedelta(minutes=60))

    assert hours.edge_after(at(0, 20, 30)) == at(1, 0)
    assert hours.edge_until(at(0, 23, 30)) == at(0, 20)


def test_what_never_opens_is_said_so() -> None:
    always_denied = Openings((), (ByRule(cron("0 0 * * *", "UTC"), timedelta(days=2)),))

    assert openings.opens_at([always_denied], at(0, 12)) is None
    assert openings.opens_at([Openings((Never(),))], at(0, 12)) is None
    assert openings.closed_since([Openings((Never(),))], at(0, 12)) is None


some_rules = st.sampled_from(["0 22 * * 1-5", "*/30 * * * *", "15 3 * * *", "0 0 1 * *", "30 2 * * 0", "0 */6 * * *"])
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"])
stretches = st.builds(
    lambda text, zone, minutes: ByRule(cron(text, zone), timedelta(minutes=minutes)),
    some_rules,
    zones,
    st.integers(1, 600),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


@settings(max_examples=25)
@given(st.lists(stretches, max_size=2), st.lists(stretches, max_size=1), moments)
def test_it_opens_where_it_says_and_was_closed_from_where_it_says(
    allow: list[ByRule], deny: list[ByRule], now: datetime
) -> None:
    found = [Openings(tuple(allow), tuple(deny))]
    opens, closed = openings.opens_at(found, now), openings.closed_since(found, now)

    assert not (openings.all_open(found, now) and (opens or closed))
    if opens:
        assert now < opens and openings.all_open(found, opens)
        assert not openings.all_open(found, opens - timedelta(microseconds=1))
    if closed:
        assert closed <= now and not openings.all_open(found, closed)
        assert openings.all_open(found, closed - timedelta(microseconds=1))


def every_day(kind: str, start: datetime, minutes: int) -> dict[str, Any]:
    return {"kind": kind, "cron": f"{start.minute} {start.hour} * * *", "duration_minutes": minutes, "time_zone": "UTC"}


@pytest.mark.django_db
class TestIntake:
    def test_everybodys_windows_come_before_a_tenants_own(self) -> None:
        now = timezone.now().replace(second=0, microsecond=0)
        tenant = Tenant.objects.get(slug="default")
        Tenant.objects.create(slug="other")
        later = now + timedelta(hours=2)
        Tenant.objects.filter(pk=tenant.pk).update(pull_windows=[every_day("allow", later, 60)])

        other = Tenant.objects.get(slug="other")
        assert intake(now, other.pk).waits_for == intake(now).waits_for == ""
        mine = intake(now, tenant.pk)
        assert (mine.waits_for, mine.opens_at) == ("tenant_window", later)
        wish = {"pull_windows": [every_day("deny", now - timedelta(minutes=5), 150)]}
        change_settings(wish, user=None, actor="root", request_id="")
        closed = intake(now, tenant.pk)
        assert (closed.waits_for, closed.by) == ("window", "root")
        assert closed.opens_at == now + timedelta(minutes=145), "both are open then"
        assert intake(now).opens_at == now + timedelta(minutes=145)

    def test_what_was_found_out_holds_until_the_next_edge(self) -> None:
        now = timezone.now().replace(second=0, microsecond=0)
        wish = {"pull_windows": [every_day("deny", now + timedelta(minutes=5), 10)]}
        change_settings(wish, user=None, actor="root", request_id="")

        states = [intake(now + timedelta(minutes=minute)).waits_for for minute in (0, 4, 5, 14, 15, 4)]

        assert states == ["", "", "window", "window", "", ""]

    def test_they_are_set_and_refused_by_the_api(self, as_platform_admin: APIClient, as_vera: APIClient) -> None:
        good = {"kind": "deny", "cron": "0 9 * * 1-5", "duration_minutes": 480, "time_zone": "Europe/Berlin"}
        url = f"/api/v1/tenants/{Tenant.objects.get(slug='default').pk}/"

        assert as_platform_admin.patch("/api/v1/settings/", {"pull_windows": [good]}).json()["pull_windows"] == [good]
        assert as_platform_admin.patch(url, {"pull_windows": [good]}).json()["pull_windows"] == [good]
        assert as_vera.get(url).json()["pull_windows"] == [good]
        assert as_platform_admin.patch(url, {"pull_windows": None}).json()["pull_windows"] is None
        for place in ("/api/v1/settings/", url):
            for wrong, field in (
                ({"cron": "9 * * *"}, "cron"),
                ({"kind": "maybe"}, "kind"),
                ({"duration_minutes": 0}, "duration_minutes"),
                ({"time_zone": "Mars"}, "time_zone"),
                ({"color": "red"}, "color"),
            ):
                answer = as_platform_admin.patch(place, {"pull_windows": [good | wrong]})
                pointers = [error["pointer"] for error in answer.json()["errors"]]
                assert (answer.status_code, pointers) == (422, [f"pull_windows/0/{field}"])

    def test_the_windows_of_old_go_on_to_count(self) -> None:
        """As rows have them that were written before there were rules."""
        day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(timezone.now() + timedelta(days=3)).weekday()]
        windows = [{"days": [day], "start": "00:00", "end": "24:00"}]
        change_settings({"windows": windows}, user=None, actor="root", request_id="")

        assert intake(timezone.now()).waits_for == "window"
        assert intake(timezone.now()).opens_at is not None


ALWAYS = ByRule(cron("*/30 * * * *", "UTC"), timedelta(hours=8))


def test_a_window_that_always_allows_hides_no_time_at_which_a_deny_ends() -> None:
    frozen = Openings((ALWAYS,), (FREEZE,))

    assert openings.opens_at([frozen], at(1, 12)) == at(3, 0)
    assert openings.closed_since([frozen], at(1, 12)) == at(1, 0)


def test_a_deny_that_always_lasts_has_no_end_that_anybody_can_tell() -> None:
    frozen = Openings((NIGHTS,), (ALWAYS, FREEZE))

    assert openings.opens_at([frozen], at(0, 12)) is None
    assert openings.closed_since([frozen], at(0, 12)) is None
