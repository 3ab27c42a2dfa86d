"""F11: MariaDB is killed, or drops all connections, in the middle of a task."""

from __future__ import annotations

import random

from django.db import connection

from tests.faults.stage import NODES, Stage
from tests.processes import MariaDB


def test_f11_a_killed_database_comes_back_and_the_task_goes_on(
    stage: Stage, fault_mariadb: MariaDB, chance: random.Random
) -> None:
    task = stage.ask(batch_size=10, concurrency=3, parallel_batches=2)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")
    noticed = stage.said("the database broke off a turn")

    stage.kill_server("mariadb", fault_mariadb)
    answer = stage.http.get("tasks/")
    stage.until(noticed, "a worker to notice")
    stage.for_a_while(chance.uniform(0, 5))
    fault_mariadb.start()
    connection.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)


def test_f11_dropped_connections_are_not_even_noticed(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=10, concurrency=3, parallel_batches=2)

    for _ in range(6):
        stage.for_a_while(chance.uniform(0.1, 0.8))
        drop_all_other_connections()
        assert stage.http.get("tasks/").status_code == 200

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)


def drop_all_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND db = 'ips'")
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL HARD CONNECTION {number}")
