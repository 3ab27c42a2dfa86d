"""What a task may ask for: every refusal names its field and says what to write instead."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.exceptions import ValidationError

from accounts.models import Tenant
from ips.problems import FieldError, field_errors
from prewarm.models import Node, NodeView
from prewarm.task_request import TaskRequest, permitted

pytestmark = pytest.mark.django_db

MINIMAL = {"images": ["nginx:1.27"], "all_nodes": True}


def read(**fields: Any) -> dict[str, Any]:
    """A request with these fields, read; a field of None is left out."""
    given = {name: value for name, value in {**MINIMAL, **fields}.items() if value is not None}
    request = TaskRequest(data=given)
    request.is_valid(raise_exception=True)
    return dict(request.validated_data)


def accepted(**fields: Any) -> dict[str, Any]:
    """A request with these fields, as the tenant `default` may ask it."""
    return permitted(read(**fields), Tenant.objects.get(slug="default"), may_be_urgent=True)


def refusals(**fields: Any) -> list[FieldError]:
    """What is wrong with a request with these fields."""
    try:
        accepted(**fields)
    except ValidationError as error:
        return field_errors(error)
    return []


def pointers(**fields: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in refusals(**fields)]


def nodes(count: int, labels: dict[str, str] | None = None, prefix: str = "n") -> None:
    now = timezone.now()
    Node.objects.bulk_create(
        Node(name=f"{prefix}{n}", uid=str(n), seen_at=now, digest="", labels=labels or {}) for n in range(count)
    )


def test_what_is_not_said_has_a_gentle_default() -> None:
    assert read() == {
        "tenant": "",
        "name": "",
        "images": ["nginx:1.27"],
        "image_lists": [],
        "node_selector": "",
        "node_names": [],
        "all_nodes": True,
        "include_cordoned": False,
        "batch_size": 10,
        "concurrency": 5,
        "parallel_batches": 1,
        "priority": 5,
        "urgent": False,
        "timeout_seconds": None,
        "pull_timeout_seconds": 900,
        "max_attempts": 3,
        "retry_backoff_seconds": 30,
        "pull_policy": "IfNotPresent",
        "pull_secrets": [],
        "failure_limit": "",
        "first_wave": 0,
        "strict_waves": False,
        "allow_skipped": False,
        "puller": "auto",
        "webhooks": [],
    }


class TestFields:
    def test_an_unknown_one_is_named(self) -> None:
        (error,) = refusals(concurency=50)

        assert (error["pointer"], error["code"]) == ("concurency", "unknown_field")
        assert "spelling" in error["detail"]

    def test_twenty_unknown_ones_are_named_at_most(self) -> None:
        assert len(refusals(**{f"field{n}": 1 for n in range(1000)})) == 20

    @pytest.mark.parametrize("body", [[], "text", 1, None, True])
    def test_a_body_that_is_no_object_is_refused(self, body: Any) -> None:
        request = TaskRequest(data=body)

        assert not request.is_valid()

    @pytest.mark.parametrize("field", ["hosts", "timeout_by_estimate", "status", "id", "created_by", "helper_image"])
    def test_what_users_may_not_set_is_no_field(self, field: str) -> None:
        assert pointers(**{field: "x"}) == [(field, "unknown_field")]


class TestImages:
    @pytest.mark.parametrize(
        ("images", "expected"),
        [
            (None, [("images", "no_image")]),
            ([], [("images", "no_image")]),
            ("nginx", [("images", "not_a_list")]),
            ({"a": "nginx"}, [("images", "not_a_list")]),
            (["nginx", "Bad//Name"], [("images/1", "invalid")]),
            (["", "nginx"], [("images/0", "blank")]),
            ([None], [("images/0", "null")]),
            ([True, {"image": "nginx"}], [("images/0", "invalid"), ("images/1", "invalid")]),
            (["nginx\x00"], [("images/0", "invalid")]),
            (["https://host/repo"], [("images/0", "invalid")]),
            (["user:password@host/repo"], [("images/0", "invalid")]),
            (["a" * 781], [("images/0", "invalid")]),
        ],
    )
    def test_that_cannot_be_read_are_each_named(self, images: Any, expected: list[tuple[str, str]]) -> None:
        assert pointers(images=images) == expected

    def test_are_refused_with_a_remedy(self) -> None:
        (error,) = refusals(images=["nginx:1.27", "Nginx"])

        assert "lower case" in error["detail"]
        assert "registry/repository:tag" in error["detail"]

    def test_named_twice_are_pulled_once_in_the_order_given(self) -> None:
        assert accepted(images=["redis:7", "nginx:1", "redis:7", " nginx:1 "])["images"] == ["redis:7", "nginx:1"]

    def test_up_to_the_limit_are_accepted(self, settings: Settings) -> None:
        settings.MAX_IMAGES = 3

        assert len(read(images=["a", "b", "c"])["images"]) == 3

    def test_beyond_the_limit_are_refused_before_any_is_looked_at(self, settings: Settings) -> None:
        settings.MAX_IMAGES = 3

        (error,) = refusals(images=["Bad//Name"] * 4)

        assert (error["pointer"], error["code"]) == ("images", "too_many")
        assert "4 entries; at most 3" in error["detail"]


class TestTargets:
    @pytest.mark.parametrize(
        ("target", "pointer", "code"),
        [
            ({}, "node_selector", "no_target"),
            ({"all_nodes": False}, "node_selector", "no_target"),
            ({"node_names": []}, "node_selector", "no_target"),
            ({"node_selector": ""}, "node_selector", "empty_selector"),
            ({"node_selector": "  "}, "node_selector", "empty_selector"),
            ({"node_selector": "a=b", "all_nodes": True}, "all_nodes", "ambiguous_target"),
            ({"node_selector": "a=b", "node_names": ["n1"]}, "node_names", "ambiguous_target"),
            ({"node_names": ["n1"], "all_nodes": True}, "all_nodes", "ambiguous_target"),
            ({"node_selector": "a b"}, "node_selector", "invalid"),
            ({"node_selector": "a" * 3000}, "node_selector", "invalid"),
            ({"node_names": ["n1", "N2"]}, "node_names/1", "invalid_name"),
            ({"node_names": ["--all"]}, "node_names/0", "invalid_name"),
            ({"node_names": "n1"}, "node_names", "not_a_list"),
            ({"all_nodes": "maybe"}, "all_nodes", "invalid"),
        ],
    )
    def test_must_be_said_once_and_well(self, target: dict[str, Any], pointer: str, code: str) -> None:
        assert pointers(**{"all_nodes": None, **target}) == [(pointer, code)]

    def test_an_empty_selector_is_refused_with_the_way_to_say_every_node(self) -> None:
        (error,) = refusals(all_nodes=None, node_selector="")

        assert "all_nodes: true" in error["detail"]

    @pytest.mark.parametrize(
        "target", [{"node_selector": "pool=gpu,!spot"}, {"node_names": ["n1", "n2"]}, {"all_nodes": True}]
    )
    def test_are_read_as_given(self, target: dict[str, Any]) -> None:
        asked = read(**{"all_nodes": None, **target})

        assert {name: asked[name] for name in target} == target

    def test_an_empty_other_target_is_no_second_target(self) -> None:
        assert read(node_selector="", node_names=[], all_nodes=True)["all_nodes"] is True

    def test_nodes_named_twice_count_once(self) -> None:
        assert read(all_nodes=None, node_names=["b", "a", "b"])["node_names"] == ["b", "a"]


class TestSizes:
    def test_ten_thousand_nodes_and_ten_thousand_images_are_refused_at_once(self) -> None:
        names = [f"n{n}" for n in range(10_000)]

        found = pointers(all_nodes=None, node_names=names, images=[f"app{n}" for n in range(10_000)])

        assert found == [("images", "too_many")]

    def test_more_nodes_than_possible_are_refused(self) -> None:
        (error,) = refusals(all_nodes=None, node_names=["Bad Name"] * 10_001)

        assert (error["pointer"], error["code"]) == ("node_names", "too_many")

    def test_as_many_pairs_as_possible_are_accepted(self, settings: Settings) -> None:
        settings.MAX_PAIRS = 6

        assert accepted(all_nodes=None, node_names=["a", "b", "c"], images=["x", "y"])

    def test_one_pair_more_is_refused(self, settings: Settings) -> None:
        settings.MAX_PAIRS = 5

        (error,) = refusals(all_nodes=None, node_names=["a", "b", "c"], images=["x", "y"])

        assert (error["pointer"], error["code"]) == ("images", "too_many_pairs")
        assert "2 images on 3 nodes are 6 pairs; 5 are possible" in error["detail"]

    @pytest.mark.parametrize(
        ("fields", "pointer"), [({}, "all_nodes"), ({"all_nodes": None, "node_selector": "!spot"}, "node_selector")]
    )
    def test_all_nodes_and_selectors_count_what_the_cluster_has(
        self, fields: dict[str, Any], pointer: str, settings: Settings
    ) -> None:
        nodes(4)
        settings.MAX_PAIRS, settings.MAX_NODES = 4, 4
        assert accepted(**fields)

        assert pointers(images=["x", "y"], **fields) == [("images", "too_many_pairs")]

        settings.MAX_NODES = 3
        assert pointers(**fields) == [(pointer, "too_many_nodes")]

    def test_a_selector_counts_only_the_nodes_that_it_means(self, settings: Settings) -> None:
        nodes(5)
        nodes(2, {"pool": "gpu"}, prefix="gpu")
        settings.MAX_PAIRS = 4

        assert accepted(all_nodes=None, node_selector="pool=gpu", images=["x", "y"])
        assert pointers(all_nodes=None, node_selector="!pool", images=["x"]) == [("images", "too_many_pairs")]

    def test_a_selector_costs_nothing_in_a_cluster_that_is_small_enough(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        nodes(5)

        with django_assert_num_queries(2):  # the tenant, and how many nodes there are
            accepted(all_nodes=None, node_selector="pool=gpu")


NUMBERS = [
    ("batch_size", 1, 500),
    ("concurrency", 1, 500),
    ("parallel_batches", 1, 100),
    ("priority", 1, 10),
    ("timeout_seconds", 10, 604_800),
    ("pull_timeout_seconds", 5, 86_400),
    ("max_attempts", 1, 20),
    ("retry_backoff_seconds", 0, 3600),
    ("first_wave", 0, 100),
]


class TestNumbers:
    @pytest.mark.parametrize(("field", "least", "most"), NUMBERS)
    def test_are_bounded(self, field: str, least: int, most: int) -> None:
        assert read(**{field: least})[field] == least
        assert read(**{field: most})[field] == most
        assert pointers(**{field: least - 1}) == [(field, "min_value")]
        assert pointers(**{field: most + 1}) == [(field, "max_value")]

    @pytest.mark.parametrize("field", [row[0] for row in NUMBERS])
    @pytest.mark.parametrize(
        "value",
        [
            10**30,
            -(10**30),
            "9" * 5000,
            1e30,
            5.5,
            "5.5",
            "five",
            "",
            "\uff15",
            "\u0665",
            "5_0",
            "0x5",
            " 5",
            "5\n",
            "+5",
            True,
            [5],
            {},
        ],
        ids=lambda value: ascii(value)[:20],
    )
    def test_are_whole_numbers_in_plain_digits(self, field: str, value: Any) -> None:
        assert [pointer for pointer, _ in pointers(**{field: value})] == [field]

    def test_may_come_as_text_as_forms_send_them(self) -> None:
        assert read(batch_size="20")["batch_size"] == 20


class TestNames:
    @pytest.mark.parametrize("name", ["", "Nightly GPU images", "推理镜像", "x" * 100])
    def test_of_people_are_kept(self, name: str) -> None:
        assert read(name=name)["name"] == name

    @pytest.mark.parametrize(
        "name",
        ["x" * 101, "Mu\u0308nchen", "a\nb", "\u202egnp.exe", "zero\u200bwidth", "a\x00b", "a\x1b[31m"],
        ids=ascii,
    )
    def test_that_hide_something_are_refused(self, name: str) -> None:
        assert [pointer for pointer, _ in pointers(name=name)] == ["name"]

    def test_of_pull_secrets_are_names_of_kubernetes(self) -> None:
        assert read(pull_secrets=["regcred", "team.registry"])["pull_secrets"] == ["regcred", "team.registry"]
        assert pointers(pull_secrets=["regcred", "Reg_Cred"]) == [("pull_secrets/1", "invalid_name")]
        assert pointers(pull_secrets=["a"] * 11) == [("pull_secrets", "max_length")]


class TestTheFailureLimit:
    @pytest.mark.parametrize("limit", ["", "1", "5", "99999", "1%", "10%", "99%", "100%"])
    def test_is_a_number_of_nodes_or_a_percentage(self, limit: str) -> None:
        assert read(failure_limit=limit)["failure_limit"] == limit

    def test_may_be_written_as_a_number(self) -> None:
        assert read(failure_limit=5)["failure_limit"] == "5"

    @pytest.mark.parametrize(
        "limit",
        [
            "0",
            "0%",
            "-1",
            "5.5",
            "5.5%",
            "101%",
            "1000%",
            "05",
            "%",
            "10 %",
            "10%%",
            "ten",
            "100000",
            "\uff15",
            "\u0661%",
            "1e3",
        ],
        ids=ascii,
    )
    def test_is_nothing_else(self, limit: str) -> None:
        (error,) = refusals(failure_limit=limit)

        assert error["pointer"] == "failure_limit"
        assert "like 5, or a percentage, like 10%" in error["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("pull_policy", "Never"), ("pull_policy", "always"), ("puller", "docker"), ("puller", ""), ("tenant", "no slug")],
)
def test_a_choice_that_does_not_exist_is_refused(field: str, value: str) -> None:
    assert [pointer for pointer, _ in pointers(**{field: value})] == [field]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = pointers(images=["Bad//Name"], batch_size=0, failure_limit="many", pull_secrets=["X"])

    assert sorted(pointer for pointer, _ in found) == ["batch_size", "failure_limit", "images/0", "pull_secrets/0"]


def test_every_refusal_has_a_sentence_for_people() -> None:
    found = refusals(images=["Bad//Name"], batch_size=0, name="a\nb", node_selector="a b", node_names=["X"])

    assert len(found) == 5
    assert all(error["detail"].endswith(".") and error["code"] for error in found)


def test_reading_a_request_makes_nothing() -> None:
    read()

    assert not NodeView.objects.exists()
