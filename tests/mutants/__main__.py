"""Mutation check of permissions: is there a test that notices when one line that keeps somebody out is taken away?

    python -m tests.mutants [--seconds N] [--json FILE] [--write] [--list]

Each such line of the code, and each entry of permissions.yaml by one role or scope less, is opened once in a copy; then
the tests of permissions run until one fails. What was judged in an earlier run with the same --json is not run again.
Exit status 1 when a door stood open and no test noticed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants import report
from tests.mutants.doors import all_mutants
from tests.mutants.run import ROOT, copied, judged, noticed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4 * 3600, help="begin no further one after this long (4 h)")
    parser.add_argument("--json", type=Path, help="keep the verdicts here, and go on from them")
    parser.add_argument("--write", action="store_true", help="write the result into docs/security.md")
    parser.add_argument("--list", action="store_true", help="only name them")
    options = parser.parse_args()
    mutants = all_mutants(ROOT)
    if options.list:
        print(*mutants, len(mutants), sep="\n")
        return 0
    known = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    verdicts: dict[str, str] = {str(one): known[str(one)] for one in mutants if str(one) in known}
    left = [one for one in mutants if str(one) not in verdicts]
    random.Random(1).shuffle(left)  # so that a part of them is a fair sample
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ips-mutants-") as temporary:
        folder = copied(Path(temporary))
        if left and (broken := noticed(folder)):
            raise SystemExit(f"{broken} fails without any mutant. Make it pass first.")
        for mutant in left:
            if time.monotonic() - began > options.seconds:
                break
            verdict = judged(folder, mutant)
            verdicts[verdict.mutant] = verdict.by
            print(f"{'killed' if verdict.by else 'ALIVE '} {verdict.mutant}: {verdict.by}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(verdicts, indent=1, sort_keys=True) + "\n")
    print(report.sentence(verdicts, len(mutants)))
    if options.write:
        report.write(verdicts, len(mutants))
    return 1 if any(not by for by in verdicts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
