"""Twenty tasks of two tenants and of all priorities wait for the same places: who goes first, and who gets how much."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator

from tests.bench.figures import Table
from tests.bench.stage import PATIENCE, image, lifted, stage
from tests.bench.watching import Watching

TASKS, NODES_EACH, AT_ONCE = 20, 20, 40
TENANTS = ("default", "rivals")
ADD_TENANT = """
import json
from accounts.models import Tenant
Tenant.objects.create(slug="rivals", name="Rivals")
print(json.dumps({tenant.slug: str(tenant.pk) for tenant in Tenant.objects.all()}))
"""
BLOCKED = 8  # seconds in which all twenty are made


def order(runs: int) -> Iterator[Table]:
    """Once: a task holds all places until the twenty have been made; then they share what it gives back."""
    del runs
    with stage(AT_ONCE + TASKS * NODES_EACH, "1", lifted(AT_ONCE)) as ready:
        done = ready.ips.manage("shell", "-c", ADD_TENANT)
        done.check_returncode()
        ids = json.loads(done.stdout.strip().splitlines()[-1])
        ready.fleet.take("*/blocking/*", BLOCKED)
        with Watching(ready.plane.kubeconfig) as watching:
            nodes = iter(ready.fleet.nodes)
            ready.ips.ask(image("blocking"), **_wishes([next(nodes) for _ in range(AT_ONCE)]))
            watching.until_made(AT_ONCE, PATIENCE)
            tasks = {}
            for number in range(TASKS):
                tenant, priority = TENANTS[number % 2], 1 + number * 7 % 10
                some = [next(nodes) for _ in range(NODES_EACH)]
                tasks[ready.ips.ask(image(), tenant=tenant, priority=priority, **_wishes(some))] = tenant, priority
            shares = _shares(watching, ids)
            first = {task: watching.first_of[f"task:{task}"] for task in tasks}
    began = min(first.values())
    rows = [
        [tenant, str(priority), f"{first[task] - began:.1f}"]
        for task, (tenant, priority) in sorted(tasks.items(), key=lambda entry: (entry[1][0], first[entry[0]]))
    ]
    told = ", ".join(f"{tenant} {statistics.fmean(of):.1f}" for tenant, of in shares.items())
    title = f"Twenty tasks of {NODES_EACH} nodes, {AT_ONCE} places, pulls of 1 s; in flight on average: {told}"
    yield Table(title, ("tenant", "priority", "first pod after s"), rows)


def _wishes(nodes: list[str]) -> dict[str, object]:
    return {"node_names": nodes, "batch_size": len(nodes), "concurrency": len(nodes)}


def _shares(watching: Watching, ids: dict[str, str]) -> dict[str, list[int]]:
    """What each tenant has in flight, ten times a second, while tasks still wait."""
    shares: dict[str, list[int]] = {tenant: [] for tenant in TENANTS}
    pods = AT_ONCE + TASKS * NODES_EACH
    while watching.made_pods < pods:
        if watching.pulled_pods >= AT_ONCE:
            for tenant in TENANTS:
                shares[tenant].append(watching.now(f"tenant:{ids[tenant]}"))
        time.sleep(0.1)
    watching.until_empty(PATIENCE)
    return shares
