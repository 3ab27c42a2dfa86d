"""Whether a pod may run on a node: labels, taints, room."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
_SUFFIXES = {"": 1.0, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_SUFFIXES |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def quantity(text: Any) -> float:
    """A Kubernetes quantity such as `50m` or `16Mi` as a number; 0 when it cannot be read."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text or "0"))
    return float(match[1]) * _SUFFIXES.get(match[2], 1.0) if match else 0.0


def demand(spec: Json, what: str, unit: int) -> int:
    """What the pod requests, in units: its containers together, or its biggest init container."""

    def requested(container: Json) -> float:
        return quantity(((container.get("resources") or {}).get("requests") or {}).get(what))

    together = sum(requested(container) for container in spec["containers"])
    return int(max([together, *(requested(one) for one in spec.get("initContainers") or ())]) * unit)


def labels_fit(spec: Json, node: Json) -> bool:
    """Whether nodeSelector and required node affinity allow the node."""
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    terms = required_terms(spec)
    return terms is None or any(_term_fits(term, labels, node["metadata"]["name"]) for term in terms)


def required_terms(spec: Json) -> list[Json] | None:
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity")) or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return None if required is None else list(required.get("nodeSelectorTerms") or ())


def named_nodes(spec: Json) -> set[str] | None:
    """The nodes that the pod names by matchFields, or None when it names none."""
    terms = required_terms(spec)
    if not terms:
        return None
    named: set[str] = set()
    for term in terms:
        fields: list[Json] = [field for field in term.get("matchFields") or () if field["operator"] == "In"]
        if not fields:
            return None
        for field in fields:
            named.update(field["values"])
    return named


def _term_fits(term: Json, labels: Json, name: str) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(_expression_fits(one, labels) for one in expressions) and all(
        _expression_fits(one, {"metadata.name": name}) for one in fields
    )


def _expression_fits(expression: Json, values: Json) -> bool:
    key, operator, wanted = expression["key"], expression["operator"], list(expression.get("values") or ())
    match operator:
        case "In":
            return values.get(key) in wanted
        case "NotIn":
            return values.get(key) not in wanted
        case "Exists":
            return key in values
        case "DoesNotExist":
            return key not in values
        case "Gt" | "Lt":
            if not str(values.get(key, "")).isdigit():
                return False
            return int(values[key]) > int(wanted[0]) if operator == "Gt" else int(values[key]) < int(wanted[0])
    return False


def untolerated(spec: Json, taints: Iterable[Json], effects: frozenset[str]) -> Json | None:
    """The first taint of these effects that the pod does not tolerate."""
    tolerations = spec.get("tolerations") or ()
    for taint in taints:
        if taint["effect"] in effects and not any(tolerates(toleration, taint) for toleration in tolerations):
            return taint
    return None


def tolerates(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")
