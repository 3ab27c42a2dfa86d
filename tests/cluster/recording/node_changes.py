"""What is changed about a node so that it fails in a certain way, and changed back."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.machine.node import Node
from tests.cluster.stage import Stage
from tests.cluster.waiting import wait_until

CONTENT = "containerd/io.containerd.content.v1.content"
SNAPSHOTS = "containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"


def reach(node: Node, registry: str, scheme: str) -> None:
    """Let the node's containerd ask this registry by http or https; it reads this file at every pull."""
    folder = node.folder / "certs.d" / registry
    folder.mkdir(parents=True, exist_ok=True)
    server = f"{scheme}://{registry}"
    (folder / "hosts.toml").write_text(f'server = "{server}"\n[host."{server}"]\ncapabilities = ["pull", "resolve"]\n')


@contextmanager
def kubelet_with(stage: Stage, node: Node, **configuration: Any) -> Iterator[None]:
    """The node's kubelet runs with other settings inside this block."""
    file = node.folder / "kubelet.json"
    usual = file.read_text()
    restart_kubelet(stage, node, json.dumps({**json.loads(usual), **configuration}))
    try:
        yield
    finally:
        restart_kubelet(stage, node, usual)


def restart_kubelet(stage: Stage, node: Node, configuration: str) -> None:
    """Returns once the new kubelet has told the API server about itself: the old one was Ready too."""
    before = registrations(stage, node)
    stage.cluster.processes.stop(node.kubelet)
    (node.folder / "kubelet.json").write_text(configuration)
    node.start_kubelet(stage.cluster.certificates)
    wait_until(lambda: registrations(stage, node) > before, f"{node.name}'s new kubelet", 60)
    wait_until(lambda: node.name in stage.cluster.ready_nodes(), f"{node.name} to be Ready", 60)


def registrations(stage: Stage, node: Node) -> int:
    log = stage.cluster.processes.logs / f"{node.kubelet}.log"
    return log.read_text(errors="replace").count("Successfully registered node")


@contextmanager
def little_room(node: Node, place: str, *, megabytes: int, folders: tuple[str, ...] = ()) -> Iterator[None]:
    """A small tmpfs lies over one of containerd's folders, in the node's own mount namespace."""
    target = node.folder / place
    inside(node, "mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(target))
    try:
        for folder in folders:
            inside(node, "mkdir", "-p", str(target / folder))
        yield
    finally:
        inside(node, "umount", "--lazy", str(target))


@contextmanager
def less_room(node: Node, size: int) -> Iterator[None]:
    """A file of so many bytes lies on the node's disk."""
    file = node.folder / "filler"
    try:
        with file.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, size)
        yield
    finally:
        file.unlink()


@contextmanager
def asking(node: Node, resolver: str, scratch: Path) -> Iterator[None]:
    """The node's runtime asks this name server inside this block; Go reads the file again every five seconds."""
    file = scratch / "resolv.conf"
    file.write_text(f"nameserver {resolver}\noptions timeout:2 attempts:1\n")
    inside(node, "mount", "--bind", str(file), "/etc/resolv.conf")
    try:
        yield
    finally:
        inside(node, "umount", "/etc/resolv.conf")


def inside(node: Node, *command: str) -> None:
    """Run a command in the mount namespace of the node's containerd."""
    home = node.processes.find(node.containerd)
    assert home, f"{node.containerd} is not running"
    subprocess.run(["nsenter", f"--mount=/proc/{home.pid}/ns/mnt", *command], check=True)
