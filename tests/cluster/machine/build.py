"""Builds the binaries of a version once per machine. An interrupted build goes on; a finished one leaves only them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.machine import from_debian, from_modules
from tests.cluster.machine.places import binaries, cache, workshop
from tests.cluster.machine.progress import say, timed
from tests.cluster.machine.versions import Version
from tests.cluster.machine.workshop import CONTAINERD, KUBERNETES, Workshop


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One process of this machine at a time; a second one waits and says so."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that works on {name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_built(version: Version) -> bool:
    return all((binaries(version) / name).exists() for name in [*KUBERNETES, *CONTAINERD])


def build(version: Version) -> None:
    """Build Kubernetes and containerd into the workshop, then rename the folder of binaries to its place."""
    if is_built(version):
        return
    with alone(f"build-{version.name}"), timed(f"Kubernetes {version.kubernetes} and containerd are built"):
        if is_built(version):
            return
        shop = Workshop(version, workshop(version))
        shop.bin.mkdir(parents=True, exist_ok=True)
        if version.minor == 20:
            from_debian.build(shop)
        else:
            from_modules.build(shop)
        shutil.rmtree(binaries(version), ignore_errors=True)
        binaries(version).parent.mkdir(parents=True, exist_ok=True)
        os.replace(shop.bin, binaries(version))
        shutil.rmtree(shop.folder)
