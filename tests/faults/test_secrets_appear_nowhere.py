"""Whatever secret IPS is given or shows once is nowhere else: logs, tables, Redis, answers, pages, pods, metrics.

IPS runs with a secret of its own in every setting that takes one; people and programs sign in, fail, forget passwords,
make keys and webhooks, and write secrets where none should be. Then every place is read that anybody could read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pytest_django.plugin import DjangoDbBlocker
from redis import Redis

from accounts.models import ApiKey, ResetLink, User
from tests.faults.canaries.places import everywhere
from tests.faults.canaries.secret import Place, Secret, found
from tests.faults.canaries.sowing import PLANTED, Sower
from tests.faults.canaries.stage import CanaryStage
from tests.processes import MariaDB
from tests.simulator import Simulated
from webhooks.models import RegistryHook

pytestmark = pytest.mark.timeout(600)  # everything is done once, and then read
FEWEST_SECRETS, FEWEST_PLACES = 60, 5000


@pytest.fixture(scope="module")
def read(
    fault_cluster: Simulated,
    fault_mariadb: MariaDB,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[Secret], list[Place]]]:
    """All secrets, and all that can be read."""
    stage = CanaryStage(tmp_path_factory.mktemp("canaries") / "whole", fault_cluster, fault_mariadb)
    with django_db_blocker.unblock(), ExitStack() as stack:
        stack.enter_context(stage.running())
        sower = Sower(stage)
        sower.work(stack)
        with Redis.from_url(stage.valkey.url) as redis:
            redis.set("planted", PLANTED)
        yield [*sower.sown, *hashes()], list(everywhere(sower))


def hashes() -> Iterator[Secret]:
    """What is kept in place of a secret is for nobody else either."""
    for table, column, rows in (
        ("accounts_user", "password", User.objects.values_list("password", flat=True)),
        ("accounts_apikey", "secret_hash", ApiKey.objects.values_list("secret_hash", flat=True)),
        ("accounts_resetlink", "secret_hash", ResetLink.objects.values_list("secret_hash", flat=True)),
        ("webhooks_registryhook", "token_hash", RegistryHook.objects.values_list("token_hash", flat=True)),
        ("webhooks_registryhook", "old_token_hash", RegistryHook.objects.values_list("old_token_hash", flat=True)),
        ("webhooks_registryhook", "secret_hash", RegistryHook.objects.values_list("secret_hash", flat=True)),
        ("webhooks_registryhook", "old_secret_hash", RegistryHook.objects.values_list("old_secret_hash", flat=True)),
    ):
        for text in filter(None, rows):
            yield Secret(f"{column} in {table}", text, frozenset({f"{table}.{column}"}))


def test_secrets_are_where_they_belong_and_nowhere_else(read: tuple[list[Secret], list[Place]]) -> None:
    sown, places = read

    leaks = sorted(set(found(sown, places)))

    assert leaks == []
    assert len(sown) >= FEWEST_SECRETS and len(places) >= FEWEST_PLACES
    print(f"\nsecrets: {len(sown)}, looked for in {len(places):,} places: 0 found")


def test_what_is_no_secret_is_found_in_each_of_these_places(read: tuple[list[Secret], list[Place]]) -> None:
    """So a secret would have been."""
    _, places = read

    kinds = {found_in.partition(" in ")[2] for found_in in found([Secret("planted", PLANTED)], places)}

    for kind in (
        "prewarm_task.name",
        "accounts_auditentry.after",
        "accounts_idempotentrequest.body",
        "webhooks_delivery.body",
        "GET tasks/ by anna",
        "GET tasks/{id}/ by vera",
        "GET audit/export/ by root",
        "GET image-lists/{id}/ by a key",
        "GET deliveries/{id}/ by otto",
        "page /api/v1/tasks/",
        "pods",
        "Redis planted",
        "file web.log",
    ):
        assert kind in kinds
    assert any(kind.startswith("page /admin/prewarm/task/") for kind in kinds)
    assert any(kind.startswith("delivery to receiver") for kind in kinds)
    hers = [kind for kind in kinds if kind.endswith("by mallory")]
    assert all(kind.startswith(("GET nodes/", "GET images/")) for kind in hers)  # nodes of her pool list what they have
    wheres = {place.where for place in places}
    assert {"metrics", "command line", "file messenger.log", "file manage-doctor.log", "file server.log"} <= wheres
    assert {"page /admin/webhooks/webhook/", "page /admin/accounts/apikey/"} <= wheres


@pytest.mark.parametrize("form", ["raw", "in an address", "in a header"])
def test_a_secret_is_known_in_every_form(form: str) -> None:
    secret = Secret("x", "a secret/with+signs", frozenset({"its own place"}))
    texts = dict(zip(("raw", "in an address", "in a header"), sorted(secret.forms(), key=len), strict=True))

    assert list(found([secret], [Place("elsewhere", f"<{texts[form]}>"), Place("its own place", texts[form])])) == [
        "x in elsewhere"
    ]
