"""`./manage.py` as a person types it, in a shell where nothing was activated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_finds_what_setup_installed(tmp_path: Path) -> None:
    bare_python = str(Path(sys.base_prefix) / "bin" / "python3")

    done = subprocess.run(
        [bare_python, str(ROOT / "manage.py"), "prewarm", "--help"],
        cwd=tmp_path,
        env={"IPS_VAR_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "--all-nodes" in done.stdout
