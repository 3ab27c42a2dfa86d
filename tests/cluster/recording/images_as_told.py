"""The images of the registry that answers as it is told: each is new, so that nodes have nothing of it."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path

from deploy.noop.oci import LAYER, MANIFEST, File, Layer, Layout
from tests.cluster.machine import images
from tests.cluster.machine.versions import ARCHITECTURE

Make = Callable[[Path, str], None]
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
HELM_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"


def random_data(megabytes: int = 2) -> Make:
    """An image that can be pulled."""

    def make(folder: Path, reference: str) -> None:
        images.write(folder, [reference], images.RandomData(megabytes, uuid.uuid4().hex), "/data")

    return make


def other_platform_alone(folder: Path, reference: str) -> None:
    """One manifest without an index; only its config says that it is for another processor."""
    layout = _layout(folder, reference)
    content = uuid.uuid4().bytes
    layer = layout.layer([File("data", io.BytesIO(content), len(content))])
    layout.tag("1", layout.image(layer, architecture=images.OTHER_ARCHITECTURE, entrypoint="/data"))


def no_archive(folder: Path, reference: str) -> None:
    """An image whose layer has the right digest and is no archive."""
    layout = _layout(folder, reference)
    layer = Layer(layout.blob(uuid.uuid4().bytes * 1000, LAYER), f"sha256:{'0' * 64}")
    layout.tag("1", layout.image(layer, architecture=ARCHITECTURE, entrypoint="/data"))


def helm_chart(folder: Path, reference: str) -> None:
    """An OCI artifact that is no container image."""
    layout = _layout(folder, reference)
    config = layout.document({"name": "chart", "version": "0.1.0", "run": uuid.uuid4().hex}, HELM_CONFIG)
    chart = layout.blob(uuid.uuid4().bytes * 1000, HELM_CHART)
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [chart]}
    layout.tag("1", layout.document(document, MANIFEST))


def schema_1(folder: Path, reference: str) -> None:
    """A manifest as Docker wrote them before 2016."""
    layout = _layout(folder, reference)
    document = {
        "schemaVersion": 1,
        "mediaType": SCHEMA_1,
        "name": reference.partition(":")[0],
        "tag": "1",
        "architecture": ARCHITECTURE,
        "fsLayers": [],
        "history": [],
    }
    layout.tag("1", layout.document(document, SCHEMA_1))


def no_json(folder: Path, reference: str) -> None:
    """A web server's page where a manifest should be."""
    layout = _layout(folder, reference)
    layout.tag("1", layout.blob(b"<html>Sign in</html>", "text/html"))


def _layout(folder: Path, reference: str) -> Layout:
    return Layout(folder / reference.partition(":")[0].replace("/", "+"))
