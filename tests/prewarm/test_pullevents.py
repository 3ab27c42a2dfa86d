"""Times and sizes from the kubelet's Pulled events, in all the words that kubelets have used."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm import pullevents
from prewarm.pullevents import PullEvent, PullEvents, milliseconds, read


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("4.385568515s", 4386),
        ("1.68951094s", 1690),
        ("717ms", 717),
        ("1.2s", 1200),
        ("0s", 0),
        ("1m0.809s", 60_809),
        ("1h2m3.5s", 3_723_500),
        ("350.5µs", 0),
        ("1500us", 2),
        ("999ns", 0),
        ("25h0m0s", 90_000_000),
    ],
)
def test_a_duration_is_read_as_go_writes_it(duration: str, expected: int) -> None:
    assert milliseconds(duration) == expected


@given(st.integers(0, 100), st.integers(0, 59), st.integers(0, 59_999))
def test_hours_minutes_and_seconds_add_up(hours: int, minutes: int, thousandths: int) -> None:
    text = f"{hours}h{minutes}m{thousandths / 1000:g}s"

    assert milliseconds(text) == pytest.approx((hours * 60 + minutes) * 60_000 + thousandths, abs=1)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ('Successfully pulled image "x" in 4.385568515s', PullEvent(False, 4386)),
        ('Successfully pulled image "x" in 1.2s (3.4s including waiting)', PullEvent(False, 1200, waited=2200)),
        (
            'Successfully pulled image "x" in 1.234567891s (2.345678912s including waiting)',
            PullEvent(False, 1235, waited=1111),
        ),
        (
            'Successfully pulled image "x" in 717ms (718ms including waiting). Image size: 78005565 bytes.',
            PullEvent(False, 717, 78_005_565, 1),
        ),
        (
            'Successfully pulled image "127.0.0.1:5000/a/x:1" in 1m0.809s (2m1.1s including waiting). '
            "Image size: 200024173 bytes.",
            PullEvent(False, 60_809, 200_024_173, 60_291),
        ),
        ('Container image "x" already present on machine', PullEvent(True)),
        ('Container image "x" already present on machine and can be accessed by the pod', PullEvent(True)),
    ],
)
def test_three_generations_of_texts_are_read(message: str, event: PullEvent) -> None:
    assert read(message) == event


@pytest.mark.parametrize(
    "message",
    [
        "",
        'Pulling image "x"',
        'Failed to pull image "x": rpc error',
        "Error: ErrImagePull",
        'Back-off pulling image "x"',
        "Created container img0",
        "Container started",
        'Successfully pulled image "x"',
        'Successfully pulled image "x" in a while',
        'Maybe Successfully pulled image "x" in 1s',
        'Successfully pulled image "x" in 1s. And more',
        f'Successfully pulled image "x" in 1s. Image size: {"9" * 5000} bytes.',
    ],
    ids=lambda message: message[:40],
)
def test_other_texts_tell_nothing(message: str) -> None:
    assert read(message) is None


@pytest.mark.parametrize("duration", ["1..2s", ".", "....s", "9" * 400 + "h", "ms", "1.2.3s", "1s1s", "5000000000000h"])
def test_a_duration_that_nobody_writes_is_no_crash(duration: str) -> None:
    assert read(f'Successfully pulled image "x" in {duration}') is not None


def event(message: str, uid: str = "pod-1", path: str | None = "spec.containers{img0}") -> dict[str, Any]:
    return {"message": message, "involvedObject": {"uid": uid, "fieldPath": path}}


def took(seconds: int) -> str:
    return f'Successfully pulled image "x" in {seconds}s'


class TestRemembering:
    def test_an_event_belongs_to_one_container_of_one_pod(self) -> None:
        events = PullEvents()
        events.take(event(took(1)))
        events.take(event(took(2), path="spec.containers{img19}"))
        events.take(event(took(3), uid="pod-2"))

        assert events.of("pod-1", 0) == PullEvent(False, 1000)
        assert events.of("pod-1", 19) == PullEvent(False, 2000)
        assert events.of("pod-2", 0) == PullEvent(False, 3000)
        assert events.of("pod-2", 19) is None

    def test_the_first_of_a_container_stands_because_later_ones_are_checks(self) -> None:
        events = PullEvents()
        events.take(event(took(5)))
        events.take(event('Container image "x" already present on machine'))

        assert events.of("pod-1", 0) == PullEvent(False, 5000)

    @pytest.mark.parametrize(
        "other",
        [
            event("Created container img0"),
            event(took(1), path="spec.initContainers{noop}"),
            event(took(1), path="spec.containers{app}"),
            event(took(1), path=f"spec.containers{{img{'9' * 5000}}}"),
            event(took(1), path=None),
            {"message": None, "involvedObject": None},
            {},
        ],
        ids=[
            "other words",
            "the helper",
            "a stranger's container",
            "a huge number",
            "no container",
            "nulls",
            "nothing",
        ],
    )
    def test_other_events_are_left_alone(self, other: dict[str, Any]) -> None:
        events = PullEvents()
        events.take(other)

        assert events.of("pod-1", 0) is None

    def test_the_oldest_are_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pullevents, "REMEMBERED", 2)
        events = PullEvents()

        for number in range(3):
            events.take(event(took(1), uid=f"pod-{number}"))

        assert [events.of(f"pod-{number}", 0) is None for number in range(3)] == [True, False, False]


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text)
    read(f'Successfully pulled image "{text}" in {text}')
