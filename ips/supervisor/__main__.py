"""`python -m ips.supervisor`, and `manage.py up`: start everything, say where it is, and keep it alive."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence

from ips.supervisor import parts
from ips.supervisor.clusters import choose_cluster
from ips.supervisor.database import prepare
from ips.supervisor.instance import Instance
from ips.supervisor.refusal import Refusal
from ips.supervisor.supervise import Supervisor

WEB_TRIES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one installation until Ctrl-C or SIGTERM. Exit status 0; 1 with one sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    try:
        return run(options.port, options.kubeconfig)
    except Refusal as refusal:
        say(f"IPS does not start: {refusal}")
        return 1


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="where the UI is (8000)")
    parser.add_argument("--kubeconfig", default=None, help="a real cluster, instead of the simulated one")


def run(port: int, kubeconfig: str | None) -> int:
    """Start in the order in which the parts lean on each other, the UI as early as it can answer.

    1. Take the instance; decide its environment.
    2. Start Valkey and the simulated cluster; meanwhile prepare the database.
    3. Start the web process; ask a real cluster whether it is ready for us.
    4. When the UI answers, start the workers, and say so.
    """
    instance = Instance(port)
    instance.lock()
    environment = instance.write_environment(choose_cluster(instance, kubeconfig))
    supervisor = Supervisor(instance, say)
    try:
        supervisor.start(*parts.foundations(instance, environment))
        if administrator := prepare(instance, environment):
            # At once: whatever fails from here on, the password cannot be shown again.
            say(f"\n  Username   {administrator.username}\n  Password   {administrator.password}")
            say("             (shown this once, stored nowhere)")
        supervisor.start(parts.web(instance, environment))
        _refuse_an_unready_cluster(environment)
        if not supervisor.watch(until=lambda: _answers(instance, supervisor)):
            return 0
        supervisor.start(*parts.workers(instance, environment))
        say(summary(instance, environment))
        supervisor.watch(until=lambda: False)
        say("Stopping …")
        return 0
    finally:
        supervisor.stop()


def summary(instance: Instance, environment: dict[str, str]) -> str:
    """What a person needs to know, and nothing else."""
    lines = ["", f"IPS runs at {instance.url}", ""]
    if environment["IPS_CLUSTER"] == "simulated":
        lines += [
            f"  Cluster    simulated, {parts.SIMULATED_NODES} nodes: nothing is really pulled",
            "  For yours  make run KUBECONFIG=/path/to/kubeconfig",
        ]
    else:
        lines.append(f"  Cluster    {environment['IPS_KUBECONFIG'] or 'the one that this runs in'}")
    lines += [f"  Logs       {instance.logs}", "  Stop       Ctrl-C", ""]
    return "\n".join(lines)


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _refuse_an_unready_cluster(environment: dict[str, str]) -> None:
    if environment["IPS_CLUSTER"] == "simulated":
        return
    asked = subprocess.run(
        parts.manage("checkcluster"), env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        sentence = asked.stderr.strip().splitlines()[-1:] or [f"checkcluster ended with status {asked.returncode}"]
        raise Refusal(sentence[0].removeprefix("CommandError: "))


def _answers(instance: Instance, supervisor: Supervisor) -> bool:
    for child in supervisor.children:
        if child.name == "web" and child.starts > WEB_TRIES:
            raise Refusal(f"the web process ends again and again; {child.log} says why.")
    try:
        with urllib.request.urlopen(f"{instance.url}/healthz", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
