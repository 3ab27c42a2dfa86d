"""What IPS makes of the words of real kubelets, runtimes and API servers: one table, read against recordings.

Each row: the case, and for each image that it is about, what its result must be. The recordings name the versions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from prewarm.classify import reason_for_refusal
from prewarm.reasons import REASONS, hint_for, is_transient
from tests.prewarm.recordings import VERSIONS, cases, concluded, recording

OLDEST, RECENT = VERSIONS
PASSES, STAYS = True, False  # could the same pull succeed a little later?


@dataclass(frozen=True)
class Fails:
    """A reason, whether it may pass, what a person is told to do about it, and a part of the runtime's own words."""

    reason: str
    passes: bool
    hint: str
    words: str = ""


PULLED, PRESENT = "pulled", "already_present"
NOT_FOUND = Fails("image_not_found", STAYS, "Check the name and the tag", "not found")
UNAUTHORIZED = Fails("unauthorized", STAYS, "Name a pull secret")
RATE_LIMITED = Fails("rate_limited", PASSES, "Lower `concurrency`")
UNREACHABLE = Fails("registry_unreachable", PASSES, "DNS, firewall, proxy")
TLS = Fails("tls_error", STAYS, "Install its CA")
PLATFORM = Fails("wrong_platform", STAYS, "push a multi-platform image", "no match for platform")
DISK_FULL = Fails("disk_full", PASSES, "Free space", "no space left on device")
DAMAGED = Fails("image_damaged", PASSES, "push the image anew")
NO_IMAGE = Fails("not_an_image", STAYS, "artifact")
NO_ROOM = Fails("no_room", PASSES, "Wait for pods to end")
UNSCHEDULABLE = Fails("unschedulable", PASSES, "the message says why")
HELPER = Fails("helper_image_failed", PASSES, "IPS_HELPER_IMAGE")
EVICTED = Fails("evicted", PASSES, "lack of disk or memory")

TABLE: dict[str, list[str | Fails]] = {
    "ok": [PULLED],
    "ok-with-helper": [PULLED],
    "present": [PRESENT],
    "always": [PULLED],
    "one-of-three-missing": [PULLED, NOT_FOUND, PULLED],
    # names and rights
    "tag-not-found": [NOT_FOUND],
    "repository-not-found": [NOT_FOUND],
    "digest-not-found": [NOT_FOUND],
    "missing-with-helper": [NOT_FOUND],
    "no-credentials": [UNAUTHORIZED],
    "wrong-password": [UNAUTHORIZED],
    "no-such-secret": [UNAUTHORIZED],
    "invalid-name": [Fails("invalid_reference", STAYS, "registry/repository:tag", "must be lowercase")],
    "never-pulled": [Fails("never_pulled", STAYS, "admission webhook", "pull policy of Never")],
    "other-platform": [PLATFORM],
    "other-platform-alone": [PULLED],  # nothing but its config tells, which nobody compares before it is run
    "helper-missing": [HELPER],
    # what the registry answers
    "manifest-429": [RATE_LIMITED],
    "layer-429": [RATE_LIMITED],
    "manifest-403": [UNAUTHORIZED],
    "layer-403": [UNAUTHORIZED],
    "token-401": [UNAUTHORIZED],
    "token-403": [UNAUTHORIZED],
    "token-503": [UNREACHABLE],
    "manifest-500": [UNREACHABLE],
    "manifest-502": [UNREACHABLE],
    "manifest-503": [UNREACHABLE],
    "layer-500": [UNREACHABLE],
    "layer-503": [UNREACHABLE],
    "layer-404": [NOT_FOUND],
    # what the image is
    "other-bytes": [DAMAGED],
    "half-a-layer": [UNREACHABLE],
    "no-archive": [DAMAGED],
    "helm-chart": [PULLED],  # containerd 2 takes it for an image
    "schema-1": [NO_IMAGE],
    "no-json": [NO_IMAGE],
    # the same images once more, in a new pod: what was not pulled is not taken for present
    "other-platform-again": [PLATFORM],
    "no-archive-again": [DAMAGED],
    "schema-1-again": [NO_IMAGE],
    "no-json-again": [NO_IMAGE],
    "helm-chart-again": [PRESENT],  # but for this, which no kubelet tells from an image any more
    "disk-full-downloading-again": [PULLED],
    "disk-full-unpacking-again": [PULLED],
    # the network
    "refused": [UNREACHABLE],
    "broken-off": [UNREACHABLE],
    "dial-timeout": [UNREACHABLE],
    "tls-timeout": [UNREACHABLE],
    "name-unknown": [UNREACHABLE],
    "name-server-fails": [UNREACHABLE],
    "name-server-silent": [UNREACHABLE],
    "unknown-authority": [TLS],
    "plain-http": [TLS],
    # the node
    "disk-full-downloading": [NOT_FOUND, DISK_FULL],
    "disk-full-unpacking": [NOT_FOUND, DISK_FULL],
    "pull-qps": [PULLED, RATE_LIMITED, RATE_LIMITED],
    "out-of-cpu": [NO_ROOM],
    "out-of-pods": [NO_ROOM],
    "wrong-labels": [UNSCHEDULABLE],
    "unschedulable": [UNSCHEDULABLE],
    "no-such-node": [UNSCHEDULABLE],
    "disk-pressure": [EVICTED],
    # the image is there, its container cannot be made or run
    "create-error": [PULLED],
    "config-error": [PULLED],
    "start-error": [PULLED],
    "crash-loop": [PULLED],
    # the pod was ended
    "deadline": [PULLED, NOT_FOUND],
    "evicted": [PULLED, NOT_FOUND],
    "evicted-at-start": [PRESENT, NOT_FOUND],
    "deadline-in-mid-pull": [NOT_FOUND],
    "deleted-in-mid-pull": [Fails("deleted_externally", PASSES, "deleted the pull job")],
}

ON_OLDEST: dict[str, list[str | Fails]] = {"helm-chart": [NO_IMAGE]}

QUOTA = Fails("quota_denied", PASSES, "Raise it or lower `concurrency`", "quota")
FORBIDDEN = Fails("forbidden", STAYS, "cluster-setup", "forbidden")
REFUSALS: dict[str, Fails] = {
    "quota": QUOTA,
    "quota-without-limits": QUOTA,
    "job-quota": QUOTA,
    "no-right": FORBIDDEN,
    "pod-security": FORBIDDEN,
    "job-pod-security": FORBIDDEN,
    "invalid": Fails("rejected", STAYS, "the message says why", "Invalid value"),
}
# On 1.20 the first answer is right; a kubelet that is asked again takes what was fetched for an image.
TAKEN_FOR_AN_IMAGE = {"helm-chart"}
ONLY_RECENT = {"pod-security", "job-pod-security"}
NO_VERDICT = {"no-namespace"}  # somebody must make it; IPS waits and says for what


def on_all_versions(table: Iterable[str]) -> pytest.MarkDecorator:
    """Once for each case of the table and each version that it was recorded on."""
    pairs = [(v, case) for case in table for v in VERSIONS if v != OLDEST or case not in ONLY_RECENT]
    return pytest.mark.parametrize(("version", "case"), pairs, ids=[f"{case} on {v}" for v, case in pairs])


def expected_of(version: str, case: str) -> list[str | Fails]:
    return ON_OLDEST.get(case, TABLE[case]) if version == OLDEST else TABLE[case]


def check(expected: Fails, reason: str, message: str) -> None:
    assert reason == expected.reason
    assert is_transient(reason) is expected.passes
    assert expected.hint in hint_for(reason)
    assert expected.words in message


@on_all_versions(TABLE)
def test_each_image_gets_the_result_that_it_deserves(version: str, case: str) -> None:
    recorded = recording(version, case)

    found = concluded(recorded, recorded.looks)

    assert found.terminal
    for image, expected in zip(found.images, expected_of(version, case), strict=True):
        if isinstance(expected, Fails):
            assert image.outcome == "failed"
            check(expected, image.reason, found.texts[image.index])
        else:
            assert (image.outcome, image.reason) == (expected, "")


@pytest.mark.parametrize("version", VERSIONS)
def test_times_and_sizes_are_what_the_kubelet_tells_and_no_more(version: str) -> None:
    """This pull waited for another one, some seconds."""
    recorded = recording(version, "disk-full-downloading-again")

    (image,) = concluded(recorded, recorded.looks).images

    assert image.milliseconds
    if version == OLDEST:
        assert (image.milliseconds > 1000, image.waited, image.size) == (True, None, None)
    else:
        assert image.waited
        assert image.size
        assert image.waited > 1000 > image.milliseconds
        assert image.size > 8_000_000


@on_all_versions(REFUSALS)
def test_a_refused_pull_job_tells_why(version: str, case: str) -> None:
    refusal = recording(version, case).refusal
    assert refusal
    message = refusal["status"]["message"]

    check(REFUSALS[case], reason_for_refusal(refusal["code"], message), message)


@on_all_versions(TABLE.keys() - TAKEN_FOR_AN_IMAGE)
def test_whoever_comes_late_calls_nothing_warm_that_is_not(version: str, case: str) -> None:
    """A worker that takes over sees only the last of it, however little that is."""
    recorded = recording(version, case)
    gone = {"status": recorded.looks[-1]["status"], "gone": True}

    for first in range(len(recorded.looks)):
        for image in concluded(recorded, [*recorded.looks[first:], gone]).images:
            assert not (image.warm and isinstance(expected_of(version, case)[image.index], Fails))


@pytest.mark.parametrize("version", VERSIONS)
def test_whoever_comes_after_the_deadline_blames_it_for_no_image_that_was_pulled(version: str) -> None:
    """Newer kubelets write over what told it: then the image is asked for again, and that is not charged."""
    recorded = recording(version, "deadline")

    found = concluded(recorded, recorded.looks[-1:])

    pulled = found.images[0]
    assert pulled.warm or (pulled.open and found.recreated == 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recording_has_its_row(version: str) -> None:
    wanted = {case for case in [*TABLE, *REFUSALS, *NO_VERDICT] if version != OLDEST or case not in ONLY_RECENT}

    assert cases(version) == wanted


def test_every_row_names_a_reason_of_the_table() -> None:
    rows = [entry for row in TABLE.values() for entry in row if isinstance(entry, Fails)]

    assert {row.reason for row in [*rows, *REFUSALS.values()]} <= REASONS.keys()
