"""The result of a mutation check, in words and in docs/security.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from tests.suites import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- mutants: written by python -m tests.mutants -->", "<!-- /mutants -->"


def sentence(verdicts: Mapping[str, str], total: int) -> str:
    killed = sum(bool(by) for by in verdicts.values())
    return f"{killed} of {len(verdicts)} opened doors were noticed; {len(verdicts)} of {total} were tried."


def markdown(verdicts: Mapping[str, str], total: int) -> str:
    noticed = Counter(file_of(by) for by in verdicts.values() if by)
    lines = [sentence(verdicts, total), "", "| first noticed by | doors |", "|---|---:|"]
    lines += [f"| `{name}` | {count} |" for name, count in noticed.most_common()]
    if alive := sorted(mutant for mutant, by in verdicts.items() if not by):
        lines += ["", "Noticed by no test:", "", *(f"- `{mutant}`" for mutant in alive)]
    return "\n".join(lines)


def file_of(test: str) -> str:
    return test.partition("::")[0].removeprefix("tests/")


def write(verdicts: Mapping[str, str], total: int) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    block = f"{BEGIN}\n{markdown(verdicts, total)}\n{END}"
    new, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{DOCUMENT} has no section for mutants.")
    DOCUMENT.write_text(new, encoding="utf-8")
