"""Settings that a platform administrator may change while IPS runs.

The environment says what they are until somebody changes them; then a row does. Every process reads the rows anew
after a second. Caps and rates work through the rows of Limit, which follow at once (and with every tick).
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.models import Tenant
from prewarm.models import Setting

READ_AGAIN_SECONDS = 1.0
_TOLD = frozenset({"cap_tenants", "tenant_windows", "intake_changed_at", "intake_changed_by", "windows_changed_by"})


@dataclass(frozen=True)
class LiveSettings:
    """What holds now, as the API writes it; the last three say since when `intake_paused` does, and who decided.

    `cap_tenants` and `tenant_windows` are of the tenants that have their own (`max_nodes_at_once`, `pull_windows`), by
    id.
    """

    cap_cluster: int
    cap_registry_host: int
    cap_registry_hosts: dict[str, int]
    cap_tenant: int
    creates_per_second: int
    deletes_per_second: int
    intake_paused: bool
    windows: list[dict[str, Any]]
    time_zone: str
    keep_tasks_days: int
    keep_audit_days: int
    keep_inventory_days: int
    pull_windows: list[dict[str, Any]] = field(default_factory=list)
    schedules_paused: bool = False
    intake_reason: str = ""
    cap_tenants: dict[str, int] = field(default_factory=dict)
    tenant_windows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    intake_changed_at: datetime | None = None
    intake_changed_by: str = ""
    windows_changed_by: str = ""

    def cap_of(self, name: str) -> int:
        """The cap of a limit by its name: `cluster`, `host:…`, `tenant:…`, `rate:creates`, `rate:deletes`."""
        kind, _, what = name.partition(":")
        rates = {"creates": self.creates_per_second, "deletes": self.deletes_per_second}
        caps = {
            "cluster": self.cap_cluster,
            "host": self.cap_registry_hosts.get(what, self.cap_registry_host),
            "tenant": self.cap_tenants.get(what, self.cap_tenant),
            "rate": rates.get(what, 0),
        }
        return caps[kind]

    def values(self) -> dict[str, Any]:
        """By name, without what only tells when and by whom."""
        return {name: value for name, value in asdict(self).items() if name not in _TOLD}


def defaults() -> dict[str, Any]:
    """What holds until somebody changes it."""
    return {
        "cap_cluster": settings.CAP_CLUSTER,
        "cap_registry_host": settings.CAP_REGISTRY_HOST,
        "cap_registry_hosts": {},
        "cap_tenant": settings.CAP_TENANT,
        "creates_per_second": settings.CREATES_PER_SECOND,
        "deletes_per_second": settings.DELETES_PER_SECOND,
        "intake_paused": False,
        "intake_reason": "",
        "windows": [],
        "time_zone": settings.TIME_ZONE_OF_WINDOWS,
        "keep_tasks_days": settings.KEEP_TASKS_DAYS,
        "keep_audit_days": settings.KEEP_AUDIT_DAYS,
        "keep_inventory_days": settings.KEEP_INVENTORY_DAYS,
        "pull_windows": [],
        "schedules_paused": False,
    }


def load() -> LiveSettings:
    """Read the rows."""
    usual = defaults()
    rows = Setting.objects.in_bulk()
    changed = {name: row.value for name, row in rows.items() if name in usual}
    pause = rows.get("intake_paused")
    of_windows = sorted(
        (row for name in ("windows", "pull_windows") if (row := rows.get(name))), key=lambda row: row.changed_at
    )
    own = list(
        Tenant.objects.filter(Q(max_nodes_at_once__gt=0) | Q(pull_windows__isnull=False)).values_list(
            "pk", "max_nodes_at_once", "pull_windows"
        )
    )
    return LiveSettings(
        **{**usual, **changed},
        cap_tenants={str(pk): cap for pk, cap, _ in own if cap},
        tenant_windows={str(pk): entries for pk, _, entries in own if entries},
        intake_changed_at=pause.changed_at if pause else None,
        intake_changed_by=pause.changed_by if pause else "",
        windows_changed_by=of_windows[-1].changed_by if of_windows else "",
    )


def version() -> str:
    """Another text after every change of any setting."""
    rows = Setting.objects.order_by("name").values_list("name", "changed_at")
    told = "|".join(f"{name} {changed_at.isoformat()}" for name, changed_at in rows)
    return hashlib.blake2s(told.encode(), digest_size=12).hexdigest()


_known: tuple[float, LiveSettings] | None = None


def current() -> LiveSettings:
    """What held at most a second ago."""
    global _known
    if _known is None or time.monotonic() - _known[0] >= READ_AGAIN_SECONDS:
        _known = (time.monotonic(), load())
    return _known[1]


def forget() -> None:
    """Read the rows anew the next time; after a change in this process."""
    global _known
    _known = None
