"""A database without room is told from one that does not answer, whichever it is, and until it has room again."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from ips import database_room
from ips.database_room import has_room, is_full
from ips.problems import database_away

FULL = [
    ("database or disk is full",),
    (1114, "The table 'prewarm_task' is full"),
    (1021, "Disk full (/tmp); waiting for someone to free some space..."),
    (1030, 'Got error 28 "No space left on device" from storage engine InnoDB'),
    (3, 'Error writing file "/var/lib/mysql/x" (Errcode: 28 "No space left on device")'),
]


@pytest.fixture(autouse=True)
def forgotten() -> None:
    database_room._lost.clear()


@pytest.mark.parametrize("words", FULL)
def test_a_full_disk_is_507(words: tuple[object, ...]) -> None:
    problem = database_away(OperationalError(*words))

    assert (problem.status_code, problem.code) == (507, "database_full")


@pytest.mark.parametrize("words", [("database is locked",), (2006, "Server has gone away"), (1213, "Deadlock found")])
def test_anything_else_is_503(words: tuple[object, ...]) -> None:
    assert database_away(OperationalError(*words)).status_code == 503


@pytest.mark.django_db
@pytest.mark.databases
def test_room_is_found_again_by_writing() -> None:
    assert is_full(OperationalError("database or disk is full"))

    assert has_room()
    assert not database_room._lost.is_set()
