"""How the inventory comes to be: the watcher tells names, settlements tell what pulls proved, and nothing is lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from prewarm import live_settings, retention, settle
from prewarm.clock import database_now
from prewarm.cluster import Cluster
from prewarm.evidence import Presence
from prewarm.inventory import known_images, upkeep
from prewarm.inventory.presence import presence
from prewarm.marks import all_in, key_of_mark, mark_of, marks_of
from prewarm.models import Duty, KnownImage, Node, NodeResult, NodeView, OwnPull, Setting
from prewarm.node_rows import row_of
from tests.prewarm.rows import asked, cluster_of
from tests.prewarm.simulated import Worker, expire_leases, take_nodes
from tests.simulator import Simulated

pytestmark = pytest.mark.databases
NGINX = "docker.io/library/nginx:1.27"


def an_image() -> str:
    return f"app/{uuid.uuid4().hex[:10]}:1"


def number(image: str) -> int:
    return key_of_mark(mark_of(image))


def test_a_pull_is_known_with_the_settlement_that_tells_of_it(worker: Worker, simulator: Simulated) -> None:
    image = an_image()

    task = worker.finish(asked([image], all_nodes=True))

    assert task.succeeded == 10
    rows = {row.node: row for row in OwnPull.objects.filter(image=number(image))}
    nodes = {node.name: node for node in Node.objects.all()}
    assert rows.keys() == nodes.keys()
    assert all(row.node_uid == nodes[name].uid for name, row in rows.items())
    assert KnownImage.objects.get(pk=number(image)).name == f"docker.io/{image}"
    found = presence([image], nodes.values())
    assert {(one.presence, one.how_known) for (one,) in found.values()} == {(Presence.PRESENT, "own_pull")}


def test_what_failed_proves_nothing(worker: Worker, simulator: Simulated) -> None:
    there, missing = an_image(), f"missing/{uuid.uuid4().hex[:10]}:1"

    task = worker.finish(asked([there, missing], max_attempts=1))

    assert task.failed == 10
    assert set(OwnPull.objects.values_list("image", flat=True)) == {number(there)}


def test_what_a_node_lists_is_not_said_to_be_our_pull(worker: Worker, simulator: Simulated) -> None:
    image = an_image()
    name = f"docker.io/{image}"
    Node.objects.update(images=[[5, [name]]], marks=marks_of([[5, [name]]]))

    task = worker.finish(asked([image]))

    assert task.succeeded == 10
    assert not OwnPull.objects.exists()


def test_a_settlement_that_comes_to_nothing_leaves_no_pull_and_the_next_one_both(
    worker: Worker, simulator: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = an_image()
    task = asked([image])
    struck: list[int] = []

    def dies(name: str, about: str = "") -> None:
        if name == "settling" and OwnPull.objects.exists():
            struck.append(OwnPull.objects.count())
            raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(settle, "crash_point", dies)
        worker.until(lambda: bool(struck))
    assert not OwnPull.objects.exists()
    assert "pulled" not in str(list(NodeResult.objects.filter(task=task).values_list("images", flat=True)))

    expire_leases()
    task = Worker().finish(task)

    assert task.succeeded == OwnPull.objects.filter(image=number(image)).count() == 10


def test_names_are_written_before_the_nodes_that_list_them(simulator: Simulated) -> None:
    KnownImage.objects.all().delete()
    known_images.forget()
    Node.objects.all().delete()

    take_nodes(Cluster(connections=1))

    listed = {key_of_mark(one) for node in Node.objects.all() for one in all_in(bytes(node.marks or b""))}
    assert listed <= set(KnownImage.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_the_names_of_many_nodes_take_few_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    images = [[n, [f"docker.io/library/app{n}:1", "<none>:<none>"]] for n in range(1, 51)]
    rows = cluster_of(*(f"n{n}" for n in range(250)), images=images)

    with django_assert_max_num_queries(6):
        known_images.learn_listed(rows)
    with django_assert_max_num_queries(0):
        known_images.learn_listed(rows)

    assert KnownImage.objects.count() == 50
    assert KnownImage.objects.get(name="docker.io/library/app7:1").bytes == 7


@pytest.mark.django_db
def test_a_pull_does_not_forget_the_size_that_a_node_told() -> None:
    known_images.learn_listed(cluster_of("n1", images=[[7, [NGINX]]]))
    known_images.forget()

    known_images.learn_pulled(["nginx:1.27"])

    assert KnownImage.objects.values_list("name", "bytes").get() == (NGINX, 7)


@pytest.mark.django_db
def test_the_smallest_that_is_listed_is_kept_and_what_no_column_holds_is_bounded() -> None:
    node = {
        "metadata": {"name": "n1", "uid": "u"},
        "status": {"images": [{"names": ["a:1"], "sizeBytes": 2**64 - 1}, {"names": ["b:1"], "sizeBytes": 3}]},
    }

    row = row_of(node, timezone.now())
    known_images.learn_listed([row])

    assert row.smallest_listed == 3
    assert KnownImage.objects.get(name="a:1").bytes == 2**63 - 1


def old_pull(node: str, days: float, image: str = "nginx:1.27") -> OwnPull:
    return OwnPull.objects.create(
        image=number(image), node=node, node_uid=node, at=timezone.now() - timedelta(days=days)
    )


@pytest.mark.django_db
def test_what_pulls_proved_goes_after_the_days_that_are_set() -> None:
    cluster_of("n1", "n2")
    Setting.objects.create(name="keep_inventory_days", value=7, changed_at=timezone.now(), changed_by="root")
    live_settings.forget()
    old_pull("n1", 8)
    recent = old_pull("n2", 6)

    assert retention.prune(timezone.now()) == 1
    assert OwnPull.objects.get() == recent


@pytest.mark.django_db
def test_what_was_pulled_on_nodes_that_are_gone_is_forgotten_within_the_hour() -> None:
    cluster_of("n1")
    old_pull("n1", 1)
    old_pull("gone", 1)

    upkeep.prune(database_now(), timedelta(days=30))

    assert OwnPull.objects.get().node == "n1"


@pytest.mark.django_db
def test_nothing_is_forgotten_while_nobody_knows_which_nodes_there_are() -> None:
    NodeView.load()
    old_pull("n1", 1)

    assert upkeep.look_through(database_now(), timedelta(days=30)) == 0
    assert OwnPull.objects.exists()


@pytest.mark.django_db
def test_a_name_stays_as_long_as_a_node_lists_it_or_a_pull_of_it_is_kept() -> None:
    long_ago = timezone.now() - timedelta(days=100)
    images = [[5, ["docker.io/library/listed:1"]]]
    cluster_of("n1", images=images, marks=marks_of(images))
    old_pull("n1", 1, "pulled:1")
    for name in ("listed:1", "pulled:1", "over:1"):
        KnownImage.objects.create(mark=number(name), name=f"docker.io/library/{name}", told_at=long_ago)

    upkeep.look_through(database_now(), timedelta(days=30))

    rows = dict(KnownImage.objects.values_list("name", "told_at"))
    assert rows.keys() == {"docker.io/library/listed:1", "docker.io/library/pulled:1"}
    assert all(told_at > long_ago for told_at in rows.values())


@pytest.mark.django_db
def test_a_name_that_was_never_written_is_read_from_the_node_that_lists_it() -> None:
    images = [[5, [NGINX]]]
    cluster_of("n1", images=images, marks=marks_of(images))

    Duty.objects.all().delete()
    upkeep.prune(database_now(), timedelta(days=30))

    assert KnownImage.objects.values_list("name", "bytes").get() == (NGINX, 5)
