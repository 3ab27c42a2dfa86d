"""The database before anything uses it: migrations and the first administrator, skipped when nothing has changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ips.supervisor.instance import ROOT, Instance, write_private
from ips.supervisor.parts import manage
from ips.supervisor.refusal import Refusal


@dataclass(frozen=True)
class FirstAdministrator:
    username: str
    password: str


def prepare(instance: Instance, environment: dict[str, str]) -> FirstAdministrator | None:
    """Run `manage.py bootstrap`, unless this SQLite file has been prepared by exactly these migrations before.

    Returns the administrator who was made, if one was: the only moment in which the password can be shown.
    """
    stamp = instance.directory / "prepared"
    state = _state(environment)
    if state and stamp.is_file() and stamp.read_text() == state:
        return None
    done = subprocess.run(
        manage("bootstrap", "--json"), env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        (instance.logs / "bootstrap.log").write_text(done.stderr)
        reason = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise Refusal(f"The database cannot be prepared: {reason[0]} (more in {instance.logs / 'bootstrap.log'})")
    write_private(stamp, _state(environment))
    made = json.loads(done.stdout.strip().splitlines()[-1])
    return FirstAdministrator(**made) if made else None


def _state(environment: dict[str, str]) -> str:
    """What the stamp must say for the database to be ready; empty when only asking it can tell."""
    name = Path(environment.get("IPS_DB_NAME", ""))
    if environment.get("IPS_DB_ENGINE", "sqlite") != "sqlite" or not name.is_file():
        return ""
    digest = hashlib.sha256()
    for migration in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(migration.read_bytes())
    digest.update((ROOT / "uv.lock").read_bytes())  # Django and its friends bring migrations too
    return f"{name} {name.stat().st_ino} {digest.hexdigest()}\n"
