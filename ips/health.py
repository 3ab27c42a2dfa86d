"""Is this process alive, is IPS ready to work, and which part is not?"""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from ips.database_room import has_room
from ips.redis_briefly import redis_briefly
from ips.version import version
from prewarm.models import NodeView

log = logging.getLogger(__name__)


class NotReady(Exception):
    """A part that cannot do its work, and why, in words for an administrator."""


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all. Asks nobody: a database that is away is no reason to restart us."""
    return _fresh({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part is ready, else 503; `parts` says which is not and why."""
    parts = {name: _state_of(check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in parts.values())
    return _fresh({"status": "ready" if ready else "not_ready", "parts": parts}, status=200 if ready else 503)


@require_safe
def show_version(request: HttpRequest) -> JsonResponse:
    return _fresh({"version": version()})


def check_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise NotReady("the database does not answer") from error
    if not has_room():
        raise NotReady("the database has no room on its disk: free some; nothing has to be repaired")


def check_migrations() -> None:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise NotReady("the database does not answer") from error
    if missing:
        raise NotReady(f"{len(missing)} migrations are missing: run manage.py migrate")


def check_redis() -> None:
    try:
        with redis_briefly() as client:
            client.ping()
    except redis.RedisError as error:
        raise NotReady("Redis does not answer: tasks start, but seconds later") from error


def check_nodes() -> None:
    try:
        view = NodeView.objects.filter(pk=1).first()
    except DatabaseError as error:
        raise NotReady("the database does not answer") from error
    if view is None or view.complete_at is None:
        raise NotReady("the watcher has not listed the cluster's nodes yet")
    if not view.fresh():
        raise NotReady(f"the cluster was last heard from at {view.heard_at:%Y-%m-%d %H:%M:%S} UTC: is a watcher alive?")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "nodes": check_nodes,
}


def _state_of(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as reason:
        return str(reason)
    except Exception:
        # A check that breaks must not hide what the others say.
        log.exception("a readiness check broke")
        return "the check itself failed; the log says why"
    return "ok"


def _fresh(body: dict[str, object], status: int = 200) -> JsonResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})
