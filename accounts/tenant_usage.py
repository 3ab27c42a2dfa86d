"""How much of its limits a tenant uses."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api_keys import good_keys, most_keys
from accounts.models import Tenant
from prewarm import limits, quotas
from prewarm.clock import database_now
from prewarm.policies.keeping import MOST_OF_A_TENANT as MOST_POLICIES
from prewarm.schedules.rules import most_schedules

MOST_WEBHOOKS = 20  # where the tenant has no limit of its own
MOST_REGISTRY_HOOKS = 20


def most_webhooks(tenant: Tenant) -> int:
    return MOST_WEBHOOKS if tenant.max_webhooks is None else tenant.max_webhooks


class LimitUse(serializers.Serializer[Any]):
    """`limit` is null where there is none; `used` is null where nothing is counted."""

    used = serializers.IntegerField(allow_null=True)
    limit = serializers.IntegerField(allow_null=True)


class TenantUsage(serializers.Serializer[Any]):
    running_tasks = LimitUse(help_text="Tasks that are not over.")
    nodes_at_once = LimitUse(help_text="Nodes that are pulled on now.")
    pairs_today = LimitUse(help_text="Images × nodes asked for since midnight, UTC; counted while there is a limit.")
    api_keys = LimitUse(help_text="API keys that are good.")
    webhooks = LimitUse()
    schedules = LimitUse()
    policies = LimitUse()
    registry_hooks = LimitUse(help_text="Hooks that registries tell of pushes.")


def usage(tenant: Tenant) -> dict[str, dict[str, int | None]]:
    name = f"tenant:{tenant.pk}"
    nodes = limits.read([name])[name]
    counted = tenant.max_pairs_per_day is not None
    return {
        "running_tasks": {"used": quotas.running_tasks(tenant), "limit": tenant.max_running_tasks},
        "nodes_at_once": {"used": int(nodes.used), "limit": nodes.cap},
        "pairs_today": {
            "used": quotas.pairs_today(tenant, database_now()) if counted else None,
            "limit": tenant.max_pairs_per_day,
        },
        "api_keys": {"used": good_keys(tenant), "limit": most_keys(tenant)},
        "webhooks": {"used": tenant.webhooks.count(), "limit": most_webhooks(tenant)},
        "schedules": {"used": tenant.schedules.count(), "limit": most_schedules(tenant)},
        "policies": {"used": tenant.policies.count(), "limit": MOST_POLICIES},
        "registry_hooks": {"used": tenant.registry_hooks.count(), "limit": MOST_REGISTRY_HOOKS},
    }
