"""What runtimes say is kept once per task, in statements that no database refuses."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prewarm import messages
from prewarm.messages import message_ids, text_hash
from prewarm.models import Message
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_message_is_kept_once_however_often_it_is_said() -> None:
    task = asked()
    first = message_ids(task, {"not found"})

    assert message_ids(task, ["not found", "no route"])[text_hash("not found")] == first[text_hash("not found")]
    assert sorted(Message.objects.values_list("text", flat=True)) == ["no route", "not found"]


def test_many_long_messages_are_written_by_several_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "AT_ONCE", 3)
    task = asked()
    texts = {f"{number} '{'x' * 1000}" for number in range(8)}

    with CaptureQueriesContext(connection) as asked_for:
        assert len(message_ids(task, texts)) == 8

    inserts = [query["sql"] for query in asked_for if query["sql"].startswith("INSERT")]
    assert len(inserts) == 3
    assert max(map(len, inserts)) < 4000
