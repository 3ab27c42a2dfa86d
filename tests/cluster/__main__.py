"""`tests/cluster/cluster COMMAND VERSION`: a real Kubernetes on this machine."""

import argparse
import shlex
import sys

from tests.cluster.machine import images
from tests.cluster.machine.build import build
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.progress import CannotRun
from tests.cluster.machine.versions import VERSIONS, Version

COMMANDS = {
    "build": "build its binaries and the test images, which happens once per machine",
    "up": "start it, with two nodes; builds first what is missing",
    "down": "end it, also after a crash; binaries and test images stay in the cache",
    "status": "say whether it is up (exit status 0) or not (1)",
    "env": 'print what a client needs: eval "$(tests/cluster/cluster env 1.36)"',
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("version", choices=VERSIONS)
        if name in ("up", "status"):
            command.add_argument("--nodes", type=int, default=2)
    arguments = parser.parse_args()
    try:
        return run(arguments.command, VERSIONS[arguments.version], getattr(arguments, "nodes", 2))
    except CannotRun as failure:
        sys.stderr.write(f"cluster: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("cluster: interrupted; `down` ends what is running, `build` goes on where it was\n")
        return 130


def run(command: str, version: Version, nodes: int) -> int:
    cluster = Cluster(version)
    match command:
        case "build":
            build(version)
            images.made()
        case "up":
            cluster.up(nodes)
            print(f"KUBECONFIG={cluster.kubeconfig}")
            print(f"registries: {version.registry} and, with a password, {version.private_registry}")
        case "down":
            cluster.down()
        case "status":
            up = cluster.is_up(nodes)
            print("up" if up else "down")
            return 0 if up else 1
        case "env":
            for name, value in cluster.environment().items():
                print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
