"""Schedules on the stage of the fault tests, and processes that do nothing but fire them.

python -m tests.faults.firing GO: waits until the file GO is there, fires whatever is due until nothing is, and
prints how many runs came of it.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
YEARLY = "0 0 1 1 *"  # so it comes only when a test makes it due
NOBODY = {"images": ["nginx:1.27"], "node_selector": "nothing=here"}


def make_schedules(number: int = 1, cron: str = YEARLY, **wish: Any) -> list[Any]:
    """Of tasks that end at once, as they match no node; none of them is due."""
    from accounts.audit import By
    from accounts.models import Tenant
    from prewarm.models import Schedule
    from prewarm.schedules import keeping
    from prewarm.schedules.request import ScheduleRequest

    tenant, by = Tenant.objects.get(slug="default"), By(None, "test")
    Tenant.objects.filter(pk=tenant.pk).update(max_schedules=100_000)
    made = []
    for _ in range(number):
        asked = ScheduleRequest(data={"name": uuid.uuid4().hex, "cron": cron, "task": NOBODY, **wish})
        asked.is_valid(raise_exception=True)
        values = {name: value for name, value in asked.validated_data.items() if name != "tenant"}
        made.append(keeping.make_schedule(tenant, by, values, may_be_urgent=True))
    Schedule.objects.filter(pk__in=[one.pk for one in made]).update(next_at=None)
    return made


@contextmanager
def scheduled(number: int = 1, cron: str = YEARLY, **wish: Any) -> Iterator[list[Any]]:
    """The same, gone afterwards."""
    from prewarm.models import Schedule

    made = make_schedules(number, cron, **wish)
    try:
        yield made
    finally:
        Schedule.objects.filter(pk__in=[one.pk for one in made]).delete()


def make_due(schedules: Sequence[Any], since: timedelta = timedelta()) -> None:
    """By the database's clock; `since` is how long nobody has looked."""
    from prewarm.clock import database_now
    from prewarm.models import Schedule

    at = (database_now() - since).replace(second=0, microsecond=0)
    Schedule.objects.filter(pk__in=[one.pk for one in schedules]).update(next_at=at)


def race(environment: dict[str, str], processes: int, folder: Path) -> list[int]:
    """So many processes fire whatever is due, from the same moment on; how many runs each made."""
    go = folder / f"go-{uuid.uuid4().hex}"
    command = [sys.executable, "-m", "tests.faults.firing", str(go)]
    running = [
        subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    try:
        for one in running:
            assert one.stdout and one.stdout.readline() == "ready\n"
        go.touch()
        told = [one.communicate(timeout=120)[0] for one in running]
    finally:
        for one in running:
            one.kill()
    assert [one.returncode for one in running] == [0] * processes
    return [int(text.split()[-1]) for text in told]


def main(go: Path) -> None:
    import django

    django.setup()
    from prewarm.clock import database_now
    from prewarm.models import Schedule
    from prewarm.schedules import firing
    from prewarm.transactions import AWAY

    print("ready", flush=True)
    while not go.exists():
        time.sleep(0.001)
    number = 0
    while Schedule.objects.filter(next_at__lte=database_now()).exists():
        try:
            number += firing.fire_due()
        except AWAY:
            continue  # as the next tick would
    print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
