"""The Node objects of a fleet: as big as those of real clusters, with the 50 images that a kubelet lists."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from prewarm.simulator.clock import micro_now, now
from prewarm.simulator.images import Image
from prewarm.simulator.kubelet import MOST_LISTED
from prewarm.simulator.nodes import Json, new_node, pause_image
from prewarm.simulator.release import Release

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
LEASE_TIMES = 4  # a lease lasts so many renewals, as in a kubelet
# Bigger than what the tests pull: such a list is cut by size, and then tells nothing of a small image.
SMALLEST = 2_000_000_000  # bytes


def node(number: int, of: int, release: Release, images: Sequence[Image]) -> Json:
    """The node with this number (from 1) of a fleet of so many, Ready; with 50 images more than 15 KB of JSON."""
    body = new_node(number, of, release)
    name = body["metadata"]["name"]
    body["metadata"]["labels"] |= {
        "failure-domain.beta.kubernetes.io/region": "simulated",
        "node.kubernetes.io/lifecycle": "normal",
        "topology.kubernetes.io/region": "simulated",
        "fleet": "simulated",
    }
    body["metadata"]["annotations"] = {
        "csi.volume.kubernetes.io/nodeid": f'{{"ebs.csi.example.com":"i-{name}","efs.csi.example.com":"i-{name}"}}',
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    body["spec"]["podCIDRs"] = [body["spec"]["podCIDR"]]
    body["status"]["images"] = [image.listed() for image in images[:MOST_LISTED]]
    return body


def standing_images(release: Release, count: int) -> list[Image]:
    """What every node has from the start: so many big images and the one of the sandboxes, the biggest first."""
    return [*(_image(number) for number in reversed(range(count))), pause_image(release)]


def _image(number: int) -> Image:
    repository = f"registry.example.com:5000/platform/machine-learning/serving-runtime-{number:02d}"
    digest = f"sha256:{hashlib.sha256(repository.encode()).hexdigest()}"
    return Image(repository, f"v2.{number}.0-cuda12.4-python3.11", digest, SMALLEST + number * 71_000_000)


def lease(name: str, seconds: float) -> Json:
    """The node's lease, renewed just now."""
    spec = {"holderIdentity": name, "leaseDurationSeconds": round(seconds * LEASE_TIMES), "renewTime": micro_now()}
    return {"metadata": {"name": name, "namespace": "kube-node-lease"}, "spec": spec}


def beating(conditions: list[Json]) -> list[Json]:
    """The conditions of a kubelet that reports them now."""
    at = now()
    return [condition | {"lastHeartbeatTime": at} for condition in conditions]
