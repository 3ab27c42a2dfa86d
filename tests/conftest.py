"""What tests can ask for: people who are signed in, a real Valkey, a real MariaDB."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import hypothesis
import pytest
from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, Session, Tenant, User
from accounts.tokens import token_for
from prewarm import live_settings
from prewarm.inventory import known_images
from tests.environment import ON_MARIADB, SCRATCH
from tests.people import person
from tests.processes import MariaDB, Valkey

logging.getLogger("httpx").setLevel(logging.WARNING)  # one line for each request buries what a test has to say
# Fixtures that stand for something outside of the test's own process.
PARTS = frozenset(
    {
        "control_plane",
        "db",
        "instance",
        "mariadb",
        "simulator",
        "stage",
        "transactional_db",
        "valkey",
        "whole_stage",
    }
)


# A busy machine is no failure: no example has to be quick. Who runs everything gets the same examples each time; the
# search for new ones is `--hypothesis-profile=long`.
_ANY_SPEED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow], "print_blob": True}
hypothesis.settings.register_profile("ips", max_examples=100, derandomize=True, **_ANY_SPEED)
hypothesis.settings.register_profile("long", max_examples=2000, **_ANY_SPEED)
hypothesis.settings.load_profile("ips")


@receiver(post_migrate)
def keep_the_default_tenant(app_config: AppConfig, **_: object) -> None:
    """A migration makes it; a test in a real transaction empties every table behind itself."""
    if app_config.label == "accounts":
        Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--points", type=int, default=3, help="at how many points each fault strikes (3)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as quick what needs nothing but Python: those are the unit tests of `make check`."""
    for item in items:
        needs = PARTS.intersection(getattr(item, "fixturenames", ()))
        if not needs and item.get_closest_marker("django_db") is None:
            item.add_marker("quick")


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A real Valkey at settings.REDIS_URL. Who stops it starts it again."""
    directory = Path(SCRATCH) / "valkey"
    directory.mkdir()
    port = int(os.environ["IPS_REDIS_URL"].rpartition(":")[2].partition("/")[0])
    server = Valkey(port, directory)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A real MariaDB; on the port of the settings when the tests run on it."""
    from tests.environment import free_port

    directory = Path(SCRATCH) / "mariadb"
    directory.mkdir()
    server = MariaDB(int(os.environ.get("IPS_DB_PORT") or free_port()), directory)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """pytest-django's hook before it makes the test database: the server must be up by then."""
    if ON_MARIADB:
        request.getfixturevalue("mariadb")


@pytest.fixture(autouse=True)
def cheap_hashing(settings: Callable[..., None]) -> None:
    """Passwords cost a fifth of a second each, and tests make hundreds of people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def names_written_anew() -> None:
    """A process writes an image's name once an hour, and the database of a test has none."""
    known_images.forget()


@pytest.fixture(autouse=True)
def settings_read_anew() -> None:
    """A process remembers the live settings for a second, and a test may be shorter."""
    live_settings.forget()


def signed_in(user: User) -> APIClient:
    """A client that bears the token of a new session of this user."""
    session = Session.objects.create(user=user, expires_at=timezone.now() + timedelta(hours=1))
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token_for(session)}")
    client.user = user
    return client


@pytest.fixture
def as_ada(db: None) -> APIClient:
    """Admin of the tenant `default`."""
    return signed_in(person("ada", Role.ADMIN))


@pytest.fixture
def as_otto(db: None) -> APIClient:
    """Operator of the tenant `default`."""
    return signed_in(person("otto", Role.OPERATOR))


@pytest.fixture
def as_vera(db: None) -> APIClient:
    """Viewer of the tenant `default`."""
    return signed_in(person("vera", Role.VIEWER))


@pytest.fixture
def as_nobody(db: None) -> APIClient:
    """Signed in, a member of nothing."""
    return signed_in(person("nobody"))


@pytest.fixture
def as_mallory(db: None) -> APIClient:
    """Admin of another tenant, `rivals`."""
    return signed_in(person("mallory", Role.ADMIN, tenant="rivals"))


@pytest.fixture
def as_platform_admin(db: None) -> APIClient:
    """Platform administrator, a member of nothing."""
    return signed_in(person("root", platform_admin=True))


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()
