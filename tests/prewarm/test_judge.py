"""What a pod's status proves about each image: the states that kubelets 1.20 and 1.36 were seen to write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.judge import MAX_MESSAGE, PULLED, Verdict, clean, judge, latch

Json = dict[str, Any]
STARTED = "2026-11-23T03:00:00Z"
IMAGE = "127.0.0.1:5000/a/x:1"
DIGEST = f"127.0.0.1:5000/a/x@sha256:{'a' * 64}"
NOT_FOUND = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{IMAGE}": failed to resolve reference '
    f'"{IMAGE}": {IMAGE}: not found'
)
REFUSED = "dial tcp 127.0.0.1:5000: connect: connection refused"


def waiting(reason: str, message: str = "", **more: Any) -> Json:
    return {"state": {"waiting": {"reason": reason, "message": message}}, "imageID": "", **more}


def terminated(exit_code: int, reason: str, message: str = "", image_id: str = "") -> Json:
    state = {"exitCode": exit_code, "reason": reason, "message": message}
    return {"state": {"terminated": state}, "imageID": image_id}


def pod(*containers: Json, phase: str = "Pending", helper: Json | None = None, **status: Any) -> Json:
    """A pod whose containers img0, img1, … are in these states."""
    entries = [{"name": f"img{number}", **entry} for number, entry in enumerate(containers)]
    helpers = [{"name": "noop", **helper}] if helper else []
    return {
        "status": {
            "phase": phase,
            "startTime": STARTED,
            "containerStatuses": entries,
            "initContainerStatuses": helpers,
            **status,
        }
    }


def verdict_on(container: Json, **status: Any) -> Verdict | None:
    return judge(pod(container, **status), [IMAGE]).verdicts.get(0)


CONFIG_ERROR = waiting("CreateContainerConfigError", 'configmap "ips-absent-0" not found')
UNKNOWN = terminated(137, "ContainerStatusUnknown", "The container could not be located when the pod was terminated")
COMPLETED = terminated(0, "Completed", image_id=DIGEST)


class TestPulled:
    @pytest.mark.parametrize(
        "container",
        [
            CONFIG_ERROR,
            waiting("CreateContainerError", "context deadline exceeded"),
            waiting("RunContainerError", "no such file"),
            waiting("CrashLoopBackOff", "back-off 10s"),
            COMPLETED,
            terminated(128, "StartError", "failed to create containerd task", image_id=DIGEST),
            {"state": {"running": {"startedAt": STARTED}}, "imageID": DIGEST},
            waiting("ImagePullBackOff", "Back-off", imageID=DIGEST),
        ],
        ids=[
            "waits for the absent ConfigMap",
            "could not be created",
            "could not be run",
            "crashes",
            "the helper's noop ended",
            "could not be started",
            "runs",
            "has an imageID whatever it waits for",
        ],
    )
    def test_is_what_only_comes_after_the_pull(self, container: Json) -> None:
        assert verdict_on(container) == PULLED

    @pytest.mark.parametrize(
        "container",
        [
            {},
            {"state": {}},
            waiting("ContainerCreating"),
            waiting("PodInitializing"),
            UNKNOWN,
            terminated(137, "ContainerStatusUnknown"),
            terminated(0, ""),
            {"state": {"terminated": None}},
            terminated(137, "Error"),
        ],
        ids=["nothing", "no state", "creating", "initializing", "unknown", "unknown, mute", "empty", "null", "killed"],
    )
    def test_is_not_what_a_kubelet_also_writes_on_containers_that_never_pulled(self, container: Json) -> None:
        assert verdict_on(container) is None

    def test_may_be_one_image_while_its_neighbour_has_failed_and_the_third_is_on_its_way(self) -> None:
        found = judge(
            pod(CONFIG_ERROR, waiting("ErrImagePull", NOT_FOUND), waiting("ContainerCreating")), ["a", IMAGE, "c"]
        )

        assert found.verdicts == {0: PULLED, 1: Verdict(False, "image_not_found", NOT_FOUND)}
        assert not found.ended

    def test_is_told_by_the_containers_name_not_by_its_place(self) -> None:
        status = pod(CONFIG_ERROR, waiting("ErrImagePull", NOT_FOUND))
        status["status"]["containerStatuses"].reverse()

        assert judge(status, ["a", "b"]).verdicts[0] == PULLED


class TestFailed:
    @pytest.mark.parametrize(
        ("reason", "message", "meaning"),
        [
            ("ErrImagePull", NOT_FOUND, "image_not_found"),
            ("ErrImagePull", REFUSED, "registry_unreachable"),
            ("ErrImagePull", "pull QPS exceeded", "rate_limited"),
            ("ErrImagePull", "", "pull_failed"),
            (
                "ErrImageNeverPull",
                f'Container image "{IMAGE}" is not present with pull policy of Never',
                "never_pulled",
            ),
            ("ImageInspectError", "Failed to inspect image", "pull_failed"),
            (
                "InvalidImageName",
                'couldn\'t parse image name "Bad//Name": invalid reference format',
                "invalid_reference",
            ),
            ("RegistryUnavailable", "the registry is away", "registry_unreachable"),
            ("SignatureValidationFailed", "no signature", "signature_refused"),
        ],
    )
    def test_is_what_the_kubelet_says_with_its_own_words_kept(self, reason: str, message: str, meaning: str) -> None:
        assert verdict_on(waiting(reason, message)) == Verdict(False, meaning, message or reason)

    def test_a_back_off_before_1_32_forgets_why_and_proves_nothing(self) -> None:
        assert verdict_on(waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"')) is None

    @pytest.mark.parametrize("text", [NOT_FOUND, f"first line: x\nsecond: {NOT_FOUND}"])
    def test_a_back_off_since_1_32_tells_the_cause_again(self, text: str) -> None:
        found = verdict_on(waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}": ErrImagePull: {text}'))

        assert found == Verdict(False, "image_not_found", text)

    def test_a_back_off_knows_the_kubelets_other_words_too(self) -> None:
        text = f'Back-off pulling image "{IMAGE}": RegistryUnavailable: not found'

        assert verdict_on(waiting("ImagePullBackOff", text)) == Verdict(False, "registry_unreachable", "not found")


class TestTheEndOfAPod:
    @pytest.mark.parametrize(
        ("phase", "reason", "meaning"),
        [
            ("Failed", "DeadlineExceeded", "deadline_exceeded"),
            ("Failed", "Evicted", "evicted"),
            ("Failed", "Preempting", "evicted"),
            ("Failed", "OutOfpods", "no_room"),
            ("Failed", "OutOfcpu", "no_room"),
            ("Failed", "OutOfmemory", "no_room"),
            ("Failed", "OutOfephemeral-storage", "no_room"),
            ("Failed", "UnexpectedAdmissionError", "no_room"),
            ("Failed", "NodeAffinity", "unschedulable"),
            ("Failed", "NodeShutdown", "node_unready"),
            ("Failed", "Terminated", "node_unready"),
            ("Failed", "NodeLost", "node_unready"),
            ("Failed", "", ""),
            ("Failed", "SomethingNew", ""),
            ("Succeeded", "", ""),
        ],
    )
    def test_has_a_reason_for_the_images_without_a_verdict(self, phase: str, reason: str, meaning: str) -> None:
        found = judge(pod(waiting("ContainerCreating"), phase=phase, reason=reason, message="The\x00words"), [IMAGE])

        assert found.ended
        assert (found.end_reason, found.end_message) == (meaning, "The words")
        assert found.verdicts == {}

    @pytest.mark.parametrize("phase", ["Pending", "Running", "Unknown", ""])
    def test_is_not_any_other_phase(self, phase: str) -> None:
        assert not judge(pod(CONFIG_ERROR, phase=phase, reason="DeadlineExceeded"), [IMAGE]).ended

    def test_by_deadline_on_1_20_leaves_the_waiting_states_which_still_tell(self) -> None:
        found = judge(
            pod(
                CONFIG_ERROR,
                waiting("ImagePullBackOff", 'Back-off pulling image "b"'),
                waiting("ErrImagePull", NOT_FOUND),
                phase="Failed",
                reason="DeadlineExceeded",
                message="Pod was active on the node longer than the specified deadline",
            ),
            ["a", "b", IMAGE],
        )

        assert found.verdicts == {0: PULLED, 2: Verdict(False, "image_not_found", NOT_FOUND)}
        assert (found.ended, found.end_reason) == (True, "deadline_exceeded")

    def test_by_deadline_on_1_36_hides_what_was_pulled_and_so_proves_nothing(self) -> None:
        found = judge(pod(UNKNOWN, UNKNOWN, phase="Failed", reason="DeadlineExceeded"), ["a", "b"])

        assert found.verdicts == {}
        assert (found.ended, found.end_reason) == (True, "deadline_exceeded")

    def test_by_deadline_on_1_36_does_not_hide_what_the_helpers_way_pulled(self) -> None:
        found = judge(pod(COMPLETED, UNKNOWN, phase="Failed", reason="DeadlineExceeded"), ["a", "b"])

        assert found.verdicts == {0: PULLED}

    def test_with_the_helper_is_success_when_every_image_is_there(self) -> None:
        found = judge(pod(COMPLETED, COMPLETED, phase="Succeeded", helper=COMPLETED), ["a", "b"])

        assert found.verdicts == {0: PULLED, 1: PULLED}
        assert found.ended


class TestTheHelper:
    @pytest.mark.parametrize(
        "helper",
        [
            waiting("ErrImagePull", "denied"),
            waiting("ImagePullBackOff", 'Back-off pulling image "ips/noop:1"'),
            waiting("InvalidImageName", "bad"),
            waiting("CreateContainerError", "no such file"),
            waiting("CrashLoopBackOff", "back-off"),
            terminated(1, "Error", "exec format error", image_id=DIGEST),
            terminated(128, "StartError", image_id=DIGEST),
        ],
    )
    def test_that_cannot_be_had_or_run_fails_every_image_as_the_helpers_fault(self, helper: Json) -> None:
        found = judge(pod(waiting("PodInitializing"), waiting("PodInitializing"), helper=helper), ["a", "b"])

        assert {verdict.reason for verdict in found.verdicts.values()} == {"helper_image_failed"}
        assert len(found.verdicts) == 2
        assert all(verdict.message for verdict in found.verdicts.values())

    @pytest.mark.parametrize(
        "helper",
        [
            COMPLETED,
            waiting("ContainerCreating"),
            waiting("PodInitializing"),
            {"state": {"running": {}}},
            UNKNOWN,
            # ended by the kubelet on delete or shutdown, after or before its own image was there
            terminated(137, "ContainerStatusUnknown", image_id=DIGEST),
            terminated(137, "Error"),
        ],
    )
    def test_that_is_on_its_way_or_done_proves_nothing(self, helper: Json) -> None:
        assert judge(pod(waiting("PodInitializing"), helper=helper), ["a"]).verdicts == {}

    def test_never_takes_back_what_an_image_proves_itself(self) -> None:
        found = judge(pod(COMPLETED, waiting("PodInitializing"), helper=waiting("ErrImagePull", "x")), ["a", "b"])

        assert found.verdicts[0] == PULLED
        assert found.verdicts[1].reason == "helper_image_failed"


class TestANodeThatDoesNotAnswer:
    def test_has_not_seen_the_pod(self) -> None:
        assert not judge({"status": {"phase": "Pending"}}, [IMAGE]).answered
        assert not judge({}, [IMAGE]).answered
        assert not judge({"status": None}, [IMAGE]).answered

    def test_has_answered_once_it_gave_a_start_time(self) -> None:
        assert judge(pod(waiting("ContainerCreating")), [IMAGE]).answered

    def test_is_something_else_than_a_scheduler_that_finds_no_place(self) -> None:
        text = "0/1 nodes are available: 1 Insufficient memory."
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text}

        found = judge({"status": {"phase": "Pending", "conditions": [condition]}}, [IMAGE])

        assert found.unschedulable == text
        assert not found.ended

    @pytest.mark.parametrize(
        "condition", [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False"}]
    )
    def test_other_conditions_do_not_make_a_pod_unschedulable(self, condition: Json) -> None:
        assert judge({"status": {"conditions": [condition]}}, [IMAGE]).unschedulable == ""


NOT_THERE = Verdict(False, "image_not_found", "not found")
UNREACHABLE = Verdict(False, "registry_unreachable", "refused")


class TestLatching:
    @pytest.mark.parametrize(
        ("kept", "new", "then", "changed"),
        [
            ({}, {}, {}, False),
            ({}, {0: PULLED}, {0: PULLED}, True),
            ({}, {0: UNREACHABLE}, {0: UNREACHABLE}, True),
            ({0: UNREACHABLE}, {0: PULLED}, {0: PULLED}, True),
            ({0: PULLED}, {0: UNREACHABLE}, {0: PULLED}, False),
            ({0: PULLED}, {0: PULLED}, {0: PULLED}, False),
            ({0: UNREACHABLE}, {0: NOT_THERE}, {0: NOT_THERE}, True),
            ({0: UNREACHABLE}, {0: UNREACHABLE}, {0: UNREACHABLE}, False),
            ({0: PULLED}, {}, {0: PULLED}, False),
            ({0: PULLED}, {1: NOT_THERE}, {0: PULLED, 1: NOT_THERE}, True),
        ],
    )
    def test_pulled_outranks_failed_and_the_last_real_failure_stands(
        self, kept: dict[int, Verdict], new: dict[int, Verdict], then: dict[int, Verdict], changed: bool
    ) -> None:
        held = dict(kept)

        assert latch(held, new) is changed
        assert held == then

    @given(st.lists(st.dictionaries(st.integers(0, 3), st.sampled_from([PULLED, NOT_THERE, UNREACHABLE]))))
    def test_in_whatever_order_the_looks_come_what_was_once_pulled_is_pulled(
        self, looks: list[dict[int, Verdict]]
    ) -> None:
        kept: dict[int, Verdict] = {}

        for look in looks:
            latch(kept, look)

        assert {n for n, verdict in kept.items() if verdict.pulled} == {
            n for look in looks for n, verdict in look.items() if verdict.pulled
        }
        assert kept.keys() == {n for look in looks for n in look}

    def test_a_pull_that_ended_well_is_not_lost_when_the_deadline_overwrites_it(self) -> None:
        kept: dict[int, Verdict] = {}

        latch(kept, judge(pod(CONFIG_ERROR, waiting("ErrImagePull", NOT_FOUND)), ["a", IMAGE]).verdicts)
        latch(kept, judge(pod(UNKNOWN, UNKNOWN, phase="Failed", reason="DeadlineExceeded"), ["a", IMAGE]).verdicts)

        assert kept == {0: PULLED, 1: Verdict(False, "image_not_found", NOT_FOUND)}


class TestMessages:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("", ""),
            ("  plain  ", "plain"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("nul\x00 bell\x07 escape\x1b[31m return\r delete\x7f", "nul  bell  escape [31m return  delete"),
            ("half a character: \ud83d", "half a character: ?"),
            ("a terminal\x9b31m and \u202ebackwards\u2066", "a terminal 31m and  backwards"),
            ("x" * MAX_MESSAGE, "x" * MAX_MESSAGE),
            ("x" * (MAX_MESSAGE + 1), "x" * (MAX_MESSAGE - 3) + "…"),
        ],
    )
    def test_are_made_fit_for_a_row(self, text: str, shown: str) -> None:
        assert clean(text) == shown

    @given(st.text(st.characters(), max_size=3000))
    def test_take_at_most_one_kilobyte_and_can_always_be_stored(self, text: str) -> None:
        shown = clean(text)

        assert len(shown.encode()) <= MAX_MESSAGE
        assert "\x00" not in shown

    def test_of_a_registry_are_cut_in_the_verdict(self) -> None:
        found = verdict_on(waiting("ErrImagePull", "not found: " + "é" * 5000))

        assert found is not None
        assert len(found.message.encode()) <= MAX_MESSAGE
        assert found.reason == "image_not_found"
