"""On which nodes the pods of a workload may run, by what the scheduler would let them: kept small, judged by our table.

Node selector, required node affinity and taints count; what is only preferred, or passes by itself, does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prewarm.models import Node

Json = dict[str, Any]

# Taints that tell a node's condition: it passes, and whether to pull there meanwhile is prewarm.eligibility's question.
_PASSING = frozenset(
    f"node.kubernetes.io/{name}"
    for name in (
        "not-ready",
        "unreachable",
        "unschedulable",
        "memory-pressure",
        "disk-pressure",
        "pid-pressure",
        "network-unavailable",
    )
)
_KEEPS_OFF = ("NoSchedule", "NoExecute")


def placement_of(pod: Mapping[str, Any]) -> Json:
    """What of a pod's spec says where it may run; empty where it may anywhere without taints."""
    kept: Json = {}
    if selector := pod.get("nodeSelector"):
        kept["selector"] = dict(selector)
    if name := pod.get("nodeName"):
        kept["node"] = name
    affinity = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is not None:
        kept["terms"] = required.get("nodeSelectorTerms") or []
    if tolerations := pod.get("tolerations"):
        kept["tolerations"] = [
            {key: one[key] for key in ("key", "operator", "value", "effect") if key in one} for one in tolerations
        ]
    return kept


def fits(placement: Mapping[str, Any], node: Node) -> bool:
    """Whether pods placed like this may run on the node."""
    if placement.get("node", node.name) != node.name:
        return False
    if any(node.labels.get(key) != value for key, value in placement.get("selector", {}).items()):
        return False
    if "terms" in placement and not any(_term(term, node) for term in placement["terms"]):
        return False
    tolerations = placement.get("tolerations", ())
    return all(_tolerated(taint, tolerations) for taint in node.taints)


def _term(term: Mapping[str, Any], node: Node) -> bool:
    """All of it must hold; a term that says nothing means no node."""
    labels, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not labels and not fields:
        return False
    return all(_holds(one, node.labels) for one in labels) and all(
        _holds(one, {"metadata.name": node.name}) for one in fields
    )


def _holds(requirement: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    value, wanted = values.get(requirement.get("key", "")), requirement.get("values") or []
    match requirement.get("operator"):
        case "In":
            return value in wanted
        case "NotIn":
            return value not in wanted
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return _number(value) > _number(wanted[0]) if _numbers(value, wanted) else False
        case "Lt":
            return _number(value) < _number(wanted[0]) if _numbers(value, wanted) else False
    return False


def _numbers(value: str | None, wanted: Sequence[str]) -> bool:
    return value is not None and len(wanted) == 1 and all(_is_number(text) for text in (value, wanted[0]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19


def _number(text: str | None) -> int:
    return int(text or 0)


def _tolerated(taint: Mapping[str, Any], tolerations: Sequence[Mapping[str, Any]]) -> bool:
    if taint.get("effect") not in _KEEPS_OFF or taint.get("key") in _PASSING:
        return True
    return any(_tolerates(one, taint) for one in tolerations)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    key, exists = toleration.get("key") or "", toleration.get("operator") == "Exists"
    if not key:
        return exists
    return key == taint.get("key") and (exists or (toleration.get("value") or "") == (taint.get("value") or ""))
