"""What is counted for Prometheus: exact, and never backwards."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import InterfaceError, OperationalError, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from prewarm import metrics, tallies
from prewarm.image_results import read
from prewarm.models import NodeResult
from prewarm.tallies import MOST_REGISTRIES, PULL_SECONDS, PULLS, Growth, registry_label
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker, expire_leases

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
LABELS = ["result", "outcome", "reason", "registry", "trigger", "status", "state", "limit", "queue", "version", "le"]
Told = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def no_registry_known() -> Iterator[None]:
    tallies._registries.clear()
    yield
    tallies._registries.clear()


def scraped() -> dict[str, Told]:
    """By name, and there by the values of the labels, in the order of LABELS."""
    text = Client().get("/metrics").content.decode()
    text = "\n".join(line for line in text.splitlines() if "ips_" in line)
    found: dict[str, Told] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels, key=LABELS.index))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def grow(result: str, by: int = 1) -> None:
    growth = Growth()
    growth.add(PULLS, result, "", "docker.io", by=by)
    growth.save()


def test_what_is_counted_adds_up() -> None:
    grow("pulled", 3)
    grow("failed")
    grow("pulled", 4)

    assert scraped()["ips_pulls_total"] == {("pulled", "", "docker.io"): 7, ("failed", "", "docker.io"): 1}


def test_what_is_rolled_back_was_not_counted() -> None:
    grow("pulled")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        grow("pulled", 5)
        _ = 1 / 0

    assert scraped()["ips_pulls_total"] == {("pulled", "", "docker.io"): 1}


def test_durations_are_told_as_prometheus_wants_them() -> None:
    growth = Growth()
    for milliseconds in (400, 500, 3_000, 4_000_000):
        growth.observe(PULL_SECONDS, "quay.io", milliseconds=milliseconds)
    growth.save()

    found = scraped()

    buckets = found["ips_pull_duration_seconds_bucket"]
    assert [buckets["quay.io", edge] for edge in ("0.5", "2.5", "5.0", "1800.0", "+Inf")] == [2, 2, 3, 3, 4]
    assert found["ips_pull_duration_seconds_sum"]["quay.io",] == 4003.9
    assert found["ips_pull_duration_seconds_count"]["quay.io",] == 4


def test_what_has_no_labels_is_there_from_the_first_scrape() -> None:
    assert scraped()["ips_lease_takeovers_total"] == {(): 0}


def test_registries_beyond_fifty_share_a_label() -> None:
    for number in range(MOST_REGISTRIES):
        assert registry_label(f"r{number}.example.com/app:1") == f"r{number}.example.com"

    assert registry_label("one.more.example.com/app:1") == "other"
    assert registry_label("r7.example.com/other:2") == "r7.example.com"


def test_another_process_knows_the_registries_that_were_counted() -> None:
    growth = Growth()
    for number in range(MOST_REGISTRIES):
        growth.add(PULLS, "pulled", "", registry_label(f"r{number}.example.com/app:1"))
    growth.save()
    tallies._registries.clear()

    assert registry_label("one.more.example.com/app:1") == "other"
    assert registry_label("r7.example.com/app:1") == "r7.example.com"


@pytest.mark.django_db(transaction=True)
def test_after_tasks_the_counts_are_those_of_the_rows(worker: Worker) -> None:
    images = [f"app/{uuid.uuid4().hex}:1", "missing/x:1", f"registry.example.com/{uuid.uuid4().hex}:1"]
    first = worker.finish(asked(images, concurrency=10, max_attempts=1))
    worker.finish(asked(images[:1], concurrency=10))

    found = scraped()

    assert found["ips_pulls_total"] == in_rows()
    assert found["ips_tasks_finished_total"] == {(first.status, "request"): 1, ("succeeded", "request"): 1}
    assert found["ips_tasks"]["succeeded",] == 1
    assert found["ips_task_duration_seconds_count"] == {(): 2}
    pulled = found["ips_pulls_total"]["pulled", "", "docker.io"]
    assert 0 < found["ips_pull_duration_seconds_count"]["docker.io",] <= pulled == 10
    assert found["ips_pulled_bytes_total"]["docker.io",] > 0
    assert found["ips_nodes"] == {("ready",): 10, ("not_ready",): 0, ("cordoned",): 0}
    assert found["ips_pulls_in_flight"]["cluster",] == 0
    assert found["ips_pulls_cap"]["cluster",] == 100


@pytest.mark.django_db(transaction=True)
def test_a_takeover_from_a_dead_worker_is_counted(worker: Worker) -> None:
    task = asked([f"slow/{uuid.uuid4().hex}:1"], concurrency=10, batch_size=10)
    dead = Worker()
    dead.cycles(lambda turn: len(list(turn.pulls())) == 10)
    dead.runtime.stop()
    expire_leases()

    worker.finish(task)

    assert scraped()["ips_lease_takeovers_total"] == {(): 1}
    assert scraped()["ips_pulls_total"] == in_rows()


def in_rows() -> Told:
    """How images ended, by the node results: (result, reason, registry) → how many."""
    counted: Counter[tuple[str, ...]] = Counter()
    for images, stored in NodeResult.objects.values_list("task__images", "images"):
        for image in read(stored):
            counted[str(image.outcome), image.reason, registry_label(images[image.index])] += 1
    return dict(counted)


def test_with_a_port_of_their_own_metrics_are_there_and_nowhere_else(settings: Settings) -> None:
    settings.METRICS_ADDRESS = "0.0.0.0:9090"
    settings.ALLOWED_HOSTS = ["ips.example.com"]

    def status(path: str, port: str, host: str) -> int:
        return Client().get(path, SERVER_PORT=port, headers={"Host": host}).status_code

    assert status("/metrics", "9090", "10.1.2.3:9090") == 200
    assert status("/api/v1/tasks/", "9090", "ips.example.com") == 404
    assert status("/metrics", "8000", "ips.example.com") == 404
    assert status("/healthz", "8000", "ips.example.com") == 200


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_the_database_the_rest_is_told(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def away() -> Iterator[None]:
        raise error("gone")
        yield

    monkeypatch.setattr(metrics, "counted", away)

    found = scraped()

    assert found["ips_database_up"] == {(): 0}
    assert "ips_pulls_total" not in found
    assert found["ips_build_info"]
