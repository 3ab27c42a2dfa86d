"""The project: settings, routes and what runs the parts together."""

from __future__ import annotations

from django.apps import AppConfig


class IpsConfig(AppConfig):
    name = "ips"
