"""What a preview foresees: what is warm on all nodes, what registries say, what it means for nodes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from prewarm.clock import database_now
from prewarm.marks import marks_of
from prewarm.models import Node
from prewarm.references import parse
from prewarm.registries import kept
from prewarm.registries.checker import checker
from prewarm.registries.finding import CheckOutcome, Finding
from tests.prewarm.rows import cluster_of
from tests.processes import wait_until
from tests.simulator import Simulated

PREVIEW = "/api/v1/tasks/preview/"
NGINX = "docker.io/library/nginx:1.27"
REDIS = "docker.io/library/redis:7"


def preview(client: APIClient, *images: str, **wish: Any) -> dict[str, Any]:
    answer = client.post(PREVIEW, {"images": list(images), "all_nodes": True, **wish})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def nodes_with(*names: str, images: list[list[Any]], **values: Any) -> None:
    cluster_of(*names, images=images, marks=marks_of(images), **values)


def listing(*names: str) -> list[list[Any]]:
    return [[100, [name]] for name in names]


def said(image: str, finding: Finding) -> None:
    kept.write({parse(image): finding}, database_now())


@pytest.mark.django_db
class TestWarm:
    def test_counts_nodes_that_surely_have_every_image(self, as_otto: APIClient) -> None:
        nodes_with("both1", "both2", images=listing(NGINX, REDIS))
        nodes_with("one", images=listing(NGINX))

        assert preview(as_otto, "nginx:1.27", "redis:7")["warm"] == {"nodes": 2, "unknown": 0}

    def test_knows_nothing_of_what_a_long_list_leaves_out(self, as_otto: APIClient) -> None:
        nodes_with("long", images=listing(*(f"docker.io/library/app{n}:1" for n in range(50))))
        cluster_of("never-told")

        assert preview(as_otto, "nginx:1.27")["warm"] == {"nodes": 0, "unknown": 2}

    def test_counts_all_nodes_and_not_only_those_shown(self, as_otto: APIClient) -> None:
        nodes_with(*(f"n{n:03}" for n in range(700)), images=listing(NGINX))

        assert preview(as_otto, "nginx:1.27")["warm"]["nodes"] == 700

    def test_is_nothing_where_images_are_always_pulled(self, as_otto: APIClient) -> None:
        nodes_with("n1", images=listing(NGINX))

        assert preview(as_otto, "nginx:1.27", pull_policy="Always")["warm"] == {"nodes": 0, "unknown": 1}

    def test_says_the_same_as_the_list_of_the_first_nodes(self, as_otto: APIClient) -> None:
        for n in range(20):
            nodes_with(f"n{n}", images=listing(*[NGINX, REDIS][: n % 3]))

        body = preview(as_otto, "nginx:1.27", "redis:7")

        assert body["warm"]["nodes"] == sum(node["present"] == [0, 1] for node in body["nodes"]) > 0


@pytest.mark.django_db
class TestKeptFindings:
    @pytest.fixture(autouse=True)
    def checked(self, settings: Settings) -> None:
        settings.REGISTRY_CHECK = True

    def test_give_bytes_for_a_node_and_for_all_that_lack_the_image(self, as_otto: APIClient) -> None:
        nodes_with("a1", "a2", images=listing(REDIS))
        nodes_with("a3", images=listing(NGINX))
        nodes_with("b1", images=listing(REDIS), arch="arm64")
        sizes = {"linux/amd64": 1000, "linux/arm64": 10}
        said("nginx:1.27", Finding(CheckOutcome.FOUND, sizes=sizes, platforms=list(sizes), all_platforms=True))

        body = preview(as_otto, "nginx:1.27")

        (image,) = body["images"]
        assert (image["registry"], image["reason"], image["bytes"]) == ("found", None, 1000)
        assert image["platforms"] == ["linux/amd64", "linux/arm64"]
        assert image["checked_at"]
        assert body["estimate"]["bytes"] == 2 * 1000 + 10

    def test_of_a_missing_image_warn(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        said("nginx:1.27", Finding(CheckOutcome.MISSING, "image_not_found", "docker.io has none"))

        body = preview(as_otto, "nginx:1.27")

        assert body["images"][0]["registry"] == "missing"
        assert body["images"][0]["message"] == "docker.io has none"
        assert any("nginx:1.27 surely is not to be had" in text for text in body["warnings"])

    def test_of_an_image_for_no_matched_platform_say_missing(self, as_otto: APIClient) -> None:
        cluster_of("a1")
        cluster_of("b1", arch="arm64")
        said("nginx:1.27", Finding(CheckOutcome.FOUND, platforms=["linux/s390x"], all_platforms=True))
        said("redis:7", Finding(CheckOutcome.FOUND, platforms=["linux/amd64"], all_platforms=True))

        body = preview(as_otto, "nginx:1.27", "redis:7")

        assert [(one["registry"], one["reason"]) for one in body["images"]] == [
            ("missing", "wrong_platform"),
            ("found", None),
        ]
        assert any("redis:7 has no variant for 1 node" in text for text in body["warnings"])

    def test_of_a_private_image_say_that_pods_need_credentials_too(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        said("nginx:1.27", Finding(CheckOutcome.UNKNOWN, "unauthorized", "not shown."))

        assert any("own pull secret" in text for text in preview(as_otto, "nginx:1.27")["warnings"])

    def test_tell_where_images_would_crowd_a_disk(self, as_otto: APIClient) -> None:
        cluster_of("small1", "small2", disk_bytes=10_000_000_000)
        cluster_of("big", disk_bytes=100_000_000_000)
        said("nginx:1.27", Finding(CheckOutcome.FOUND, sizes={"": 2_000_000_000}))

        warnings = preview(as_otto, "nginx:1.27")["warnings"]

        assert any(text.startswith("On 2 nodes the images would take a large part") for text in warnings)
        assert any("one image after the other" in text for text in warnings)


def test_several_images_are_pulled_one_after_the_other(as_otto: APIClient) -> None:
    cluster_of("n1")

    assert any("one image after the other" in text for text in preview(as_otto, "a:1", "b:1")["warnings"])
    assert preview(as_otto, "a:1")["warnings"] == []


class TestAskedBesideIt:
    @pytest.fixture(autouse=True)
    def checked(self, simulator: Simulated, settings: Settings) -> Iterator[None]:
        settings.REGISTRY_CHECK = True
        yield
        assert checker().rest(60)

    def test_the_answer_comes_with_a_later_preview(self, as_otto: APIClient) -> None:
        names = [f"{kind}/{uuid.uuid4().hex[:8]}:1" for kind in ("app", "missing", "denied", "platform", "timeout")]

        first = preview(as_otto, *names)["images"]
        assert {one["registry"] for one in first} <= {"checking", "found", "missing", "unknown"}

        def states() -> list[tuple[str, str | None]]:
            return [(one["registry"], one["reason"]) for one in preview(as_otto, *names)["images"]]

        wait_until(
            lambda: (
                states()
                == [
                    ("found", None),
                    ("missing", "image_not_found"),
                    ("unknown", "unauthorized"),
                    ("missing", "wrong_platform"),
                    ("unknown", "registry_unreachable"),
                ]
            ),
            "the registries' answers",
            60,
        )
        size = preview(as_otto, *names)["images"][0]["bytes"]
        assert size and size > 1_000_000

    def test_nobody_waits_for_a_registry(self, as_otto: APIClient) -> None:
        assert preview(as_otto, f"timeout/{uuid.uuid4().hex}:1")["images"][0]["registry"] == "checking"

    def test_the_watcher_writes_what_the_nodes_have_in_short(self, as_otto: APIClient) -> None:
        assert all(bytes(node.marks or b"") == marks_of(node.images) for node in Node.objects.all())
        assert Node.objects.exists()
