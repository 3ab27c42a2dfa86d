"""What a task would do, before it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from prewarm.eligibility import skip_reason
from prewarm.evidence import Presence, presence
from prewarm.models import Node, NodeView, PullPolicy
from prewarm.planner import matching_nodes
from prewarm.reasons import hint_for

SHOWN = 200


def preview(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Matched nodes, those skipped and why, what is surely there or not on the first of them, and warnings."""
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
    return {
        "matched": len(matched) - sum(skipped.values()),
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
        "warnings": _warnings(wish, len(matched), fresh),
    }


def _which(wanted: Presence, found: Sequence[Presence]) -> list[int]:
    """The indexes of the images of which the node's own list proves this; the others are not known."""
    return [index for index, one in enumerate(found) if one is wanted]


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
