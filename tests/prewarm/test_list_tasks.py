"""Looking through tasks: filters, search, order, pages; a misspelt question is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from prewarm.models import Task
from tests.prewarm.policies import policy_of
from tests.prewarm.rows import asked, cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS = "/api/v1/tasks/"


@pytest.fixture
def tasks() -> list[Task]:
    """Five tasks of `default`, oldest first, and one of the rivals."""
    made = [
        asked(name="Morning", priority=5),
        asked(["redis:7"], name="evening", priority=9),
        asked(["quay.io/team/app:1"], name="Weekly", priority=1),
        asked(name="100% sure"),
        asked(name=""),
    ]
    statuses = ["running", "succeeded", "failed", "pending", "cancelled"]
    for task, status in zip(made, statuses, strict=True):
        Task.objects.filter(pk=task.pk).update(status=status)
    asked(name="Secret", tenant="rivals")
    return made


def names(client: APIClient, **query: Any) -> list[str]:
    answer = client.get(TASKS, query)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


@pytest.mark.usefixtures("tasks")
class TestTheList:
    def test_shows_the_newest_first(self, as_vera: APIClient) -> None:
        assert names(as_vera) == ["", "100% sure", "Weekly", "evening", "Morning"]

    def test_says_how_many_nodes_were_named_and_leaves_their_names_to_the_task(self, as_vera: APIClient) -> None:
        cluster_of("n1", "n2", "n3")
        asked(node_names=["n1", "n2", "n3"])

        rows = as_vera.get(TASKS).json()["results"]
        assert [row["named_nodes"] for row in rows] == [3, 0, 0, 0, 0, 0]
        assert not any("node_names" in row for row in rows)
        task = as_vera.get(f"{TASKS}{rows[0]['id']}/").json()
        assert (task["named_nodes"], task["node_names"]) == (3, ["n1", "n2", "n3"])

    def test_shows_no_other_tenants_tasks(self, as_mallory: APIClient) -> None:
        assert names(as_mallory) == ["Secret"]

    def test_tells_who_belongs_to_no_tenant_whom_to_ask(self, as_nobody: APIClient) -> None:
        refused = as_nobody.get(TASKS)

        assert (refused.status_code, refused.json()["code"]) == (403, "no_membership")

    def test_shows_all_tenants_to_platform_administrators(self, as_platform_admin: APIClient) -> None:
        assert len(names(as_platform_admin)) == 6
        assert names(as_platform_admin, tenant="rivals") == ["Secret"]

    def test_can_be_filtered_by_what_made_them(self, as_vera: APIClient) -> None:
        Task.objects.filter(name="evening").update(trigger="schedule")
        Task.objects.filter(name="Weekly").update(trigger="hook")

        assert names(as_vera, trigger="schedule") == ["evening"]
        assert names(as_vera, trigger=["schedule", "hook"]) == ["Weekly", "evening"]
        assert as_vera.get(TASKS, {"trigger": "magic"}).status_code == 400

    def test_by_the_policy_that_made_them(self, as_vera: APIClient) -> None:
        policy = policy_of(name="web")
        Task.objects.filter(name="evening").update(policy=policy)

        assert names(as_vera, policy=str(policy.pk)) == ["evening"]
        assert as_vera.get(TASKS, {"policy": "web"}).status_code == 400

    def test_of_a_tenant_that_one_may_not_see_is_empty(self, as_otto: APIClient) -> None:
        assert names(as_otto, tenant="rivals") == names(as_otto, tenant="nothing") == []

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            (["running"], ["Morning"]),
            (["running", "failed"], ["Weekly", "Morning"]),
            (["partial"], []),
        ],
    )
    def test_can_be_filtered_by_several_statuses(self, as_vera: APIClient, status: list[str], found: list[str]) -> None:
        assert names(as_vera, status=status) == found

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("morn", ["Morning"]),
            ("EVEN", ["evening"]),
            ("redis", ["evening"]),
            ("REDIS:7", ["evening"]),
            ("team/app", ["Weekly"]),
            ("nginx", ["", "100% sure", "Morning"]),
            ("test", ["", "100% sure", "Weekly", "evening", "Morning"]),
            ("100%", ["100% sure"]),
            ("%", ["100% sure"]),
            ("_", []),
            ("Secret", []),
            ("'; DROP TABLE", []),
        ],
    )
    def test_can_be_searched_by_name_image_and_creator(self, as_vera: APIClient, search: str, found: list[str]) -> None:
        assert names(as_vera, search=search) == found

    @pytest.mark.parametrize(
        ("ordering", "first"),
        [("created_at", "Morning"), ("-created_at", ""), ("-priority", "evening"), ("priority", "Weekly")],
    )
    def test_can_be_ordered(self, as_vera: APIClient, ordering: str, first: str) -> None:
        assert names(as_vera, ordering=ordering)[0] == first

    def test_comes_in_pages(self, as_vera: APIClient) -> None:
        first = as_vera.get(TASKS, {"page_size": 2}).json()
        last = as_vera.get(TASKS, {"page_size": 2, "page": 3}).json()

        assert (first["count"], len(first["results"]), first["previous"]) == (5, 2, None)
        assert "page=2" in first["next"]
        assert (len(last["results"]), last["next"]) == (1, None)

    def test_pages_together_hold_every_task_once(self, as_vera: APIClient) -> None:
        Task.objects.update(priority=5)

        pages = [names(as_vera, ordering="priority", page_size=2, page=page) for page in (1, 2, 3)]

        assert sorted(name for page in pages for name in page) == sorted(names(as_vera))

    @pytest.mark.parametrize(
        ("query", "code", "known"),
        [
            ({"statsu": "running"}, "unknown_parameter", "status"),
            ({"limit": "10"}, "unknown_parameter", "search"),
            ({"status": "done"}, "unknown_value", "succeeded"),
            ({"status": ["running", "Running"]}, "unknown_value", "running"),
            ({"ordering": "colour"}, "unknown_ordering", "created_at"),
            ({"ordering": "tenant__slug"}, "unknown_ordering", "priority"),
            ({"ordering": "--priority"}, "unknown_ordering", "priority"),
        ],
    )
    def test_a_question_that_is_not_understood_is_refused_with_what_is(
        self, as_vera: APIClient, query: dict[str, Any], code: str, known: str
    ) -> None:
        answer = as_vera.get(TASKS, query)

        assert answer.status_code == 400
        assert answer.json()["code"] == code
        assert known in answer.json()["detail"]

    @pytest.mark.parametrize("page", ["0", "99", "x", "-1"])
    def test_a_page_that_does_not_exist_is_404(self, as_vera: APIClient, page: str) -> None:
        assert as_vera.get(TASKS, {"page": page}).status_code == 404


def test_a_page_holds_two_hundred_at_most(as_vera: APIClient) -> None:
    task = asked()
    Task.objects.bulk_create(Task(tenant=task.tenant, images=["a"], hosts=[]) for _ in range(200))

    answer = as_vera.get(TASKS, {"page_size": 100_000}).json()

    assert (answer["count"], len(answer["results"])) == (201, 200)


def test_no_other_table_keeps_the_database_from_reading_a_page_in_its_order(
    as_vera: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    asked()

    with django_assert_max_num_queries(8) as asked_for:
        names(as_vera)

    (page,) = [
        query["sql"]
        for query in asked_for.captured_queries
        if "ORDER BY" in query["sql"] and "prewarm_task" in query["sql"]
    ]
    assert "JOIN" not in page


def test_the_length_of_the_list_does_not_change_the_number_of_statements(
    as_vera: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        asked()

    with django_assert_max_num_queries(8):
        assert len(names(as_vera)) == 10
