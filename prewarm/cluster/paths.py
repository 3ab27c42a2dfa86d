"""Where things are at the API server."""

from __future__ import annotations

from django.conf import settings

NODES = "/api/v1/nodes"


def pods(name: str = "") -> str:
    return _in_namespace("/api/v1", "pods", name)


def jobs(name: str = "") -> str:
    return _in_namespace("/apis/batch/v1", "jobs", name)


def events() -> str:
    return _in_namespace("/api/v1", "events", "")


def namespace(name: str) -> str:
    return f"/api/v1/namespaces/{name}"


def workloads(version: str, namespace: str, plural: str) -> str:
    """`version` like apps/v1."""
    return f"/apis/{version}/namespaces/{namespace}/{plural}"


def _in_namespace(prefix: str, resource: str, name: str) -> str:
    return f"{prefix}/namespaces/{settings.PULL_NAMESPACE}/{resource}" + (f"/{name}" if name else "")
