"""`manage.py prewarm … --dry-run`: what a task would do, for a person and for a program."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm.clock import database_now
from prewarm.marks import marks_of
from prewarm.models import Task
from prewarm.reasons import label_for
from prewarm.references import parse
from prewarm.registries import kept
from prewarm.registries.checker import checker
from prewarm.registries.finding import CheckOutcome, Finding
from tests.prewarm.rows import cluster_of
from tests.simulator import Simulated

FOUND = Finding(CheckOutcome.FOUND, sizes={"": 78_000_000}, platforms=["linux/amd64"], all_platforms=True)
MISSING = Finding(
    CheckOutcome.MISSING, "image_not_found", "docker.io has no library/redis:77; it says: manifest unknown"
)


def dry_run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("prewarm", *arguments, "--all-nodes", "--dry-run", stdout=out)
    return out.getvalue()


@pytest.fixture
def kept_findings(db: None, settings: Settings) -> None:
    settings.REGISTRY_CHECK = True
    kept.write({parse("nginx:1.27"): FOUND, parse("redis:77"): MISSING}, database_now())


def test_it_prints_what_the_preview_foresees(kept_findings: None) -> None:
    images = [[78, ["docker.io/library/nginx:1.27"]]]
    cluster_of("cold1", "cold2")
    cluster_of("half", images=images, marks=marks_of(images))
    cluster_of("away", ready=False)

    lines = dry_run("nginx:1.27", "redis:77", "--batch-size", "2").splitlines()

    assert lines[0] == "matches 3 of 4 nodes, in 2 batches"
    assert lines[1] == "0 nodes have every image already, of 2 nodes that is not known"
    assert "156 MB to load" in lines[2]
    assert next(line for line in lines if "nginx:1.27 " in line).split() == [
        *("nginx:1.27", "there", "78", "MB", "linux/amd64")
    ]
    unwrapped = " ".join(" ".join(lines).split())
    assert "redis:77 MISSING docker.io has no library/redis:77" in unwrapped
    assert f"1 node: {label_for('node_unready')}" in unwrapped
    assert "no pull is made for it" in unwrapped
    assert not Task.objects.exists()


def test_a_program_gets_what_the_api_answers(kept_findings: None, as_otto: APIClient) -> None:
    cluster_of("n1")

    told = json.loads(dry_run("nginx:1.27", "--json"))

    wish = {"images": ["nginx:1.27"], "all_nodes": True}
    assert told == as_otto.post("/api/v1/tasks/preview/", wish).json()


class TestOnAnInstallation:
    @pytest.fixture(autouse=True)
    def checked(self, simulator: Simulated, settings: Settings) -> Iterator[None]:
        settings.REGISTRY_CHECK = True
        Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
        yield
        assert checker().rest(60)

    def test_it_waits_for_registries_a_little(self) -> None:
        told = json.loads(dry_run("app/never-asked:1", "missing/never-asked:1", "--json"))

        assert [image["registry"] for image in told["images"]] == ["found", "missing"]
