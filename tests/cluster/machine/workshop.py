"""Where a version is built: sources, caches of Go and finished binaries, in one folder that is removed afterwards."""

from dataclasses import dataclass
from pathlib import Path

from tests.cluster.machine.golang import go
from tests.cluster.machine.places import cache
from tests.cluster.machine.progress import run_logged
from tests.cluster.machine.versions import Version

KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"]
CONTAINERD = ["containerd", "containerd-shim-runc-v2", "ctr"]


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

    def go_build(
        self,
        folder: Path,
        commands: list[str],
        *,
        set_values: dict[str, str],
        env: dict[str, str],
        output: Path | None = None,
    ) -> None:
        """One static build of several commands, nothing for debuggers, with values set in packages (Go's -X)."""
        flags = "-s -w " + " ".join(f"-X {name}={value}" for name, value in set_values.items())
        names = ", ".join(command.rpartition("/")[2] for command in commands)
        command = [str(go()), "build", "-v", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", flags]
        command += ["-o", str(output) if output else f"{self.bin}/", *commands]
        run_logged(
            command,
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


def version_values(package: str, version: Version) -> dict[str, str]:
    """What `kubectl version` and the node's kubeletVersion say; without it, v0.0.0."""
    return {
        f"{package}.gitVersion": f"v{version.kubernetes}",
        f"{package}.gitMajor": "1",
        f"{package}.gitMinor": str(version.minor),
    }
