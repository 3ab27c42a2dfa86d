"""A turn asks the database at its beats, listens in between, and commits no more often than it should."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from pytest_django import Settings

from prewarm.clock import database_now
from prewarm.podstream import PodStream
from prewarm.rhythm import FEW, GAP_SECONDS, Rhythm

pytestmark = pytest.mark.django_db


class Stream(PodStream):
    """Has news at once, or never."""

    def __init__(self, *, news: bool) -> None:
        self.news = news

    def wait(self, seconds: float) -> bool:
        if not self.news:
            time.sleep(max(0.0, seconds))
        return self.news


def seconds_of_pause(rhythm: Rhythm, *, news: bool, pulls: int) -> float:
    started = time.monotonic()
    rhythm.pause(Stream(news=news), threading.Event(), pulls)
    return time.monotonic() - started


def test_the_first_cycle_is_a_beat_and_the_next_only_listens(settings: Settings) -> None:
    settings.COMMIT_SECONDS = 60
    rhythm = Rhythm()

    assert rhythm.begin()
    assert not rhythm.begin()


def test_what_is_known_to_be_due_makes_the_next_cycle_a_beat_without_a_pause(settings: Settings) -> None:
    settings.COMMIT_SECONDS = 60
    rhythm = Rhythm()
    rhythm.begin()

    rhythm.hurry = True

    assert seconds_of_pause(rhythm, news=False, pulls=1) < 30
    assert rhythm.begin()


def test_without_news_the_next_cycle_is_a_beat(settings: Settings) -> None:
    settings.COMMIT_SECONDS = 0.1
    rhythm = Rhythm()
    rhythm.begin()

    seconds_of_pause(rhythm, news=False, pulls=1)

    assert rhythm.begin()


def test_few_pulls_are_settled_as_soon_as_there_is_news(settings: Settings) -> None:
    settings.COMMIT_SECONDS = 60
    rhythm = Rhythm()
    rhythm.begin()
    rhythm.committed()

    assert GAP_SECONDS <= seconds_of_pause(rhythm, news=True, pulls=FEW) < 30


def test_many_pulls_wait_for_each_other_as_long_as_the_commit_interval(settings: Settings) -> None:
    settings.COMMIT_SECONDS = 0.4
    rhythm = Rhythm()
    rhythm.begin()
    rhythm.committed()

    assert seconds_of_pause(rhythm, news=True, pulls=FEW + 1) >= 0.39


def test_the_time_goes_on_between_two_looks_at_the_clock() -> None:
    rhythm = Rhythm()
    first = rhythm.now()

    assert first <= rhythm.now() <= database_now() + timedelta(seconds=1)
