"""An instance: what `var/<PORT>/` holds, and the environment that all its processes share."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import IO

from ips.environment import read_assignments, taken_over
from ips.supervisor.refusal import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
# Made once and kept from start to start; everything else is decided anew.
KEPT = ("IPS_SECRET_KEY", "IPS_JWT_KEY", "IPS_REDIS_URL", "IPS_SIMULATED_PORT")


class Instance:
    """One installation of `make run`: a port, a directory, an environment."""

    def __init__(self, port: int) -> None:
        given = {name: value for name, value in os.environ.items() if name.startswith("IPS_")}
        self.given = {name: value for name, value in given.items() if name not in taken_over}
        self.port = port
        self.directory = Path(self.given.get("IPS_VAR_DIR") or ROOT / "var" / str(port))
        self.logs = self.directory / "logs"
        self.file = self.directory / "instance.env"
        self.embeds_valkey = not self.given.keys() & {"IPS_REDIS_URL", "IPS_REDIS_URL_FILE"}
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lock(self) -> None:
        """Make the directory ours alone until this process ends, however it ends.

        Raises Refusal when another process has it, or when something else listens on the port.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        os.chmod(self.directory, 0o700)
        lock = (self.directory / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise Refusal(
                f"IPS already runs here as process {lock.read().strip() or '?'}: {self.url}. "
                f"Stop it there with Ctrl-C, or start another with: PORT={self.port + 1} make run"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock
        if listens(self.port):
            raise Refusal(
                f"Port {self.port} is taken by another program. Choose another: PORT={self.port + 1} make run"
            )

    def write_environment(self, cluster: dict[str, str]) -> dict[str, str]:
        """Decide every IPS_* of this instance, write them to `instance.env` (mode 0600) and return them.

        1. Keys and ports of an earlier start stay, so that sessions and queues survive a restart.
        2. What the caller's environment says wins.
        """
        old = read_assignments(self.file)
        environment = {
            "IPS_SECRET_KEY": secrets.token_urlsafe(48),
            "IPS_JWT_KEY": secrets.token_urlsafe(48),
            **{name: old[name] for name in KEPT if name in old},
            "IPS_VAR_DIR": str(self.directory),
            **cluster,
            **self.given,
        }
        for name in KEPT:
            if f"{name}_FILE" in self.given and name not in self.given:
                environment.pop(name, None)  # the file says it
        if self.embeds_valkey:
            environment["IPS_REDIS_URL"] = _own_valkey(environment.get("IPS_REDIS_URL", ""))
        if environment["IPS_CLUSTER"] == "simulated":
            environment["IPS_SIMULATED_PORT"] = str(_free(environment.get("IPS_SIMULATED_PORT", "")))
        if environment.get("IPS_DB_ENGINE", "sqlite") == "sqlite" and "IPS_DB_NAME" not in self.given:
            # An installation belongs to one cluster: the simulated one and a real one never share a database.
            name = "simulated" if environment["IPS_CLUSTER"] == "simulated" else "ips"
            environment["IPS_DB_NAME"] = str(self.directory / f"{name}.sqlite3")
        lines = "".join(f"{name}={value}\n" for name, value in sorted(environment.items()))
        write_private(self.file, f"# Written by `manage.py up`, anew at every start.\n{lines}")
        return environment


def listens(port: int) -> bool:
    """Whether something answers on this port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def write_private(file: Path, text: str) -> None:
    """Replace a file by one that only its owner may read, without a moment in which others could."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.replace(file)


def _own_valkey(old: str) -> str:
    password, _, address = old.removeprefix("redis://:").partition("@")
    port = _free(address.rpartition(":")[2].partition("/")[0])
    return f"redis://:{password or secrets.token_urlsafe(24)}@127.0.0.1:{port}/0"


def _free(wanted: str) -> int:
    """The wanted port if it is free, else any that is."""
    if wanted.isdecimal() and not listens(int(wanted)):
        return int(wanted)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
