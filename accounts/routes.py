"""Every route that IPS answers, with the methods of its view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """`name` is as `reverse` knows it, `pattern` the path with its placeholders."""

    name: str
    pattern: str
    methods: tuple[str, ...]

    def asked(self) -> list[str]:
        """As permissions.yaml names it: `GET task-list`."""
        return [f"{method} {self.name}" for method in self.methods]


def all_routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns: Sequence[URLPattern | URLResolver], prefix: str = "", namespace: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        else:
            yield Route(f"{namespace}{pattern.name or ''}", path, _methods(pattern))


def _methods(pattern: URLPattern) -> tuple[str, ...]:
    """Those that the view has; a plain function, which does not say, is taken to read."""
    view = getattr(pattern.callback, "cls", None)
    if view is None:
        return ("GET",)
    has = getattr(pattern.callback, "actions", None) or {name for name in dir(view) if name in view.http_method_names}
    return tuple(method for method in METHODS if method.lower() in has)
