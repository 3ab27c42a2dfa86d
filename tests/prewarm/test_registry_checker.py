"""Who asks about more images than registries can answer for takes no memory without end."""

from __future__ import annotations

from threading import Event

import pytest

from prewarm.references import parse
from prewarm.registries import checker as module
from prewarm.registries.checker import Checker
from prewarm.registries.finding import CheckOutcome, Finding


def test_beyond_a_number_that_waits_nothing_more_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, asked = Event(), []

    def slow(reference: object, *_: object) -> Finding:
        asked.append(reference)
        assert answered.wait(60)
        return Finding(CheckOutcome.UNKNOWN)

    monkeypatch.setattr(module, "MOST_WAITING", 20)
    monkeypatch.setattr(module, "_platforms", tuple)
    monkeypatch.setattr(module, "_asked", slow)
    monkeypatch.setattr(Checker, "_write_down", lambda _: None)  # no database here
    one = Checker()
    images = [parse(f"registry.example/team/app:{number}") for number in range(50)]

    one.ask(dict.fromkeys(images))
    answered.set()
    one.wait(images, 60)

    assert set(one.answers(images)) == set(asked) == set(images[:20])
    one.ask(dict.fromkeys(images[20:30]))
    one.wait(images, 60)
    assert len(one.answers(images)) == 30
