"""Where binaries, images and running clusters live: outside the checkout, so that they are built once per machine."""

import os
from pathlib import Path

from tests.cluster.machine.versions import Version


def cache() -> Path:
    """`IPS_CLUSTER_CACHE`, or `ips-cluster` in the user's cache folder."""
    if own := os.environ.get("IPS_CLUSTER_CACHE"):
        return Path(own).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "ips-cluster"


def binaries(version: Version) -> Path:
    """The finished binaries of a version; the folder appears whole or not at all."""
    return cache() / "bin" / f"{version.kubernetes}-containerd-{version.containerd}"


def workshop(version: Version) -> Path:
    """Sources and compiler caches while a version is being built; an interrupted build goes on from here."""
    return cache() / "build" / version.name


def run(version: Version) -> Path:
    """All that a running cluster keeps: ids of processes, certificates, logs, etcd's data, the nodes' stores."""
    return cache() / "run" / version.name
