"""`make run`'s command, end to end: everything starts, is kept alive, and goes."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ips.environment import read_assignments
from tests.environment import free_port
from tests.processes import listens, wait_until
from tests.project.test_supervisor import alive, children_of

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = {"valkey", "cluster", "web", "worker", "ticker", "scheduler", "watcher", "messenger"}


class Instance:
    """An installation of its own: a directory, a port, and `up` when it is started."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.directory = directory / "var"
        self.shown = directory / "shown"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("IPS_", "DJANGO_"))}
        with self.shown.open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "ips.supervisor", "--port", str(self.port), *arguments],
                env={**clean, "PYTHONPATH": str(ROOT), "IPS_VAR_DIR": str(self.directory), **environment},
                stdout=out,
                stderr=out,
            )

    def start(self) -> None:
        self.process = self.command()
        wait_until(lambda: "IPS runs at" in self.shown.read_text(), "the UI", 90)

    def refusal(self, *arguments: str, **environment: str) -> str:
        """What is shown by a start that must be refused with one sentence."""
        process = self.command(*arguments, **environment)
        assert process.wait(60) == 1
        return self.shown.read_text()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def processes(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.directory / "processes.json").read_text())
        return found


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path)
    yield instance
    instance.stop()


@pytest.mark.timeout(300)
def test_one_command_starts_everything_keeps_it_alive_and_takes_it_away(instance):
    instance.start()

    shown = instance.shown.read_text()
    assert "Username   admin" in shown
    assert f"http://127.0.0.1:{instance.port}" in shown
    assert "simulated" in shown and "make run KUBECONFIG=" in shown
    assert instance.get("/healthz") == 200
    password = shown.partition("Password   ")[2].split()[0]
    assert instance.processes().keys() == PARTS

    _files_are_private(instance)
    _nothing_keeps_the_password(instance, password)
    _a_second_start_is_refused(instance)
    _a_killed_child_comes_back(instance, "web")
    _a_killed_child_comes_back(instance, "valkey")

    below = children_of(instance.process.pid)
    instance.stop()

    assert len(below) >= len(PARTS)
    assert [pid for pid in below if alive(pid)] == []
    assert instance.processes() == {}

    _the_next_start_shows_no_password_and_keeps_the_keys(instance)


def _files_are_private(instance: Instance) -> None:
    assert stat.S_IMODE((instance.directory / "instance.env").stat().st_mode) == 0o600
    assert stat.S_IMODE(instance.directory.stat().st_mode) == 0o700


def _nothing_keeps_the_password(instance: Instance, password: str) -> None:
    files = [path for path in instance.directory.rglob("*") if path.is_file()]
    assert not [path for path in files if password.encode() in path.read_bytes()]


def _a_second_start_is_refused(instance: Instance) -> None:
    other = Instance(instance.directory.parent)
    other.port, other.shown = instance.port, instance.shown.with_name("second")
    assert "already runs" in other.refusal()


def _a_killed_child_comes_back(instance: Instance, name: str) -> None:
    before = instance.processes()[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: instance.processes().get(name) not in (before, None), f"another {name}", 60)
    wait_until(lambda: _answers(instance), "the UI again", 60)


def _answers(instance: Instance) -> bool:
    try:
        return instance.get("/healthz") == 200
    except OSError:
        return False


def _the_next_start_shows_no_password_and_keeps_the_keys(instance: Instance) -> None:
    before = read_assignments(instance.directory / "instance.env")
    instance.start()
    after = read_assignments(instance.directory / "instance.env")
    assert "Password" not in instance.shown.read_text()
    assert after["IPS_JWT_KEY"] == before["IPS_JWT_KEY"]
    assert after["IPS_SECRET_KEY"] == before["IPS_SECRET_KEY"]


class TestItDoesNotStart:
    def test_on_a_port_that_is_taken(self, instance):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", instance.port))
            taken.listen()

            said = instance.refusal()

        assert f"Port {instance.port} is taken" in said
        assert f"PORT={instance.port + 1}" in said

    def test_with_a_kubeconfig_that_is_not_there(self, instance, tmp_path):
        said = instance.refusal("--kubeconfig", str(tmp_path / "gone"))

        assert "cannot be read" in said and str(tmp_path / "gone") in said

    def test_with_an_empty_path_as_an_unset_variable_gives_it(self, instance):
        assert "KUBECONFIG is empty" in instance.refusal("--kubeconfig", "")

    def test_with_a_kubeconfig_that_is_something_else(self, instance, tmp_path):
        (tmp_path / "list").write_text("milk, eggs\n")

        assert "no kubeconfig" in instance.refusal("--kubeconfig", str(tmp_path / "list"))

    def test_with_an_api_server_that_nobody_reaches(self, instance, tmp_path):
        (tmp_path / "config").write_text(KUBECONFIG.replace("PORT", str(free_port())))

        said = instance.refusal("--kubeconfig", str(tmp_path / "config"))

        assert "The Kubernetes API server does not answer" in said
        assert "Traceback" not in said

    def test_with_a_cluster_that_lacks_the_namespace(self, instance, cluster):
        said = instance.refusal("--kubeconfig", str(cluster), IPS_PULL_NAMESPACE="elsewhere")

        assert "The namespace elsewhere does not exist" in said
        assert "manage.py cluster-setup" in said
        assert len(said.strip().splitlines()[-1]) > 0 and "Traceback" not in said

    def test_with_another_cluster_than_the_database_belongs_to(self, instance, cluster, tmp_path):
        with _started(instance, "--kubeconfig", str(cluster)):
            pass
        database = sqlite3.connect(instance.directory / "ips.sqlite3")
        with database:
            database.execute("UPDATE prewarm_installation SET cluster_uid = 'of another cluster'")
        database.close()

        said = instance.refusal("--kubeconfig", str(cluster))

        assert "belongs to another cluster" in said

    def test_with_the_users_own_kubeconfig_unasked(self, instance, tmp_path):
        process = instance.command(KUBECONFIG=str(tmp_path / "gone"), HOME=str(tmp_path))
        wait_until(lambda: (instance.directory / "instance.env").exists(), "the decision")
        process.send_signal(signal.SIGINT)
        process.wait(30)

        assert read_assignments(instance.directory / "instance.env")["IPS_CLUSTER"] == "simulated"


@contextmanager
def _started(instance: Instance, *arguments: str) -> Iterator[None]:
    instance.process = instance.command(*arguments)
    wait_until(lambda: "IPS runs at" in instance.shown.read_text(), "the UI", 90)
    yield
    instance.stop()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of a cluster that stands for a real one."""
    file, port = tmp_path / "kubeconfig", free_port()
    command = [sys.executable, "-m", "prewarm.simulator", "--nodes=1", f"--port={port}", f"--kubeconfig={file}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: file.exists() and listens(port), "the cluster")
    yield file
    process.terminate()
    process.wait()


KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: x
contexts: [{name: x, context: {cluster: x, user: x}}]
clusters: [{name: x, cluster: {server: "http://127.0.0.1:PORT"}}]
users: [{name: x, user: {token: nothing}}]
"""
