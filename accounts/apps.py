"""Who you are and what you may do: users, tenants, memberships, sessions."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.checks import check_keys, check_permissions, check_proxies

        register(check_keys, deploy=True)  # the web process refuses them by itself (ips.wsgi)
        register(check_permissions)
        register(check_proxies)
