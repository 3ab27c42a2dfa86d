"""What is told of a policy: what is missing, what is followed, what it would cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from prewarm.clock import database_now
from prewarm.cluster import Cluster, ClusterError, NotConfigured
from prewarm.evidence import Presence
from prewarm.inventory.presence import COLUMNS, Known, presence_of_pairs
from prewarm.marks import mark_of
from prewarm.models import Node, NodeView, Policy, PolicyNode
from prewarm.policies import looking, workloads
from prewarm.policies.gaps import Gap, Kind, read
from prewarm.policies.outcomes import Outcomes, Pair, outcomes
from prewarm.policies.placement import fits
from prewarm.policies.wanted import wanted
from prewarm.reasons import REASONS

Answer = dict[str, Any]
SETTLING = "The node became Ready just now and is left alone for the policy's settle_seconds."


def missing(policy: Policy, rows: Sequence[PolicyNode]) -> list[Answer]:
    """By node, each image that is not proven to be there: since when, why, and what is done about it."""
    names = {mark_of(image): image for image in policy.wanted}
    busy = outcomes(policy).busy if rows else {}
    gaps = {row.node: _gaps(row, names) for row in rows}
    nodes = Node.objects.only(*COLUMNS).filter(pk__in=list(gaps))
    known = presence_of_pairs((node, list(gaps[node.name])) for node in nodes) if rows else {}
    return [_node(row, gaps[row.node], known.get(row.node, ()), names, busy) for row in rows]


def _gaps(row: PolicyNode, names: Container[bytes]) -> dict[bytes, Gap]:
    return {mark: gap for mark, gap in read(row.gaps).items() if mark in names and gap.kind != Kind.PULLED}


def _node(
    row: PolicyNode,
    gaps: Mapping[bytes, Gap],
    known: Sequence[Known],
    names: Mapping[bytes, str],
    busy: Mapping[Pair, UUID],
) -> Answer:
    """`known` is what is known of each gap now; nothing where the node is gone."""
    found = [
        _image(names[mark], gap, one, busy.get((row.node, mark)))
        for (mark, gap), one in zip(gaps.items(), known, strict=False)
        if one.presence is not Presence.PRESENT
    ]
    return {
        "node": row.node,
        "since": row.since,
        "blocked": row.blocked or None,
        "hint": hint(row.blocked),
        "images": sorted(found, key=lambda image: str(image["image"])),
    }


def _image(image: str, gap: Gap, known: Known, task: UUID | None) -> Answer:
    return {
        "image": image,
        "state": "missing" if known.presence is Presence.ABSENT else "unknown",
        "since": _moment(gap.since),
        "kind": gap.kind,
        "reason": gap.why or None,
        "hint": hint(gap.why),
        "tries": gap.tries,
        "again_at": _moment(gap.again),
        "task": task,
    }


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def hint(code: str) -> str | None:
    if code == looking.SETTLING:
        return SETTLING
    return REASONS[code].hint if code in REASONS else None


def followed(policy: Policy) -> Answer:
    """The workloads as they were last read, and on how many of the policy's nodes each may run."""
    kept = policy.followed or workloads.NOTHING
    pool = policy.tenant.node_pool
    nodes = [node for node in looking.matching(policy) if looking.is_ours(node, pool)] if kept["workloads"] else []
    told = [
        {
            "kind": one["kind"],
            "namespace": one["namespace"],
            "name": one["name"],
            "images": one["images"],
            "ignored": one["ignored"],
            "nodes": sum(fits(one["placement"], node) for node in nodes),
        }
        for one in kept["workloads"]
    ]
    return {"read_at": kept["read_at"], "problems": kept["problems"], "workloads": told}


def preview(values: Mapping[str, Any], tenant: Tenant) -> Answer:
    """What a policy of these settings would cover, by what is known now; nothing is written."""
    now = database_now()
    policy = Policy(tenant=tenant, due_at=now, changed_at=now, **values)
    problems: list[str] = []
    found_workloads = None
    if policy.follow:
        found_workloads, trouble = _read(policy, now)
        problems += trouble
    wish = wanted(tenant, images=policy.images, image_lists=policy.image_lists, followed=found_workloads)
    view = NodeView.load()
    if not view.fresh(now):
        problems.append("The cluster has not been heard from for a while; this may have changed.")
    found = looking.look(policy, wish, Outcomes(), view, now)
    on, sure, unsure = Counter[bytes](), Counter[bytes](), Counter[bytes]()
    for one in found.seen:
        on.update(wish.on(one.node))
        if not one.node.ready:
            unsure.update(wish.on(one.node))
            continue
        for mark, gap in one.gaps.items():
            if mark not in one.worn:
                (sure if gap.sure else unsure)[mark] += 1
    return {
        "coverage": {
            "percent": int(found.warm * 1000 / found.pairs) / 10 if found.pairs else None,
            "nodes": len(found.seen),
            "pairs": found.pairs,
            "warm": found.warm,
            "missing": found.missing,
            "unknown": found.unknown,
        },
        "images": [
            {
                "image": image,
                "nodes": on[mark],
                "warm": on[mark] - sure[mark] - unsure[mark],
                "missing": sure[mark],
                "unknown": unsure[mark],
            }
            for image, mark in zip(wish.images, wish.marks, strict=True)
        ],
        "blocked": [
            {"reason": reason, "hint": hint(reason) or "", "nodes": nodes}
            for reason, nodes in Counter(one.blocked for one in found.seen if one.blocked).most_common()
        ],
        "workloads": len(found_workloads["workloads"]) if found_workloads else 0,
        "problems": [*problems, *wish.problems],
    }


def _read(policy: Policy, now: datetime) -> tuple[Answer | None, list[str]]:
    attached = set(policy.tenant.followed_namespaces or ())
    try:
        return workloads.read(_cluster(), policy.follow or {}, attached, now), []
    except ClusterError as error:
        return None, [workloads.unreadable(error)]
    except NotConfigured as error:
        return None, [f"The workloads could not be read: {error}"]


@cache
def _cluster() -> Cluster:
    """This process' own, for those few who look at workloads before there is a policy."""
    return Cluster(connections=2)
