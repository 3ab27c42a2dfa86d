"""Changing live settings: the rows, the audit, and whoever should notice at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.audit import audit
from accounts.models import Tenant, User
from prewarm import limits, live_settings
from prewarm.clock import database_now
from prewarm.doorbell import ring_turns
from prewarm.live_settings import LiveSettings
from prewarm.models import Batch, BatchStatus, Installation, Setting
from prewarm.transactions import retried

_OF_INTAKE = frozenset({"intake_paused", "windows", "time_zone", "pull_windows"})


class ChangedMeanwhile(Exception):
    """Somebody changed the settings after the caller had read them."""


def change_settings(
    asked: Mapping[str, Any], *, user: User | None, actor: str, request_id: str, read_version: str = ""
) -> LiveSettings:
    """Write what is asked for and different, with one audit entry; None brings a setting back to its default.

    1. Rows and audit in one transaction, one change after the other. With `read_version`, only if nobody has changed
       anything since; else raises ChangedMeanwhile.
    2. The limits' caps follow; where the intake changed, every open batch is looked at again.
    Other processes notice within `READ_AGAIN_SECONDS`.
    """
    wish = dict(asked)
    if "intake_paused" in wish and not wish["intake_paused"]:
        wish["intake_reason"] = None  # it was about the pause that ends

    def work() -> set[str]:
        _take_turns()
        if read_version and read_version != live_settings.version():
            raise ChangedMeanwhile
        before = live_settings.load().values()
        now = database_now()
        usual = live_settings.defaults()
        changed = {name for name, value in wish.items() if before[name] != (usual[name] if value is None else value)}
        Setting.objects.filter(name__in=[name for name, value in wish.items() if value is None]).delete()
        for name, value in wish.items():
            written = {"value": value, "changed_at": now, "changed_by": actor}
            if value is not None and (name in changed or not Setting.objects.filter(pk=name).exists()):
                Setting.objects.update_or_create(name=name, defaults=written)
        if changed:
            after = live_settings.load().values()
            audit(
                "settings.changed",
                "settings",
                user=user,
                actor=actor,
                request_id=request_id,
                before={name: before[name] for name in sorted(changed)},
                after={name: after[name] for name in sorted(changed)},
            )
        return changed

    changed = retried(work)
    live_settings.forget()
    limits.follow_settings()
    if changed & _OF_INTAKE:
        transaction.on_commit(wake_all)
    return live_settings.load()


def _take_turns() -> None:
    """Wait until any other change is written. READ COMMITTED would let two read the same version and both write."""
    Installation.objects.filter(pk=Installation.load().pk).update(cluster_uid=F("cluster_uid"))


def wake_all(tenant: Tenant | None = None) -> None:
    """Look again at every open batch, or at those of a tenant."""
    which = {"task__tenant": tenant} if tenant else {}
    Batch.objects.filter(status=BatchStatus.OPEN, **which).update(due_at=database_now())
    ring_turns()
