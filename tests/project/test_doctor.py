"""`manage.py doctor` says of every part whether it is as it should be."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from prewarm.cluster import Cluster
from tests.prewarm.conftest import simulator, simulator_process  # noqa: F401
from tests.processes import Valkey
from tests.simulator import Simulated


def lines() -> tuple[dict[str, str], int]:
    """Level by part, and the exit status."""
    out, status = io.StringIO(), 0
    try:
        call_command("doctor", stdout=out, no_color=True)
    except SystemExit as ended:
        status = int(ended.code or 0)
    rows = [line.split(maxsplit=2) for line in out.getvalue().splitlines()]
    return {row[1]: row[0] for row in rows}, status


@pytest.mark.django_db(transaction=True)
def test_all_is_well_where_every_part_answers(simulator: Simulated, valkey: Valkey) -> None:  # noqa: F811
    found, status = lines()

    assert found | {"priority": "ok"} == dict.fromkeys(found | {"priority": "ok"}, "ok")
    assert {"database", "migrations", "redis", "nodes", "clock", "cluster"} <= found.keys()
    assert status == 0
    assert Cluster(connections=1).server == simulator.url


@pytest.mark.django_db
def test_a_cluster_that_nobody_configured_fails() -> None:
    found, status = lines()

    assert (found["database"], found["cluster"], status) == ("ok", "fail", 1)
