"""How a simulated cluster is to be, and the command line that says so."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from prewarm.simulator.pace import Pace
from prewarm.simulator.release import SUPPORTED, Release
from prewarm.simulator.store import HISTORY

# The uid of kube-system, by which IPS knows a cluster: the same after every start.
CLUSTER_ID = "1b5d0c5e-51b0-4c1a-9d0e-51a0c1a51a7e"


@dataclass(frozen=True)
class Options:
    """What a simulated cluster is made of. Refuses to be reachable from outside this machine."""

    nodes: int = 100
    speed: tuple[float, float] = (0.2, 0.8)
    host: str = "127.0.0.1"
    port: int = 0
    release: Release = field(default_factory=lambda: Release(SUPPORTED[-1]))
    kubeconfig: str = ""
    faults: dict[str, int] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    history: int = HISTORY
    cluster_id: str = CLUSTER_ID

    def __post_init__(self) -> None:
        if self.host != "localhost" and not ip_address(self.host).is_loopback:
            raise ValueError(f"{self.host} is not a loopback address: a simulated cluster is for this machine only.")
        if not 0 <= self.speed[0] <= self.speed[1]:
            raise ValueError(f"speed must be MIN-MAX seconds, got {self.speed[0]:g}-{self.speed[1]:g}.")
        if self.nodes < 0:
            raise ValueError(f"nodes must be at least 0, got {self.nodes}.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `simcluster`."""
    parser.add_argument("--nodes", type=int, default=100, metavar="N", help="how many nodes (default 100)")
    parser.add_argument("--speed", default="0.2-0.8", metavar="MIN-MAX", help="seconds that a pull takes")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=0, metavar="P", help="port to listen on (default: any free one)")
    parser.add_argument("--version", default=SUPPORTED[-1], help="of Kubernetes: 1.20.2 or 1.36.4 (default)")
    parser.add_argument("--kubeconfig", default="", metavar="FILE", help="write a kubeconfig for it here")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="FAULT=N", help="so many nodes with this ips.sim/fault"
    )


def options_of(arguments: argparse.Namespace) -> Options:
    """Read the parsed arguments. Raises ValueError with one sentence."""
    fastest, _, slowest = str(arguments.speed).partition("-")
    faults = dict(fault.split("=", 1) for fault in arguments.fault)
    return Options(
        nodes=arguments.nodes,
        speed=(float(fastest), float(slowest or fastest)),
        host=arguments.host,
        port=arguments.port,
        release=Release(arguments.version),
        kubeconfig=arguments.kubeconfig,
        faults={fault: int(number) for fault, number in faults.items()},
    )


def parse(argv: Sequence[str] | None = None) -> Options:
    """The command line of `python -m prewarm.simulator`."""
    parser = argparse.ArgumentParser(prog="python -m prewarm.simulator", description="A simulated Kubernetes cluster.")
    add_arguments(parser)
    try:
        return options_of(parser.parse_args(argv))
    except ValueError as error:
        parser.error(str(error))
