"""The mutation check itself: what it opens is a door, one at a time."""

from __future__ import annotations

import ast

from accounts import matrix
from tests.mutants import report
from tests.mutants.doors import FILE, all_mutants
from tests.suites import ROOT


def test_each_opened_door_is_code_that_differs_in_one_place_and_can_be_read() -> None:
    mutants = all_mutants(ROOT)

    for mutant in mutants:
        original = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert mutant.text != original, mutant
        if mutant.file == FILE:
            assert len(matrix.read(mutant.text)) == len(matrix.PERMISSIONS)
        else:
            ast.parse(mutant.text)
    assert len({(mutant.file, mutant.text) for mutant in mutants}) == len(mutants)


def test_it_opens_the_file_the_permission_class_and_every_view_that_asks_for_rights() -> None:
    files = {mutant.file for mutant in all_mutants(ROOT)}

    assert {FILE, "accounts/permissions.py", "accounts/tenant_views.py", "prewarm/views.py"} <= files


def test_the_result_says_how_many_were_tried_and_names_those_that_nobody_noticed() -> None:
    text = report.markdown({"one": "tests/accounts/test_matrix.py::test_it", "two": ""}, total=3)

    assert "1 of 2 opened doors were noticed; 2 of 3 were tried." in text
    assert "| `accounts/test_matrix.py` | 1 |" in text
    assert "- `two`" in text
