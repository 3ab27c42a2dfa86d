"""The stage with a secret in every place that takes one: keys, passwords of database and Redis, tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from django.test import override_settings
from redis import Redis
from redis.exceptions import RedisError

from tests.environment import free_port
from tests.faults.canaries.secret import Secret, canary
from tests.faults.part import Part
from tests.faults.stage import MANAGE, Stage, StageCluster
from tests.faults.telling import TIMES
from tests.processes import MariaDB, Server, Valkey
from tests.simulator import Simulated


class LockedValkey(Valkey):
    """A Valkey with a password."""

    def __init__(self, directory: Path, password: str) -> None:
        super().__init__(free_port(), directory)
        self.password = password
        self.command += ["--requirepass", password]
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        if not Server._answers(self):
            return False
        try:
            with Redis.from_url(self.url, socket_timeout=1) as asked:
                return bool(asked.ping())
        except RedisError:
            return False


class WithToken:
    """A cluster whose kubeconfig has a token of ours."""

    def __init__(self, folder: Path, cluster: Simulated, token: str) -> None:
        self.cluster, self.administrator = cluster, cluster.administrator
        self.kubeconfig = folder / "kubeconfig"
        document = yaml.safe_load(cluster.kubeconfig.read_text())
        document["users"] = [{"name": user["name"], "user": {"token": token}} for user in document["users"]]
        self.kubeconfig.write_text(json.dumps(document))
        self.pods, self.jobs = cluster.pods, cluster.jobs


class CanaryStage(Stage):
    """`given` are the secrets of its environment."""

    def __init__(self, folder: Path, cluster: Simulated, server: MariaDB) -> None:
        names = ("secret-key", "jwt-key", "metrics-token", "database-password", "redis-password", "kubeconfig-token")
        given = {name: canary(name) for name in names}
        self.given = [Secret(name, text) for name, text in given.items()]
        self.server = server
        folder.mkdir()
        (folder / "valkey").mkdir()
        _let_in(server, "canary", given["database-password"])
        database = server.environment("ips_canaries")
        database |= {"IPS_DB_USER": "canary", "IPS_DB_PASSWORD": given["database-password"]}
        keys = {
            "IPS_SECRET_KEY": given["secret-key"],
            "IPS_JWT_KEY": given["jwt-key"],
            "IPS_METRICS_TOKEN": given["metrics-token"],
            "IPS_CHAT_HOSTS": "127.0.0.1",
            "IPS_CHAT_WAITS": "0.2",
            "IPS_LOG_LEVEL": "DEBUG",  # the most that anybody could have it say
            **TIMES,
        }
        valkey = LockedValkey(folder / "valkey", given["redis-password"])
        locked: StageCluster = WithToken(folder, cluster, given["kubeconfig-token"])
        super().__init__(folder / "ips", locked, valkey, {**database, **keys})
        messenger = [*MANAGE, "runworker", "deliveries"]
        self.parts["messenger"] = self._part("messenger", *messenger, says_when_up=b"a worker starts")

    @contextmanager
    def running(self) -> Iterator[None]:
        self.server.make_database("ips_canaries")
        self.valkey.start()
        with self.as_own_database(), override_settings(JWT_KEY=self.environment["IPS_JWT_KEY"]):
            self.start()
            try:
                yield
            finally:
                self.stop()
                self.valkey.stop()

    def command(self, *words: str) -> Part:
        """A command as somebody types it; what it prints is a log of its own."""
        return Part(f"manage-{'-'.join(words[:2])}", [*MANAGE, *words], dict(self.environment), self.logs)


def _let_in(server: MariaDB, name: str, password: str) -> None:
    server.run_sql(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{password}'")
    server.run_sql(f"GRANT ALL ON *.* TO {name}@'127.0.0.1'")
