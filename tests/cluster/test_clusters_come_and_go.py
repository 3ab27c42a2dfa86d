"""A cluster that was ended has left nothing on the machine, even if whoever was starting it was killed."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installation import PROJECT
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.node import cgroup_hierarchies
from tests.cluster.machine.versions import VERSIONS
from tests.cluster.waiting import wait_until

UP = "from tests.cluster.test_clusters_come_and_go import third_cluster; third_cluster().up(1)"
LAST_STARTED = "kubelet-node1"


def third_cluster() -> Cluster:
    """One of its own beside those that the other tests use."""
    return Cluster(dataclasses.replace(VERSIONS["1.36"], name="third", ports=18))


@pytest.fixture
def third(real_nodes: None) -> Iterator[Cluster]:
    cluster = third_cluster()
    cluster.down()
    yield cluster
    cluster.down()


def test_down_ends_what_a_killed_up_has_started(third: Cluster) -> None:
    up = subprocess.Popen([sys.executable, "-c", UP], cwd=PROJECT, stderr=subprocess.DEVNULL)
    wait_until(lambda: third.processes.find(LAST_STARTED) is not None, f"{LAST_STARTED} to be started", 90)
    up.send_signal(signal.SIGKILL)
    up.wait()

    third.down()

    assert left_by(third) == []
    third.down()


def test_a_cluster_that_is_up_is_left_alone_and_a_broken_one_is_started_anew(third: Cluster) -> None:
    third.up(1)
    before = third.processes.find("apiserver")
    third.up(1)
    assert third.processes.find("apiserver") == before

    third.processes.stop("etcd")
    third.up(1)

    assert third.is_up(1)
    assert third.processes.find("apiserver") != before


def left_by(cluster: Cluster) -> list[str]:
    """Processes, mounts, groups and links that a cluster would leave behind."""
    processes = [
        f"process {process.pid}" for process in cluster.processes.marked() + cluster.processes.inside_containers()
    ]
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(cluster.folder) in line]
    name = f"ips-cluster-{cluster.version.ports}-"
    groups = [f"{folder}/{entry}" for folder in cgroup_hierarchies() for entry in os.listdir(folder) if name in entry]
    routes = [
        line for line in Path("/proc/net/fib_trie").read_text().splitlines() if f" 10.{cluster.version.ports}." in line
    ]
    return processes + mounts + groups + routes
