"""Ten thousand deliveries to fifty receivers, with and without one among them that takes connections and is silent."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import Figure, number, percentile
from tests.bench.hearing import Hearing
from tests.bench.stage import MARIADB, PATIENCE, own_database
from tests.cluster.installation import Installation
from tests.simulator import Simulated

RECEIVERS, DELIVERIES = 50, 10_000
EACH = DELIVERIES // RECEIVERS
SETTINGS = f"{EACH} deliveries due at once for each of {RECEIVERS} receivers, one worker, its default of 16 threads"
WRITE = """
import json, uuid
from django.db import transaction
from accounts.models import Tenant
from prewarm.clock import database_now
from webhooks.doorbell import ring_deliveries
from webhooks.models import Delivery, Webhook
from webhooks.signing import new_secret
ports, each = json.loads('''{ports}'''), {each}
tenant, now = Tenant.objects.get(slug="default"), database_now()
Webhook.objects.all().delete()
Delivery.objects.all().delete()
hooks = [
    Webhook.objects.create(
        tenant=tenant, name=str(port), kind="generic", url=f"http://127.0.0.1:{{port}}/", secret=new_secret()
    )
    for port in ports
]
facts = {{"title": "bench", "status": "succeeded", "images": 1}}
rows = [
    Delivery(
        webhook=hook, of_tenant=tenant, event="task.succeeded", about=str(uuid.uuid4()), at=now, text="Done.",
        facts=facts, due_at=now, created_at=now,
    )
    for _ in range(each) for hook in hooks
]
with transaction.atomic():
    for start in range(0, len(rows), 500):
        Delivery.objects.bulk_create(rows[start:start + 500])
ring_deliveries()
"""


def deliveries(runs: int) -> Iterator[Figure]:
    with _installation() as ips:
        quick, slow, delays = [], [], []
        for _ in range(runs):
            without, _ = _told(ips, with_dead=False)
            took, delay = _told(ips, with_dead=True)
            quick.append(without)
            slow.append(took)
            delays.append(took / without)
            last = delay
        settings = f"{SETTINGS}; one receiver is silent; {number(last)} s after the first the median arrived"
        ideal = f"{number(min(quick))} s without the silent one"
        yield Figure("deliveries_10000_s", tuple(slow), MARIADB, settings, ideal)
        yield Figure("deliveries_dead_ratio", tuple(delays), MARIADB, SETTINGS, "1")


@contextmanager
def _installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="ips-bench-") as folder, own_database(MARIADB) as (place, where, _):
        server = Simulated(Path(folder), 1)
        server.start()
        try:
            with Installation(place, server.kubeconfig, IPS_OUTBOUND_PRIVATE="127.0.0.0/8", **where) as ips:
                yield ips
        finally:
            server.stop()


def _told(ips: Installation, *, with_dead: bool) -> tuple[float, float]:
    """Until those that are alive, the same number of them each time, have heard everything, since the first arrived;
    and until half of that had.
    """
    with Hearing(RECEIVERS, dead=1) as hearing:
        ports = hearing.ports if with_dead else hearing.alive
        ips.manage(
            "shell", "-c", WRITE.format(ports=json.dumps(list(ports)), each=EACH), seconds=PATIENCE
        ).check_returncode()
        hearing.until_heard(EACH * (RECEIVERS - 1), PATIENCE)
        moments = hearing.moments()
    return moments[-1] - moments[0], percentile([at - moments[0] for at in moments], 50)
