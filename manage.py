#!/usr/bin/env python3
"""Run a management command of IPS: `./manage.py help` lists them."""

import os
import sys
from pathlib import Path

INSTALLED = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ips.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        run_with_installed_python()
        raise
    execute_from_command_line(sys.argv)


def run_with_installed_python() -> None:
    """Start anew with what `make setup` installed, so that nobody has to activate it first."""
    if INSTALLED.exists() and Path(sys.prefix).resolve() != INSTALLED.parent.parent:
        os.execv(INSTALLED, [str(INSTALLED), *sys.argv])


if __name__ == "__main__":
    main()
