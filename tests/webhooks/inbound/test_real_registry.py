"""The distribution registry itself tells of what is pushed: its own envelopes, headers, retries."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import Tenant
from prewarm.models import Task
from tests.cluster.machine import images, registry
from tests.cluster.machine.push import Push
from tests.environment import free_port
from tests.processes import Server, wait_until
from tests.webhooks.inbound.pushes import SECRET, TOKEN, registry_hook, time_passes
from webhooks.models import Arrival, Gathering, RegistryHook

pytestmark = pytest.mark.django_db(transaction=True)


class Registry(Server):
    """Debian's docker-registry, which tells a hook of everything."""

    def __init__(self, directory: Path, url: str, authorization: str) -> None:
        program = shutil.which("docker-registry")
        if program is None:
            raise RuntimeError("docker-registry is missing: install the package docker-registry")
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        told = registry.Told(url, authorization)
        configuration = registry.write_configuration(directory, registry.PLAIN, self.address, told)
        super().__init__([program, "serve", str(configuration)], port, directory)

    def push(self, repository: str, tag: str, seed: str) -> None:
        folder = self.directory / f"layout-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        images.write(folder, [f"{repository}:{tag}"], images.RandomData(1, seed), "/data")
        Push(self.address, repository).layout(folder / repository.replace("/", "+"))

    def pull(self, repository: str, tag: str) -> None:
        Push(self.address, repository).tag(tag, f"{tag}-again")


@pytest.fixture
def hook() -> RegistryHook:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "default"})
    return registry_hook()


def telling(directory: Path, live_server: LiveServer, authorization: str) -> Iterator[Registry]:
    one = Registry(directory, f"{live_server.url}/api/v1/hooks/{TOKEN}/", authorization)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def plain(tmp_path: Path, live_server: LiveServer, hook: RegistryHook) -> Iterator[Registry]:
    yield from telling(tmp_path, live_server, f"Bearer {SECRET}")


@pytest.fixture
def mistrusted(tmp_path: Path, live_server: LiveServer, hook: RegistryHook) -> Iterator[Registry]:
    yield from telling(tmp_path, live_server, "Bearer wrong")


def reasons() -> dict[str, int]:
    rows = Arrival.objects.values_list("reason", "times")
    found: dict[str, int] = {}
    for reason, times in rows:
        found[reason] = found.get(reason, 0) + times
    return found


def test_a_push_is_told_and_makes_one_task(plain: Registry) -> None:
    plain.push("team/app", "1.4", "one")
    wait_until(lambda: Gathering.objects.exists(), "the registry to tell of the tag")
    wait_until(lambda: reasons().get("not_a_manifest", 0) >= 2, "the registry to tell of the layers")
    time_passes()

    task = Task.objects.get()
    assert task.images == [f"{plain.address}/team/app:1.4"]
    assert task.cause == f"push of team/app:1.4 to registry {plain.address}"
    assert reasons()["no_tag"] >= 1  # the image inside the index
    gathering = Gathering.objects.get()
    assert gathering.digest.startswith("sha256:")


def test_what_others_pull_or_push_elsewhere_makes_nothing(plain: Registry) -> None:
    plain.push("others/app", "1", "two")
    plain.pull("others/app", "1")
    wait_until(lambda: reasons().get("no_rule", 0) >= 2 and reasons().get("not_a_push", 0) >= 1, "all to be told")

    assert time_passes() == 0
    assert not Gathering.objects.exists()


def test_with_another_secret_nothing_is_believed_and_it_is_seen(mistrusted: Registry) -> None:
    mistrusted.push("team/app", "1.4", "three")
    wait_until(lambda: reasons().get("bad_secret", 0) >= 1, "the registry to be refused")

    assert not Gathering.objects.exists()
