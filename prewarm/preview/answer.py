"""The answer of a preview, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from accounts.models import Tenant
from prewarm import order
from prewarm.clock import database_now
from prewarm.eligibility import skip_reason
from prewarm.estimate import Estimate, estimate
from prewarm.evidence import Presence, presence
from prewarm.live_settings import intake
from prewarm.models import Node, NodeView, PullPolicy
from prewarm.planner import batch_sizes, matching_nodes
from prewarm.preview.waits import waits
from prewarm.reasons import hint_for
from prewarm.references import registry_hosts
from prewarm.wording import duration

SHOWN = 200


def preview(wish: Mapping[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Matched nodes, those skipped and why, what is there already, what the registries say; an estimate; warnings."""
    now = database_now()
    matched = matching_nodes(selector=wish["node_selector"], names=wish["node_names"], all_nodes=wish["all_nodes"])
    reasons = {
        name: "node_gone" if node is None else skip_reason(node, include_cordoned=wish["include_cordoned"])
        for name, node in matched.items()
    }
    shown = list(matched)[:SHOWN]
    fresh = NodeView.load().fresh()
    evidence = fresh and wish["pull_policy"] != PullPolicy.ALWAYS
    rows = Node.objects.in_bulk(shown) if evidence else {}
    known = {name: presence(row, wish["images"]) for name, row in rows.items()}
    skipped = Counter(reason for reason in reasons.values() if reason)
    left = [name for name in matched if not reasons[name]]
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
    return {
        "matched": len(left),
        "total": Node.objects.count(),
        "skipped": [
            {"reason": reason, "hint": hint_for(reason), "nodes": nodes} for reason, nodes in skipped.most_common()
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
        "images": [_not_asked(image) for image in wish["images"]],
        "warm": _warm(left, known),
        "batches": batches,
        "waves": {"batches": batches, "first_wave": first_wave, "nodes_at_once": estimated.nodes_at_once},
        "estimate": {**asdict(estimated), "bytes": None},
        "timeout_seconds": estimated.timeout if given is None else given,
        "waits": waits(mine, left, now, fresh=fresh),
        "warnings": [*_warnings(wish, len(matched), fresh), *_of_time(given, estimated)],
    }


def _not_asked(image: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"reason": None, "message": "", "bytes": None, "platforms": [], "checked_at": None}
    return {"image": image, "registry": "off", **nothing}


def _warm(left: Sequence[str], known: Mapping[str, Sequence[Presence]]) -> dict[str, int]:
    found = [known.get(name, [Presence.UNKNOWN]) for name in left]
    return {
        "nodes": sum(all(one is Presence.PRESENT for one in images) for images in found),
        "unknown": sum(Presence.UNKNOWN in images and Presence.ABSENT not in images for images in found),
    }


def _which(wanted: Presence, found: Sequence[Presence]) -> list[int]:
    """The indexes of the images of which the node's own list proves this; the others are not known."""
    return [index for index, one in enumerate(found) if one is wanted]


def _of_time(given: int | None, estimated: Estimate) -> list[str]:
    """What stands in the way of being done in time."""
    warnings = []
    if given is not None and estimated.seconds > given:
        warnings.append(
            f"This is estimated to take {duration(estimated.seconds)}, and would be stopped after {duration(given)}. "
            f"Leave timeout_seconds out or give at least {estimated.seconds}, or let more nodes pull at once "
            "(concurrency, parallel_batches)."
        )
    closed = intake(database_now())
    if closed.waits_for == "intake_paused":
        warnings.append("An administrator has paused the intake: the task would wait until it is let go on.")
    if closed.opens_at:
        warnings.append(f"No window is open: the task would wait until {closed.opens_at:%Y-%m-%d %H:%M} UTC.")
    return warnings


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
