"""Who you are and what you may do: users, tenants, memberships, sessions."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
