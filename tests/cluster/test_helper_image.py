"""The helper is tiny, does what its two lines of documentation say, and runs on both kinds of processor."""

import json
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.noop import build
from deploy.noop.oci import INDEX
from tests.cluster.machine import packages

EMULATORS = {"amd64": ("x86_64", "qemu-x86_64-static"), "arm64": ("aarch64", "qemu-aarch64-static")}


@pytest.fixture(scope="module", params=build.TRIPLETS)
def noop(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The command line that runs the helper of one architecture, emulated where this machine is of the other."""
    packages.install(packages.FOR_THE_HELPER)
    machine, emulator = EMULATORS[request.param]
    binary = str(build.BUILD / f"noop-{request.param}")
    build.main()
    if platform.machine() == machine:
        yield [binary]
    else:
        packages.install({emulator: "qemu-user-static"})
        yield [emulator, binary]


NAMES_A_LOADER = 3  # PT_INTERP, elf(5)


def segments(binary: bytes) -> list[int]:
    """The types of an ELF-64 file's segments."""
    table = int.from_bytes(binary[32:40], "little")
    size, number = int.from_bytes(binary[54:56], "little"), int.from_bytes(binary[56:58], "little")
    return [int.from_bytes(binary[at : at + 4], "little") for at in range(table, table + size * number, size)]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=10)


def test_it_installs_itself_where_it_is_told(noop: list[str], tmp_path: Path) -> None:
    target = tmp_path / "noop"

    assert run(*noop, "--install", str(target)).returncode == 0

    assert target.read_bytes() == Path(noop[-1]).read_bytes()
    assert target.stat().st_mode & 0o7777 == 0o555


def test_it_replaces_an_earlier_copy(noop: list[str], tmp_path: Path) -> None:
    target = tmp_path / "noop"
    target.write_text("an earlier and much longer copy" * 1000)
    target.chmod(0o000)

    assert run(*noop, "--install", str(target)).returncode == 0

    assert target.read_bytes() == Path(noop[-1]).read_bytes()


def test_an_installed_copy_does_nothing_and_succeeds(noop: list[str], tmp_path: Path) -> None:
    target = tmp_path / "noop"
    run(*noop, "--install", str(target))

    for arguments in ([], ["--help"], ["--install"], ["--install", "a", "b"], ["server", "--port", "80"]):
        done = run(*noop[:-1], str(target), *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_says_where_it_could_not_install_itself(noop: list[str]) -> None:
    done = run(*noop, "--install", "/nowhere/noop")

    assert done.returncode == 1
    assert done.stderr == "noop: cannot create /nowhere/noop\n"


def test_it_is_at_most_100_kb_and_links_to_nothing(noop: list[str]) -> None:
    binary = Path(noop[-1]).read_bytes()

    assert len(binary) <= 100_000
    assert NAMES_A_LOADER not in segments(binary)


def test_its_image_has_both_platforms_and_runs_as_nobody(noop: list[str]) -> None:
    layout = build.BUILD / "oci"
    entry = json.loads((layout / "index.json").read_text())["manifests"][0]
    index = blob(layout, entry["digest"])

    assert entry["mediaType"] == INDEX
    assert [image["platform"]["architecture"] for image in index["manifests"]] == ["amd64", "arm64"]
    for image in index["manifests"]:
        config = blob(layout, blob(layout, image["digest"])["config"]["digest"])
        assert config["config"] == {"Entrypoint": ["/noop"], "User": "65534:65534"}


def test_building_it_again_gives_the_same_image(noop: list[str]) -> None:
    before = (build.BUILD / "oci" / "index.json").read_text()

    build.main()

    assert (build.BUILD / "oci" / "index.json").read_text() == before


def blob(layout: Path, digest: str) -> Any:
    return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())
