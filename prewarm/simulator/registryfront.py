"""What registries answer when they are asked for manifests: the part of the distribution protocol that IPS uses.

One front for all registries: `ns` says which is meant, as containerd tells a mirror.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from aiohttp import web

from prewarm.references import InvalidReference, Reference, parse
from prewarm.simulator.images import Image
from prewarm.simulator.jsontext import dumps
from prewarm.simulator.registry import Registry

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PLATFORMS = ("amd64", "arm64")
FOREIGN = ("s390x",)  # what an image has that fits no node
CONFIG_BYTES = 4096
REMEMBERED = 50_000
_REFUSALS = {
    "missing": (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "denied": (401, "UNAUTHORIZED", "authentication required"),
    "ratelimit": (429, "TOOMANYREQUESTS", "You have reached your pull rate limit."),
    "unavailable": (503, "UNAVAILABLE", "service unavailable"),
    "tls": (503, "UNAVAILABLE", "service unavailable"),
}


class RegistryFront:
    """Answers by the modes of the registry behind the nodes; sizes are those that kubelets report."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._variants: dict[str, Image] = {}  # by the digest of a platform's manifest

    async def handle(self, request: web.Request) -> web.StreamResponse:
        rest = request.match_info["rest"]
        if not rest:
            return web.json_response({})
        name, _, tag = rest.rpartition("/manifests/")
        if not name:
            return web.json_response({"name": rest.removesuffix("/tags/list"), "tags": []})
        try:
            reference = parse(f"{request.query.get('ns', 'docker.io')}/{name}{'@' if ':' in tag else ':'}{tag}")
        except InvalidReference as wrong:
            return _refused(400, "NAME_INVALID", str(wrong))
        mode = self._registry.mode(reference)
        if mode == "down" and request.transport:
            request.transport.abort()
        if mode == "timeout":
            await asyncio.sleep(60)
        if refusal := _REFUSALS.get(mode):
            return _refused(*refusal)
        return self._document(reference, FOREIGN if mode == "platform" else PLATFORMS)

    def _document(self, reference: Reference, platforms: tuple[str, ...]) -> web.Response:
        if image := self._variants.get(reference.digest):
            return _answered(_manifest(image), MANIFEST, reference.digest)
        image = self._registry.image(reference)
        entries = []
        for platform in platforms:
            digest = _digest(f"{image.digest} {platform}")
            if len(self._variants) < REMEMBERED:
                self._variants[digest] = image
            told = {"os": "linux", "architecture": platform}
            entries.append({"mediaType": MANIFEST, "digest": digest, "size": 500, "platform": told})
        return _answered({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX, image.digest)


def _manifest(image: Image) -> dict[str, Any]:
    layer = {"digest": _digest(f"{image.digest} layer"), "size": image.size - CONFIG_BYTES}
    config = {"digest": _digest(f"{image.digest} config"), "size": CONFIG_BYTES}
    return {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _answered(document: dict[str, Any], kind: str, digest: str) -> web.Response:
    headers = {"Docker-Content-Digest": digest}
    return web.Response(body=dumps(document), content_type=kind, headers=headers)


def _refused(status: int, code: str, message: str) -> web.Response:
    response = web.json_response({"errors": [{"code": code, "message": message}]}, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="simulated"'
    return response
