"""Two registries (Debian's docker-registry): one that asks for nothing, one that asks for a name and a password."""

import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.machine.processes import Processes
from tests.cluster.machine.progress import CannotRun
from tests.cluster.machine.versions import Version

NAME, PASSWORD = "robot", "open-sesame"
# bcrypt, the only kind that docker-registry takes
HTPASSWD = "robot:$2b$05$QLxLPE7PZu7/XTgFC5aAf.o6ms02s2fTjiOxFo7d7LU7OE7kPkLsS\n"

PLAIN, PRIVATE = "registry", "private-registry"


@dataclass(frozen=True)
class Told:
    """Somebody whom a registry tells of everything that is pushed and pulled, and the header it sends along."""

    url: str
    authorization: str


def start(processes: Processes, version: Version, *names: str, told: Told | None = None) -> None:
    """Start these registries (both when none is named) and wait until they answer."""
    addresses = {PLAIN: version.registry, PRIVATE: version.private_registry}
    for name in names or addresses:
        configuration = write_configuration(processes.folder, name, addresses[name], told)
        processes.start(name, ["docker-registry", "serve", configuration])
    for name in names or addresses:
        wait_until_it_answers(processes, name, addresses[name])


def write_configuration(folder: Path, name: str, address: str, told: Told | None = None) -> Path:
    password_file = folder / f"{name}.htpasswd"
    password_file.write_text(HTPASSWD)
    document: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / name)}, "delete": {"enabled": True}},
        "http": {"addr": address},
    }
    if name == PRIVATE:
        document["auth"] = {"htpasswd": {"realm": "cluster", "path": str(password_file)}}
    if told:
        headers = {"Authorization": [told.authorization]}
        endpoint = {
            "name": "ips",
            "url": told.url,
            "headers": headers,
            "timeout": "5s",
            "threshold": 3,
            "backoff": "1s",
        }
        document["notifications"] = {"endpoints": [endpoint]}
    configuration = folder / f"{name}.yml"
    configuration.write_text(json.dumps(document, indent=1))
    return configuration


def wait_until_it_answers(processes: Processes, name: str, address: str, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(address, timeout=5)
            connection.request("GET", "/v2/")
            if connection.getresponse().status in (200, 401):
                return
        except OSError:
            processes.must_run(name)
        time.sleep(0.1)
    raise CannotRun(f"{name} does not answer at {address}")
