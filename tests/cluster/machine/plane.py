"""A control plane of its own: etcd, API server, controller manager and scheduler, and no node.

It starts in seconds beside the clusters with real nodes. Each takes the first free place of twelve (folder and ports);
what whoever had the place before has left, even by being killed, is ended first.
"""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.cluster.machine import audit, controlplane, packages
from tests.cluster.machine.build import build
from tests.cluster.machine.certificates import Certificates
from tests.cluster.machine.kubectl import Kubectl
from tests.cluster.machine.places import cache, run
from tests.cluster.machine.processes import Processes, end
from tests.cluster.machine.progress import CannotRun, timed
from tests.cluster.machine.versions import Version

PLACES = range(20, 32)  # the first two digits of the ports, below those that the system gives away
CERTIFICATES = "pki"  # all that a place keeps


@dataclass(frozen=True)
class ControlPlane:
    """What can be asked of an API server's administrator, with nodes or without."""

    version: Version

    @property
    def folder(self) -> Path:
        return run(self.version)

    @property
    def processes(self) -> Processes:
        return Processes(self.folder)

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.folder / CERTIFICATES, self.version)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.certificates.file("admin.kubeconfig")

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.version, self.kubeconfig)


@contextmanager
def control_plane_of(
    version: Version,
    *,
    silence: int = controlplane.SILENCE,
    audited: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Iterator[ControlPlane]:
    """A new control plane of this Kubernetes version, gone after the block. Builds the binaries if they are missing.

    A node of it counts as not ready after so many seconds of `silence`. The requests of the `audited` users can be
    counted (see audit.py). The controllers that it is to be `without` do not run.
    """
    packages.install(packages.FOR_A_CONTROL_PLANE)
    build(version)
    end_what_is_left()
    with _place() as ports:
        plane = ControlPlane(replace(version, name=_name(ports), ports=ports))
        plane.folder.mkdir(parents=True, exist_ok=True)
        plane.certificates.prepare()
        try:
            with timed(f"control plane {version.name} at {plane.version.api} is up"):
                flags = audit.flags(plane.folder, audited) if audited else []
                controlplane.start(
                    plane.processes,
                    plane.version,
                    plane.kubectl,
                    silence=silence,
                    apiserver_flags=flags,
                    without=without,
                )
            yield plane
        finally:
            _end(plane.folder)


def end_what_is_left() -> None:
    """End the control planes in places that nobody holds: whoever started them was killed."""
    for ports in PLACES:
        folder = cache() / "run" / _name(ports)
        if Processes(folder).names():
            with _held(ports) as free:
                if free:
                    _end(folder)


def _end(folder: Path) -> None:
    """End everything that was started in this folder, and forget the cluster's state."""
    processes = Processes(folder)
    for name in processes.names():
        processes.stop(name)
    end(processes.marked(), seconds=5)
    for inside in folder.iterdir():
        if inside.is_dir() and inside.name != CERTIFICATES:
            shutil.rmtree(inside, ignore_errors=True)
        elif not inside.is_dir():
            inside.unlink()


def _name(ports: int) -> str:
    return f"control-plane-{ports}"


@contextmanager
def _place() -> Iterator[int]:
    """The first place that nobody holds, held in this block."""
    for ports in PLACES:
        with _held(ports) as free:
            if free:
                yield ports
                return
    raise CannotRun(f"{len(PLACES)} control planes run on this machine already")


@contextmanager
def _held(ports: int) -> Iterator[bool]:
    """Hold a place if it is free. The lock ends with its process, however that ends."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{_name(ports)}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
