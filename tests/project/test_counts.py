"""The last line of `make test` tells the truth."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.everything import FEW, Counts, count, run, run_side_by_side, try_again
from tests.suites import LAST_FAILED, Suite

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


def test_a_suite_without_a_report_counts_as_one(tmp_path: Path):
    assert run(suite("pass"), tmp_path).counts == Counts(passed=1)
    assert run(suite("raise SystemExit(3)"), tmp_path).counts == Counts(failed=1)


def test_a_suite_that_reports_only_good_things_and_then_breaks_has_failed(tmp_path: Path):
    code = "import sys; open(sys.argv[1], 'w').write('<testsuite tests=\"2\"/>'); raise SystemExit(1)"

    assert run(suite(code), tmp_path).counts == Counts(passed=2, failed=1)


def test_the_line_names_skipped_ones_only_where_there_are_some():
    assert str(Counts(passed=3)) == "3 passed, 0 failed"
    assert str(Counts(passed=3, failed=1, skipped=2)) == "3 passed, 1 failed, 2 skipped"


# A second try


def suite_of(folder: Path, code: str) -> Suite:
    """A suite of pytest with this one file; its tests can tell the first time from the second."""
    first = f"import pathlib\n\nFIRST = pathlib.Path({str(folder / 'ran')!r})\n\n"
    (folder / "test_it.py").write_text(first + code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-c", "/dev/null", "--rootdir", str(folder)]
    report = ["--junitxml={report}", "-o", "cache_dir={cache}"]
    return Suite("x", [*command, *report, str(folder / "test_it.py")], again=LAST_FAILED)


def both_times(one: Suite, memory: Path) -> tuple[Counts, list[str]]:
    ended = run_side_by_side([one], memory, quick=False)
    passed_alone = try_again([one], ended, memory)
    return ended["x"].counts, passed_alone


FAILS_ONCE = """
def test_good(): pass

def test_unsteady():
    again = FIRST.exists()
    FIRST.touch()
    assert again
"""


def test_what_failed_in_company_and_passes_alone_has_passed_and_is_named(tmp_path: Path):
    counts, passed_alone = both_times(suite_of(tmp_path, FAILS_ONCE), tmp_path / "memory")

    assert counts == Counts(passed=2)
    assert passed_alone == ["test_it::test_unsteady"]


def test_what_fails_twice_has_failed(tmp_path: Path):
    code = "def test_good(): pass\n\ndef test_bad(): assert False\n"

    assert both_times(suite_of(tmp_path, code), tmp_path / "memory") == (Counts(passed=1, failed=1), [])


@pytest.mark.parametrize("error", ["OverTheCap", "NotWell"])
def test_a_broken_limit_or_invariant_has_no_second_try(tmp_path: Path, error: str):
    code = FAILS_ONCE.replace("    assert again", f"    if not again: raise {error}('x')")
    code = f"class {error}(AssertionError): pass\n{code}"

    assert both_times(suite_of(tmp_path, code), tmp_path / "memory") == (Counts(passed=1, failed=1), [])


def test_many_failures_have_no_second_try(tmp_path: Path):
    code = f"import pytest\n\n@pytest.mark.parametrize('n', range({FEW + 1}))\ndef test_it(n):\n"
    code += "    ran = FIRST.parent / f'ran-{n}'\n    again = ran.exists()\n    ran.touch()\n    assert again\n"

    assert both_times(suite_of(tmp_path, code), tmp_path / "memory") == (Counts(failed=FEW + 1), [])
