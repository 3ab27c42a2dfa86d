"""Schedules in the API: kept, looked at, paused and run by who may."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Tenant
from prewarm.models import Schedule, ScheduleRun, Task
from prewarm.schedules import firing
from tests.prewarm.schedule_rows import due

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SCHEDULES = "/api/v1/schedules/"
NIGHTLY: dict[str, Any] = {
    "name": "Nightly",
    "cron": "30 2 * * 1-5",
    "time_zone": "Europe/Berlin",
    "task": {"images": ["nginx:1.27"], "node_selector": "pool=web"},
}


def kept(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(SCHEDULES, NIGHTLY | fields)
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = answer.json()
    return told


def refused(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_one_is_made_and_says_when_it_fires_next(as_otto: APIClient, as_vera: APIClient) -> None:
    made = kept(as_otto)

    assert {name: made[name] for name in ("name", "cron", "time_zone", "overlap", "tenant", "created_by")} == {
        "name": "Nightly",
        "cron": "30 2 * * 1-5",
        "time_zone": "Europe/Berlin",
        "overlap": "skip",
        "tenant": "default",
        "created_by": "otto",
    }
    assert made["in_words"] == "At 02:30 on Monday through Friday"
    assert made["task"]["images"] == ["nginx:1.27"] and made["task"]["batch_size"] == 10
    assert made["next_at"] and made["last_run"] is None and made["waits_for"] == ""
    assert as_vera.get(f"{SCHEDULES}{made['id']}/").json() == made
    assert as_vera.post(SCHEDULES, NIGHTLY).status_code == 403
    assert AuditEntry.objects.get(action="schedule.created").actor == "otto"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"cron": "0 2 * *"}, [("cron", "invalid_cron")]),
        ({"cron": "0 0 31 2 *"}, [("cron", "invalid_cron")]),
        ({"time_zone": "Mars"}, [("time_zone", "unknown_time_zone")]),
        ({"overlap": "panic"}, [("overlap", "invalid_choice")]),
        ({"starting_deadline_seconds": 5}, [("starting_deadline_seconds", "min_value")]),
        ({"task": {"images": ["nginx:1.27"]}}, [("task/node_selector", "no_target")]),
        ({"task": {"images": ["NGINX:"], "all_nodes": True}}, [("task/images/0", "invalid")]),
        ({"task": {"images": ["nginx"], "all_nodes": True, "tenant": "x"}}, [("task/tenant", "unknown_field")]),
        ({"task": {"images": ["nginx"], "all_nodes": True, "image_lists": ["5" * 32]}}, None),
        ({"task": []}, None),
        ({"task": None}, [("task", "null")]),
        ({"color": "red"}, [("color", "unknown_field")]),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_field(as_otto: APIClient, wish: dict[str, Any], expected: Any) -> None:
    found = refused(as_otto.post(SCHEDULES, NIGHTLY | wish))

    assert found == expected if expected else all(pointer.startswith("task") for pointer, _ in found)
    assert not Schedule.objects.exists()


def test_a_form_may_ask_for_no_more_than_a_task(as_otto: APIClient, as_platform_admin: APIClient) -> None:
    Tenant.objects.update(allowed_images=["registry.example.com/**"], max_priority=3)
    task = {"images": ["registry.example.com/web:1"], "all_nodes": True, "priority": 3}

    assert refused(as_otto.post(SCHEDULES, NIGHTLY)) == [("task/images/0", "image_not_allowed")]
    assert refused(as_otto.post(SCHEDULES, NIGHTLY | {"task": task | {"priority": 4}})) == [
        ("task/priority", "above_max_priority")
    ]
    urgent = as_otto.post(SCHEDULES, NIGHTLY | {"task": task | {"urgent": True}})
    assert (urgent.status_code, urgent.json()["errors"][0]["pointer"]) == (403, "task/urgent")
    assert as_platform_admin.post(SCHEDULES, NIGHTLY | {"task": task | {"urgent": True}}).status_code == 201


def test_only_who_may_make_urgent_tasks_changes_or_runs_a_schedule_that_does(
    as_otto: APIClient, as_platform_admin: APIClient
) -> None:
    url = f"{SCHEDULES}{kept(as_platform_admin, task=NIGHTLY['task'] | {'urgent': True})['id']}/"

    for wish in ({"cron": "* * * * *"}, {"task": NIGHTLY["task"]}, {"overlap": "allow"}, {"time_zone": "UTC"}):
        assert as_otto.patch(url, wish).status_code == 403, wish
    assert as_otto.post(f"{url}run/").status_code == 403
    assert as_otto.patch(url, {"name": "Better name"}).status_code == 200
    assert as_otto.post(f"{url}pause/").status_code == 200
    assert as_platform_admin.patch(url, {"cron": "0 3 * * *"}).status_code == 200
    assert as_platform_admin.post(f"{url}run/").json()["outcome"] == "made"


def test_another_rule_counts_from_now_on_and_a_pause_keeps_it_quiet(as_otto: APIClient) -> None:
    url = f"{SCHEDULES}{kept(as_otto)['id']}/"
    before = as_otto.get(url).json()["next_at"]

    changed = as_otto.patch(url, {"cron": "0 4 1 1 *", "overlap": "replace"}).json()
    paused = as_otto.post(f"{url}pause/").json()
    still = as_otto.patch(url, {"cron": "0 5 1 1 *"}).json()
    resumed = as_otto.post(f"{url}resume/").json()

    assert changed["next_at"] != before and changed["overlap"] == "replace"
    assert (paused["next_at"], paused["waits_for"], paused["paused_by"]) == (None, "paused", "otto")
    assert still["next_at"] is None
    assert resumed["next_at"].startswith("20") and resumed["waits_for"] == "" and resumed["paused_by"] == ""
    told = AuditEntry.objects.filter(target=changed["id"]).values_list("action", flat=True)
    assert {"schedule.changed", "schedule.paused", "schedule.resumed"} <= set(told)


def test_a_change_minds_what_people_decided_and_not_what_fired(as_otto: APIClient) -> None:
    made = kept(as_otto, cron="* * * * *")
    url = f"{SCHEDULES}{made['id']}/"
    tag = as_otto.get(url)["ETag"]
    due(Schedule.objects.get())
    firing.fire_due()

    fired = as_otto.get(url, headers={"If-None-Match": tag})
    assert fired.status_code == 200 and fired.json()["last_run"]["outcome"] == "made"
    assert as_otto.patch(url, {"overlap": "queue"}, headers={"If-Match": tag}).status_code == 200
    assert as_otto.patch(url, {"overlap": "allow"}, headers={"If-Match": tag}).status_code == 412
    assert as_otto.delete(url, headers={"If-Match": tag}).status_code == 412
    now = as_otto.get(url)["ETag"]
    assert as_otto.get(url, headers={"If-None-Match": now}).status_code == 304
    assert as_otto.delete(url, headers={"If-Match": now}).status_code == 204


def test_a_preview_says_the_next_ten_runs_on_three_clocks(as_otto: APIClient) -> None:
    wish = {"cron": "30 2 * * *", "time_zone": "Europe/Berlin", "viewer_time_zone": "Asia/Shanghai"}

    told = as_otto.post(f"{SCHEDULES}preview/", wish).json()

    assert len(told["runs"]) == 10
    assert told["in_words"] == "At 02:30 every day" and told["shortest_gap_seconds"] == 86400
    first = told["runs"][0]
    assert first["at"].endswith("Z") and "T02:30:00+0" in first["local"] and first["viewer"].endswith("+08:00")


def test_a_preview_says_what_is_wrong(as_otto: APIClient) -> None:
    answer = as_otto.post(f"{SCHEDULES}preview/", {"cron": "30 26 * * *"})
    assert refused(answer) == [("cron", "invalid_cron")]
    assert "'26' is no hour" in answer.json()["detail"]
    Tenant.objects.update(min_interval_seconds=900)
    assert refused(as_otto.post(f"{SCHEDULES}preview/", {"cron": "*/5 * * * *"})) == [("cron", "too_often")]
    assert refused(as_otto.post(SCHEDULES, NIGHTLY | {"cron": "*/5 * * * *"})) == [("cron", "too_often")]


def test_run_now_answers_with_what_came_of_it_and_twice_with_a_key_is_once(as_otto: APIClient) -> None:
    url = f"{SCHEDULES}{kept(as_otto)['id']}/"

    first = as_otto.post(f"{url}run/", headers={"Idempotency-Key": "once"})
    again = as_otto.post(f"{url}run/", headers={"Idempotency-Key": "once"})
    other = as_otto.post(f"{url}run/")

    assert first.status_code == 202 and first.json()["task"]["status"] == "pending"
    assert first["Location"] == f"/api/v1/tasks/{first.json()['task']['id']}/"
    assert again.json() == first.json() and again["Idempotent-Replayed"] == "true"
    assert (other.json()["outcome"], other.json()["reason"]) == ("skipped", "still_running")
    task = as_otto.get(first["Location"]).json()
    assert (task["trigger"], task["created_by"], task["cause"]) == ("schedule", "otto", "schedule Nightly, run by otto")
    told = as_otto.get(f"{url}runs/").json()
    assert [run["outcome"] for run in told["results"]] == ["skipped", "made"]
    assert as_otto.get(f"{url}runs/", {"outcome": "made"}).json()["count"] == 1
    assert as_otto.get(url).json()["last_run"]["outcome"] == "skipped"


def test_a_tenant_has_so_many_and_each_name_once(as_otto: APIClient) -> None:
    Tenant.objects.update(max_schedules=1)
    kept(as_otto)

    full = as_otto.post(SCHEDULES, NIGHTLY | {"name": "Other"})
    assert (full.status_code, full.json()["code"]) == (409, "quota_exceeded")
    Tenant.objects.update(max_schedules=None)
    assert refused(as_otto.post(SCHEDULES, NIGHTLY)) == [("name", "taken")]
    other = kept(as_otto, name="Other")
    assert refused(as_otto.patch(f"{SCHEDULES}{other['id']}/", {"name": "Nightly"})) == [("name", "taken")]


def test_admins_pause_all_of_their_tenant(as_ada: APIClient, as_otto: APIClient, as_mallory: APIClient) -> None:
    made = kept(as_otto)

    assert as_otto.post(f"{SCHEDULES}pause-all/", {}).status_code == 403
    assert as_mallory.post(f"{SCHEDULES}pause-all/", {"tenant": "default"}).status_code == 404
    assert as_ada.post(f"{SCHEDULES}pause-all/", {}).json() == {"tenant": "default", "schedules_paused": True}
    assert as_otto.get(f"{SCHEDULES}{made['id']}/").json()["waits_for"] == "tenant_paused"
    assert as_ada.get("/api/v1/tenants/").json()["results"][0]["schedules_paused"] is True
    as_ada.post(f"{SCHEDULES}resume-all/", {})
    assert as_otto.get(f"{SCHEDULES}{made['id']}/").json()["waits_for"] == ""
    actions = AuditEntry.objects.filter(action__startswith="schedules.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["schedules.paused", "schedules.resumed"]


def test_a_platform_administrator_pauses_all(as_otto: APIClient, as_platform_admin: APIClient) -> None:
    made = kept(as_otto)

    assert as_platform_admin.patch("/api/v1/settings/", {"schedules_paused": True}).status_code == 200

    assert as_otto.get(f"{SCHEDULES}{made['id']}/").json()["waits_for"] == "all_paused"


def test_lists_filter_by_tenant_pause_and_words(as_otto: APIClient, as_mallory: APIClient) -> None:
    one = kept(as_otto)
    kept(as_otto, name="Weekly", task={"images": ["redis:8"], "all_nodes": True})
    kept(as_mallory, tenant="rivals", name="Theirs")
    as_otto.post(f"{SCHEDULES}{one['id']}/pause/")

    def names(**query: str) -> list[str]:
        return [row["name"] for row in as_otto.get(SCHEDULES, query).json()["results"]]

    assert names() == ["Nightly", "Weekly"]
    assert names(paused="true") == ["Nightly"] and names(paused="false") == ["Weekly"]
    assert names(search="REDIS") == ["Weekly"] and names(ordering="-name") == ["Weekly", "Nightly"]
    assert names(tenant="rivals") == []
    assert as_otto.get(SCHEDULES, {"color": "red"}).status_code == 400


def test_what_is_anothers_does_not_exist(as_otto: APIClient, as_mallory: APIClient) -> None:
    url = f"{SCHEDULES}{kept(as_otto)['id']}/"

    assert as_mallory.get(url).status_code == 404
    assert as_mallory.get(f"{url}runs/").status_code == 404
    for move in ("run", "pause", "resume"):
        assert as_mallory.post(f"{url}{move}/").status_code == 404
    assert not ScheduleRun.objects.exists() and not Task.objects.exists()


def test_webhooks_are_for_schedules_of_their_tenant(as_ada: APIClient, as_mallory: APIClient) -> None:
    mine, theirs = kept(as_ada)["id"], kept(as_mallory, tenant="rivals")["id"]
    body = {"name": "Ops", "kind": "generic", "url": "https://hear.example/hook"}

    assert refused(as_ada.post("/api/v1/webhooks/", body | {"schedules": [mine, theirs]})) == [
        ("schedules/1", "not_found")
    ]
    made = as_ada.post("/api/v1/webhooks/", body | {"schedules": [mine]}).json()
    as_ada.delete(f"{SCHEDULES}{mine}/")
    url = f"/api/v1/webhooks/{made['id']}/"
    assert as_ada.patch(url, {"schedules": [mine], "only_failures": True}).status_code == 200
    assert refused(as_ada.patch(url, {"schedules": [mine, theirs]})) == [("schedules/1", "not_found")]


def test_lists_cost_no_more_for_more_schedules(as_otto: APIClient, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        kept(as_otto, name=f"n{number}", cron="* * * * *")
    for one in Schedule.objects.all():
        due(one)
    firing.fire_due()

    with django_assert_max_num_queries(12):
        told = as_otto.get(SCHEDULES).json()["results"]
    assert [row["last_run"]["outcome"] for row in told] == ["made"] * 5


def test_a_search_looks_into_names_and_images_and_not_into_what_every_form_has(as_otto: APIClient) -> None:
    kept(as_otto)

    def found(**query: Any) -> int:
        count: int = as_otto.get(SCHEDULES, query).json()["count"]
        return count

    assert [found(search=text) for text in ("night", "NGINX:1", "all_nodes", "batch", "pool=web")] == [1, 1, 0, 0, 0]


def test_paused_or_not_is_asked_for_in_any_order(as_otto: APIClient) -> None:
    kept(as_otto, name="Runs")
    as_otto.post(f"{SCHEDULES}{kept(as_otto, name='Rests')['id']}/pause/")

    def found(*paused: str) -> set[str]:
        return {one["name"] for one in as_otto.get(SCHEDULES, {"paused": list(paused)}).json()["results"]}

    assert (found("true"), found("false")) == ({"Rests"}, {"Runs"})
    assert found("true", "false") == found("false", "true") == found() == {"Rests", "Runs"}
