"""A registry on the loopback that a test furnishes: it answers by path and hands out tokens if it wants one."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from ips.outbound import Guard
from prewarm.references import parse
from prewarm.registries.asking import ask
from prewarm.registries.finding import Finding
from prewarm.registries.places import place_of
from tests.outbound.peers import Peer, peer

LOOPBACK = Guard((ip_network("127.0.0.0/8"),))
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Said:
    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class RegistryPeer:
    """`says` is by path; what is not there is 404 without a word. `wants_token` answers 401 until one comes."""

    says: dict[str, Said] = field(default_factory=dict)
    wants_token: bool = False
    realm: str = ""
    token: str = "for-anybody"
    peer: Peer | None = None

    @property
    def host(self) -> str:
        assert self.peer
        return f"127.0.0.1:{self.peer.port}"

    def asked(self) -> list[str]:
        assert self.peer
        return [head.decode().split(" HTTP/")[0] for head in self.peer.asked]

    def manifest(self, name: str, document: Any, digest: str = "", kind: str = MANIFEST, **headers: str) -> None:
        told = {"Content-Type": kind, "Docker-Content-Digest": digest, **headers}
        self.says[f"/v2/team/app/manifests/{name}"] = Said(200, document, told)
        if digest:
            self.says[f"/v2/team/app/manifests/{digest}"] = Said(200, document, told)

    def no_manifest(self, name: str, code: str = "MANIFEST_UNKNOWN", status: int = 404) -> None:
        refused = {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}
        self.says[f"/v2/team/app/manifests/{name}"] = Said(status, refused)

    def ask(self, image: str = "team/app:1", guard: Guard = LOOPBACK, seconds: float = 20.0, **more: Any) -> Finding:
        reference = parse(f"{self.host}/{image}")
        return ask(reference, place_of(reference), guard, seconds, **more)

    def answer(self, connection: socket.socket, head: bytes) -> None:
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        path = target.partition("?")[0]
        if path == "/token":
            said = Said(200, {"token": self.token})
        elif self.wants_token and f"Authorization: Bearer {self.token}".encode() not in head:
            realm = self.realm or f"http://{self.host}/token"
            challenge = f'Bearer realm="{realm}",service="here",scope="repository:team/app:pull"'
            said = Said(401, b"", {"WWW-Authenticate": challenge})
        else:
            said = self.says.get(path, Said(404))
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        lines = [f"HTTP/1.1 {said.status} Said", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in said.headers.items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if method == "HEAD" else body))


@contextmanager
def registry_peer(**furniture: Any) -> Iterator[RegistryPeer]:
    registry = RegistryPeer(**furniture)
    with peer(registry.answer) as registry.peer:
        yield registry


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def image_of(*sizes: int) -> dict[str, Any]:
    """A manifest: the first size is the configuration's."""
    config, *layers = [{"size": size, "digest": digest("e")} for size in sizes]
    return {"schemaVersion": 2, "config": config, "layers": layers}


def index_of(**platforms: str) -> dict[str, Any]:
    """An index: `linux_amd64="a"` is the variant for that platform with a digest of that letter."""
    entries = []
    for platform, letter in platforms.items():
        names = dict(zip(("os", "architecture", "variant"), platform.split("_"), strict=False))
        entries.append({"mediaType": MANIFEST, "digest": digest(letter), "size": 500, "platform": names})
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
