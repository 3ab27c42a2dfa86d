"""Pushes an OCI image layout to a registry over its HTTP API (OCI distribution specification 1.0, end-4b, 6, 7)."""

import base64
import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from deploy.noop.oci import INDEX, MANIFEST


class RegistryRefused(Exception):
    """An answer that a push does not expect."""


class Push:
    """One repository of one registry, reached over plain http."""

    def __init__(self, registry: str, repository: str, *, credentials: tuple[str, str] | None = None) -> None:
        self.path = f"/v2/{repository}"
        self.connection = http.client.HTTPConnection(registry, timeout=60)
        self.headers = {}
        if credentials:
            self.headers["Authorization"] = f"Basic {base64.b64encode(':'.join(credentials).encode()).decode()}"

    def layout(self, folder: Path) -> None:
        """Push every tag of a layout, and all that the tags point to."""
        for entry in json.loads((folder / "index.json").read_text())["manifests"]:
            self._document(folder, entry, entry["annotations"]["org.opencontainers.image.ref.name"])

    def tag(self, existing: str, new: str) -> None:
        """Give what has one tag another one as well."""
        path = f"{self.path}/manifests"
        status, answer = self._request("GET", f"{path}/{existing}", headers={"Accept": f"{INDEX}, {MANIFEST}"})
        document = answer.read()
        if status != 200:
            raise RegistryRefused(f"{existing}: {status} {document[:500]!r}")
        self._send("PUT", f"{path}/{new}", 201, document, {"Content-Type": answer.headers["Content-Type"]})

    def _document(self, folder: Path, descriptor: dict[str, Any], tag: str) -> None:
        """Push what a manifest or an index points to, then itself: registries refuse the other order."""
        blob = folder / "blobs" / descriptor["digest"].replace(":", "/")
        document = json.loads(blob.read_text())
        for child in document.get("manifests", []):
            self._document(folder, child, child["digest"])
        for part in [document["config"], *document["layers"]] if descriptor["mediaType"] == MANIFEST else []:
            self._blob(folder / "blobs" / part["digest"].replace(":", "/"), part["digest"])
        assert descriptor["mediaType"] in (INDEX, MANIFEST)
        self._send(
            "PUT", f"{self.path}/manifests/{tag}", 201, blob.read_bytes(), {"Content-Type": descriptor["mediaType"]}
        )

    def _blob(self, file: Path, digest: str) -> None:
        status, _ = self._request("HEAD", f"{self.path}/blobs/{digest}")
        if status == 200:
            return
        place = urlsplit(self._send("POST", f"{self.path}/blobs/uploads/", 202, b""))
        target = f"{place.path}?{place.query}{'&' if place.query else ''}digest={quote(digest)}"
        with file.open("rb") as content:
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)}
            self._send("PUT", target, 201, content, headers)

    def _send(self, method: str, path: str, expected: int, body: Any, headers: dict[str, str] | None = None) -> str:
        status, answer = self._request(method, path, body, headers)
        if status != expected:
            raise RegistryRefused(f"{method} {path}: {status} {answer.read()[:500]!r}")
        answer.read()
        return answer.headers.get("Location") or ""

    def _request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPResponse]:
        self.connection.request(method, path, body, {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        if method == "HEAD":
            answer.read()
        return answer.status, answer
