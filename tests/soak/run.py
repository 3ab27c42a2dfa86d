"""One soak from its first process to its figures."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import httpx
from django.core.management import call_command
from django.db import DatabaseError, close_old_connections

from ips.version import version
from prewarm.cluster import Cluster
from prewarm.invariants import check, check_cluster
from prewarm.models import Installation as Identity
from prewarm.models import Task
from tests.sampler import OverTheCap, Sampler
from tests.soak import outcome
from tests.soak.gauges import Gauges, slope_per_hour
from tests.soak.installation import Installation, Servers
from tests.soak.takeovers import Takeovers
from tests.soak.tenants import Team, rest
from tests.soak.trouble import Trouble

TENANTS = ["red", "blue"]
TO_REST = 600.0  # seconds for the tasks that are open at the end, and for the cluster to be clean
SAYS_EVERY = 60.0


def run(
    folder: Path, servers: Servers, environment: dict[str, str], options: argparse.Namespace
) -> tuple[dict[str, Any], str]:
    """Soak, let it come to rest, count. Returns the figures, and the sampler's table of peaks beside caps."""
    call_command("migrate", verbosity=0)
    installation = Installation(folder, environment)
    try:
        installation.start()
        with Sampler(servers.cluster.kubeconfig) as sampler:
            teams = [Team(tenant, installation.web, servers.cluster.node_names(), options.seed) for tenant in TENANTS]
            trouble = Trouble(
                installation,
                servers,
                options.seed,
                every=options.every,
                most=round(options.minutes * 120 / options.every),
            )
            gauges, takeovers = Gauges(installation, servers.valkey.url), Takeovers()
            _soak(options.minutes * 60, installation, teams, trouble, gauges, takeovers)
            trouble.end()
            unfinished = _come_to_rest(installation, servers)
            tasks = list(Task.objects.order_by("created_at"))
            figures = _figures(options, tasks, teams, trouble, gauges, takeovers, installation, sampler)
            figures |= {"unfinished": unfinished, "struck": trouble.struck}
            return figures, sampler.table(outcome.caps_of(tasks))
    finally:
        installation.stop()


def _soak(
    seconds: float,
    installation: Installation,
    teams: list[Team],
    trouble: Trouble,
    gauges: Gauges,
    takeovers: Takeovers,
) -> None:
    began = says = time.monotonic()
    for team in teams:
        team.start()
    while (now := time.monotonic()) < began + seconds:
        installation.revive()
        trouble.strike_when_due()
        gauges.look_when_due()
        takeovers.look_when_due(trouble.killed_workers)
        for team in teams:
            if not team.is_alive():
                raise RuntimeError(f"the people of {team.tenant} stopped: see above")
        if now - says >= SAYS_EVERY:
            says = now
            asked = sum(team.asked for team in teams)
            print(f"{(now - began) / 60:4.0f} min: {asked} tasks asked, {trouble.counts.total()} blows", flush=True)
        time.sleep(0.05)
    for team in teams:
        team.stopping.set()
    for team in teams:
        team.join()


def _come_to_rest(installation: Installation, servers: Servers) -> int:
    """Wait until all is done and the cluster is clean; how many tasks are still open when the time is over."""

    def at_rest() -> bool:
        try:
            close_old_connections()
            return not rest(TENANTS) and not servers.cluster.pods() and not servers.cluster.jobs()
        except (DatabaseError, httpx.HTTPError):
            return False

    try:
        installation.until(at_rest, "every task to end and the cluster to be clean", TO_REST)
    except TimeoutError as timeout:
        print(timeout, flush=True)
    return len(rest(TENANTS))


def _figures(
    options: argparse.Namespace,
    tasks: list[Task],
    teams: list[Team],
    trouble: Trouble,
    gauges: Gauges,
    takeovers: Takeovers,
    installation: Installation,
    sampler: Sampler,
) -> dict[str, Any]:
    pairs = outcome.pairs_of(tasks)
    double = {name: count for name, count in sampler.names.items() if count > 1}
    lines = installation.log_lines()
    said = outcome.messages(lines)
    breaches = [*check(), *check_cluster(Cluster(connections=1), str(Identity.load().uuid))]
    try:
        sampler.assert_within(outcome.caps_of(tasks))
        exceeded: list[str] = []
    except OverTheCap as over:
        exceeded = str(over).splitlines()[:1]
    for what, found in (
        ("lost", pairs.lost),
        ("untrue", pairs.untrue),
        ("double", double),
        ("broken", breaches),
        ("exceeded", exceeded),
    ):
        for one in list(found)[:20]:
            print(f"{what}: {one}", flush=True)
    for text, count in outcome.errors(lines).most_common(10):
        print(f"error logged {count} times: {text}", flush=True)
    seconds = outcome.durations(tasks)
    return {
        "version": version(),
        "minutes": options.minutes,
        "seed": options.seed,
        "tenants": len(teams),
        "tasks": len(tasks),
        "pairs": pairs.total,
        "outcomes": pairs.outcomes,
        "lost": len(pairs.lost),
        "double": len(double),
        "untrue": len(pairs.untrue),
        "exceeded": len(exceeded),
        "breaches": len(breaches),
        "blows": trouble.counts,
        "takeovers": said["took over a batch"],
        "takeover_seconds": [outcome.quantile(takeovers.seconds, share) for share in (0.5, 0.95)],
        "fenced": said["fenced write"],
        "dropped": said["lost a batch"],
        "completion_seconds": [outcome.quantile(seconds, share) for share in (0.5, 0.95)],
        "processes": {
            kind: (slope_per_hour(samples), max(s.value for s in samples), slope_per_hour(gauges.files[kind]))
            for kind, samples in gauges.memory.items()
        },
        "keys": max((sample.value for sample in gauges.keys), default=0),
        "keys_slope": slope_per_hour(gauges.keys),
        "errors": outcome.errors(lines),
    }
