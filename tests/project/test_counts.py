"""The last line of `make test` tells the truth."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.everything import Counts, Suite, count, run

REPORT = """<testsuites>
<testsuite name="a" tests="10" failures="2" errors="1" skipped="3"/>
<testsuite name="b" tests="4" failures="0" errors="0" skipped="0"/>
</testsuites>"""


@pytest.fixture(autouse=True)
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def suite(code: str) -> Suite:
    return Suite("x", [sys.executable, "-c", code, "{report}"])


def test_passed_failed_and_skipped_add_up_over_all_parts_of_a_report(tmp_path: Path):
    (tmp_path / "report.xml").write_text(REPORT)

    assert count(tmp_path / "report.xml") == Counts(passed=8, failed=3, skipped=3)


def test_in_ci_what_did_not_run_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    (tmp_path / "report.xml").write_text(REPORT)

    assert count(tmp_path / "report.xml") == Counts(passed=8, failed=6, skipped=0)


def test_a_suite_without_a_report_counts_as_one():
    assert run(suite("pass"))[0] == Counts(passed=1)
    assert run(suite("raise SystemExit(3)"))[0] == Counts(failed=1)


def test_a_suite_that_reports_only_good_things_and_then_breaks_has_failed():
    code = "import sys; open(sys.argv[1], 'w').write('<testsuite tests=\"2\"/>'); raise SystemExit(1)"

    assert run(suite(code))[0] == Counts(passed=2, failed=1)


def test_the_line_names_skipped_ones_only_where_there_are_some():
    assert str(Counts(passed=3)) == "3 passed, 0 failed"
    assert str(Counts(passed=3, failed=1, skipped=2)) == "3 passed, 1 failed, 2 skipped"
