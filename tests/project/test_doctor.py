"""`manage.py doctor` says of every part whether it is as it should be, and what to do if not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import django_rq
import httpx
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from redis import Redis
from rq.serializers import JSONSerializer

from accounts.models import Tenant
from prewarm.cluster import Cluster
from prewarm.models import NodeView
from prewarm.ticker import TICK_ID, Ticker
from prewarm.worker import WORKER_TTL, TurnWorker
from tests.prewarm.conftest import simulator, simulator_process  # noqa: F401
from tests.processes import Valkey
from tests.simulator import Simulated


def run(*options: str) -> tuple[str, int]:
    out, status = io.StringIO(), 0
    try:
        call_command("doctor", *options, stdout=out, no_color=True)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return out.getvalue(), status


def found() -> tuple[dict[str, Any], int]:
    """Findings by part, and the exit status."""
    text, status = run("--json")
    body = json.loads(text)
    assert body["ok"] is (status == 0)
    return {finding["part"]: finding for finding in body["findings"]}, status


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as connection:
        connection.flushall()
        yield connection


@pytest.fixture
def processes(simulator: Simulated, redis: Redis) -> None:  # noqa: F811
    """What living workers, a scheduler and a watcher write."""
    for queue in (settings.QUEUE_TURNS, settings.QUEUE_TICKS):
        queues = [django_rq.get_queue(queue)]
        worker = TurnWorker(queues, connection=redis, serializer=JSONSerializer, worker_ttl=WORKER_TTL)
        worker.register_birth()
    Ticker(redis).one_pass()
    lease = timezone.now() + timedelta(minutes=5)
    NodeView.objects.update(holder="watcher:1", lease_until=lease)


@pytest.mark.django_db(transaction=True)
class TestWhereEveryPartAnswers:
    def test_all_is_well(self, processes: None, simulator: Simulated) -> None:  # noqa: F811
        parts, status = found()

        levels = {name: part["level"] for name, part in parts.items()} | {"priority-class": "ok"}
        assert levels == dict.fromkeys(levels, "ok")
        assert {"database", "migrations", "redis", "nodes", "clock", "cluster", "cluster-clock"} <= levels.keys()
        assert {"worker", "ticks", "scheduler", "watcher"} <= levels.keys()
        assert status == 0
        assert Cluster(connections=1).server == simulator.url

    def test_a_line_tells_level_and_part(self, processes: None) -> None:
        lines, _ = run()

        words = [line.split(maxsplit=2) for line in lines.splitlines()]
        assert ["ok", "worker", "1 worker for the queue turns"] in words

    def test_a_worker_that_fell_silent_is_a_problem_with_its_remedy(self, processes: None, redis: Redis) -> None:
        (key,) = redis.smembers("rq:workers:turns")
        at = datetime.now(UTC) - timedelta(minutes=5)
        redis.hset(key.decode(), "last_heartbeat", at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))

        parts, status = found()

        assert (parts["worker"]["level"], parts["ticks"]["level"], status) == ("problem", "ok", 1)
        assert "5 min" in parts["worker"]["text"]
        assert parts["worker"]["remedy"] == "start one: manage.py runworker turns"

    def test_a_scheduler_that_fell_silent_is_a_problem(self, processes: None, redis: Redis) -> None:
        redis.delete(f"rq:queue:{settings.QUEUE_TICKS}")
        long_ago = datetime.now(UTC).timestamp() - 300
        redis.zadd(Ticker.scheduled_jobs_key, {TICK_ID: long_ago})

        parts, _ = found()

        assert parts["scheduler"]["level"] == "problem"
        assert parts["scheduler"]["remedy"] == "start one: manage.py runscheduler"

    def test_a_watcher_whose_lease_ran_out_is_a_problem(self, processes: None) -> None:
        NodeView.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

        parts, status = found()

        assert (parts["watcher"]["level"], status) == ("problem", 1)
        assert parts["watcher"]["remedy"] == "start one: manage.py runwatcher"

    def test_an_api_server_whose_clock_differs_is_a_warning(
        self, processes: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask = Cluster.time
        monkeypatch.setattr(Cluster, "time", lambda cluster: (ask(cluster) or timezone.now()) - timedelta(seconds=90))

        parts, status = found()

        assert (parts["cluster-clock"]["level"], status) == ("warning", 0)
        assert "ahead of the API server" in parts["cluster-clock"]["text"]
        assert parts["cluster-clock"]["remedy"] == "set both by NTP"


@pytest.mark.django_db
def test_a_cluster_that_nobody_configured_is_a_problem() -> None:
    parts, status = found()

    assert (parts["database"]["level"], parts["cluster"]["level"], status) == ("ok", "problem", 1)


@pytest.mark.django_db(transaction=True)
def test_a_missing_right_to_follow_workloads_is_told_by_namespace(processes: None, simulator: Simulated) -> None:  # noqa: F811
    Tenant.objects.update_or_create(slug="default", defaults={"name": "x", "followed_namespaces": ["shop"]})
    httpx.post(f"{simulator.url}/_sim/access", json={"verb": "list", "resource": "cronjobs", "allowed": False})
    try:
        parts, status = found()
    finally:
        httpx.post(f"{simulator.url}/_sim/access", json={"verb": "list", "resource": "cronjobs", "allowed": True})

    assert (parts["workloads"]["level"], status) == ("warning", 0)
    assert "cronjobs of namespace shop" in parts["workloads"]["text"]
    assert "cluster-setup" in parts["workloads"]["remedy"]
