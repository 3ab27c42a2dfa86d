"""Keeps the table of nodes: one whole list, then a watch; the only code of IPS that lists nodes.

Any number of watchers may run; one leads by a lease on the NodeView row, the others wait.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from prewarm.binding import bind
from prewarm.clock import database_now, has_come
from prewarm.cluster import Cluster, ClusterError, ResourceExpired
from prewarm.cluster.client import retry_seconds
from prewarm.cluster.paths import NODES
from prewarm.crash_points import crash_point
from prewarm.models import Node, NodeView
from prewarm.node_rows import forget, row_of, write
from prewarm.tallies import WATCH_RESTARTS, count

log = logging.getLogger(__name__)

WRITE_SECONDS = 1.0


class Superseded(Exception):
    """Another watcher leads now: what this one knows of the rows may be out of date."""


class Watcher:
    """Lists, follows, writes what changed once a second."""

    def __init__(self, cluster: Cluster, stopping: threading.Event) -> None:
        self.cluster = cluster
        self.stopping = stopping
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.digests: dict[str, str] = {}
        self.waiting: dict[str, Node] = {}
        self.leaving: set[str] = set()
        self.written = 0.0
        self.lease_until = 0.0

    def run(self) -> None:
        """Until told to stop. Whatever breaks, start over after a wait; the view then grows stale, and says so."""
        failures = 0
        version = ""
        while not self.stopping.is_set():
            try:
                if not self.lead():
                    version = ""
                    self.stopping.wait(2.0)
                    continue
                version = version or self.take_list()
                version = self.follow(version)
                if failures:
                    count(WATCH_RESTARTS, "nodes", by=failures)
                failures = 0
            except Superseded:
                version = ""
            except ResourceExpired as error:
                version = ""
                if failures:  # again at once: do not list without end
                    self.stopping.wait(retry_seconds(failures, error))
                failures += 1
            except ClusterError as error:
                failures += 1
                log.warning("node watch interrupted", extra={"error": error.message})
                self.stopping.wait(retry_seconds(failures, error))
            except Exception:
                failures += 1
                version = ""
                log.exception("node watch broke")
                close_old_connections()
                self.stopping.wait(retry_seconds(failures))
        self.let_go()

    def lead(self) -> bool:
        """Take or keep the lease; false while another watcher has it."""
        NodeView.load()
        asked = time.monotonic()
        now = database_now()
        lease = timedelta(seconds=settings.LEASE_SECONDS)
        mine = Q(holder=self.name) | Q(holder="") | has_come("lease_until", now, 2 * lease)
        led = NodeView.objects.filter(mine, pk=1).update(holder=self.name, lease_until=now + lease) == 1
        self.lease_until = asked + settings.LEASE_SECONDS if led else 0.0
        return led

    def let_go(self) -> None:
        NodeView.objects.filter(pk=1, holder=self.name).update(holder="", lease_until=None)

    def take_list(self) -> str:
        """Take over a whole list, then say that the view is complete. Gone is what it does not name."""
        self.digests = dict(Node.objects.values_list("name", "digest"))
        self.waiting, self.leaving = {}, set()
        listed: set[str] = set()
        version = ""
        for items, listed_at in self.cluster.pages(NODES):
            version = listed_at
            rows = [row_of(item, timezone.now()) for item in items]
            listed.update(row.name for row in rows)
            with transaction.atomic():
                if not self.lead():
                    raise Superseded
                write(rows, self.digests)
        forget(self.digests.keys() - listed, self.digests)
        kubernetes = str(self.cluster.get("/version").get("gitVersion") or "")
        self.heard(complete=True, kubernetes_version=kubernetes, changed=True)
        log.info("node list complete", extra={"nodes": len(listed)})
        return version

    def follow(self, version: str) -> str:
        """One watch; the last resourceVersion seen. So short that the lease is kept while the cluster says nothing."""
        seconds = max(1, int(min(settings.WATCH_SECONDS, settings.LEASE_SECONDS / 4)))
        for line in self.cluster.watch(NODES, {}, version, seconds):
            version = str(line.object["metadata"].get("resourceVersion") or version)
            if line.kind != "BOOKMARK":
                name = line.object["metadata"]["name"]
                if line.kind == "DELETED":
                    self.waiting.pop(name, None)
                    self.leaving.add(name)
                else:
                    self.leaving.discard(name)
                    self.waiting[name] = row_of(line.object, timezone.now())
            if time.monotonic() - self.written >= WRITE_SECONDS:
                self.write_out()
            if self.stopping.is_set() or time.monotonic() > self.lease_until:
                break
        self.write_out()
        return version

    def write_out(self) -> None:
        """Write what changed since the last time, if we still lead: who was asleep meanwhile writes nothing old."""
        self.written = time.monotonic()
        with transaction.atomic():
            if not self.lead():
                raise Superseded
            crash_point("writing_nodes")
            changed = write(self.waiting.values(), self.digests) > 0 or bool(self.leaving)
            forget(self.leaving, self.digests)
            self.heard(complete=False, changed=changed)
        self.waiting, self.leaving = {}, set()

    def heard(self, *, complete: bool, changed: bool, kubernetes_version: str = "") -> None:
        """Say so in the view. That something changed lets whoever keeps nodes warm look before it is due."""
        now: datetime = database_now()
        values: dict[str, object] = {"heard_at": now}
        if changed:
            values["changed_at"] = now
        if complete:
            values |= {"complete_at": now, "kubernetes_version": kubernetes_version}
        NodeView.objects.filter(pk=1, holder=self.name).update(**values)


def watch_nodes(stopping: threading.Event) -> None:
    """Run a watcher. Raises NotConfigured and WrongCluster at once; waits while nobody answers."""
    cluster = Cluster(connections=2)
    while not stopping.is_set():
        try:
            bind(cluster)
            break
        except ClusterError as error:
            log.warning("the API server does not answer", extra={"server": cluster.server, "error": error.message})
            stopping.wait(2.0)
    Watcher(cluster, stopping).run()
