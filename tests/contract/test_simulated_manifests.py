"""What the simulated registries answer for manifests: as the pulls of the same images go."""

from __future__ import annotations

import httpx
import pytest

from prewarm.references import parse
from prewarm.simulator.images import image_of
from prewarm.simulator.running import Running


def asked(sim: Running, path: str, host: str = "docker.io", method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"{sim.url}/v2/{path}", params={"ns": host}, timeout=30)


def test_an_image_has_variants_that_are_as_big_as_nodes_say(sim: Running) -> None:
    image = image_of(parse("docker.io/library/nginx:1.27"))

    head = asked(sim, "library/nginx/manifests/1.27", method="HEAD")
    index = asked(sim, f"library/nginx/manifests/{image.digest}").json()

    assert head.headers["docker-content-digest"] == image.digest
    assert [entry["platform"]["architecture"] for entry in index["manifests"]] == ["amd64", "arm64"]
    manifest = asked(sim, f"library/nginx/manifests/{index['manifests'][0]['digest']}").json()
    assert manifest["config"]["size"] + sum(layer["size"] for layer in manifest["layers"]) == image.size


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("missing", 404, "MANIFEST_UNKNOWN"),
        ("denied", 401, "UNAUTHORIZED"),
        ("ratelimit", 429, "TOOMANYREQUESTS"),
        ("unavailable", 503, "UNAVAILABLE"),
    ],
)
def test_what_cannot_be_pulled_is_refused(sim: Running, mode: str, status: int, code: str) -> None:
    answer = asked(sim, f"{mode}/x/manifests/1", host="registry.example:5000")

    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == code


def test_a_registry_that_is_down_breaks_the_connection_off(sim: Running) -> None:
    with pytest.raises(httpx.HTTPError):
        asked(sim, "a/x/manifests/1", host="127.0.0.1:9")


def test_an_image_for_another_platform_has_no_variant_for_the_nodes(sim: Running) -> None:
    index = asked(sim, "platform/x/manifests/1").json()

    assert [entry["platform"]["architecture"] for entry in index["manifests"]] == ["s390x"]
