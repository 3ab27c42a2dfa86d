"""The answer of a preview, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from accounts.models import Tenant
from prewarm import order, quotas
from prewarm.clock import database_now
from prewarm.eligibility import skip_reason
from prewarm.estimate import Estimate, estimate
from prewarm.evidence import Presence, presence
from prewarm.intake import intake
from prewarm.models import Node, NodeView, PullPolicy
from prewarm.planner import batch_sizes, matching_nodes
from prewarm.platforms import platform_of
from prewarm.preview.images import Images, lines, warnings
from prewarm.preview.waits import waits
from prewarm.preview.warmth import warmth
from prewarm.reasons import hint_for
from prewarm.references import registry_hosts
from prewarm.wording import duration, nodes

SHOWN = 200
BIG = 1_000_000_000  # compressed bytes of one image


def preview(wish: Mapping[str, Any], tenant: Tenant, *, wait_seconds: float = 0.0) -> dict[str, Any]:
    """Matched nodes, those skipped and why, what is there already, what the registries say; an estimate; warnings.

    Registries are asked beside it and waited for `wait_seconds` at most.
    """
    now = database_now()
    asked = Images(wish["images"], now)
    pool = tenant.node_pool
    matched = matching_nodes(
        selector=wish["node_selector"], names=wish["node_names"], all_nodes=wish["all_nodes"], pool=pool
    )
    reasons = {
        name: "node_gone" if node is None else skip_reason(node, include_cordoned=wish["include_cordoned"], pool=pool)
        for name, node in matched.items()
    }
    outside = [name for name, reason in reasons.items() if reason == "outside_pool" and not wish["node_names"]]
    for name in outside:  # a selector does not mean them
        del matched[name], reasons[name]
    shown = list(matched)[:SHOWN]
    fresh = NodeView.load().fresh()
    evidence = fresh and wish["pull_policy"] != PullPolicy.ALWAYS
    rows = Node.objects.in_bulk(shown) if evidence else {}
    known = {name: presence(row, wish["images"]) for name, row in rows.items()}
    skipped = Counter(reason for reason in reasons.values() if reason)
    left = [node for name, node in matched.items() if node and not reasons[name]]
    platforms = Counter(platform_of(node) for node in left)
    hosts = registry_hosts(wish["images"])
    at_once = wish["concurrency"] * wish["parallel_batches"]
    estimated = estimate(images=wish["images"], hosts=hosts, tenant=str(tenant.pk), nodes=len(left), at_once=at_once)
    mine = order.Waiting(
        task="this one",
        tenant=str(tenant.pk),
        urgent=wish["urgent"],
        priority=wish["priority"],
        since=now,
        hosts=tuple(hosts),
        wants=min(at_once, len(left)),
    )
    batches = sum(1 for _ in batch_sizes(len(left), wish["batch_size"], wish["first_wave"]))
    first_wave = wish["first_wave"] if 0 < wish["first_wave"] < len(left) else 0
    given = wish["timeout_seconds"]
    if wait_seconds:
        asked.wait(wait_seconds)
    told = asked.told()
    images = lines(wish["images"], told, platforms)
    warm = warmth(left, wish["images"], asked.sizes(told, list(platforms)), evidence=evidence)
    return {
        "matched": len(left),
        "total": Node.objects.count(),
        "skipped": [
            {"reason": reason, "hint": hint_for(reason), "nodes": count} for reason, count in skipped.most_common()
        ],
        "nodes": [
            {
                "name": name,
                "skipped": reasons[name] or None,
                "present": _which(Presence.PRESENT, known.get(name, ())),
                "absent": _which(Presence.ABSENT, known.get(name, ())),
            }
            for name in shown
        ],
        "images": images,
        "warm": {"nodes": warm.nodes, "unknown": warm.unknown},
        "batches": batches,
        "waves": {"batches": batches, "first_wave": first_wave, "nodes_at_once": estimated.nodes_at_once},
        "estimate": {**asdict(estimated), "bytes": warm.bytes},
        "timeout_seconds": estimated.timeout if given is None else given,
        "waits": waits(mine, [node.name for node in left], now, fresh=fresh),
        "warnings": [
            *_of_the_tenant(tenant, len(outside), len(matched) * len(wish["images"]), now),
            *_warnings(wish, len(matched), fresh),
            *_of_time(given, estimated, tenant),
            *warnings(images, told, platforms),
            *_on_nodes(images, warm.crowded),
        ],
    }


def _of_the_tenant(tenant: Tenant, outside: int, pairs: int, now: datetime) -> list[str]:
    """What its node pool leaves out, and what its limits would refuse."""
    found = []
    if outside:
        verb, they_are = ("is", "it is") if outside == 1 else ("are", "they are")
        found.append(
            f"{nodes(outside)} that would match {verb} not in {tenant}'s node pool ({tenant.node_pool}): {they_are} "
            "left out."
        )
    if refused := quotas.refusal(tenant, pairs, now):
        found.append(f"The task would be refused now: {refused}")
    return found


def _which(wanted: Presence, found: Sequence[Presence]) -> list[int]:
    """The indexes of the images of which the node's own list proves this; the others are not known."""
    return [index for index, one in enumerate(found) if one is wanted]


def _of_time(given: int | None, estimated: Estimate, tenant: Tenant) -> list[str]:
    """What stands in the way of being done in time."""
    warnings = []
    if given is not None and estimated.seconds > given:
        warnings.append(
            f"This is estimated to take {duration(estimated.seconds)}, and would be stopped after {duration(given)}. "
            f"Leave timeout_seconds out or give at least {estimated.seconds}, or let more nodes pull at once "
            "(concurrency, parallel_batches)."
        )
    closed = intake(database_now(), tenant.pk)
    if closed.waits_for == "intake_paused":
        warnings.append("An administrator has paused the intake: the task would wait until it is let go on.")
    if closed.opens_at:
        warnings.append(f"No window is open: the task would wait until {closed.opens_at:%Y-%m-%d %H:%M} UTC.")
    return warnings


def _on_nodes(images: Sequence[Mapping[str, Any]], crowded: int) -> list[str]:
    """What it would mean for nodes and for other pods there."""
    found = []
    if len(images) > 1 or any((image["bytes"] or 0) >= BIG for image in images):
        found.append(
            "A kubelet pulls one image after the other unless it is told otherwise: while it pulls these, the pulls "
            "of other pods on the node wait."
        )
    if crowded:
        found.append(
            f"On {nodes(crowded)} the images would take a large part of the disk: kubelets delete images that no "
            "container uses once the disk is 85 % full, these among them."
        )
    return found


def _warnings(wish: Mapping[str, Any], matched: int, fresh: bool) -> list[str]:
    warnings = []
    if not matched:
        warnings.append("No node matches: the task would fail at once.")
    if not fresh:
        warnings.append("The cluster has not been heard from for a while; this may have changed, and pulls would wait.")
    if any(
        image.endswith(":latest") or ("@" not in image and ":" not in image.rsplit("/", 1)[-1])
        for image in wish["images"]
    ):
        warnings.append("A tag like latest moves: nodes may hold different images under the same name.")
    return warnings
