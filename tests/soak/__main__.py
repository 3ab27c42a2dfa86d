"""A soak: IPS works for two tenants while its processes are killed, frozen and ended at random.

    python -m tests.soak [--minutes 30] [--seed N] [--every 20] [--json FILE] [--write]

Real processes, a real MariaDB, a real Valkey, a simulated cluster of which a few of a hundred requests fail. Afterwards
nobody is disturbed any more until every task is over; then all is counted. Exit status 1 when a pair was lost or has an
untrue outcome, a pull job was made twice, a limit exceeded or an invariant broken.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

import django

LONGEST_MINUTES = 240.0
FAILURES = ("lost", "double", "untrue", "exceeded", "breaches", "unfinished")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long to strike (30)")
    parser.add_argument("--seed", type=int, default=1, help="which blows fall when, and who asks for what (1)")
    parser.add_argument("--every", type=float, default=20, metavar="SECONDS", help="between two blows, on average (20)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    parser.add_argument("--keep", type=Path, help="folder for databases and logs, kept afterwards")
    options = parser.parse_args()
    if not 0 < options.minutes <= LONGEST_MINUTES:
        parser.error(f"--minutes must be more than 0 and at most {LONGEST_MINUTES:g}")
    with tempfile.TemporaryDirectory(prefix="ips-soak-") as temporary:
        folder = (options.keep or Path(temporary)).absolute()
        from tests.soak.installation import Servers

        servers = Servers.started(folder)
        try:
            environment = servers.settings(folder)
            os.environ.update(environment, DJANGO_SETTINGS_MODULE="ips.settings")
            django.setup()
            logging.getLogger("httpx").setLevel(logging.WARNING)
            from tests.soak import report
            from tests.soak.run import run

            figures, peaks = run(folder, servers, environment, options)
        finally:
            servers.stop()
    for name, value in report.rows(figures):
        print(f"{name.strip('*'):36} {value.strip('*')}")
    print(f"\n{peaks}\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, default=str) + "\n")
    if options.write:
        report.write(report.markdown(figures, peaks))
    print(f"lost {figures['lost']}\ndouble {figures['double']}", flush=True)
    return 1 if any(figures[name] for name in FAILURES) else 0


if __name__ == "__main__":
    sys.exit(main())
