"""A real node: one containerd and one kubelet in a mount namespace of their own, and a network for its pods."""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.machine.certificates import Certificates
from tests.cluster.machine.images import PAUSE
from tests.cluster.machine.places import binaries
from tests.cluster.machine.processes import Processes
from tests.cluster.machine.progress import CannotRun
from tests.cluster.machine.versions import HOST, Version

NAMESPACE_SCRIPT = Path(__file__).with_name("node-namespace.sh")
LONGEST_SOCKET_PATH = 107  # bytes; unix(7)
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Node:
    """Node number 1, 2, … of a cluster."""

    version: Version
    processes: Processes
    number: int

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def folder(self) -> Path:
        return self.processes.folder / self.name

    @property
    def socket(self) -> Path:
        return self.folder / "containerd.sock"

    @property
    def cgroup(self) -> str:
        return f"ips-cluster-{self.version.ports}-{self.name}"

    @property
    def containerd(self) -> str:
        return f"containerd-{self.name}"

    @property
    def kubelet(self) -> str:
        return f"kubelet-{self.name}"

    @property
    def pause(self) -> str:
        """The image that holds a pod's namespaces, which is on the node before the first pod."""
        return f"{self.version.registry}/{PAUSE}"

    def start(self, certificates: Certificates) -> None:
        """Start containerd, then the kubelet inside containerd's mount namespace."""
        if len(str(self.socket)) + len(".ttrpc") > LONGEST_SOCKET_PATH:
            raise CannotRun(f"{self.folder} is too deep for a socket; set IPS_CLUSTER_CACHE to a shorter folder")
        for part in ("net.d", "root", "certs", "plugins", "opt"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self._write("net.d/10-pods.conflist", json.dumps(self._network()))
        self._write("containerd.toml", self._containerd_configuration())
        self._write("kubelet.json", json.dumps(self._kubelet_configuration(certificates), indent=1))
        for hierarchy in cgroup_hierarchies():
            (hierarchy / self.cgroup).mkdir(exist_ok=True)
        self.start_containerd()
        self.ctr("images", "pull", "--plain-http", "--snapshotter", snapshotter(self.folder), self.pause)
        self.start_kubelet(certificates)

    def start_containerd(self) -> None:
        own = binaries(self.version)
        command: list[str | Path] = ["unshare", "--mount", "--propagation", "private", NAMESPACE_SCRIPT, self.folder]
        command += [own / "containerd", "--config", self.folder / "containerd.toml"]
        self.processes.start(self.containerd, command, env={**os.environ, "PATH": f"{own}:{os.environ['PATH']}"})
        deadline = time.monotonic() + 30
        while not self.ctr_answers():
            self.processes.must_run(self.containerd)
            if time.monotonic() > deadline:
                raise CannotRun(f"{self.containerd} does not answer")
            time.sleep(0.1)

    def start_kubelet(self, certificates: Certificates) -> None:
        home = self.processes.find(self.containerd)
        if home is None:
            raise CannotRun(f"{self.containerd} is not running")
        subject = f"/O=system:nodes/CN=system:node:{self.name}"
        kubeconfig = certificates.issue(self.name, subject, f"DNS:{self.name},IP:{HOST}")
        command: list[str | Path] = ["nsenter", f"--mount=/proc/{home.pid}/ns/mnt", binaries(self.version) / "kubelet"]
        command += [f"--kubeconfig={kubeconfig}", f"--config={self.folder / 'kubelet.json'}"]
        command += [f"--hostname-override={self.name}", f"--root-dir={self.folder / 'root'}"]
        command += [f"--cert-dir={self.folder / 'certs'}", "--v=2"]
        if self.version.minor == 20:
            endpoint = f"unix://{self.socket}"
            command += ["--container-runtime=remote", f"--container-runtime-endpoint={endpoint}"]
            command += [f"--image-service-endpoint={endpoint}"]
        self.processes.start(self.kubelet, command)

    def ctr(self, *arguments: str, check: bool = True, seconds: float = 60) -> str:
        """Ask this node's containerd in the kubelet's namespace (k8s.io), past Kubernetes."""
        command = [str(binaries(self.version) / "ctr"), "--address", str(self.socket), "--namespace", "k8s.io"]
        done = subprocess.run([*command, *arguments], check=check, capture_output=True, text=True, timeout=seconds)
        return done.stdout

    def ctr_answers(self) -> bool:
        try:
            self.ctr("version", seconds=10)
        except (subprocess.SubprocessError, OSError):
            return False
        return True

    def images(self) -> set[str]:
        """The references that containers can be made of on this node: unpacked, as `ctr images check` tells.

        `ctr images ls` is not enough: containerd 2 lists a reference whose pull found nothing for this platform.
        Being complete is too much: containerd 1.6 does not fetch a layer again that it has unpacked already.
        """
        if not self.ctr("images", "ls", "-q").strip():
            return set()
        table = self.ctr("images", "check", check=False)  # its exit status only says that one is not whole
        if not table.startswith("REF"):
            raise CannotRun(f"{self.containerd} does not tell its images")
        lines = [line.split() for line in table.splitlines()[1:]]
        return {words[0] for words in lines if words[-1] == "true"}

    def remove_images(self) -> None:
        """Forget all images but the one that holds pods' namespaces; containerd removes what nothing uses any more."""
        targets = dict(line.split()[:3:2] for line in self.ctr("images", "ls").splitlines()[1:])
        if others := sorted(name for name, digest in targets.items() if digest != targets.get(self.pause)):
            self.ctr("images", "rm", *others)

    def remove_cgroups(self) -> None:
        """Remove the empty groups that the node's containers were in, the deepest first."""
        for hierarchy in cgroup_hierarchies():
            for folder, _, _ in os.walk(hierarchy / self.cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    continue

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _network(self) -> dict[str, Any]:
        """Pods reach this machine and nothing else: point-to-point links, addresses of this node's own."""
        ipam = {"type": "host-local", "subnet": f"10.{self.version.ports}.{self.number}.0/24"}
        ipam["dataDir"] = str(self.folder / "ipam")
        return {"cniVersion": "0.4.0", "name": self.cgroup, "plugins": [{"type": "ptp", "ipMasq": False, "ipam": ipam}]}

    def _containerd_configuration(self) -> str:
        """containerd 1 and 2 put the same settings under other names (its docs/cri/config.md)."""
        for registry in self.version.registries:
            hosts = self.folder / "certs.d" / registry
            hosts.mkdir(parents=True, exist_ok=True)
            server = f"http://{registry}"
            (hosts / "hosts.toml").write_text(
                f'server = "{server}"\n[host."{server}"]\ncapabilities = ["pull", "resolve"]\n'
            )
        generation = 2 if self.version.containerd.startswith("1.") else 3
        template = Path(__file__).with_name(f"containerd-config-{generation}.toml").read_text()
        values = {
            "@FOLDER@": str(self.folder),
            "@PAUSE@": self.pause,
            "@SNAPSHOTTER@": snapshotter(self.folder),
        }
        for name, value in values.items():
            template = template.replace(name, value)
        return template

    def _kubelet_configuration(self, certificates: Certificates) -> dict[str, Any]:
        """A cgroup root of its own: kubelets >= 1.35 crash without `cgroupsPerQOS`, and refuse cgroup v1 by default."""
        document: dict[str, Any] = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": HOST,
            "port": self.version.port(250 + self.number),
            "readOnlyPort": 0,
            "healthzPort": 0,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(certificates.file("ca.crt"))},
            },
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.cgroup}",
            "enforceNodeAllocatable": [],
            "failSwapOn": False,
            "evictionHard": {},
            "makeIPTablesUtilChains": False,
            "syncFrequency": "10s",
            "nodeLeaseDurationSeconds": 12,
            "volumePluginDir": str(self.folder / "plugins"),
        }
        if self.version.minor > 20:
            document |= {"containerRuntimeEndpoint": f"unix://{self.socket}", "failCgroupV1": False}
        return document


def cgroup_hierarchies() -> list[Path]:
    """The one of cgroup v2, or each of v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [folder for folder in CGROUPS.iterdir() if folder.is_dir() and not folder.is_symlink()]


def snapshotter(folder: Path) -> str:
    """containerd's way to keep layers: overlays, except where the folder is on one (a container's root) itself."""
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    kind = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "native" if kind.startswith("overlay") else "overlayfs"


def remove(folder: Path) -> None:
    """Remove a node's folder, unless something is still mounted in it."""
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    if inside := [place for place in mounted if place.startswith(f"{folder}/")]:
        raise CannotRun(f"still mounted: {', '.join(inside)}")
    shutil.rmtree(folder, ignore_errors=True)
