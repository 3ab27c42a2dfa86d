"""What this installation says about itself."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from django.conf import settings

from prewarm.models import NodeView


class Description(TypedDict):
    simulated: bool
    cluster: str
    kubernetes_version: str | None


def describe() -> Description:
    """Which cluster this is, without asking it anything."""
    view = NodeView.load()
    return {
        "simulated": settings.CLUSTER == "simulated",
        "cluster": _where(),
        "kubernetes_version": view.kubernetes_version or None,
    }


def _where() -> str:
    if settings.CLUSTER == "simulated":
        return "simulated"
    if not settings.KUBECONFIG:
        return "in-cluster"
    try:
        text = Path(settings.KUBECONFIG).read_text()
    except OSError:
        return settings.KUBECONFIG
    server = next((line.split("server:", 1)[1] for line in text.splitlines() if "server:" in line), "")
    return urlsplit(server.strip().strip("\"'},").rstrip("}")).netloc or settings.KUBECONFIG
