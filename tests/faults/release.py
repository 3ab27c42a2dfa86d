"""IPS as it was, or will be: another version's files in a folder of their own, on the packages installed here."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from shutil import copytree
from typing import Self

from tests.faults.part import Part

PROJECT = Path(__file__).parents[2]
# What a wheel of IPS holds, and the script that starts its commands.
FILES = ("ips", "accounts", "prewarm", "webhooks", "manage.py")
EARLIER = Path(__file__).with_name("earlier_release.tar.xz")
WHERE = "import prewarm; print(prewarm.__file__)"


class Release:
    """One version, in `folder`. Its processes see its own modules and none of those under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def earlier(cls, folder: Path) -> Self:
        """The last version before the tables changed for the first time: every migration since was made for its workers
        to live with.

        It is kept beside the tests, as a clone need not have the whole history. It was made by
        `git archive bf2620b ips accounts prewarm webhooks manage.py | xz -9e`.
        """
        with tarfile.open(EARLIER) as files:
            files.extractall(folder, filter="data")
        return cls(folder)

    @classmethod
    def like_this(cls, folder: Path, file: str, old: str, new: str) -> Self:
        """The version under test, but for one line of one file."""
        for name in FILES:
            source = PROJECT / name
            if source.is_dir():
                copytree(source, folder / name)
            else:
                (folder / name).write_bytes(source.read_bytes())
        text = (folder / file).read_text()
        assert text.count(old) == 1, f"{file} says {old!r} {text.count(old)} times"
        (folder / file).write_text(text.replace(old, new))
        return cls(folder)

    def environment(self, environment: dict[str, str]) -> dict[str, str]:
        return {**environment, "PYTHONPATH": str(self.folder), "IPS_VERSION": self.folder.name}

    def part(
        self, name: str, *command: str, environment: dict[str, str], logs: Path, says_when_up: bytes = b""
    ) -> Part:
        """A process of this version: a command of manage.py, or `web`."""
        if command == ("web",):
            line = [sys.executable, "-m", "gunicorn", "--config", "python:ips.web_server", "ips.wsgi"]
        else:
            line = [sys.executable, str(self.folder / "manage.py"), *command]
        return Part(name, line, self.environment(environment), logs, says_when_up=says_when_up, where=self.folder)

    def manage(self, *command: str, environment: dict[str, str]) -> str:
        """Run a command of manage.py; what it printed."""
        done = subprocess.run(
            [sys.executable, str(self.folder / "manage.py"), *command],
            env=self.environment(environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def assert_runs_its_own_code(self, environment: dict[str, str]) -> None:
        told = self.manage("shell", "--verbosity=0", "-c", WHERE, environment=environment)
        assert Path(told.splitlines()[-1]).is_relative_to(self.folder), told
