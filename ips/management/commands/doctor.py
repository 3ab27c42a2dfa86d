"""`manage.py doctor`: is every part of this installation as it should be, and what is to be done if not?"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Any, NamedTuple

import django
from django.conf import settings
from django.utils import timezone

from ips.health import CHECKS, NotReady
from ips.operator_command import OperatorCommand
from ips.preflight import what_is_wrong_with_the_cluster
from ips.version import version
from prewarm.clock import database_now
from prewarm.cluster import Cluster, ClusterError, NotConfigured

MOST_SKEW_SECONDS = 2.0


class Finding(NamedTuple):
    """`level` is ok, warn or fail; the text of what is not ok says what to do."""

    level: str
    part: str
    text: str


class Command(OperatorCommand):
    """Looks at versions, database, Redis, the view of the nodes, clocks, the cluster and IPS' rights there."""

    help = "Look at every part and say what is wrong and what to do. Exit status 1 when something fails."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        paints = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "fail": self.style.ERROR}
        failures = 0
        for found in findings():
            failures += found.level == "fail"
            self.stdout.write(f"{paints[found.level](f'{found.level:4}')}  {found.part:14}  {found.text}")
        if failures:
            raise SystemExit(1)


def findings() -> Iterator[Finding]:
    """One after the other, so that a part that hangs does not hide the others."""
    yield Finding("ok", "versions", f"IPS {version()}, Python {platform.python_version()}, Django {django.__version__}")
    away = False
    for part, check in CHECKS.items():
        found = _checked(part, check)
        away = away or (part == "database" and found.level == "fail")
        yield found
    if not away:
        yield _clock()
        yield from _cluster()


def _checked(part: str, check: Any) -> Finding:
    try:
        check()
    except NotReady as reason:
        return Finding("fail", part, str(reason))
    return Finding("ok", part, "as it should be")


def _clock() -> Finding:
    skew = abs((database_now() - timezone.now()).total_seconds())
    if skew > MOST_SKEW_SECONDS:
        return Finding("warn", "clock", f"this machine and the database differ by {skew:.0f} s: set both by NTP")
    return Finding("ok", "clock", "this machine and the database agree")


def _cluster() -> Iterator[Finding]:
    if wrong := what_is_wrong_with_the_cluster():
        yield Finding("fail", "cluster", wrong)
        return
    yield Finding(
        "ok", "cluster", "it answers, is the right one, and gives the namespace and the rights that IPS needs"
    )
    name = settings.PRIORITY_CLASS
    try:
        known = not name or Cluster(connections=1).find(f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}")
    except (ClusterError, NotConfigured) as error:
        yield Finding("warn", "priority class", f"it could not be looked at: {error}")
        return
    if known:
        yield Finding("ok", "priority class", name or "none is wanted")
    else:
        yield Finding(
            "warn", "priority class", f"{name} does not exist, pull jobs go without: manage.py cluster-setup --apply"
        )
