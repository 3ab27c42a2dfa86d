"""The stage of the fault tests, the points at which a fault strikes, and the tally at the end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pytest_django.plugin import DjangoDbBlocker

from prewarm.models import Task
from tests.cluster.machine.plane import ControlPlane
from tests.environment import SCRATCH, free_port
from tests.faults.api_stage import CREATES_PER_SECOND, ApiStage, most_within
from tests.faults.closing import assert_all_is_well
from tests.faults.proxied import ProxiedCluster
from tests.faults.release import Release
from tests.faults.stage import NODES, Stage
from tests.faults.tally import TALLY
from tests.faults.updating import UpdatingStage
from tests.fleet.running import Fleet
from tests.processes import MariaDB, Valkey
from tests.sampler import OverTheCap, Sampler
from tests.simulator import Simulated

LONG_RUN_POINTS = 20
AnyStage = TypeVar("AnyStage", bound=Stage)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `chance` runs at so many points, each with its own seed: the same in every run."""
    if "chance" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("points")
        if metafunc.definition.get_closest_marker("each_place"):
            wanted = max(1, wanted // 5)
        points = range(1, wanted + 1)
        metafunc.parametrize("chance", points, ids=[f"point {n}" for n in points], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is played on the real API server: it runs beside the rest. Leave the longest to the long run."""
    for item in items:
        if "api" in getattr(item, "fixturenames", ()):
            item.add_marker("api_server")
    if config.getoption("points") < LONG_RUN_POINTS:
        long = [item for item in items if item.get_closest_marker("only_long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(f"{request.function.__name__} {request.param}")


@pytest.fixture(scope="session")
def fault_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    server = Simulated(Path(tmp_path_factory.mktemp("cluster")), NODES, "0.2-0.6")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fault_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with own_valkey(Path(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture(scope="session")
def fault_mariadb() -> Iterator[MariaDB]:
    folder = Path(SCRATCH) / "fault-mariadb"
    folder.mkdir()
    server = MariaDB(free_port(), folder)
    server.start()
    server.make_database("ips")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def whole_stage(
    fault_cluster: Simulated,
    fault_valkey: Valkey,
    fault_mariadb: MariaDB,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """IPS on MariaDB, all processes running."""
    stage = Stage(Path(tmp_path_factory.mktemp("ips")), fault_cluster, fault_valkey, fault_mariadb.environment("ips"))
    with django_db_blocker.unblock(), stage.as_own_database():
        stage.start()
        yield stage
        stage.stop()


@pytest.fixture
def stage(whole_stage: Stage) -> Iterator[Stage]:
    with played_on(whole_stage):
        yield whole_stage


@pytest.fixture(scope="session")
def whole_sqlite_stage(
    fault_cluster: Simulated, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """IPS on SQLite, on a disk that can be full; nobody waits longer than a second for a lock."""
    folder = Path(tmp_path_factory.mktemp("sqlite"))
    database = {"IPS_DB_ENGINE": "sqlite", "IPS_DB_NAME": str(folder / "ips.sqlite3"), "IPS_DB_LOCK_SECONDS": "1"}
    disk = {"DJANGO_SETTINGS_MODULE": "tests.faults.small_disk.settings", "IPS_TEST_DISK_FULL": str(folder / "full")}
    with (
        own_valkey(Path(tmp_path_factory.mktemp("sqlite-valkey"))) as valkey,
        started(Stage(folder, fault_cluster, valkey, {**database, **disk}), django_db_blocker) as stage,
    ):
        yield stage


@pytest.fixture
def sqlite_stage(whole_sqlite_stage: Stage, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    stage = whole_sqlite_stage
    with django_db_blocker.unblock(), stage.as_own_database(), played_on(stage):
        yield stage


@pytest.fixture(scope="session")
def whole_updating_stage(
    fault_cluster: Simulated,
    fault_mariadb: MariaDB,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[UpdatingStage]:
    """IPS on MariaDB, all processes running in two versions."""
    fault_mariadb.make_database("ips_updating")
    folder = Path(tmp_path_factory.mktemp("updating"))
    old = Release.earlier(folder / "old")
    database = fault_mariadb.environment("ips_updating")
    with own_valkey(folder / "valkey") as valkey:
        updating = UpdatingStage(folder / "ips", fault_cluster, valkey, database, old)
        with started(updating, django_db_blocker) as stage:
            yield stage


@pytest.fixture
def updating_stage(whole_updating_stage: UpdatingStage, django_db_blocker: DjangoDbBlocker) -> Iterator[UpdatingStage]:
    stage = whole_updating_stage
    with django_db_blocker.unblock(), stage.as_own_database(), played_on(stage):
        yield stage


@contextmanager
def own_valkey(folder: Path) -> Iterator[Valkey]:
    folder.mkdir(exist_ok=True)
    server = Valkey(free_port(), folder)
    server.start()
    yield server
    server.stop()


@contextmanager
def started(stage: AnyStage, blocker: DjangoDbBlocker) -> Iterator[AnyStage]:
    """All of its processes run in this block."""
    with blocker.unblock(), stage.as_own_database():
        stage.start()
    yield stage
    stage.stop()


@contextmanager
def played_on(stage: Stage) -> Iterator[Sampler]:
    """The stage, whole and at rest; afterwards everything must be well, and is made whole again."""
    stage.make_whole()
    before = set(Task.objects.values_list("pk", flat=True))
    with Sampler(stage.cluster.administrator) as seen:
        yield seen
        stage.make_whole()
        tasks = list(Task.objects.exclude(pk__in=before))
        stage.end_of(*tasks)
        assert_all_is_well(stage, tasks, seen)
    stage.read_logs()


@pytest.fixture(scope="session")
def whole_api_stage(
    control_plane: ControlPlane,
    running_fleet: Fleet,
    fault_mariadb: MariaDB,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiStage]:
    """IPS on MariaDB, all processes running, behind a fault proxy on a real control plane."""
    fault_mariadb.make_database("ips_api")
    folder = Path(tmp_path_factory.mktemp("api"))
    cluster = ProxiedCluster(folder, control_plane, running_fleet)
    with own_valkey(folder / "valkey") as valkey, cluster.proxy:
        behind = ApiStage(folder / "ips", cluster, valkey, fault_mariadb.environment("ips_api"))
        with started(behind, django_db_blocker) as stage:
            yield stage


@pytest.fixture
def api(whole_api_stage: ApiStage, django_db_blocker: DjangoDbBlocker) -> Iterator[ApiStage]:
    """That stage, with nodes as new; afterwards everything must be well, and the rate of creates was never exceeded."""
    stage = whole_api_stage
    stage.proxy.log.clear()
    with django_db_blocker.unblock(), stage.as_own_database(), played_on(stage) as stage.seen:
        yield stage
        stage.fleet.reset()
    creates = stage.proxy.asked("create", "pods") + stage.proxy.asked("create", "jobs")
    for seconds in (1, 3):  # the bucket holds a second's worth
        if (most := most_within(seconds, creates)) > (seconds + 1) * CREATES_PER_SECOND:
            raise OverTheCap(f"{most} creates within {seconds} s")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if TALLY.kills or TALLY.freezes:
        terminalreporter.section("faults")
        for line in TALLY.lines():
            terminalreporter.write_line(line)
