"""Asking a cluster as its administrator, with the kubectl of its own version."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.machine.places import binaries
from tests.cluster.machine.progress import CannotRun
from tests.cluster.machine.versions import Version


class KubectlFailed(CannotRun):
    """kubectl ended with another status than 0; the text is what it said."""


class Kubectl:
    """kubectl with one kubeconfig."""

    def __init__(self, version: Version, kubeconfig: Path) -> None:
        self.command = [str(binaries(version) / "kubectl"), "--kubeconfig", str(kubeconfig)]

    def __call__(self, *arguments: str, given: str | None = None, seconds: float = 60) -> str:
        """Run kubectl with these arguments (and this text as its input) and return what it wrote."""
        try:
            done = subprocess.run(
                [*self.command, *arguments], input=given or "", capture_output=True, text=True, timeout=seconds
            )
        except subprocess.TimeoutExpired as timeout:
            raise KubectlFailed(f"kubectl {' '.join(arguments)} did not end in {seconds} s") from timeout
        if done.returncode:
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--output", "json"))

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change these objects."""
        self("apply", "--filename", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def raw(self, path: str, body: dict[str, Any]) -> Any:
        """POST a JSON body to a path of the API, for what kubectl has no word for."""
        return json.loads(self("create", "--raw", path, "--filename", "-", given=json.dumps(body)))
