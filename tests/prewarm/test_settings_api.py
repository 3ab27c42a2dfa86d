"""Reading and changing caps, write rates, intake, windows and retention while IPS runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from prewarm import limits, live_settings
from prewarm.models import Batch, Limit, Setting
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
URL = "/api/v1/settings/"
NIGHTS = [{"days": ["mon", "tue"], "start": "22:00", "end": "06:00"}]


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.data
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


class TestWhoMay:
    def test_platform_administrators_read_and_change_them(self, as_platform_admin: APIClient) -> None:
        assert as_platform_admin.get(URL).status_code == 200
        assert as_platform_admin.patch(URL, {"cap_cluster": 3}).status_code == 200

    def test_nobody_else_does(self, as_ada: APIClient, as_otto: APIClient, as_vera: APIClient) -> None:
        for client in (as_ada, as_otto, as_vera):
            for answer in (client.get(URL), client.patch(URL, {"cap_cluster": 1})):
                assert (answer.status_code, answer.json()["code"]) == (403, "platform_admin_only")
        assert not Setting.objects.exists()


class TestReading:
    def test_the_environment_says_what_holds_until_somebody_changes_it(
        self, as_platform_admin: APIClient, settings: Settings
    ) -> None:
        settings.CAP_CLUSTER, settings.KEEP_TASKS_DAYS = 77, 5

        found = as_platform_admin.get(URL).json()

        assert (found["cap_cluster"], found["keep_tasks_days"]) == (77, 5)
        assert (found["intake_paused"], found["windows"], found["time_zone"]) == (False, [], "UTC")
        assert found["changed"] == []
        assert found["defaults"] == {name: found[name] for name in live_settings.defaults()}

    def test_it_shows_who_changed_what_last_and_the_default_beside_it(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"cap_cluster": 3})

        found = as_platform_admin.get(URL).json()

        assert (found["cap_cluster"], found["defaults"]["cap_cluster"]) == (3, 100)
        assert [(one["name"], one["by"]) for one in found["changed"]] == [("cap_cluster", "root")]

    def test_it_shows_how_much_of_each_limit_is_taken(self, as_platform_admin: APIClient) -> None:
        limits.read(["cluster", "host:docker.io", limits.CREATES])
        Limit.objects.filter(name="cluster").update(used=4)

        assert as_platform_admin.get(URL).json()["limits"] == [
            {"name": "cluster", "used": 4, "cap": 100},
            {"name": "host:docker.io", "used": 0, "cap": 50},
        ]


class TestChanging:
    def test_caps_and_rates_hold_at_once(self, as_platform_admin: APIClient) -> None:
        names = ["cluster", "host:docker.io", "host:quay.io", "tenant:x", limits.CREATES, limits.DELETES]
        limits.read(names)

        as_platform_admin.patch(
            URL,
            {
                "cap_cluster": 9,
                "cap_registry_host": 8,
                "cap_registry_hosts": {"Quay.io": 7},
                "cap_tenant": 6,
                "creates_per_second": 5,
                "deletes_per_second": 4,
            },
        )

        caps = dict(Limit.objects.values_list("name", "cap"))
        assert caps == dict(zip(names, [9, 8, 7, 6, 5, 4], strict=True))
        assert limits.read(["host:new.example"])["host:new.example"].cap == 8

    def test_null_goes_back_to_the_environment(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"cap_cluster": 9})

        assert as_platform_admin.patch(URL, {"cap_cluster": None}).json()["cap_cluster"] == 100
        assert not Setting.objects.exists()

    def test_what_is_not_named_stays(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"cap_cluster": 9})

        assert as_platform_admin.patch(URL, {"cap_tenant": 8}).json()["cap_cluster"] == 9

    def test_a_cap_survives_a_change_of_the_environment_only_if_somebody_set_it(
        self, as_platform_admin: APIClient, settings: Settings
    ) -> None:
        limits.read(["cluster", "tenant:x"])
        as_platform_admin.patch(URL, {"cap_cluster": 100})
        settings.CAP_CLUSTER = settings.CAP_TENANT = 30

        limits.follow_settings()

        assert dict(Limit.objects.values_list("name", "cap")) == {"cluster": 100, "tenant:x": 30}

    def test_pausing_and_reopening_the_intake_wakes_every_open_batch(
        self, as_platform_admin: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        task = asked()
        for wish in ({"intake_paused": True}, {"intake_paused": False}, {"windows": NIGHTS}):
            Batch.objects.filter(task=task).update(due_at=timezone.now() + timedelta(hours=1))
            with django_capture_on_commit_callbacks(execute=True):
                as_platform_admin.patch(URL, wish)

            assert Batch.objects.get(task=task).due_at <= timezone.now()

    def test_the_intake_says_why_and_until_when_nothing_starts(self, as_platform_admin: APIClient) -> None:
        tomorrow = timezone.now() + timedelta(days=1)
        day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[tomorrow.weekday()]
        window = {"days": [day], "start": "00:00", "end": "24:00"}

        closed = as_platform_admin.patch(URL, {"windows": [window]}).json()["intake"]
        paused = as_platform_admin.patch(URL, {"intake_paused": True}).json()["intake"]

        assert closed["waits_for"] == "window"
        assert closed["opens_at"].startswith(f"{tomorrow:%Y-%m-%d}T00:00:00")
        assert (paused["waits_for"], paused["opens_at"]) == ("intake_paused", None)
        assert paused["since"] is not None


class TestTheAudit:
    def test_tells_who_changed_what_from_what_to_what(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"cap_cluster": 9}, headers={"X-Request-ID": "req-1"})
        as_platform_admin.patch(URL, {"cap_cluster": 7, "cap_tenant": 100}, headers={"X-Request-ID": "req-2"})

        rows = [
            (row.actor, row.action, row.before, row.after, row.request_id) for row in AuditEntry.objects.order_by("id")
        ]
        assert rows == [
            ("root", "settings.changed", {"cap_cluster": 100}, {"cap_cluster": 9}, "req-1"),
            ("root", "settings.changed", {"cap_cluster": 9}, {"cap_cluster": 7}, "req-2"),
        ]

    def test_says_nothing_where_nothing_changed(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"cap_cluster": 100, "windows": []})
        as_platform_admin.patch(URL, {})

        assert not AuditEntry.objects.exists()

    def test_says_nothing_of_what_was_refused(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"cap_cluster": 9, "cap_tenant": -1})

        assert not AuditEntry.objects.exists()
        assert not Setting.objects.exists()


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("wish", "pointer", "code"),
        [
            ({"cap_cluster": 0}, "cap_cluster", "min_value"),
            ({"cap_cluster": "many"}, "cap_cluster", "invalid"),
            ({"cap_registry_host": 100_001}, "cap_registry_host", "max_value"),
            ({"creates_per_second": 0}, "creates_per_second", "min_value"),
            ({"cap_clutser": 5}, "cap_clutser", "unknown_field"),
            ({"intake_paused": "perhaps"}, "intake_paused", "invalid"),
            ({"time_zone": "Mars/Olympus"}, "time_zone", "invalid"),
            ({"keep_tasks_days": 0}, "keep_tasks_days", "min_value"),
            ({"cap_registry_hosts": {"quay.io": 0}}, "cap_registry_hosts/quay.io", "min_value"),
            ({"cap_registry_hosts": {"quay": 5}}, "cap_registry_hosts/quay", "invalid"),
            ({"cap_registry_hosts": {"https://quay.io": 5}}, "cap_registry_hosts/https://quay.io", "invalid"),
            ({"windows": [{"days": [], "start": "22:00", "end": "06:00"}]}, "windows/0/days", "empty"),
            (
                {"windows": [{"days": ["someday"], "start": "22:00", "end": "06:00"}]},
                "windows/0/days/0",
                "invalid_choice",
            ),
            ({"windows": [{"days": ["mon"], "start": "25:00", "end": "06:00"}]}, "windows/0/start", "invalid"),
            ({"windows": [{"days": ["mon"], "start": "24:00", "end": "06:00"}]}, "windows/0/start", "invalid"),
            ({"windows": [{"days": ["mon"], "start": "06:00", "end": "06:00"}]}, "windows/0/end", "invalid"),
            ({"windows": [{"days": ["mon"], "start": "06:00"}]}, "windows/0/end", "required"),
            ({"windows": "always"}, "windows", "not_a_list"),
            ({"windows": [None]}, "windows", "null"),
        ],
    )
    def test_names_the_setting(self, as_platform_admin: APIClient, wish: Any, pointer: str, code: str) -> None:
        assert errors(as_platform_admin.patch(URL, wish)) == {pointer: code}

    def test_a_cap_of_nothing_says_how_to_let_nothing_start(self, as_platform_admin: APIClient) -> None:
        assert "intake_paused" in as_platform_admin.patch(URL, {"cap_cluster": 0}).json()["detail"]

    def test_a_body_that_is_no_object(self, as_platform_admin: APIClient) -> None:
        assert as_platform_admin.patch(URL, ["cap_cluster"]).status_code == 422


class TestTwoAtOnce:
    def test_who_read_before_somebody_else_changed_something_is_told(self, as_platform_admin: APIClient) -> None:
        read = as_platform_admin.get(URL).headers["ETag"]
        written = as_platform_admin.patch(URL, {"cap_cluster": 9}, headers={"If-Match": read}).headers["ETag"]

        late = as_platform_admin.patch(URL, {"cap_tenant": 8}, headers={"If-Match": read})

        assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
        assert not Setting.objects.filter(name="cap_tenant").exists()
        assert as_platform_admin.patch(URL, {"cap_tenant": 8}, headers={"If-Match": written}).status_code == 200

    def test_going_back_to_the_environment_counts_as_a_change(self, as_platform_admin: APIClient) -> None:
        read = as_platform_admin.patch(URL, {"cap_cluster": 9}).headers["ETag"]
        as_platform_admin.patch(URL, {"cap_cluster": None})

        assert as_platform_admin.patch(URL, {"cap_tenant": 8}, headers={"If-Match": read}).status_code == 412

    def test_who_names_no_version_just_changes(self, as_platform_admin: APIClient) -> None:
        for header in ({}, {"If-Match": "*"}):
            assert as_platform_admin.patch(URL, {"cap_cluster": 9}, headers=header).status_code == 200


class TestWhyTheIntakeIsPaused:
    def test_is_told_to_everyone_with_who_and_what_still_runs(
        self, as_platform_admin: APIClient, as_vera: APIClient
    ) -> None:
        asked()
        as_platform_admin.patch(URL, {"intake_paused": True, "intake_reason": "The registry moves."})

        intake = as_vera.get("/api/v1/auth/me/").json()["intake"]

        assert (intake["waits_for"], intake["by"], intake["reason"]) == ("intake_paused", "root", "The registry moves.")
        assert intake["since"] is not None
        assert (intake["running_pull_jobs"], intake["unfinished_tasks"]) == (0, 1)

    def test_is_forgotten_when_it_opens(self, as_platform_admin: APIClient) -> None:
        as_platform_admin.patch(URL, {"intake_paused": True, "intake_reason": "The registry moves."})

        assert as_platform_admin.patch(URL, {"intake_paused": False}).json()["intake_reason"] == ""
        assert as_platform_admin.patch(URL, {"intake_paused": True}).json()["intake"]["reason"] == ""

    def test_other_teams_work_is_not_counted(self, as_platform_admin: APIClient, as_vera: APIClient) -> None:
        asked(tenant="rivals")
        as_platform_admin.patch(URL, {"intake_paused": True})

        assert as_vera.get("/api/v1/auth/me/").json()["intake"]["unfinished_tasks"] == 0
        assert as_platform_admin.get("/api/v1/auth/me/").json()["intake"]["unfinished_tasks"] == 1

    def test_while_it_is_open_nothing_is_said(self, as_vera: APIClient) -> None:
        asked()

        assert as_vera.get("/api/v1/auth/me/").json()["intake"] == {
            "waits_for": "",
            "since": None,
            "opens_at": None,
            "by": "",
            "reason": "",
            "running_pull_jobs": 0,
            "unfinished_tasks": 0,
        }
