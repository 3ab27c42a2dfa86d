"""All places where somebody could read something: files, tables, answers, pages, pods."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml
from django.db import connection
from redis import Redis

from tests.faults.canaries.secret import Place
from tests.faults.canaries.sowing import Sower
from tests.faults.canaries.stage import CanaryStage

SCHEMA = Path(__file__).parents[3] / "docs" / "openapi.yaml"
EACH = 3  # of the rows that a list of the admin shows
MOST_OF_A_LIST = 20
LINK = re.compile(r'href="([^"#]+)"')
MOVES = re.compile(r"logout|delete|empty|enqueue|requeue|stop|password|jsi18n|/add/")


def everywhere(sower: Sower) -> Iterator[Place]:
    stage = sower.stage
    yield from answers(sower)
    yield from pages(sower)
    yield from told(sower)
    yield Place("pods", json.dumps(sower.pods))
    yield from metrics(sower)
    yield from processes(stage)
    yield from rows()
    yield from redis(stage)
    stage.parts["worker-1"].end()  # what they say when they end, too
    stage.parts["messenger"].end()
    yield from files(stage)


def answers(sower: Sower) -> Iterator[Place]:
    """Every path that can be read, by everybody, about everything that they see."""
    paths = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["paths"]
    readable = [path.removeprefix("/api/v1/") for path, methods in paths.items() if "get" in methods]
    for who in ("root", "anna", "otto", "vera", "mallory", "a key", ""):
        found: dict[tuple[str, str], list[str]] = {}
        for path in sorted(readable, key=lambda path: "{" in path):
            collection, _, key = path.partition("{")
            key = key.partition("}")[0]
            for one in found.get((collection, key), []) if key else [""]:
                answer = sower.ask("GET", path.replace(f"{{{key}}}", one), who)
                yield Place(f"GET {path} by {who or 'nobody'}", f"{answer.headers}{answer.text}")
                if (
                    not key
                    and answer.status_code == 200
                    and answer.headers["Content-Type"].startswith("application/json")
                ):
                    listed = answer.json()
                    rows = listed.get("results", []) if isinstance(listed, dict) else []
                    for name in ("id", "name"):
                        found[path, name] = [str(row[name]) for row in rows if name in row][:MOST_OF_A_LIST]
    for path in ("/version", "/healthz", "/readyz", "/api/schema/", "/api/docs/", "/", "/metrics", "/api/v1/nothing/"):
        answer = sower.browser.get(path)
        yield Place(f"GET {path}", f"{answer.headers}{answer.text}")


def pages(sower: Sower) -> Iterator[Place]:
    """Django's admin and the pages of the queues: every list, and some rows of each; and the API as it is browsed."""
    waiting, seen = ["/admin/"], {"/admin/"}
    while waiting:
        path = waiting.pop()
        answer = sower.browser.get(path)
        assert answer.status_code in (200, 302, 404), f"{path}: {answer.status_code}"
        yield Place(f"page {path}", f"{answer.headers}{answer.text}")
        found = [link.replace("&amp;", "&") for link in LINK.findall(answer.text) if link.startswith("/admin/")]
        rows = [link for link in found if link.endswith(("/change/", "/history/")) or "/jobs/" in link]
        lists = [link for link in found if link not in rows and "?" not in link]
        for link in [*lists, *rows[:EACH]]:
            if link not in seen and not MOVES.search(link):
                seen.add(link)
                waiting.append(link)
    for path in ("tasks", "webhooks", "users", "api-keys", "deliveries", "audit"):
        answer = sower.browser.get(f"/api/v1/{path}/", headers={"Accept": "text/html"})
        yield Place(f"page /api/v1/{path}/", answer.text)


def told(sower: Sower) -> Iterator[Place]:
    """What receivers heard, but for the address that they were asked at."""
    for number, receiver in enumerate(sower.receivers):
        for one in receiver.told:
            yield Place(f"delivery to receiver {number}", f"{one.headers}{one.body.decode()}")


def metrics(sower: Sower) -> Iterator[Place]:
    token = sower.stage.environment["IPS_METRICS_TOKEN"]
    answer = httpx.get(f"http://127.0.0.1:{sower.stage.port}/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and "ips_redis_up" in answer.text
    yield Place("metrics", answer.text)


def processes(stage: CanaryStage) -> Iterator[Place]:
    """How they were started, as everybody on the machine sees it."""
    groups = {part.pid for part in stage.parts.values()}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            if group in groups:
                yield Place("command line", (folder / "cmdline").read_text())
        except OSError:
            continue  # it has just ended


def rows() -> Iterator[Place]:
    """Every column of every table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description or []]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    yield Place(f"{table}.{name}", text_of(value))


def redis(stage: CanaryStage) -> Iterator[Place]:
    """Every value; RQ packs its own."""
    with Redis.from_url(stage.valkey.url) as client:
        for key in client.scan_iter():
            for value in values(client, key):
                yield Place(f"Redis {key.decode(errors='replace')}", f"{key!r}{text_of(value)}")


def values(client: Any, key: bytes) -> list[Any]:
    match client.type(key):
        case b"string":
            return [client.get(key)]
        case b"hash":
            return [part for pair in client.hgetall(key).items() for part in pair]
        case b"list":
            return list(client.lrange(key, 0, -1))
        case b"set":
            return list(client.smembers(key))
        case b"zset":
            return list(client.zrange(key, 0, -1))
        case b"stream":
            return [str(client.xrange(key))]
    raise AssertionError(f"{key!r} is of a type that this does not know")


def files(stage: CanaryStage) -> Iterator[Place]:
    """What the processes and the servers beside them wrote."""
    written = [*stage.logs.glob("*.log"), *stage.valkey.directory.rglob("*"), stage.server.directory / "server.log"]
    for path in written:
        if path.is_file():
            yield Place(f"file {path.name}", path.read_bytes().decode(errors="replace"))


def text_of(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zlib.decompress(value).decode(errors="replace")
    except zlib.error:
        return value.decode(errors="replace")
