"""Names: which ones Kubernetes and people may use, and those that IPS computes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ips.human_names import MAX_LENGTH, human_name_problem
from prewarm.names import is_node_name, pull_job_name

THIS_ONE = pull_job_name("installation", "task", "node", 1, 0)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "0",
        "node-1",
        "ip-10-0-0-1.eu-central-1.compute.internal",
        "a" * 253,
        ".".join(["a" * 63] * 3),
        "n" * 64 + ".example.com",
    ],
    ids=lambda name: name[:30],
)
def test_nodes_and_secrets_have_names_of_dns(name: str) -> None:
    assert is_node_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *["", "A", "Node", "a_b", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a/b", "a b", "a,b", "*", "../x", "--help"],
        *["a\n", "\n", "a\x00", "\u00e9", "\u0661", "a" * 254, "a." * 500_000],
    ],
    ids=lambda name: ascii(name)[:30],
)
def test_other_names_are_refused(name: str) -> None:
    assert not is_node_name(name)


@pytest.mark.parametrize("name", ["", "Nightly", "GPU-Knoten für München", "推理镜像 🚀", "x" * MAX_LENGTH])
def test_people_name_things_in_their_own_language(name: str) -> None:
    assert human_name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x" * (MAX_LENGTH + 1), "101 characters; 100 are possible"),
        ("Mu\u0308nchen", "NFC"),
        ("two\nlines", "control"),
        ("nul\x00", "control"),
        ("delete\x7f", "control"),
        ("c1\x85", "control"),
        ("zero\u200bwidth", "invisible"),
        ("soft\u00adhyphen", "invisible"),
        ("\u202etxet", "direction"),
        ("\u2066isolated\u2069", "direction"),
        ("line\u2028separator", "control"),
        ("paragraph\u2029separator", "control"),
        ("\ufeffmark", "invisible"),
        ("half\ud83d", "control"),
        ("\u3164", "invisible"),  # HANGUL FILLER, which is a letter to Unicode
        ("same\u115f", "invisible"),
        ("same\u2800", "invisible"),
        ("sa\u034fme", "invisible"),
    ],
)
def test_names_that_look_like_others_or_break_a_line_are_refused(name: str, problem: str) -> None:
    assert problem in human_name_problem(name)


def test_a_pull_job_has_the_same_name_whoever_computes_it_in_whatever_version() -> None:
    assert THIS_ONE == "ips-4562c2ca019c99f4ac10d65656a496f1124a5a71"


@pytest.mark.parametrize(
    "another",
    [
        pull_job_name("other", "task", "node", 1, 0),
        pull_job_name("installation", "other", "node", 1, 0),
        pull_job_name("installation", "task", "other", 1, 0),
        pull_job_name("installation", "task", "node", 2, 0),
        pull_job_name("installation", "task", "node", 1, 1),
        pull_job_name("installation", "task", "node", 10, 0),
        pull_job_name("installation", "tasknode", "", 1, 0),
    ],
)
def test_any_other_installation_task_node_attempt_or_part_has_another_name(another: str) -> None:
    assert another != THIS_ONE


text = st.text(max_size=253)


@given(text, text, text, st.integers(1, 10_000), st.integers(0, 100))
def test_a_pull_jobs_name_is_short_enough_to_become_a_label(
    installation: str, task: str, node: str, attempt: int, part: int
) -> None:
    name = pull_job_name(installation, task, node, attempt, part)

    assert re.fullmatch(r"ips-[0-9a-f]{40}", name)
    assert is_node_name(name)
