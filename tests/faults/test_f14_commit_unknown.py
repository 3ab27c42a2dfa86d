"""F14: a commit is carried out, but reported as lost. Workers read again what is true, and do nothing twice."""

from __future__ import annotations

import random

from tests.faults.commit_proxy import CommitProxy
from tests.faults.stage import NODES, Stage
from tests.processes import MariaDB

# So long that whatever nobody hands back is missed for longer than the machine is ever slow.
LEASE = {"IPS_LEASE_SECONDS": "30", "IPS_LEASE_RENEW_SECONDS": "5"}


def test_f14_commits_of_which_nobody_heard_are_neither_lost_nor_repeated(
    stage: Stage, fault_mariadb: MariaDB, chance: random.Random
) -> None:
    proxy = CommitProxy(fault_mariadb.port, chance, percent=10)
    with proxy.listening(), stage.every_worker(IPS_DB_PORT=str(proxy.port), **LEASE):
        task = stage.ask(batch_size=5, concurrency=5, parallel_batches=2)
        stage.end_of(task)

    assert proxy.broken > 0 and proxy.claims > 1
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert not task.events.filter(kind="taken_over").exists()  # a claim of which its worker did not hear is handed back
