"""How long the batches of a killed worker wait for another."""

from __future__ import annotations

import time

from django.db import DatabaseError, close_old_connections

from prewarm.models import Batch, BatchStatus

EVERY = 0.25


class Takeovers:
    """Call `look_when_due` often, with the ids of the worker processes killed since."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._waiting: dict[int, tuple[float, int]] = {}  # by batch: since when, and for whose
        self._next = 0.0

    def look_when_due(self, killed: list[int]) -> None:
        now = time.monotonic()
        if not killed and (now < self._next or not self._waiting):
            return
        self._next = now + EVERY
        try:
            close_old_connections()
            for pid in list(killed):
                held = Batch.objects.filter(holder__contains=f":{pid}:").exclude(status=BatchStatus.ENDED)
                self._waiting |= dict.fromkeys(held.values_list("pk", flat=True), (now, pid))
                killed.remove(pid)
            for batch in Batch.objects.filter(pk__in=self._waiting).values("pk", "holder", "status"):
                since, pid = self._waiting[batch["pk"]]
                if batch["status"] == BatchStatus.ENDED or not batch["holder"]:
                    del self._waiting[batch["pk"]]  # taken over and done with between two looks
                elif f":{pid}:" not in batch["holder"]:
                    self.seconds.append(now - since)
                    del self._waiting[batch["pk"]]
        except DatabaseError:
            return  # it is away, which is trouble of its own
