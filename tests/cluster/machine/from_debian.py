"""Version 1.20: Debian has its whole source with all dependencies as a source package, and a containerd of its time."""

import shutil
import subprocess
from pathlib import Path

from tests.cluster.machine import packages
from tests.cluster.machine.golang import go
from tests.cluster.machine.progress import run_logged
from tests.cluster.machine.workshop import CONTAINERD, KUBERNETES, Workshop, version_values

SOURCE = "kubernetes=1.20.5+really1.20.2-1.1+deb12u1"

# The reflect2 that 1.20 brings reads maps as Go did before 1.18: an API server that prints JSON for people crashes.
REFLECT2 = "github.com/modern-go/reflect2@v1.0.2"


PROJECT = "k8s.io/kubernetes"
OPENAPI = "pkg/generated/openapi"
# The first is what programs say of themselves, the second what the API server answers at /version.
VERSION_PACKAGES = ("component-base/version", "client-go/pkg/version")


def build(shop: Workshop) -> None:
    """Unpack Debian's containerd, then build Kubernetes as it was built before there were modules, with today's Go."""
    packages.install(packages.FOR_UNPACKING_SOURCES)
    apt = packages.PrivateApt(shop.folder / "apt", shop.log)
    apt.update()
    unpacked = shop.folder / "containerd"
    run_logged(["dpkg-deb", "--extract", apt.download("containerd"), unpacked], shop.log, what="unpacking containerd")
    for name in CONTAINERD:
        shutil.copy2(unpacked / "usr" / "bin" / name, shop.bin / name)

    sources = apt.source(SOURCE)
    vendored = sources / "vendor" / REFLECT2.partition("@")[0]
    shutil.rmtree(vendored)
    shutil.copytree(shop.go_module(REFLECT2), vendored)

    tree = shop.folder / "gopath" / "src" / PROJECT  # before modules, a package's place decided its name
    tree.parent.mkdir(parents=True, exist_ok=True)
    tree.unlink(missing_ok=True)
    tree.symlink_to(sources)
    env = {"GO111MODULE": "off", "GOPATH": str(shop.folder / "gopath"), "PWD": str(tree), "GOFLAGS": ""}
    generate_openapi(shop, tree, env)
    shop.go_build(
        tree,
        [f"{PROJECT}/cmd/{name}" for name in KUBERNETES],
        set_values={
            name: value
            for package in VERSION_PACKAGES
            for name, value in version_values(f"{PROJECT}/vendor/k8s.io/{package}", shop.version).items()
        },
        env=env,
    )


def generate_openapi(shop: Workshop, tree: Path, env: dict[str, str]) -> None:
    """Write the one generated source that is not in the package, as its Makefile would (gen_openapi)."""
    generator = shop.folder / "openapi-gen"
    name = f"{PROJECT}/vendor/k8s.io/kube-openapi/cmd/openapi-gen"
    shop.go_build(tree, [name], set_values={}, env=env, output=generator)
    arguments = ["--logtostderr", "--input-dirs", ",".join(packages_with_openapi(tree))]
    arguments += ["--output-package", f"{PROJECT}/{OPENAPI}", "--output-file-base", "zz_generated.openapi"]
    arguments += ["--go-header-file", str(tree / "hack" / "boilerplate" / "boilerplate.generatego.txt")]
    arguments += ["--report-filename", str(shop.folder / "openapi-violations")]
    root = subprocess.run([go(), "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip()
    run_logged(
        [generator, *arguments],
        shop.log,
        what="generating the API's description",
        env={**shop.settings, **env, "GOROOT": root},
        cwd=tree,
    )


def packages_with_openapi(tree: Path) -> list[str]:
    """The packages that ask to be described; those of `staging` by the names under which they are vendored."""
    found = set()
    for part in ("pkg", "cmd", "plugin", "staging/src"):
        for file in (tree / part).rglob("*.go"):
            place = file.parent.relative_to(tree)
            if {"code-generator", "sample-apiserver", "testdata"} & set(place.parts):
                continue
            if b"+k8s:openapi-gen=" in file.read_bytes():
                found.add(str(place).replace("staging/src/", "vendor/"))
    return [f"{PROJECT}/{name}" for name in sorted(found)]
