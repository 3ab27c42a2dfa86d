"""Label and field selectors, as the API server reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prewarm.simulator.refusals import bad_request
from prewarm.simulator.resources import EVENTS, JOBS, NODES, PODS, Resource

Json = Mapping[str, Any]
_TOKEN = re.compile(r"\s*(!=|==|=|!|\(|\)|,|[^\s!=(),]+)")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")

Requirement = Callable[[Mapping[str, str]], bool]


def label_selector(text: str) -> tuple[Requirement, ...]:
    """Read `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Raises Refusal 400."""
    tokens = _TOKEN.findall(text.strip())
    requirements: list[Requirement] = []
    at = 0

    def take() -> str:
        nonlocal at
        at += 1
        return tokens[at - 1] if at <= len(tokens) else ""

    while at < len(tokens):
        requirements.append(_requirement(take, lambda: tokens[at] if at < len(tokens) else ""))
        if at < len(tokens) and take() != ",":
            raise bad_request(
                f"unable to parse requirement: found '{tokens[at - 1]}', expected: ',' or 'end of string'"
            )
    return tuple(requirements)


def _requirement(take: Callable[[], str], peek: Callable[[], str]) -> Requirement:
    key = take()
    if key == "!":
        absent = _key(take())
        return lambda labels: absent not in labels
    _key(key)
    if peek() in ("", ","):
        return lambda labels: key in labels
    operator = take()
    if operator in ("=", "=="):
        wanted = "" if peek() in ("", ",") else take()
        return lambda labels: labels.get(key) == wanted
    if operator == "!=":
        unwanted = "" if peek() in ("", ",") else take()
        return lambda labels: labels.get(key) != unwanted
    if operator in ("in", "notin"):
        values = _values(take, peek)
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    raise bad_request(f"unable to parse requirement: found '{operator}', expected: '=', '!=', '==', 'in', notin'")


def _values(take: Callable[[], str], peek: Callable[[], str]) -> frozenset[str]:
    if (opening := take()) != "(":
        raise bad_request(f"unable to parse requirement: found '{opening}' expected: '('")
    values: set[str] = set()
    while True:
        values.add("" if peek() in (",", ")") else take())
        following = take()
        if following == ")":
            return frozenset(values)
        if following != ",":
            raise bad_request(f"unable to parse requirement: found '{following}', expected: ',' or ')'")


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise bad_request(f'unable to parse requirement: <nil>: Invalid value: "{text}": name part must be non-empty')
    return text


def _path(*keys: str) -> Callable[[Json], str]:
    def value(body: Json) -> str:
        found: Any = body
        for key in keys:
            found = (found or {}).get(key)
        return str(found or "")

    return value


_EVERYWHERE = {"metadata.name": _path("metadata", "name"), "metadata.namespace": _path("metadata", "namespace")}
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: dict[Resource, dict[str, Callable[[Json], str]]] = {
    PODS: {
        "spec.nodeName": _path("spec", "nodeName"),
        "spec.restartPolicy": _path("spec", "restartPolicy"),
        "spec.schedulerName": _path("spec", "schedulerName"),
        "spec.serviceAccountName": _path("spec", "serviceAccountName"),
        "status.phase": _path("status", "phase"),
        "status.podIP": _path("status", "podIP"),
    },
    NODES: {"spec.unschedulable": lambda node: "true" if node.get("spec", {}).get("unschedulable") else "false"},
    JOBS: {"status.successful": lambda job: str((job.get("status") or {}).get("succeeded", 0))},
    EVENTS: {f"involvedObject.{key}": _path("involvedObject", key) for key in _INVOLVED}
    | {"reason": _path("reason"), "type": _path("type"), "source": _path("source", "component")},
}


def field_selector(resource: Resource, text: str) -> tuple[Callable[[Json], bool], ...]:
    """Read `spec.nodeName=a,status.phase!=Running` for this kind. Raises Refusal 400."""
    requirements: list[Callable[[Json], bool]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([^=!]+?)(!=|==|=)(.*)", part)
        if not match:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        name, operator, wanted = match[1].strip(), match[2], match[3]
        value = _EVERYWHERE.get(name) or _FIELDS.get(resource, {}).get(name)
        if value is None or (name == "metadata.namespace" and not resource.namespaced):
            raise bad_request(_unsupported(resource, name))
        requirements.append(_compare(value, wanted, equal=operator != "!="))
    return tuple(requirements)


def _compare(value: Callable[[Json], str], wanted: str, *, equal: bool) -> Callable[[Json], bool]:
    return lambda body: (value(body) == wanted) is equal


def _unsupported(resource: Resource, name: str) -> str:
    if resource is JOBS:
        return f'field label "{name}" not supported for batchv1.Job'
    return f"field label not supported: {name}"


@dataclass(frozen=True)
class Selection:
    """Which objects a list, a watch or a deletecollection is about."""

    resource: Resource
    namespace: str = ""
    labels: tuple[Requirement, ...] = ()
    fields: tuple[Callable[[Json], bool], ...] = ()

    @classmethod
    def of(cls, resource: Resource, namespace: str, label_text: str, field_text: str) -> Selection:
        return cls(resource, namespace, label_selector(label_text), field_selector(resource, field_text))

    @property
    def whole(self) -> bool:
        """Nothing is left out by a selector."""
        return not self.labels and not self.fields

    def takes(self, body: Json) -> bool:
        metadata = body["metadata"]
        if self.namespace and metadata.get("namespace") != self.namespace:
            return False
        labels = metadata.get("labels") or {}
        return all(fits(labels) for fits in self.labels) and all(fits(body) for fits in self.fields)
