"""What is on which node, and how that is known: unknown is not absent, a tag is no digest, and lists have dates."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from prewarm.clock import database_now
from prewarm.evidence import MOST_LISTED, Presence
from prewarm.inventory.presence import COLUMNS, Known, presence, presence_of_marks
from prewarm.marks import key_of_mark, mark_of, marks_of
from prewarm.models import Node, NodeView, OwnPull
from tests.prewarm.rows import cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
HERE, ABSENT, UNKNOWN = Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN
NGINX = "docker.io/library/nginx:1.27"
DIGEST = "docker.io/library/nginx@sha256:" + "a" * 64
MEGABYTE = 1_000_000
Listed = list[list[Any]]


def lists(name: str, images: Listed, **values: Any) -> Node:
    """A node whose kubelet tells this list."""
    smallest = min((size for size, _ in images), default=None)
    (node,) = cluster_of(name, images=images, marks=marks_of(images), smallest_listed=smallest, **values)
    return node


def full(smallest: int = MEGABYTE) -> Listed:
    """As many images as a kubelet ever lists, the biggest first."""
    return [[smallest + n * MEGABYTE, [f"quay.io/team/app{n}:1"]] for n in reversed(range(MOST_LISTED))]


def pulled(node: Node, image: str = NGINX, ago: float = 0, **values: Any) -> datetime:
    """A pull of ours, so many seconds ago."""
    at = timezone.now() - timedelta(seconds=ago)
    OwnPull.objects.create(
        image=key_of_mark(mark_of(image)), node=node.name, **{"node_uid": node.uid, "at": at, **values}
    )
    return at


def known(node: Node, image: str = NGINX) -> Known:
    (found,) = presence([image], Node.objects.only(*COLUMNS).filter(pk=node.pk))[node.name]
    return found


def test_what_a_ready_node_lists_is_there_as_of_when_the_cluster_was_heard_from() -> None:
    node = lists("n1", [[5, [NGINX]]])

    found = known(node, "nginx:1.27")

    assert (found.presence, found.how_known, found.why) == (HERE, "node_status", "")
    assert found.as_of == NodeView.load().heard_at


def test_what_a_whole_list_does_not_have_is_absent() -> None:
    found = known(lists("n1", [[5, ["quay.io/team/app:1"]]]))

    assert (found.presence, found.how_known, found.why) == (ABSENT, "node_status", "not_listed")


def test_what_a_cut_list_does_not_have_is_unknown_and_not_absent() -> None:
    found = known(lists("n1", full()))

    assert (found.presence, found.how_known, found.why, found.as_of) == (UNKNOWN, "", "list_cut", None)


def test_an_image_may_have_more_names_than_the_five_that_are_listed() -> None:
    names = [f"docker.io/library/nginx:1.{n}" for n in range(5)]

    assert known(lists("n1", [[5, names]])).presence is UNKNOWN
    assert known(lists("n2", [[5, names[:4]]])).presence is ABSENT
    assert known(lists("n3", [[5, names]]), "nginx:1.3").presence is HERE


def test_a_node_that_lists_nothing_says_nothing() -> None:
    assert known(lists("n1", [])).why == "nothing_listed"
    assert known(cluster_of("n2", marks=None)[0]).why == "nothing_listed"


def test_a_tag_is_not_its_digest_nor_the_other_way_round() -> None:
    tagged, pinned = lists("n1", [[5, [NGINX]]]), lists("n2", [[5, [DIGEST]]])

    assert [known(tagged, image).presence for image in (NGINX, DIGEST)] == [HERE, ABSENT]
    assert [known(pinned, image).presence for image in (NGINX, DIGEST)] == [ABSENT, HERE]


def test_the_old_list_of_a_node_that_is_not_ready_proves_nothing() -> None:
    node = lists("n1", [[5, [NGINX]]], ready=False)
    pulled(node, "redis:7", ago=3600)

    there, elsewhere, ours = (known(node, image) for image in (NGINX, "quay.io/team/app:1", "redis:7"))

    assert (there.presence, there.why, there.how_known, there.as_of) == (
        UNKNOWN,
        "node_unready",
        "node_status",
        node.seen_at,
    )
    assert (elsewhere.presence, elsewhere.why, elsewhere.as_of) == (UNKNOWN, "node_unready", None)
    assert (ours.presence, ours.how_known) == (UNKNOWN, "own_pull")


def test_nothing_is_known_while_the_cluster_is_not_heard_from() -> None:
    node = lists("n1", [[5, [NGINX]]])
    NodeView.objects.update(heard_at=timezone.now() - timedelta(minutes=2))

    assert {known(node, image).why for image in (NGINX, "redis:7")} == {"node_view_stale"}
    assert known(node).presence is UNKNOWN


def test_a_pull_of_ours_counts_before_the_kubelet_has_told_of_it() -> None:
    node = lists("n1", [[5, ["quay.io/team/app:1"]]])
    at = pulled(node, ago=20)

    assert known(node) == Known(HERE, at, "own_pull", "")


def test_it_counts_as_long_as_a_cut_list_cannot_say_otherwise() -> None:
    node = lists("n1", full())
    at = pulled(node, ago=86_400)

    assert known(node) == Known(HERE, at, "own_pull", "")


def test_an_image_that_was_pulled_and_is_not_listed_any_more_was_lost() -> None:
    node = lists("n1", [[5, ["quay.io/team/app:1"]]])
    pulled(node, ago=120)

    found = known(node)

    assert (found.presence, found.how_known, found.why) == (ABSENT, "node_status", "lost")


def test_how_far_behind_a_list_may_be_is_a_setting(settings: Settings) -> None:
    node = lists("n1", [[5, ["quay.io/team/app:1"]]])
    pulled(node, ago=120)
    settings.NODE_IMAGES_LAG_SECONDS = 300

    assert known(node).presence is HERE


def test_a_cut_list_tells_that_a_big_image_was_lost_and_not_that_a_small_one_was() -> None:
    node = lists("n1", full(smallest=100 * MEGABYTE))
    pulled(node, ago=120, bytes=101 * MEGABYTE)
    pulled(node, "redis:7", ago=120, bytes=99 * MEGABYTE)
    pulled(node, "unsized:1", ago=120)

    assert [known(node, image).presence for image in (NGINX, "redis:7", "unsized:1")] == [ABSENT, HERE, HERE]


def test_a_node_that_was_made_anew_under_its_name_has_nothing_of_what_was_pulled() -> None:
    node = lists("n1", full())
    pulled(node, node_uid="the-one-before")

    assert known(node).presence is UNKNOWN


def test_a_pull_that_lies_ahead_was_written_by_a_clock_that_was_wrong_and_proves_nothing() -> None:
    whole, cut = lists("n1", [[5, ["quay.io/team/app:1"]]]), lists("n2", full())
    for node in (whole, cut):
        pulled(node, ago=-3600)

    assert [known(node).why for node in (whole, cut)] == ["not_listed", "list_cut"]


def test_an_image_that_is_listed_again_is_there() -> None:
    node = lists("n1", [[5, [NGINX]]])
    pulled(node, ago=3600)

    assert (known(node).presence, known(node).how_known) == (HERE, "node_status")


def test_many_nodes_and_images_take_three_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    listed = [[5, ["docker.io/library/app0:1"]]]
    cluster_of(*(f"n{n:04}" for n in range(600)), images=listed, marks=marks_of(listed))
    images = [f"app{n}:1" for n in range(50)]

    now = database_now()
    with django_assert_num_queries(3):  # the nodes, the view, our pulls
        found = presence_of_marks([mark_of(image) for image in images], Node.objects.only(*COLUMNS), now=now)

    assert len(found) == 600
    assert {tuple(one.presence for one in known) for known in found.values()} == {(HERE, *[ABSENT] * 49)}
