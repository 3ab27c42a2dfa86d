"""The product: tasks, and all that makes images warm on nodes."""

from __future__ import annotations

from django.apps import AppConfig


class PrewarmConfig(AppConfig):
    name = "prewarm"
