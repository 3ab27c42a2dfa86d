"""The image library: lists are kept once and named in many tasks."""

from __future__ import annotations

import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Role
from prewarm.models import ImageList, Task
from tests.conftest import signed_in
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
LISTS, TASKS = "/api/v1/image-lists/", "/api/v1/tasks/"
BASE: dict[str, Any] = {
    "name": "Base images",
    "images": ["nginx:1.27", "redis:8"],
    "tags": ["web"],
    "notes": "For all.",
}


def kept(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(LISTS, BASE | fields)
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_list_is_kept_and_read_by_everybody_in_the_tenant(as_otto: APIClient, as_vera: APIClient) -> None:
    made = kept(as_otto, images=["nginx:1.27", "redis:8", "nginx:1.27"])

    assert as_vera.get(f"{LISTS}{made['id']}/").json() == made
    assert {name: made[name] for name in BASE} == BASE
    assert (made["tenant"], made["created_by"]) == ("default", "otto")
    assert as_vera.post(LISTS, BASE).status_code == 403
    assert as_vera.patch(f"{LISTS}{made['id']}/", {"name": "x"}).status_code == 403
    assert as_vera.delete(f"{LISTS}{made['id']}/").status_code == 403


def test_a_task_gets_the_images_that_the_lists_have_when_it_is_made(as_otto: APIClient) -> None:
    first, second = kept(as_otto), kept(as_otto, name="Jobs", images=["redis:8", "busybox:1"])
    wish = {"images": ["alpine:3"], "image_lists": [first["id"], second["id"]], "all_nodes": True}
    made = as_otto.post(TASKS, wish)
    as_otto.patch(f"{LISTS}{first['id']}/", {"images": ["nginx:1.28"]})

    images = ["alpine:3", "nginx:1.27", "redis:8", "busybox:1"]
    assert made.json()["images"] == images == Task.objects.get().images
    assert as_otto.post(TASKS, {"image_lists": [first["id"]], "all_nodes": True}).json()["images"] == ["nginx:1.28"]
    assert as_otto.post(f"{TASKS}preview/", {"image_lists": [first["id"]], "all_nodes": True}).status_code == 200


def test_a_list_of_another_tenant_is_told_like_one_that_does_not_exist(
    as_otto: APIClient, as_mallory: APIClient
) -> None:
    theirs = kept(as_mallory, tenant="rivals")

    def told(pk: object) -> list[dict[str, str]]:
        answer = as_otto.post(TASKS, {"image_lists": [str(pk)], "all_nodes": True})
        assert answer.status_code == 422
        errors: list[dict[str, str]] = answer.json()["errors"]
        return errors

    assert told(theirs["id"]) == told(uuid.uuid4())
    assert told(theirs["id"])[0]["pointer"] == "image_lists/0"
    assert as_otto.get(LISTS).json()["results"] == []


def test_lists_do_not_get_around_the_limits_of_a_task(as_otto: APIClient, settings: Settings) -> None:
    settings.MAX_IMAGES = 3
    lists = [kept(as_otto, name=name, images=[f"{name}:1", f"{name}:2"])["id"] for name in ("a", "b")]

    answer = as_otto.post(TASKS, {"image_lists": lists, "all_nodes": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "images")
    assert not Task.objects.exists()


def test_a_task_names_an_image_or_a_list(as_otto: APIClient) -> None:
    answer = as_otto.post(TASKS, {"all_nodes": True}).json()
    assert [error["pointer"] for error in answer["errors"]] == ["images"]
    assert "image_lists" in answer["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "name"),
        ({"name": "tr\u202eicky"}, "name"),
        ({"images": []}, "images"),
        ({"images": ["NOT ONE"]}, "images/0"),
        ({"tags": ["x"] * 21}, "tags"),
        ({"tags": [""]}, "tags/0"),
        ({"notes": "x" * 2001}, "notes"),
        ({"tenant": "rivals"}, "tenant"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(as_otto: APIClient, fields: dict[str, Any], pointer: str) -> None:
    answer = as_otto.post(LISTS, BASE | fields)
    assert answer.status_code in (404, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not ImageList.objects.exists()


def test_a_name_is_had_once_in_a_tenant(as_otto: APIClient, as_mallory: APIClient) -> None:
    other = kept(as_otto, name="Other")
    kept(as_otto)
    kept(as_mallory, tenant="rivals")

    for answer in (as_otto.post(LISTS, BASE), as_otto.patch(f"{LISTS}{other['id']}/", {"name": BASE["name"]})):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "taken")


def test_lists_are_found_by_tag_and_text_and_put_in_order(as_otto: APIClient) -> None:
    kept(as_otto)
    kept(as_otto, name="Models", images=["ghcr.io/ml/LLM:2".lower()], tags=["gpu", "web_b"], notes="")

    def found(**query: str) -> list[str]:
        return [row["name"] for row in as_otto.get(LISTS, query).json()["results"]]

    assert found() == ["Base images", "Models"]
    assert found(ordering="-name") == ["Models", "Base images"]
    assert found(tag="web") == ["Base images"]
    assert found(search="GHCR.IO/ml") == ["Models"]
    assert found(search="for ALL") == ["Base images"]
    assert as_otto.get(LISTS, {"tags": "web"}).status_code == 400
    assert as_otto.get(LISTS, {"ordering": "created_by__password"}).status_code == 400


def test_the_library_tells_of_each_list_how_many_images_it_has_and_the_list_itself_which(as_otto: APIClient) -> None:
    made = kept(as_otto, images=["nginx:1.27", "redis:8", "busybox:1"])

    (line,) = as_otto.get(LISTS).json()["results"]

    assert line == {
        **{name: value for name, value in made.items() if name != "images"},
        "image_count": 3,
        "first_images": ["nginx:1.27", "redis:8"],
    }
    assert as_otto.get(f"{LISTS}{line['id']}/").json()["images"] == made["images"]


def test_each_change_is_in_the_audit_with_what_it_made_different(as_otto: APIClient) -> None:
    made = kept(as_otto)
    as_otto.patch(f"{LISTS}{made['id']}/", {"notes": "New.", "name": BASE["name"]})
    as_otto.delete(f"{LISTS}{made['id']}/")

    rows = list(AuditEntry.objects.order_by("id").values_list("action", "before", "after", "tenant__slug"))
    assert [row[0] for row in rows] == ["image_list.created", "image_list.changed", "image_list.deleted"]
    assert rows[1] == ("image_list.changed", {"notes": "For all."}, {"notes": "New."}, "default")


def test_an_api_key_for_tasks_keeps_lists_and_one_for_reading_does_not() -> None:
    as_otto = signed_in(person("otto", Role.OPERATOR))
    codes = []
    for scope in ("read", "tasks"):
        text = as_otto.post("/api/v1/api-keys/", {"name": scope, "scopes": [scope]}).json()["key"]
        codes.append(APIClient(HTTP_AUTHORIZATION=f"Bearer {text}").post(LISTS, BASE).status_code)
    assert codes == [403, 201]


def test_a_list_is_named_at_the_terminal(as_otto: APIClient) -> None:
    kept(as_otto)
    call_command("prewarm", "alpine:3", "--list", "Base images", "--all-nodes", stdout=StringIO(), stderr=StringIO())
    assert Task.objects.get().images == ["alpine:3", "nginx:1.27", "redis:8"]

    with pytest.raises(CommandError, match=r"default has no image list 'Bse'\. It has: Base images\."):
        call_command("prewarm", "--list", "Bse", "--all-nodes", stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="Name at least one image"):
        call_command("prewarm", "--all-nodes", stdout=StringIO(), stderr=StringIO())
