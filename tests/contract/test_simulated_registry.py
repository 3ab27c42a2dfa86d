"""Images of the simulated registry: how each fails, by its name."""

from __future__ import annotations

import pytest

from prewarm.classify import reason_for_pull_error
from prewarm.simulator.running import Running
from tests.contract.pods import Pods, held, helped, image_id, state
from tests.contract.server import wait_for

NODE = "node-001"


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("missing/x:1", "image_not_found"),
        ("denied/x:1", "unauthorized"),
        ("platform/x:1", "wrong_platform"),
        ("nospace/x:1", "disk_full"),
        ("damaged/x:1", "image_damaged"),
        ("timeout/x:1", "registry_unreachable"),
        ("unavailable/x:1", "registry_unreachable"),
        ("tls/x:1", "tls_error"),
        ("ratelimit/x:1", "rate_limited"),
        ("registry.example:5000/missing/deeper/x:1", "image_not_found"),
        ("127.0.0.1:9/a/x:1", "registry_unreachable"),
    ],
)
def test_every_way_to_fail_is_told_so_that_ips_understands(
    sim: Running, sim_pods: Pods, image: str, reason: str
) -> None:
    pod = sim_pods.create(held(image, node=NODE))

    found = sim_pods.wait_state(pod, "img0", "ErrImagePull")

    assert reason_for_pull_error("ErrImagePull", state(found, "img0")["message"], image) == reason


def test_a_flaky_image_fails_once_on_each_node(sim: Running, sim_pods: Pods) -> None:
    pods = [sim_pods.create(held("flaky/x:1", node=node)) for node in ("node-001", "node-002")]

    for pod in pods:
        assert sim_pods.wait_event(pod, "Failed", "503 Service Unavailable")
        assert sim_pods.wait_state(pod, "img0", "CreateContainerConfigError")


def test_a_hanging_pull_holds_up_its_node_until_the_pod_goes(sim: Running, sim_pods: Pods) -> None:
    hanging = sim_pods.create(held("hang/x:1", node=NODE))
    sim_pods.wait_event(hanging, "Pulling")
    behind = sim_pods.create(held("a/x:1", node=NODE))
    sim_pods.wait_event(behind, "Pulling")

    sim_pods.server.delete(sim_pods.at(hanging), gracePeriodSeconds=0)

    if sim.options.release.recent:  # older kubelets do not cancel a pull
        assert sim_pods.wait_state(behind, "img0", "CreateContainerConfigError")
    else:
        assert state(sim_pods.now(behind), "img0")["reason"] == "ContainerCreating"


def test_an_old_kubelet_finishes_the_pull_of_a_deleted_pod(sim: Running, sim_pods: Pods) -> None:
    pod = sim_pods.create(held("a/x:1", node=NODE))
    sim_pods.wait_event(pod, "Pulling")
    sim_pods.server.delete(sim_pods.at(pod), gracePeriodSeconds=0)

    def listed() -> bool:
        images = sim_pods.server.get(f"/api/v1/nodes/{NODE}")["status"]["images"]
        return any("docker.io/a/x:1" in image["names"] for image in images)

    if not sim.options.release.recent:
        wait_for(listed, "the image to be listed")


def test_a_registry_can_go_down_and_come_back(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "registry", {"host": "registry.example:5000", "up": False})
    pod = sim_pods.create(held("registry.example:5000/a/x:1", node=NODE))
    other = sim_pods.create(held("a/x:1", node=NODE))

    found = sim_pods.wait_state(pod, "img0", "ErrImagePull")
    sim_pods.wait_state(other, "img0", "CreateContainerConfigError")
    sim.control("POST", "registry", {"host": "registry.example:5000", "up": True})

    assert "connection refused" in state(found, "img0")["message"]
    assert sim_pods.wait_state(pod, "img0", "CreateContainerConfigError")


def test_an_image_can_begin_to_fail(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "images", {"image": "docker.io/library/nginx:*", "mode": "denied"})

    pod = sim_pods.create(held("nginx:1.27", "redis:7", node=NODE))
    found = sim_pods.wait_state(pod, "img0", "ErrImagePull")

    assert "401 Unauthorized" in state(found, "img0")["message"] or "access denied" in state(found, "img0")["message"]
    assert sim_pods.wait_state(pod, "img1", "CreateContainerConfigError")


def test_a_tag_can_be_pushed_anew(sim: Running, sim_pods: Pods) -> None:
    def digest() -> str:
        pod = sim_pods.create(helped("ips/noop:1", "app/web:1", policy="Always", node=NODE))
        return image_id(sim_pods.wait_phase(pod, "Succeeded"), "img0")

    before = digest()
    sim.control("POST", "images", {"image": "app/web:1", "edition": 2})
    after = digest()

    assert before != after
    assert digest() == after


def test_an_image_pulled_by_tag_is_there_by_its_digest_too(sim: Running, sim_pods: Pods) -> None:
    first = sim_pods.create(held("app/web:1", node=NODE))
    sim_pods.wait_state(first, "img0", "CreateContainerConfigError")

    def by_digest() -> str:
        images = sim_pods.server.get(f"/api/v1/nodes/{NODE}")["status"]["images"]
        names = [name for image in images for name in image["names"]]
        return next((name for name in names if name.startswith("docker.io/app/web@sha256:")), "")

    second = sim_pods.create(held(wait_for(by_digest, "the digest to be listed"), node=NODE))
    sim_pods.wait_state(second, "img0", "CreateContainerConfigError")

    assert "already present on machine" in sim_pods.wait_event(second, "Pulled")["message"]
