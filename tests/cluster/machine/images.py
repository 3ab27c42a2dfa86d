"""The images that the tests pull, made once per machine and pushed to the registries of every cluster."""

import hashlib
import io
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.noop import build as noop
from deploy.noop.oci import File, Layout
from tests.cluster.machine import packages, registry
from tests.cluster.machine.alone import alone
from tests.cluster.machine.golang import go
from tests.cluster.machine.places import cache
from tests.cluster.machine.progress import run_logged, say
from tests.cluster.machine.push import Push
from tests.cluster.machine.versions import ARCHITECTURE, VERSIONS, Version

PAUSE = "pause:3.9"
NOOP = "ips/noop:1"
EVIL = "a/evil:1"
BIG = {megabytes: f"a/big-{megabytes}:1" for megabytes in (5, 50, 200)}
WITH_USER = "a/with-user:1"  # nothing but a file, and a USER whose name nothing in it explains
OTHER_PLATFORM = "a/other-platform:1"
TWO_TAGS = ["a/two-tags:1", "a/two-tags:2"]
PRIVATE = "p/private:1"  # in the registry that asks for a password

MARK_PORT = 18999
PROGRAMS = Path(__file__).parent / "programs"
BLOCK = 1_000_000  # bytes of random data made at once
OTHER_ARCHITECTURE = {"amd64": "arm64", "arm64": "amd64"}.get(ARCHITECTURE, "amd64")


@dataclass(frozen=True)
class RandomData:
    """A file of so many megabytes that nothing can compress, the same each time for the same seed."""

    megabytes: int
    seed: str


def addresses_of_marks() -> list[str]:
    """Where the evil entrypoint leaves its marks: this machine, as the pods of any node of any version see it."""
    return [f"10.{version.ports}.{node}.1:{MARK_PORT}" for version in VERSIONS.values() for node in range(1, 5)]


def push_all(version: Version) -> None:
    """Push every image to this version's registries; what is there already is not sent again."""
    folder = made()
    for layout in sorted(folder.iterdir()):
        repository = layout.name.replace("+", "/")
        if repository == PRIVATE.partition(":")[0]:
            credentials = (registry.NAME, registry.PASSWORD)
            Push(version.private_registry, repository, credentials=credentials).layout(layout)
        else:
            Push(version.registry, repository).layout(layout)
    Push(version.registry, NOOP.partition(":")[0]).layout(helper())


def helper() -> Path:
    """The layout of IPS's own helper image, built from deploy/noop when it is not yet."""
    layout = noop.BUILD / "oci"
    if not (layout / "index.json").exists() or layout.stat().st_mtime < (noop.HERE / "noop.c").stat().st_mtime:
        packages.install(packages.FOR_THE_HELPER)
        noop.main()
    return layout


def made() -> Path:
    """The folder with one layout per repository (`/` written as `+`); made anew when what makes it has changed."""
    sources = [Path(__file__), Path(noop.__file__).with_name("oci.py"), *sorted(PROGRAMS.iterdir())]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = cache() / "images" / digest
    with alone("images"):
        if not folder.exists():
            say("making the test images")
            shutil.rmtree(folder.parent, ignore_errors=True)
            unfinished = folder.with_name("unfinished")
            make(unfinished)
            os.replace(unfinished, folder)
    return folder


def make(folder: Path) -> None:
    programs = folder / ".programs"
    programs.mkdir(parents=True)
    layouts = folder
    write(layouts, [PAUSE], compiled("pause", programs), "/pause")
    write(layouts, [EVIL], compiled("evil", programs), "/evil")
    shutil.rmtree(programs)
    for megabytes, reference in BIG.items():
        write(layouts, [reference], RandomData(megabytes, reference), "/data")
    write(layouts, [WITH_USER], RandomData(1, WITH_USER), "/data", user="app")
    write(layouts, [OTHER_PLATFORM], RandomData(1, OTHER_PLATFORM), "/data", architecture=OTHER_ARCHITECTURE)
    write(layouts, TWO_TAGS, RandomData(1, "two tags"), "/data")
    write(layouts, [PRIVATE], RandomData(5, PRIVATE), "/data")


def compiled(name: str, folder: Path) -> bytes:
    """A static Go program of ours."""
    binary = folder / name
    env = {"CGO_ENABLED": "0", "GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    flags = f"-s -w -X main.marks={','.join(addresses_of_marks())}"
    command = [str(go()), "build", "-trimpath", "-ldflags", flags, "-o", str(binary), str(PROGRAMS / f"{name}.go")]
    run_logged(command, cache() / "images.log", what=f"compiling {name}", env=env)
    return binary.read_bytes()


def write(
    folder: Path,
    references: list[str],
    content: bytes | RandomData,
    entrypoint: str,
    *,
    user: str = "",
    architecture: str = ARCHITECTURE,
) -> None:
    """Write the layout of one repository: one image of one file, under one or more tags.

    Every image is an index of one platform, so that a node of another platform finds nothing for itself.
    """
    repository = references[0].partition(":")[0]
    layout = Layout(folder / repository.replace("/", "+"))
    if isinstance(content, RandomData):
        source = random.Random(content.seed)
        scratch = folder / ".content"
        with scratch.open("wb") as target:
            for _ in range(content.megabytes):
                target.write(source.randbytes(BLOCK))
        with scratch.open("rb") as file:
            layer = layout.layer([File(entrypoint, file, content.megabytes * BLOCK)], compression=0)
        scratch.unlink()
    else:
        layer = layout.layer([File(entrypoint, io.BytesIO(content), len(content))])
    image = layout.image(layer, architecture=architecture, entrypoint=entrypoint, user=user)
    for reference in references:
        layout.tag(reference.partition(":")[2], layout.index([image]))
