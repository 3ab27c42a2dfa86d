"""Schedules in Django's admin: moved by the moves of the API, their runs only looked at."""

from __future__ import annotations

import pytest
from django.test import Client

from prewarm.models import Schedule, Task
from tests.prewarm.schedule_rows import schedule

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_the_admin_pauses_resumes_and_runs(administrator: Client) -> None:
    one = schedule("0 2 * * *")
    page = "/admin/prewarm/schedule/"

    def choose(action: str) -> str:
        form = {"action": action, "_selected_action": [str(one.pk)]}
        return administrator.post(page, form, follow=True).content.decode()

    assert "1 schedules are paused." in choose("pause")
    assert Schedule.objects.get().paused_by == "root"
    assert "1 schedules fire again." in choose("resume")
    assert "1 schedules have a new run" in choose("run_now")
    assert Task.objects.get().actor == "root"
    assert "made" in administrator.get("/admin/prewarm/schedulerun/").content.decode()
    assert administrator.get(f"{page}{one.pk}/change/").status_code == 200
