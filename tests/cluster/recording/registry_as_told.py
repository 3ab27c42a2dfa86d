"""A registry on loopback that has images of its own and answers as it is told."""

import http.server
import json
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from deploy.noop.oci import INDEX, MANIFEST

Answer = Callable[["Handler"], None]
OCTETS = "application/octet-stream"


@dataclass(frozen=True)
class Fault:
    """What is asked for (`manifests`, `blobs` of layers, or `` for both) gets this answer instead of its content."""

    part: str
    answer: Answer


class RegistryAsTold:
    """Serves the layouts that it was given, each under its own repository, unless a fault answers first."""

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        self.address = address
        self.faults: dict[str, Fault] = {}
        self.closing = threading.Event()
        self._folder = tempfile.TemporaryDirectory()
        host, port = address.split(":")
        registry = self

        class OwnHandler(Handler):
            told = registry

        self._server = http.server.ThreadingHTTPServer((host, int(port)), OwnHandler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name=address, daemon=True)

    def __enter__(self) -> "RegistryAsTold":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def has(self, repository: str, make: Callable[[Path, str], None], fault: Fault | None = None) -> str:
        """Keep what `make` writes as a layout (folder of layouts, reference `<repository>:1`); its reference here."""
        make(Path(self._folder.name), f"{repository}:1")
        if fault:
            self.faults[repository] = fault
        return f"{self.address}/{repository}:1"

    def layout(self, repository: str) -> Path:
        return Path(self._folder.name) / repository.replace("/", "+")


class Handler(http.server.BaseHTTPRequestHandler):
    """The part of the distribution API that a pull uses (OCI distribution specification 1.0, end-2, end-3)."""

    told: RegistryAsTold
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].strip("/").split("/")
        if parts[0] == "token":
            status(int(parts[1]), "no token for you")(self)
        elif len(parts) < 4:
            self.send(200, b"{}", {"Content-Type": "application/json"})
        else:
            self.answer("/".join(parts[1:-2]), parts[-2], parts[-1])

    do_HEAD = do_GET

    def answer(self, repository: str, kind: str, reference: str) -> None:
        """As the fault of this repository says, or with what the layout has."""
        fault = self.told.faults.get(repository)
        if fault and fault.part in ("", kind) and not (kind == "blobs" and self._is_config(repository, reference)):
            fault.answer(self)
            return
        layout = self.told.layout(repository)
        digest = reference if reference.startswith("sha256:") else digest_of_tag(layout, reference)
        blob = layout / "blobs" / digest.replace(":", "/")
        if not digest or not blob.exists():
            status(404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')(self)
            return
        body = blob.read_bytes()
        media_type = media_type_of(body) if kind == "manifests" else OCTETS
        self.send(200, body, {"Content-Type": media_type, "Docker-Content-Digest": digest})

    def send(self, code: int, body: bytes, headers: dict[str, str], *, length: int | None = None) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def blob_asked_for(self) -> bytes:
        repository, _, digest = self.path.removeprefix("/v2/").partition("/blobs/")
        return (self.told.layout(repository) / "blobs" / digest.replace(":", "/")).read_bytes()

    def _is_config(self, repository: str, digest: str) -> bool:
        """A config is a blob too; the faults are about layers."""
        body = (self.told.layout(repository) / "blobs" / digest.replace(":", "/")).read_bytes()
        return body.startswith(b"{")

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def digest_of_tag(layout: Path, tag: str) -> str:
    index = layout / "index.json"
    for entry in json.loads(index.read_text())["manifests"] if index.exists() else []:
        if entry["annotations"]["org.opencontainers.image.ref.name"] == tag:
            return str(entry["digest"])
    return ""


def media_type_of(document: bytes) -> str:
    if not document.startswith(b"{"):
        return "text/html"
    return str(json.loads(document).get("mediaType") or (INDEX if b'"manifests"' in document else MANIFEST))


def status(code: int, body: str = "", **headers: str) -> Answer:
    """An error of the registry, as JSON or as a proxy would say it."""
    content = {"Content-Type": "application/json" if body.startswith("{") else "text/plain"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(code, body.encode(), {**content, **named})


def wants_token(address: str, code: int) -> Answer:
    """Ask for a bearer token, which the token server then answers with an error."""
    realm = f'Bearer realm="http://{address}/token/{code}",service="told",scope="repository:x:pull"'
    return status(401, '{"errors":[{"code":"UNAUTHORIZED"}]}', WWW_Authenticate=realm)


def other_bytes(handler: Handler) -> None:
    """Content of the right length that is not what its digest says."""
    body = handler.blob_asked_for()
    handler.send(200, bytes(len(body)), {"Content-Type": OCTETS})


def half_of_it(handler: Handler) -> None:
    """Break the connection in the middle of a layer."""
    body = handler.blob_asked_for()
    handler.send(200, body[: len(body) // 2], {"Content-Type": OCTETS}, length=len(body))
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.close()


def later(seconds: float, answer: Answer) -> Answer:
    """Say nothing for so long, then this."""

    def wait(handler: Handler) -> None:
        handler.told.closing.wait(seconds)
        answer(handler)

    return wait


def break_off(handler: Handler) -> None:
    """End the connection without a word."""
    handler.close_connection = True
    handler.connection.close()
