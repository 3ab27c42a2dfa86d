"""Builds the binaries of a version once per machine. An interrupted build goes on; a finished one leaves only them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.machine import packages
from tests.cluster.machine.golang import go
from tests.cluster.machine.places import binaries, cache, workshop
from tests.cluster.machine.progress import run_logged, say, timed
from tests.cluster.machine.versions import Version

KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"]
CONTAINERD = ["containerd", "containerd-shim-runc-v2", "ctr"]
DEBIAN_SOURCE = "kubernetes=1.20.5+really1.20.2-1.1+deb12u1"

# The reflect2 that 1.20 brings reads maps as Go did before 1.18: an API server that prints JSON for people crashes.
REFLECT2 = "github.com/modern-go/reflect2@v1.0.2"

# k8s.io/kubernetes asks for its staging modules at v0.0.0, so that whoever builds it as a module must replace each.
STAGING = [
    *("api", "apiextensions-apiserver", "apimachinery", "apiserver", "cli-runtime", "client-go"),
    *("cloud-provider", "cluster-bootstrap", "code-generator", "component-base", "component-helpers"),
    *("controller-manager", "cri-api", "cri-client", "cri-streaming", "csi-translation-lib"),
    *("dynamic-resource-allocation", "endpointslice", "externaljwt", "kms", "kube-aggregator"),
    *("kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet", "metrics", "mount-utils"),
    *("pod-security-admission", "sample-apiserver", "sample-cli-plugin", "sample-controller", "streaming"),
]


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
            from_debian(shop)
        else:
            from_modules(shop)
        shutil.rmtree(binaries(version), ignore_errors=True)
        binaries(version).parent.mkdir(parents=True, exist_ok=True)
        os.replace(shop.bin, binaries(version))
        shutil.rmtree(shop.folder)


@dataclass(frozen=True)
class Workshop:
    """Where one version is built, with Go's caches, which can be thrown away afterwards."""

    version: Version
    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def log(self) -> Path:
        return cache() / f"build-{self.version.name}.log"

    @property
    def modules(self) -> Path:
        return self.folder / "modules"

    @property
    def settings(self) -> dict[str, str]:
        """What Go is told in every build; its caches are the workshop's own."""
        settings = {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-modcacherw"}
        return settings | {"GOCACHE": str(self.folder / "go-build"), "GOMODCACHE": str(self.modules)}

    def go_build(self, folder: Path, commands: list[str], *, set_values: dict[str, str], env: dict[str, str]) -> None:
        """One static build of several commands, stripped, with values set in packages (Go's -X)."""
        flags = "-s -w " + " ".join(f"-X {name}={value}" for name, value in set_values.items())
        names = ", ".join(command.rpartition("/")[2] for command in commands)
        run_logged(
            [go(), "build", "-v", "-trimpath", "-o", f"{self.bin}/", "-ldflags", flags, *commands],
            self.log,
            what=f"building {names} (some minutes)",
            count="packages downloaded or compiled",
            env={**self.settings, **env},
            cwd=folder,
        )

    def go_module(self, name_and_version: str) -> Path:
        """Download one Go module, checked against Go's checksum database; returns its folder."""
        command = [str(go()), "mod", "download", name_and_version]
        run_logged(command, self.log, what=f"downloading {name_and_version}", env=self.settings, cwd=self.folder)
        return self.modules / name_and_version


def from_debian(shop: Workshop) -> None:
    """1.20: Debian has the whole upstream tree with its dependencies as a source package, and containerd's binaries."""
    packages.install(packages.FOR_UNPACKING_SOURCES)
    apt = packages.PrivateApt(shop.folder / "apt", shop.log)
    apt.update()
    unpacked = shop.folder / "containerd"
    run_logged(["dpkg-deb", "--extract", apt.download("containerd"), unpacked], shop.log, what="unpacking containerd")
    for name in CONTAINERD:
        shutil.copy2(unpacked / "usr" / "bin" / name, shop.bin / name)

    sources = apt.source(DEBIAN_SOURCE)
    vendored = sources / "vendor" / REFLECT2.partition("@")[0]
    shutil.rmtree(vendored)
    shutil.copytree(shop.go_module(REFLECT2), vendored)

    home = shop.folder / "gopath" / "src" / "k8s.io"  # before modules, a package's place decided its name
    home.mkdir(parents=True, exist_ok=True)
    tree = home / "kubernetes"
    tree.unlink(missing_ok=True)
    tree.symlink_to(sources)
    package = "k8s.io/kubernetes/vendor/k8s.io/component-base/version"
    shop.go_build(
        tree,
        [f"k8s.io/kubernetes/cmd/{name}" for name in KUBERNETES],
        set_values=version_values(package, shop.version),
        env={"GO111MODULE": "off", "GOPATH": str(shop.folder / "gopath"), "PWD": str(tree), "GOFLAGS": ""},
    )


def from_modules(shop: Workshop) -> None:
    """Recent ones: Kubernetes and containerd are Go modules, built from a module of our own that names them."""
    kubernetes, containerd = "k8s.io/kubernetes", "github.com/containerd/containerd/v2"
    minor_and_patch = shop.version.kubernetes.removeprefix("1.")
    replaced = "".join(f"replace k8s.io/{name} => k8s.io/{name} v0.{minor_and_patch}\n" for name in STAGING)
    module(shop.folder / "kubernetes", f"{kubernetes} v{shop.version.kubernetes}", replaced)
    shop.go_build(
        shop.folder / "kubernetes",
        [f"{kubernetes}/cmd/{name}" for name in KUBERNETES],
        set_values=version_values("k8s.io/component-base/version", shop.version),
        env={"GOFLAGS": "-mod=mod -modcacherw"},
    )
    module(shop.folder / "containerd", f"{containerd} v{shop.version.containerd}")
    shop.go_build(
        shop.folder / "containerd",
        [f"{containerd}/cmd/{name}" for name in CONTAINERD],
        set_values={f"{containerd}/version.Version": f"v{shop.version.containerd}"},
        env={"GOFLAGS": "-mod=mod -modcacherw"},
    )


def module(folder: Path, requirement: str, more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "go.mod").write_text(f"module local/cluster\n\ngo 1.26.0\n\nrequire {requirement}\n\n{more}")


def version_values(package: str, version: Version) -> dict[str, str]:
    """What `kubectl version` and the node's kubeletVersion say; without it, v0.0.0."""
    return {
        f"{package}.gitVersion": f"v{version.kubernetes}",
        f"{package}.gitMajor": "1",
        f"{package}.gitMinor": str(version.minor),
    }
