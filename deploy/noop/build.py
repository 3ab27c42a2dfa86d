"""Builds the helper: `python3 -m deploy.noop.build` makes deploy/noop/build/{noop-amd64,noop-arm64,oci}.

Needs Debian's `gcc` and `gcc-aarch64-linux-gnu` (or `gcc-x86-64-linux-gnu` on an arm64 machine), no libc and no
container engine. The same source gives the same digests with the same compiler.
"""

import io
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.noop.oci import File, Layout

HERE = Path(__file__).parent
BUILD = HERE / "build"
TAG = "1"
LARGEST = 100_000  # bytes; the helper is pulled by every node
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
NOBODY = "65534:65534"
FLAGS = [
    *("-std=c11", "-Os", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-builtin", "-fno-stack-protector"),
    *("-fno-asynchronous-unwind-tables", "-fno-pie", "-no-pie", "-static", "-nostdlib", "-s"),
    *("-Wl,--build-id=none", "-Wl,-z,noseparate-code", "-Wl,-z,noexecstack"),
]


def compiler(architecture: str) -> str:
    """The compiler for an architecture; ends with a sentence when it is not installed."""
    triplet = TRIPLETS[architecture]
    candidates = [f"{triplet}-gcc"]
    if triplet.startswith(platform.machine()):
        candidates.append("gcc")
    for name in candidates:
        if shutil.which(name):
            return name
    sys.exit(f"noop for {architecture} needs {candidates[0]}: apt-get install gcc-{triplet.replace('_', '-')}")


def compile_for(architecture: str) -> Path:
    """Compile noop.c into one static binary and return its path."""
    binary = BUILD / f"noop-{architecture}"
    subprocess.run([compiler(architecture), *FLAGS, "-o", str(binary), str(HERE / "noop.c")], check=True)
    if binary.stat().st_size > LARGEST:
        sys.exit(f"{binary} has {binary.stat().st_size} bytes, more than {LARGEST}")
    return binary


def main() -> None:
    """Compile both binaries and write one multi-platform image: nothing but /noop, run as nobody."""
    BUILD.mkdir(exist_ok=True)
    shutil.rmtree(BUILD / "oci", ignore_errors=True)
    layout = Layout(BUILD / "oci")
    images = []
    for architecture in TRIPLETS:
        content = compile_for(architecture).read_bytes()
        layer = layout.layer([File("noop", io.BytesIO(content), len(content))])
        images.append(layout.image(layer, architecture=architecture, entrypoint="/noop", user=NOBODY))
        sys.stdout.write(f"noop for {architecture}: {len(content)} bytes\n")
    index = layout.index(images)
    layout.tag(TAG, index)
    sys.stdout.write(f"image layout: {BUILD / 'oci'} (tag {TAG}, {index['digest']})\n")


if __name__ == "__main__":
    main()
