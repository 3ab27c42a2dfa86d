"""Container images on disk without a container engine: OCI image layouts, written with the standard library alone.

A layout is a folder that every image tool reads (`skopeo copy oci:FOLDER:TAG …`, `oras cp --from-oci-layout …`).
The same input gives the same bytes, so that an image that was not changed keeps its digest.
Source: OCI image specification 1.0, image-layout.md, manifest.md, config.md.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

Document = dict[str, Any]


@dataclass(frozen=True)
class File:
    """One file of a layer; `size` bytes are read from `content`."""

    path: str
    content: BinaryIO
    size: int
    mode: int = 0o755


@dataclass(frozen=True)
class Layer:
    """A layer in the layout, and the digest of its tar before compression, which the image's config lists."""

    descriptor: Document
    diff_id: str


class _Hashing(io.BufferedIOBase):
    """Passes what is written on to a file and digests it on the way."""

    def __init__(self, target: io.BufferedIOBase) -> None:
        self.target = target
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: "Buffer", /) -> int:
        self.digest.update(data)
        self.size += memoryview(data).nbytes
        return self.target.write(data)

    def flush(self) -> None:
        if not self.target.closed:
            self.target.flush()


class Layout:
    """One OCI image layout, which may hold several images under several tags."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)
        self._tags: list[Document] = []

    def blob(self, data: bytes, media_type: str) -> Document:
        """Store some bytes under their digest and return the descriptor that points to them."""
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def document(self, document: Document, media_type: str) -> Document:
        return self.blob(json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), media_type)

    def layer(self, files: Iterable[File], *, compression: int = 9) -> Layer:
        """Write a compressed layer with these files, all owned by root and dated 1970. Streams: a file may be large."""
        unfinished = self.blobs / "unfinished-layer"
        with unfinished.open("wb") as target:
            packed = _Hashing(target)
            with gzip.GzipFile("", "wb", compression, packed, mtime=0) as compressed:
                plain = _Hashing(compressed)
                with tarfile.open(fileobj=plain, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                    for file in files:
                        entry = tarfile.TarInfo(file.path.lstrip("/"))
                        entry.size, entry.mode = file.size, file.mode
                        tar.addfile(entry, file.content)
        os.replace(unfinished, self.blobs / packed.digest.hexdigest())
        digest = f"sha256:{packed.digest.hexdigest()}"
        return Layer({"mediaType": LAYER, "digest": digest, "size": packed.size}, f"sha256:{plain.digest.hexdigest()}")

    def image(self, layer: Layer, *, architecture: str, entrypoint: str, user: str = "") -> Document:
        """Write config and manifest of an image of one layer (`FROM scratch`), and return its descriptor."""
        run = {"Entrypoint": [entrypoint]} | ({"User": user} if user else {})
        config = self.document(
            {
                "architecture": architecture,
                "os": "linux",
                "config": run,
                "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
            },
            CONFIG,
        )
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer.descriptor]}
        return self.document(manifest, MANIFEST) | {"platform": {"architecture": architecture, "os": "linux"}}

    def index(self, images: list[Document]) -> Document:
        """Write an index: the same image for several platforms."""
        return self.document({"schemaVersion": 2, "mediaType": INDEX, "manifests": images}, INDEX)

    def tag(self, name: str, image: Document) -> None:
        """Give an image or an index a tag, which makes it reachable from outside. A tag is given once."""
        self._tags.append(image | {"annotations": {"org.opencontainers.image.ref.name": name}})
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self._tags}
        (self.folder / "index.json").write_text(json.dumps(index, indent=1))
