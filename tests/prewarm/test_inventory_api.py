"""Looking up what is where, and asking whether something may be rolled out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm.evidence import MOST_LISTED
from prewarm.inventory import badge, known_images
from prewarm.marks import key_of_mark, mark_of, marks_of
from prewarm.models import Node, NodeView, OwnPull
from tests.prewarm.rows import cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
IMAGES, OF_IMAGE, COVERAGE, BADGE = (
    f"/api/v1/{path}" for path in ("images/", "images/nodes/", "coverage/", "coverage/badge/")
)
NGINX, REDIS = "docker.io/library/nginx:1.27", "docker.io/library/redis:7"
SHA = "sha256:" + "a" * 64
PINNED = f"docker.io/library/nginx@{SHA}"
CUT = [[n, [f"quay.io/team/app{n}:1"]] for n in range(100, 100 + MOST_LISTED)]


def lists(*names: str, images: list[list[Any]], **values: Any) -> list[Node]:
    rows = cluster_of(*names, images=images, marks=marks_of(images), **values)
    known_images.learn_listed(rows)
    return rows


@pytest.fixture(autouse=True)
def cluster() -> None:
    """web-1 has nginx, web-2 redis alone, web-3 a list that is cut, db-1 nothing of theirs; away is not Ready."""
    badge.forget()
    lists("web-1", images=[[70, [NGINX, PINNED]], [40, [REDIS]]], labels={"pool": "web"})
    lists("web-2", images=[[40, [REDIS]]], labels={"pool": "web"})
    lists("web-3", images=CUT, labels={"pool": "web"})
    lists("db-1", images=[[90, ["docker.io/library/postgres:17"]]], labels={"pool": "db"})
    lists("away", images=[[70, [NGINX]]], ready=False, labels={"pool": "web"})


def pulled(node: str, image: str, **values: Any) -> None:
    row = {"node_uid": node, "at": timezone.now(), **values}
    OwnPull.objects.create(image=key_of_mark(mark_of(image)), node=node, **row)
    known_images.learn_pulled([image])


def pool(tenant: str, selector: str) -> None:
    Tenant.objects.update_or_create(slug=tenant, defaults={"name": tenant, "node_pool": selector})


def results(client: APIClient, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


# Images


def test_each_name_tells_on_how_many_nodes_it_is_is_not_and_may_be(as_vera: APIClient) -> None:
    (tag,) = results(as_vera, IMAGES, search="NGINX", kind="tag")

    assert (tag["image"], tag["kind"], tag["bytes"]) == (NGINX, "tag", 70)
    assert (tag["nodes"], tag["absent"], tag["unknown"]) == (1, 2, 2)
    assert tag["told_at"].endswith("Z")


def test_tags_and_digests_are_kept_apart(as_vera: APIClient) -> None:
    assert [row["image"] for row in results(as_vera, IMAGES, kind="digest")] == [PINNED]
    both = results(as_vera, IMAGES, search="library/nginx")
    assert [(row["image"], row["kind"]) for row in both] == [(NGINX, "tag"), (PINNED, "digest")]


def test_images_come_in_pages_and_in_an_order(as_vera: APIClient) -> None:
    first = as_vera.get(IMAGES, {"page_size": 2, "ordering": "-bytes"}).json()

    assert first["count"] == 54
    assert [row["bytes"] for row in first["results"]] == [149, 148]
    assert as_vera.get(IMAGES, {"ordering": "mark"}).json()["code"] == "unknown_ordering"


def test_what_was_pulled_and_is_not_listed_yet_is_among_the_images(as_vera: APIClient) -> None:
    pulled("web-2", "fresh:1")

    (fresh,) = results(as_vera, IMAGES, search="fresh")

    assert (fresh["image"], fresh["bytes"], fresh["nodes"]) == ("docker.io/library/fresh:1", None, 1)


def test_members_see_the_images_that_are_on_the_nodes_of_their_pool(as_vera: APIClient) -> None:
    pool("default", "pool=db")
    pulled("db-1", "own:1")
    pulled("web-1", "theirs:1")

    assert [row["image"] for row in results(as_vera, IMAGES)] == [
        "docker.io/library/own:1",
        "docker.io/library/postgres:17",
    ]


def test_a_page_of_images_takes_few_statements(
    as_vera: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(11):
        assert len(results(as_vera, IMAGES, page_size=50)) == 50


# The nodes of an image


def test_one_image_over_the_nodes_with_digest_size_date_and_how_it_is_known(as_vera: APIClient) -> None:
    pulled("web-3", "nginx:1.27", digest="sha256:" + "c" * 64, bytes=71)
    heard = NodeView.load().heard_at

    found = {row["node"]: row for row in results(as_vera, OF_IMAGE, image="nginx:1.27")}

    told = {name: (row["presence"], row["how_known"], row["why"]) for name, row in found.items()}
    assert told == {
        "away": ("unknown", "node_status", "node_unready"),
        "db-1": ("absent", "node_status", "not_listed"),
        "web-1": ("present", "node_status", ""),
        "web-2": ("absent", "node_status", "not_listed"),
        "web-3": ("present", "own_pull", ""),
    }
    assert (found["web-1"]["digest"], found["web-1"]["bytes"]) == (SHA, 70)
    assert (found["web-3"]["digest"], found["web-3"]["bytes"]) == ("sha256:" + "c" * 64, 71)
    assert (found["web-2"]["digest"], found["web-2"]["bytes"]) == ("", None)
    assert heard and found["web-1"]["as_of"] == heard.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        ({"presence": "present"}, ["web-1"]),
        ({"presence": ["absent", "unknown"]}, ["away", "db-1", "web-2", "web-3"]),
        ({"selector": "pool=db"}, ["db-1"]),
        ({"selector": "pool=web", "presence": "absent"}, ["web-2"]),
    ],
)
def test_its_nodes_can_be_chosen(as_vera: APIClient, query: dict[str, Any], nodes: list[str]) -> None:
    assert [row["node"] for row in results(as_vera, OF_IMAGE, image=NGINX, **query)] == nodes


@pytest.mark.parametrize("query", [{}, {"image": ""}, {"image": "A B"}, {"image": ["a:1", "b:1"]}])
def test_one_image_has_to_be_named(as_vera: APIClient, query: dict[str, Any]) -> None:
    answer = as_vera.get(OF_IMAGE, query)

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"image"}


# The images of a node


def test_a_node_tells_all_names_that_it_lists_and_what_was_pulled_there(as_vera: APIClient) -> None:
    pulled("web-1", "fresh:1", bytes=5)

    found = results(as_vera, "/api/v1/nodes/web-1/images/")

    assert [(row["image"], row["kind"], row["presence"], row["how_known"], row["bytes"]) for row in found] == [
        ("docker.io/library/fresh:1", "tag", "present", "own_pull", 5),
        (NGINX, "tag", "present", "node_status", 70),
        (PINNED, "digest", "present", "node_status", 70),
        (REDIS, "tag", "present", "node_status", 40),
    ]
    assert [row["digest"] for row in found] == ["", SHA, SHA, ""]


def test_what_a_node_that_is_away_listed_last_is_unknown(as_vera: APIClient) -> None:
    (found,) = results(as_vera, "/api/v1/nodes/away/images/")

    assert (found["image"], found["presence"], found["why"]) == (NGINX, "unknown", "node_unready")


def test_they_can_be_searched(as_vera: APIClient) -> None:
    found = results(as_vera, "/api/v1/nodes/web-1/images/", search="NGINX", kind="tag", presence="present")

    assert [row["image"] for row in found] == [NGINX]


def test_a_node_outside_of_the_pool_is_told_like_one_that_is_not_there(as_vera: APIClient) -> None:
    pool("default", "pool=db")
    headers = {"X-Request-ID": "the-same"}

    outside, missing = (
        as_vera.get(f"/api/v1/nodes/{name}/images/", headers=headers) for name in ("web-1", "no-such-node")
    )

    assert outside.status_code == missing.status_code == 404
    assert outside.content == missing.content
    assert as_vera.get("/api/v1/nodes/db-1/images/").status_code == 200


# May I roll this out?


def ask(client: APIClient, *images: str, **query: Any) -> dict[str, Any]:
    answer = client.get(COVERAGE, {"image": list(images), **query})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_it_tells_ready_missing_and_unknown_and_the_first_nodes_with_why(as_vera: APIClient) -> None:
    found = ask(as_vera, "nginx:1.27", selector="pool=web")

    assert (found["nodes"], found["ready"], found["missing"], found["unknown"], found["percent"]) == (4, 1, 1, 2, 25.0)
    (image,) = found["images"]
    assert (image["image"], image["name"], image["kind"]) == ("nginx:1.27", NGINX, "tag")
    assert [(one["node"], one["why"]) for one in image["missing_nodes"]] == [("web-2", "not_listed")]
    assert [(one["node"], one["why"]) for one in image["unknown_nodes"]] == [
        ("away", "node_unready"),
        ("web-3", "list_cut"),
    ]
    assert image["missing_nodes"][0]["text"] == "the node lists all its images, and not this one"


def test_a_node_is_ready_with_all_of_the_images_and_lacks_something_with_one(as_vera: APIClient) -> None:
    found = ask(as_vera, NGINX, REDIS, selector="pool=web")

    assert (found["ready"], found["missing"], found["unknown"]) == (1, 1, 2)
    assert [(one["ready"], one["missing"], one["unknown"]) for one in found["images"]] == [(1, 1, 2), (2, 0, 2)]


def test_the_tag_being_there_does_not_make_the_digest_ready(as_vera: APIClient) -> None:
    Node.objects.filter(name="web-1").update(images=[[70, [NGINX]]], marks=marks_of([[70, [NGINX]]]))

    found = ask(as_vera, NGINX, f"nginx@{SHA}", f"nginx:1.27@{SHA}", selector="pool=web")

    assert [(one["kind"], one["ready"]) for one in found["images"]] == [("tag", 1), ("digest", 0), ("digest", 0)]


def test_a_pull_that_has_just_succeeded_counts(as_vera: APIClient) -> None:
    pulled("web-2", NGINX)

    assert ask(as_vera, NGINX, selector="pool=web")["ready"] == 2


def test_of_a_cluster_that_is_not_heard_from_nothing_is_ready(as_vera: APIClient) -> None:
    NodeView.objects.update(heard_at="2026-01-01T00:00:00Z")

    found = ask(as_vera, NGINX)

    assert (found["fresh"], found["ready"], found["missing"], found["unknown"]) == (False, 0, 0, 5)


def test_a_percentage_is_rounded_down(as_vera: APIClient) -> None:
    lists(*(f"n{n:04}" for n in range(1000)), images=[[1, ["many:1"]]], labels={"pool": "many"})
    Node.objects.filter(name="n0007").update(images=[[1, ["other:1"]]], marks=marks_of([[1, ["other:1"]]]))
    Node.objects.filter(labels={"pool": "many"}).exclude(name="n0007").update(marks=marks_of([[1, [NGINX]]]))

    assert ask(as_vera, NGINX, selector="pool=many")["percent"] == 99.9


def test_no_node_is_not_ready(as_vera: APIClient) -> None:
    found = ask(as_vera, NGINX, selector="pool=none")

    assert (found["nodes"], found["percent"]) == (0, 0.0)


def test_members_ask_about_the_nodes_of_their_pool(
    as_vera: APIClient, as_mallory: APIClient, as_platform_admin: APIClient
) -> None:
    pool("default", "pool=web")
    pool("rivals", "pool=db")

    assert [ask(one, NGINX)["nodes"] for one in (as_vera, as_mallory, as_platform_admin)] == [4, 1, 5]
    assert ask(as_platform_admin, NGINX, tenant="rivals")["nodes"] == 1
    headers = {"X-Request-ID": "the-same"}
    theirs, nobodys = (
        as_vera.get(COVERAGE, {"image": NGINX, "tenant": slug}, headers=headers) for slug in ("rivals", "nothing")
    )
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "image"),
        ({"image": "A B"}, "image"),
        ({"image": [f"a:{n}" for n in range(51)]}, "image"),
        ({"image": NGINX, "selector": "a b"}, "selector"),
    ],
    ids=str,
)
def test_a_question_that_cannot_be_read_is_refused_with_its_field(
    as_vera: APIClient, query: dict[str, Any], pointer: str
) -> None:
    answer = as_vera.get(COVERAGE, query)

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {pointer}


def test_an_unknown_parameter_is_refused(as_vera: APIClient) -> None:
    for path in (IMAGES, OF_IMAGE, COVERAGE, "/api/v1/nodes/web-1/images/"):
        assert as_vera.get(path, {"label": "x"}).json()["code"] == "unknown_parameter"


def test_who_belongs_to_no_tenant_learns_nothing(as_nobody: APIClient, anonymous: APIClient) -> None:
    for path in (IMAGES, OF_IMAGE, COVERAGE):
        assert as_nobody.get(path, {"image": NGINX}).status_code == 403
        assert anonymous.get(path, {"image": NGINX}).status_code == 401
    assert as_nobody.get("/api/v1/nodes/web-1/images/").status_code == 404


# From a pipeline


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output."""
    out = io.StringIO()
    try:
        call_command("coverage", *arguments, stdout=out, no_color=True)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as wrong:
        return wrong.returncode, str(wrong)
    return 0, out.getvalue()


def test_the_exit_status_says_whether_enough_nodes_are_ready() -> None:
    assert run("nginx:1.27", "--selector", "pool=web", "--min", "25")[0] == 0
    assert run("nginx:1.27", "--selector", "pool=web", "--min", "25.1")[0] == 1
    assert run("nginx:1.27", "--selector", "pool=web")[0] == 1
    assert run("redis:7", "--selector", "pool=web", "--min", "51")[0] == 1
    assert run("postgres:17", "--selector", "pool=db")[0] == 0


def test_it_names_the_nodes_that_are_not_ready_and_why() -> None:
    _, told = run("nginx:1.27", "--selector", "pool=web")

    assert told.startswith("25 % ready: 1 node of 4 with pool=web")
    assert "missing on 1 node:\n    web-2: the node lists all its images, and not this one" in told
    assert "web-3: the node does not list all its images" in told


def test_no_node_that_matches_is_not_enough_even_for_nothing() -> None:
    assert run("nginx:1.27", "--selector", "pool=none", "--min", "0") == (1, "No node matches pool=none.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("A B",),
        ("nginx", "--selector", "a b"),
        ("nginx", "--min", "many"),
        ("nginx", "--min", "101"),
        ("nginx", "--min", "nan"),
        ("nginx", "--tenant", "nothing"),
    ],
)
def test_wrong_input_is_another_exit_status(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_json_is_what_the_api_answers(as_platform_admin: APIClient) -> None:
    status, told = run("nginx:1.27", "redis:7", "--selector", "pool=web", "--json")

    assert status == 1
    assert json.loads(told) == ask(as_platform_admin, "nginx:1.27", "redis:7", selector="pool=web")


# The badge


def made(client: APIClient, **body: Any) -> str:
    answer = client.post(BADGE, {"images": ["nginx:1.27"], "selector": "pool=web", **body})
    assert answer.status_code == 201, answer.content
    assert answer.json()["markdown"] == f"![images warm]({answer.json()['url']})"
    return str(answer.json()["url"])


def test_whoever_has_the_address_sees_the_percentage_and_nothing_else(as_otto: APIClient) -> None:
    answer = Client().get(made(as_otto))

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert answer["Cache-Control"] == "public, max-age=60"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    picture = answer.content.decode()
    assert ">25 %</text>" in picture
    assert not any(word in picture for word in ("nginx", "pool", "web", "default"))


def test_programs_that_ask_for_any_picture_get_it(as_otto: APIClient) -> None:
    for accept in ("image/*", "image/svg+xml", "image/avif,image/webp,*/*;q=0.8", "text/html"):
        answer = Client().get(made(as_otto), headers={"Accept": accept})
        assert answer.status_code == (406 if accept == "text/html" else 200), accept


def test_a_bad_credential_does_not_keep_the_picture_away(as_otto: APIClient) -> None:
    assert APIClient(HTTP_AUTHORIZATION="Bearer nonsense").get(made(as_otto)).status_code == 200


def test_another_address_is_refused_to_the_byte_like_one_without_a_signature(as_otto: APIClient) -> None:
    url = made(as_otto)
    without = url.partition("&sig=")[0]
    wrong = [
        without,
        f"{without}&sig=",
        f"{without}&sig=%ff",
        f"{url}0",
        url.replace("pool%3Dweb", "pool%3Ddb"),
        url.replace("1.27", "1.28"),
        url.replace("default", "rivals"),
        url.replace("image=", "image=redis&image="),
        BADGE,
    ]

    answers = [Client().get(one, headers={"X-Request-ID": "the-same"}) for one in wrong]

    assert {answer.status_code for answer in answers} == {400}
    assert len({(answer.content, str(sorted(answer.items()))) for answer in answers}) == 1


def test_another_key_ends_all_badges(as_otto: APIClient, settings: Settings) -> None:
    url = made(as_otto)
    settings.SECRET_KEY = "another one of at least thirty-two bytes"

    assert Client().get(url).status_code == 400


def test_the_picture_is_kept_for_a_minute(
    as_otto: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    url = made(as_otto)
    Client().get(url)

    with django_assert_max_num_queries(0):
        assert Client().get(url).status_code == 200


def test_it_counts_the_pool_of_its_tenant_alone(as_otto: APIClient) -> None:
    pool("default", "pool=db")

    assert ">unknown</text>" in Client().get(made(as_otto)).content.decode()
    assert ">0 %</text>" in Client().get(made(as_otto, selector="")).content.decode()


def test_viewers_make_none_and_nobody_for_another_tenant(
    as_vera: APIClient, as_otto: APIClient, as_mallory: APIClient, anonymous: APIClient
) -> None:
    wish = {"images": ["nginx:1.27"]}

    assert [one.post(BADGE, wish).status_code for one in (as_vera, anonymous)] == [403, 401]
    assert as_otto.post(BADGE, {**wish, "tenant": "rivals"}).status_code == 404
    assert as_mallory.post(BADGE, {**wish, "tenant": "rivals"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"images": []}, "images"),
        ({"images": ["A B"]}, "images/0"),
        ({"images": ["nginx"], "selector": "a b"}, "selector"),
        ({"images": ["nginx"], "label": "x"}, "label"),
    ],
)
def test_a_badge_of_nothing_is_refused_with_its_field(as_otto: APIClient, body: dict[str, Any], pointer: str) -> None:
    answer = as_otto.post(BADGE, body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_the_command_line_prints_the_same_address(as_otto: APIClient, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://ips.example.com"

    status, told = run("nginx:1.27", "--selector", "pool=web", "--badge")

    assert (status, told.strip()) == (0, made(as_otto))
    assert told.startswith("https://ips.example.com/api/v1/coverage/badge/?image=nginx%3A1.27&")
