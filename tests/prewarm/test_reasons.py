"""Every reason that is ever given is in the one table, with a hint that a person can act on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from prewarm import classify, judge
from prewarm.models import NodeResult, Task
from prewarm.reasons import REASONS, TABLE, Reason, hint_for

SOURCES = sorted(
    path
    for path in Path(classify.__file__).parent.rglob("*.py")
    if not {"simulator", "migrations", "schedules"}
    & set(path.parts)  # why a schedule's run made no task is said by its text
)
# Which argument of these calls is a reason code.
REASON_ARGUMENT = {"Ending": 0, "No": 0, "Verdict": 1, "request_stop": 1, "end": 1, "stop": 1}
# Functions that return reason codes.
GIVE_REASONS = {"skip_reason", "stop_reason", "reason_for_pull_error", "reason_for_refusal", "_end_reason"}


def words(node: ast.AST) -> Iterator[str]:
    """The string constants that an expression may give: `"a" if x else b` gives a."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from words(node.body)
        yield from words(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from words(value)


def given_reasons(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = REASON_ARGUMENT.get(name)
            if place is not None and len(node.args) > place:
                yield from words(node.args[place])
            for keyword in node.keywords:
                if keyword.arg in ("reason", "stop_reason", "skip"):
                    yield from words(keyword.value)
        elif isinstance(node, ast.FunctionDef) and node.name in GIVE_REASONS:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value:
                    yield from words(inner.value)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("skip", "found.reason", "task.reason"):
            yield from words(node.value)


GIVEN = {reason for path in SOURCES for reason in given_reasons(ast.parse(path.read_text()))} - {""}


def test_the_walk_through_the_sources_finds_reasons() -> None:
    assert {"node_gone", "cancelled", "helper_image_failed", "deleted_externally", "node_cordoned"} <= GIVEN


def test_every_reason_that_the_code_gives_is_in_the_table() -> None:
    assert GIVEN - REASONS.keys() == set()


def test_every_reason_of_the_tables_of_texts_and_pod_ends_is_in_the_table() -> None:
    named = {reason for _, reason in classify._TEXTS} | set(judge._POD_ENDS.values())

    assert named - REASONS.keys() == set()


def test_every_reason_of_the_table_is_given_somewhere() -> None:
    texts = {
        node.value
        for path in SOURCES
        if path.name != "reasons.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert REASONS.keys() - texts == set()


@pytest.mark.parametrize("reason", TABLE, ids=lambda reason: reason.code)
def test_every_hint_is_a_sentence_and_every_code_fits_its_column(reason: Reason) -> None:
    assert reason.hint.endswith(".")
    assert len(reason.hint) > 20
    assert reason.hint[0].isupper()
    for model in (NodeResult, Task):
        assert len(reason.code) <= (model._meta.get_field("reason").max_length or 0)


def test_no_code_is_there_twice() -> None:
    assert len(REASONS) == len(TABLE)


def test_no_reason_has_no_hint() -> None:
    assert hint_for("") == ""


def test_a_hint_names_only_fields_that_a_task_has() -> None:
    from prewarm.task_request import TaskRequest

    named = {word.strip("`") for reason in TABLE for word in reason.hint.split() if word.startswith("`")}
    fields = {word.rstrip("`.,;") for word in named if "_" in word and " " not in word and "." not in word.rstrip(".`")}

    assert fields - TaskRequest().fields.keys() == set()
