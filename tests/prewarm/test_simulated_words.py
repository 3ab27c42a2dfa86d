"""The simulated cluster speaks as real nodes do: its texts are those that were recorded, but for names and numbers."""

from __future__ import annotations

import re

import pytest

from prewarm.references import parse
from prewarm.simulator import texts
from prewarm.simulator.images import image_of
from prewarm.simulator.pullerrors import TEXTS, Pull
from prewarm.simulator.release import Release
from tests.prewarm.recordings import VERSIONS, recording

# Which recording each way to fail is taken from, and which of its containers.
MODES = {
    "missing": ("tag-not-found", 0),
    "denied": ("no-credentials", 0),
    "platform": ("other-platform", 0),
    "nospace": ("disk-full-downloading", 1),
    "damaged": ("other-bytes", 0),
    "timeout": ("dial-timeout", 0),
    "tls": ("unknown-authority", 0),
    "ratelimit": ("layer-429", 0),
    "unavailable": ("manifest-503", 0),
    "flaky": ("manifest-503", 0),
    "down": ("refused", 0),
}
on_both = pytest.mark.parametrize("version", VERSIONS)


def without_particulars(text: str) -> str:
    """Digests, identities and numbers are another's each time; the registries of the recordings speak http."""
    text = re.sub(r"[0-9a-f]{64}", "DIGEST", text).replace("http://", "https://")
    return re.sub(r"/ips-[0-9a-f]{32}", "/ips-RANDOM", re.sub(r"\d+(Ki)?, (available|used)", r"N, \2", text))


def last_message(version: str, case: str) -> str:
    return str(recording(version, case).looks[-1]["status"]["message"])


def test_every_way_to_fail_is_compared() -> None:
    assert MODES.keys() == TEXTS.keys()


@on_both
@pytest.mark.parametrize("mode", sorted(MODES))
def test_a_pull_fails_in_the_words_of_a_real_runtime(version: str, mode: str) -> None:
    case, number = MODES[mode]
    recorded = recording(version, case)
    reference = parse(recorded.images[number])

    said = TEXTS[mode](Pull(reference, image_of(reference), Release(version)))

    assert without_particulars(said) == without_particulars(recorded.told(number))


@on_both
def test_a_back_off_says_what_a_real_one_says(version: str) -> None:
    recorded = recording(version, "tag-not-found")
    told = [
        entry["state"]["waiting"]["message"]
        for look in recorded.looks
        for entry in look["status"].get("containerStatuses") or ()
        if (entry["state"].get("waiting") or {}).get("reason") == "ImagePullBackOff"
    ]

    assert set(told) == {texts.back_off(recorded.images[0], recorded.told(), Release(version))}


@on_both
@pytest.mark.parametrize("case", ["ok", "present"])
def test_events_of_pulls_read_like_real_ones(version: str, case: str) -> None:
    recorded, release = recording(version, case), Release(version)
    image = recorded.images[0]
    said = texts.pulled(image, 1.5, 1.5, 8_009_557, release) if case == "ok" else texts.present(image, release)
    (told, *_) = [event["message"] for event in recorded.events if event["reason"] == "Pulled"]

    def without_times(text: str) -> str:
        return re.sub(r"[\d.]+m?s\b", "TIME", text)

    assert without_times(said) == without_times(told)


@on_both
def test_what_a_kubelet_refuses_it_refuses_in_real_words(version: str) -> None:
    release = Release(version)
    no_cpu = texts.rejected(texts.no_room("cpu", 900_000, 0, 2000), release)
    no_pods = texts.rejected(texts.no_room("pods", 1, 1, 1), release)

    assert re.sub(r"\d+", "N", no_cpu) == re.sub(r"\d+", "N", last_message(version, "out-of-cpu"))
    assert no_pods == last_message(version, "out-of-pods")
    assert texts.rejected(texts.wrong_labels(release), release) == last_message(version, "wrong-labels")
    assert texts.rejected(texts.under_pressure(), release) == last_message(version, "disk-pressure")


@on_both
def test_how_a_pod_ends_is_told_in_real_words(version: str) -> None:
    evicted = re.sub(r"\d+", "N", texts.evicted(Release(version)))

    assert evicted == re.sub(r"\d+", "N", last_message(version, "evicted"))
    assert last_message(version, "deadline") == texts.DEADLINE


@on_both
def test_what_is_wrong_with_a_container_is_told_in_real_words(version: str) -> None:
    release = Release(version)
    named = recording(version, "invalid-name")
    never = recording(version, "never-pulled")
    (state,) = (
        entry["state"]["terminated"]
        for entry in recording(version, "start-error").looks[-1]["status"]["containerStatuses"]
    )

    assert named.told() == texts.invalid_name(named.images[0], release)
    assert never.told() == texts.never_pulled(never.images[0])
    assert without_particulars(texts.no_such_command(f"/ips-{'0' * 32}", release)) == without_particulars(
        state["message"]
    )
