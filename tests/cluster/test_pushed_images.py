"""Whoever pushes a tag finds it on the nodes: the registry tells, the hook makes one task, and nobody asked for it."""

import subprocess
import time
import uuid
from typing import Any

from tests.cluster.installation import Installation
from tests.cluster.machine import images, packages
from tests.cluster.results import RESULTS
from tests.cluster.stage import NODES, Stage
from tests.cluster.waiting import wait_until

EVERY_NODE = set(NODES)


def skopeo_copy(stage: Stage, source: str, target: str) -> None:
    """As people and pipelines push: a copy inside the registry, under another tag."""
    packages.install(packages.FOR_PUSHING)
    plain_http = ["--src-tls-verify=false", "--dest-tls-verify=false", "--all"]
    places = [f"docker://{stage.version.registry}/{one}" for one in (source, target)]
    subprocess.run(["skopeo", "--insecure-policy", "copy", *plain_http, *places], check=True, capture_output=True)


def hook(ips: Installation, repository: str, **rule: Any) -> dict[str, Any]:
    """A new hook with one rule: this repository, on both nodes."""
    wanted = {"repositories": repository, "task": {"node_names": list(NODES)}, "debounce_seconds": 2, **rule}
    body = {"name": uuid.uuid4().hex, "kind": "distribution", "rules": [wanted]}
    answer = ips.http.post("registry-hooks/", json=body).raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


def of_hooks(ips: Installation, image: str) -> list[dict[str, Any]]:
    """The tasks that hooks made of this image."""
    tasks = ips.http.get("tasks/", params={"search": image}).raise_for_status().json()["results"]
    return [task for task in tasks if task["trigger"] == "hook"]


def gathered(ips: Installation, made: dict[str, Any]) -> list[dict[str, Any]]:
    rows = ips.http.get(f"registry-hooks/{made['id']}/arrivals/").raise_for_status().json()["results"]
    return [gathering for row in rows for gathering in row["gatherings"]]


def test_a_tag_that_is_pushed_is_on_the_nodes_by_one_task(stage: Stage, ips: Installation) -> None:
    image = stage.new_image(5) + ":1"
    source = image.removeprefix(f"{stage.version.registry}/")
    repository, tag = source.partition(":")[0], f"pushed-{uuid.uuid4().hex[:8]}"
    target = f"{stage.version.registry}/{repository}:{tag}"
    made = hook(ips, repository, tags="pushed-*", pin=True)

    with stage.telling(made["url"], f"Bearer {made['secret']}"):
        pushed = time.monotonic()
        skopeo_copy(stage, source, f"{repository}:{tag}")
        wait_until(lambda: stage.nodes_with(target) == EVERY_NODE, "the pushed image on every node", 120)
        took = time.monotonic() - pushed
        (task,) = of_hooks(ips, target)
        outcome = ips.end_of(task["id"])

        assert outcome.status == "succeeded"
        assert outcome.of(target) == {"pulled"}
        assert task["cause"] == f"push of {repository}:{tag} to registry {stage.version.registry}"

        skopeo_copy(stage, source, f"{repository}:{tag}")  # the same content again: nothing to do
        ips.manage("hook", "arrivals", made["name"]).check_returncode()
        wait_until(lambda: _heard(ips, made, "same_digest"), "the registry to tell of it again", 30)
        assert len(of_hooks(ips, target)) == 1

    RESULTS.add(f"{stage.version.name} pushed → hook → warm on {len(NODES)} nodes in {took:.1f} s, debounce 2 s")
    ips.http.delete(f"registry-hooks/{made['id']}/").raise_for_status()


def test_pulls_of_nodes_and_pushes_of_others_make_nothing(stage: Stage, ips: Installation) -> None:
    made = hook(ips, "a/never-pushed")
    image = stage.fresh(images.BIG[5])

    with stage.telling(made["url"], f"Bearer {made['secret']}"):
        skopeo_copy(stage, image.partition("/")[2], f"{image.partition('/')[2]}-again")
        assert ips.warm([image]).of(image) <= {"pulled", "already_present"}
        wait_until(lambda: _heard(ips, made, "not_a_push"), "the registry to tell of pulls", 30)
        wait_until(lambda: _heard(ips, made, "no_rule"), "the registry to tell of the push", 30)

        assert gathered(ips, made) == []
        assert of_hooks(ips, image) == []
    ips.http.delete(f"registry-hooks/{made['id']}/").raise_for_status()


def _heard(ips: Installation, made: dict[str, Any], reason: str) -> bool:
    rows = ips.http.get(f"registry-hooks/{made['id']}/arrivals/").raise_for_status().json()["results"]
    return any(row["reason"] == reason for row in rows)
