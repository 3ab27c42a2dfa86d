"""What machines ask: alive, ready, which version, how many."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from rq import Queue

from ips import health
from prewarm.models import NodeView

pytestmark = pytest.mark.django_db


def test_alive_asks_nobody(monkeypatch):
    monkeypatch.setattr(connection, "cursor", None)

    assert Client().get("/healthz").json() == {"status": "ok"}


def test_not_ready_names_the_part_that_is_down_and_only_that(monkeypatch, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(health, "CHECKS", {**health.CHECKS, "redis": health.check_redis, "other": lambda: None})

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["database"] == parts["migrations"] == parts["other"] == "ok"
    assert "Redis does not answer" in parts["redis"]


def test_a_database_that_is_away_is_told(monkeypatch):
    def away(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", away)

    assert "database does not answer" in Client().get("/readyz").json()["parts"]["database"]


def test_a_missing_migration_is_told(monkeypatch):
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one"])

    assert "manage.py migrate" in Client().get("/readyz").json()["parts"]["migrations"]


def test_a_check_that_breaks_does_not_hide_the_others(monkeypatch):
    monkeypatch.setattr(health, "CHECKS", {"broken": lambda: 1 / 0, "other": lambda: None})

    parts = Client().get("/readyz").json()["parts"]

    assert parts["other"] == "ok"
    assert parts["broken"] != "ok"


def test_with_redis_up_it_says_so(valkey):
    assert Client().get("/readyz").json()["parts"]["redis"] == "ok"


def test_until_a_watcher_has_listed_the_nodes_it_is_not_ready():
    NodeView.objects.all().delete()

    assert "has not listed" in Client().get("/readyz").json()["parts"]["nodes"]


def test_nodes_that_were_heard_from_long_ago_are_told():
    long_ago = timezone.now() - timedelta(minutes=5)
    NodeView.objects.update_or_create(pk=1, defaults={"complete_at": long_ago, "heard_at": long_ago})

    assert "last heard from" in Client().get("/readyz").json()["parts"]["nodes"]


def test_with_all_parts_up_it_is_ready(valkey):
    now = timezone.now()
    NodeView.objects.update_or_create(pk=1, defaults={"complete_at": now, "heard_at": now})

    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "parts": dict.fromkeys(health.CHECKS, "ok")}


def test_the_version_is_told():
    assert Client().get("/version").json() == {"version": "0.0.0+tests"}


class TestMetrics:
    def test_requests_and_queues_are_counted(self, valkey):
        text = Client().get("/metrics").content.decode()

        assert "django_http_requests_total_by_method_total" in text
        assert 'ips_queue_jobs{queue="turns"}' in text
        assert "ips_redis_up 1.0" in text

    def test_a_queue_tells_since_when_its_first_job_waits(self, valkey, settings):
        queue = Queue("turns", connection=redis.Redis.from_url(settings.REDIS_URL))
        queue.empty()  # of what other tests rang for
        before = time.time()
        job = queue.enqueue("prewarm.work.turn")
        try:
            text = Client().get("/metrics").content.decode()
        finally:
            job.delete()

        told = re.search(r'ips_queue_oldest_job_timestamp_seconds{queue="turns"} (\S+)', text)
        assert told
        assert before - 1 <= float(told[1]) <= time.time() + 1

    def test_every_metric_of_ours_is_in_the_docs(self, valkey):
        docs = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
        names = re.findall(r"^# TYPE (ips_\w+)", Client().get("/metrics").content.decode(), re.MULTILINE)

        assert len(names) > 10
        assert [name for name in names if name not in docs and not name.endswith("_created")] == []

    def test_without_redis_they_still_come_and_say_so(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        text = Client().get("/metrics").content.decode()

        assert "ips_redis_up 0.0" in text
        assert "ips_queue_jobs{" not in text

    def test_a_token_keeps_them_private_where_one_is_set(self, settings):
        settings.METRICS_TOKEN = "m" * 32

        assert Client().get("/metrics").status_code == 401
        assert Client().get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
        assert Client().get("/metrics", headers={"Authorization": "Bearer " + "m" * 32}).status_code == 200
