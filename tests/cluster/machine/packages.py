"""Debian packages: what the clusters need from the machine is installed when it is missing, and named."""

import os
import shutil
from pathlib import Path

from tests.cluster.machine.places import cache
from tests.cluster.machine.progress import CannotRun, run_logged

# what must be there → the package that brings it
FOR_A_CONTROL_PLANE = {"etcd": "etcd-server", "openssl": "openssl"}
FOR_RUNNING = {
    **FOR_A_CONTROL_PLANE,
    "docker-registry": "docker-registry",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "iptables": "iptables",
    "unshare": "util-linux",
    "mount": "mount",
}
FOR_PUSHING = {"skopeo": "skopeo"}
FOR_UNPACKING_SOURCES = {"dpkg-source": "dpkg-dev"}
FOR_THE_HELPER = {"gcc": "gcc", "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu"}


def is_there(thing: str) -> bool:
    return Path(thing).exists() if thing.startswith("/") else shutil.which(thing) is not None


def install(needs: dict[str, str]) -> None:
    """Install the packages whose command or file is missing. Asks for the lists first when they do not know them."""
    packages = sorted({package for thing, package in needs.items() if not is_there(thing)})
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise CannotRun(f"these Debian packages are missing and there is no apt-get: {', '.join(packages)}")
    if os.geteuid() != 0:
        raise CannotRun(f"missing packages; as root: apt-get install {' '.join(packages)}")
    log = cache() / "apt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    install_command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    what = f"installing Debian packages: {' '.join(packages)}"
    try:
        run_logged(install_command, log, what=what, env=env)
    except CannotRun:
        run_logged(["apt-get", "update"], log, what="asking for the newest package lists (apt-get update)", env=env)
        run_logged(install_command, log, what=what, env=env)


class PrivateApt:
    """apt with lists and sources of its own, so that the machine's stay as they are.

    Knows Debian 12, binaries and sources: it has the last release with the whole source of Kubernetes (1.20.2), and a
    containerd (1.6) that speaks to so old a kubelet.
    """

    KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        for name in ("sources", "lists/partial", "cache/archives/partial", "downloads"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "sources" / "debian.sources").write_text(
            f"Types: deb deb-src\nURIs: {mirror()}\nSuites: bookworm\nComponents: main\nSigned-By: {self.KEYRING}\n"
        )
        self.options = [
            *("-o", "Dir::Etc::sourcelist=/dev/null"),
            *("-o", f"Dir::Etc::sourceparts={folder / 'sources'}"),
            *("-o", f"Dir::State::lists={folder / 'lists'}"),
            *("-o", f"Dir::Cache={folder / 'cache'}"),
            *("-o", "APT::Sandbox::User=root"),
        ]

    def update(self) -> None:
        self._run("update", what="asking for Debian 12's package lists")

    def download(self, package: str) -> Path:
        """Download a binary package without installing it; returns the file."""
        self._run("download", package, what=f"downloading Debian's {package}")
        return max((self.folder / "downloads").glob(f"{package}_*.deb"))

    def source(self, package: str) -> Path:
        """Download and unpack a source package; returns the unpacked folder."""
        name = package.split("=")[0]
        for earlier in self.folder.joinpath("downloads").glob(f"{name}-*/"):
            shutil.rmtree(earlier)
        self._run("source", package, what=f"downloading the source package {package}")
        return next(self.folder.joinpath("downloads").glob(f"{name}-*/"))

    def _run(self, *arguments: str, what: str) -> None:
        run_logged(["apt-get", *self.options, *arguments], self.log, what=what, cwd=self.folder / "downloads")


def mirror() -> str:
    """The Debian mirror of this machine, or the public one."""
    for sources in sorted(Path("/etc/apt").glob("sources.list*")):
        files = sources.iterdir() if sources.is_dir() else [sources]
        for word in (word for file in sorted(files) for word in file.read_text(errors="replace").split()):
            if word.startswith("http") and word.rstrip("/").endswith("/debian"):
                return word
    return "http://deb.debian.org/debian"
