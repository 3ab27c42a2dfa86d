"""What `manage.py doctor` finds, part by part."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import django
from django.conf import settings
from django.utils import timezone

from accounts.models import Tenant
from ips.health import CHECKS, NotReady
from ips.preflight import what_is_wrong_with_the_cluster
from ips.version import version
from prewarm import alive
from prewarm.clock import database_now
from prewarm.cluster import Cluster, ClusterError, NotConfigured
from prewarm.cluster_setup import not_to_follow

MOST_SKEW_SECONDS = 2.0
OK, WARNING, PROBLEM = "ok", "warning", "problem"
REMEDIES = {
    "database": "look at its log, and at IPS_DB_*",
    "migrations": "run manage.py migrate",
    "redis": "start it, or correct IPS_REDIS_URL",
    "nodes": "start a watcher (manage.py runwatcher), then look at its log",
}


class Finding(NamedTuple):
    """`level` is ok, warning or problem; what is not ok has a remedy, unless its text says it."""

    level: str
    part: str
    text: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """One after the other, so that a part that hangs does not hide the others."""
    yield Finding(OK, "versions", f"IPS {version()}, Python {platform.python_version()}, Django {django.__version__}")
    away = set()
    for part, check in CHECKS.items():
        found = _checked(part, check)
        if found.level != OK:
            away.add(part)
        yield found
    if away & {"database", "migrations"}:
        return  # whatever else is asked needs their rows
    yield _skew("clock", "the database", timezone.now(), database_now())
    if "redis" not in away:
        for process in alive.in_redis():
            yield _process(process)
    yield _process(alive.watcher())
    yield from _cluster()


def _checked(part: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except NotReady as reason:
        return Finding(PROBLEM, part, str(reason), REMEDIES.get(part, ""))
    return Finding(OK, part, "as it should be")


def _process(process: alive.Process) -> Finding:
    return Finding(OK if process.alive else PROBLEM, process.name, process.text, process.remedy)


def _skew(part: str, other: str, here: datetime, there: datetime, blur: float = 0.0) -> Finding:
    """`blur` is how many seconds the comparison itself may be off."""
    skew = (here - there).total_seconds()
    if abs(skew) - blur > MOST_SKEW_SECONDS:
        which = "ahead of" if skew > 0 else "behind"
        text = f"this machine is {abs(skew):.0f} s {which} {other}"
        return Finding(WARNING, part, text, "set both by NTP")
    return Finding(OK, part, f"this machine and {other} agree")


def _cluster() -> Iterator[Finding]:
    if wrong := what_is_wrong_with_the_cluster():
        yield Finding(PROBLEM, "cluster", wrong)
        return
    yield Finding(OK, "cluster", "it answers, is the right one, and gives the namespace and the rights that IPS needs")
    try:
        cluster = Cluster(connections=1)
        yield _cluster_clock(cluster)
        yield _priority_class(cluster)
        yield from _workloads(cluster)
    except (ClusterError, NotConfigured) as error:
        text = f"the API server answered, then did not: {error}"
        yield Finding(WARNING, "cluster", text, "run this command again")


def _cluster_clock(cluster: Cluster) -> Finding:
    """The Date header has whole seconds, and its answer was on its way for a while."""
    before = timezone.now()
    told = cluster.time()
    after = timezone.now()
    if told is None:
        text = "the API server's answers have no Date"
        return Finding(WARNING, "cluster-clock", text, "compare the clocks by hand; a proxy may have taken it away")
    blur = 1.0 + (after - before).total_seconds() / 2
    return _skew("cluster-clock", "the API server", before + (after - before) / 2, told, blur)


def _priority_class(cluster: Cluster) -> Finding:
    name = settings.PRIORITY_CLASS
    if not name or cluster.find(f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}"):
        return Finding(OK, "priority-class", name or "none is wanted")
    text = f"{name} does not exist, pull jobs go without"
    return Finding(WARNING, "priority-class", text, "manage.py cluster-setup --apply")


def _workloads(cluster: Cluster) -> Iterator[Finding]:
    """Whether policies can follow what tenants' namespaces run; nothing where none is attached."""
    attached = Tenant.objects.filter(followed_namespaces__isnull=False).values_list("followed_namespaces", flat=True)
    names = sorted({name for names in attached for name in names or ()})
    for text in not_to_follow(cluster, names):
        yield Finding(WARNING, "workloads", text, "manage.py cluster-setup --apply --follow NAMESPACE, or --follow-all")
