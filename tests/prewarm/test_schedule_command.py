"""`manage.py schedule` does at a terminal what the API does."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from prewarm.models import Schedule, Task

pytestmark = pytest.mark.django_db


def typed(*words: str) -> str:
    out = StringIO()
    call_command("schedule", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_one_is_made_shown_paused_resumed_run_and_deleted() -> None:
    typed("create", "Nightly", "30 2 * * *", "nginx:1.27", "--all-nodes", "--time-zone", "Europe/Berlin")

    assert "Nightly" in typed("list") and "never ran" in typed("list", "--tenant", "default")
    assert "is paused" in typed("pause", "Nightly")
    assert "paused by cli:" in typed("show", "Nightly")
    assert "fires again, next at 20" in typed("resume", "Nightly")
    assert typed("run", "Nightly").strip() == f"task {Task.objects.get().pk}"
    with pytest.raises(CommandError, match="No task was made"):
        typed("run", "Nightly")
    told = json.loads(typed("show", "Nightly", "--json"))
    assert [run["outcome"] for run in told["runs"]] == ["skipped", "made"]
    assert "still_running" in typed("show", "Nightly", "--json") and "is not over" in typed("show", "Nightly")
    assert json.loads(typed("list", "--json"))[0]["name"] == "Nightly"
    assert "is deleted" in typed("delete", str(Schedule.objects.get().pk))
    assert typed("list").strip() == "There are no schedules."
    assert AuditEntry.objects.get(action="schedule.created").actor.startswith("cli:")


def test_a_form_may_come_from_a_file(tmp_path: Path) -> None:
    form = tmp_path / "task.json"
    form.write_text('{"images": ["redis:8"], "node_selector": "pool=web", "priority": 7}', encoding="utf-8")

    typed("create", "Weekly", "0 3 * * 0", "--form", str(form), "--overlap", "replace", "--deadline", "600", "--json")

    kept = Schedule.objects.get()
    assert (kept.form["priority"], kept.overlap, kept.starting_deadline_seconds) == (7, "replace", 600)


def test_a_preview_and_what_is_wrong_are_said_in_words() -> None:
    assert "At 02:30 every day" in typed("preview", "30 2 * * *", "--viewer", "Asia/Shanghai")
    assert len(json.loads(typed("preview", "30 2 * * *", "--json"))["runs"]) == 10
    with pytest.raises(CommandError, match="cron: '26' is no hour"):
        typed("preview", "30 26 * * *")
    with pytest.raises(CommandError, match="task/node_selector: Say which nodes"):
        typed("create", "Nightly", "30 2 * * *", "nginx")
    with pytest.raises(CommandError, match="no schedule 'nothing'"):
        typed("run", "nothing")
    with pytest.raises(CommandError, match="no tenant"):
        typed("create", "Nightly", "30 2 * * *", "nginx", "--all-nodes", "--tenant", "nobody")
    with pytest.raises(CommandError, match="cannot be read"):
        typed("create", "Nightly", "30 2 * * *", "--form", "/nowhere.json")
