"""Builds the binaries of a version once per machine. An interrupted build goes on; a finished one leaves only them."""

import os
import shutil

from tests.cluster.machine import from_debian, from_modules
from tests.cluster.machine.alone import alone
from tests.cluster.machine.places import binaries, workshop
from tests.cluster.machine.progress import timed
from tests.cluster.machine.versions import Version
from tests.cluster.machine.workshop import CONTAINERD, KUBERNETES, Workshop


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
