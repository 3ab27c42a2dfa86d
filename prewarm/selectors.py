"""Label selectors in Kubernetes' grammar (apimachinery pkg/labels), evaluated by IPS over its own table of nodes.

One implementation serves the preview, the planning and the dispatch, so they cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH, MAX_REQUIREMENTS, MAX_VALUES = 2048, 20, 100

_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_TOKEN = re.compile(r"\s*(?:(==|!=|=|!|<|>|\(|\)|,)|([^\s=!<>(),]+))", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class InvalidSelector(ValueError):
    """The text is no label selector; the message says where and why."""


@dataclass(frozen=True)
class Requirement:
    """One condition of a selector. `notin` and `!=` match when the key is absent, as in Kubernetes."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        if self.operator == "exists":
            return value is not None
        if self.operator == "!":
            return value is None
        if self.operator == "in":
            return value in self.values
        if self.operator == "notin":
            return value not in self.values
        if value is None or not _INTEGER.fullmatch(value):
            return False
        (bound,) = self.values
        return int(value) > int(bound) if self.operator == ">" else int(value) < int(bound)


@dataclass(frozen=True)
class Selector:
    """All requirements must hold."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(requirement.matches(labels) for requirement in self.requirements)


@lru_cache(maxsize=1024)
def parse(text: str) -> Selector:
    """Read a selector such as `pool=gpu,zone in (a,b),!spot`. Raises InvalidSelector, also for an empty one."""
    if len(text) > MAX_LENGTH:
        raise InvalidSelector(f"The selector has {len(text)} characters; {MAX_LENGTH} are possible.")
    if not text.strip():
        raise InvalidSelector("An empty selector would mean every node. Say so with all_nodes: true.")
    tokens = _tokens(text)
    requirements = []
    while tokens:
        requirements.append(_requirement(tokens))
        if tokens and tokens.pop(0) != ",":
            raise InvalidSelector("Put a comma between conditions, like pool=gpu,zone=a.")
        elif not tokens and text.rstrip().endswith(","):
            raise InvalidSelector("A condition is missing after the last comma.")
    if len(requirements) > MAX_REQUIREMENTS:
        raise InvalidSelector(f"The selector has {len(requirements)} conditions; {MAX_REQUIREMENTS} are possible.")
    return Selector(tuple(requirements))


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if not match:
            raise InvalidSelector(f"{text[at : at + 20]!r} cannot be read.")
        tokens.append(match[1] or match[2])
        at = match.end()
    return tokens


def _requirement(tokens: list[str]) -> Requirement:
    if tokens[0] == "!":
        tokens.pop(0)
        return Requirement(_key(_take(tokens)), "!")
    key = _key(_take(tokens))
    if not tokens or tokens[0] == ",":
        return Requirement(key, "exists")
    operator = tokens.pop(0)
    if operator in ("=", "==", "!="):
        value = tokens.pop(0) if tokens and tokens[0] not in (",",) else ""
        return Requirement(key, "notin" if operator == "!=" else "in", frozenset({_value(value)}))
    if operator in ("in", "notin"):
        return Requirement(key, operator, _values(tokens))
    if operator in ("<", ">"):
        bound = _take(tokens)
        if not _INTEGER.fullmatch(bound):
            raise InvalidSelector(f"{operator} compares whole numbers; {bound[:20]!r} is none.")
        return Requirement(key, operator, frozenset({bound}))
    raise InvalidSelector(f"{operator[:20]!r} after {key!r} is no operator; use = != in notin < >.")


def _values(tokens: list[str]) -> frozenset[str]:
    if _take(tokens) != "(":
        raise InvalidSelector("After in and notin belong values in brackets: zone in (a,b).")
    values, last = set(), ","
    while True:
        token = _take(tokens)
        if token in (",", ")"):
            if last in (",", "("):
                values.add("")
            if token == ")":
                break
        elif last == ",":
            values.add(_value(token))
        else:
            raise InvalidSelector("Put a comma between the values in brackets.")
        last = token
    if len(values) > MAX_VALUES:
        raise InvalidSelector(f"{len(values)} values in brackets; {MAX_VALUES} are possible.")
    return frozenset(values)


def _take(tokens: list[str]) -> str:
    if not tokens:
        raise InvalidSelector("The selector ends too early.")
    return tokens.pop(0)


def _key(text: str) -> str:
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > 253 or not _PREFIX.fullmatch(prefix)):
        raise InvalidSelector(f"{prefix[:60]!r} is no label prefix (a DNS name).")
    if len(name) > 63 or not _NAME.fullmatch(name):
        raise InvalidSelector(f"{name[:70]!r} is no label name: at most 63 letters, digits, - _ .")
    return text


def _value(text: str) -> str:
    if text and (len(text) > 63 or not _NAME.fullmatch(text)):
        raise InvalidSelector(f"{text[:70]!r} is no label value: at most 63 letters, digits, - _ .")
    return text
