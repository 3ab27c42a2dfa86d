"""A setting that cannot be used stops the start with a sentence that names it."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from accounts.checks import check_keys, check_proxies, refuse_to_serve
from ips.environment import envbool, envchoice, envint, envlist, envseconds, envsecret, read_assignments
from ips.supervisor.instance import Instance

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {"IPS_SECRET_KEY": secrets.token_urlsafe(48), "IPS_JWT_KEY": secrets.token_urlsafe(48)}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("IPS_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (lambda: envint("IPS_X", 1), "many", "use a whole number"),
        (lambda: envint("IPS_X", 1, at_least=1), "0", "use at least 1"),
        (lambda: envseconds("IPS_X", 1), "soon", "use a number of seconds"),
        (lambda: envseconds("IPS_X", 1, at_least=0.5), "0.1", "use at least 0.5 seconds"),
        (lambda: envseconds("IPS_X", 1), "nan", "use a number of seconds"),
        (lambda: envbool("IPS_X", False), "maybe", "use true or false"),
        (lambda: envchoice("IPS_X", "a", ("a", "b")), "c", "use one of: a, b"),
    ],
)
def test_a_bad_value_is_named_with_the_remedy(monkeypatch, read, value, says):
    monkeypatch.setenv("IPS_X", value)

    with pytest.raises(ImproperlyConfigured, match="IPS_X") as error:
        read()

    assert says in str(error.value)


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("IPS_X", "a, b,,c")

    assert envlist("IPS_X") == ["a", "b", "c"]


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("IPS_X_FILE", str(tmp_path / "key"))

    assert envsecret("IPS_X") == "from a file"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("IPS_X_FILE", str(tmp_path / "gone"))

    with pytest.raises(ImproperlyConfigured, match="IPS_X_FILE"):
        envsecret("IPS_X")


def test_an_empty_secret_file_is_not_taken_for_no_secret(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("\n")
    monkeypatch.setenv("IPS_X_FILE", str(tmp_path / "token"))

    with pytest.raises(ImproperlyConfigured, match=r"IPS_X_FILE names .*, which is empty"):
        envsecret("IPS_X")


def test_every_secret_may_come_from_a_file_and_none_is_read_as_plain_text(tmp_path):
    source = (ROOT / "ips" / "settings.py").read_text()
    secrets_read = set(re.findall(r'envsecret\("(IPS_\w+)"', source))
    for name in secrets_read:
        (tmp_path / name).write_text(f"{name} from its file, long enough\n")

    asked = run(
        "-c",
        "from django.conf import settings as s; print(s.SECRET_KEY, s.JWT_KEY, s.METRICS_TOKEN, s.REDIS_URL,"
        "s.DATABASES['default']['PASSWORD'], sep='|')",
        DJANGO_SETTINGS_MODULE="ips.settings",
        IPS_DB_ENGINE="mysql",
        **{f"{name}_FILE": str(tmp_path / name) for name in secrets_read},
    )

    assert {value.split()[0] for value in asked.stdout.split("|")} == secrets_read, asked.stderr
    assert not re.findall(r'env(?:str|list)\("(IPS_\w*(?:KEY|TOKEN|PASSWORD|SECRET|REDIS_URL)\w*)"', source)


def test_assignments_are_read_without_comments(tmp_path):
    file = tmp_path / "instance.env"
    file.write_text("# IPS_A=1\nIPS_B=2\nIPS_C=a=b \n\nnothing\n")

    assert read_assignments(file) == {"IPS_B": "2", "IPS_C": "a=b"}
    assert read_assignments(tmp_path / "gone") == {}


def test_a_trusted_proxy_that_is_no_network_stops_the_start():
    with override_settings(TRUSTED_PROXIES=["10.0.0.0/8", "192.0.2.7"]):
        assert check_proxies() == []
    with override_settings(TRUSTED_PROXIES=["10.0.0.1/8"]):
        assert ["10.0.0.1/8" in error.msg for error in check_proxies()] == [True]
        with pytest.raises(ImproperlyConfigured, match="IPS_TRUSTED_PROXIES"):
            refuse_to_serve()


class TestKeys:
    @pytest.mark.parametrize("bad", ["-", "short", "k" * 64, "abcdefghij" * 3])
    @pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_KEY"])
    def test_a_key_that_could_be_guessed_is_refused(self, name, bad):
        with override_settings(**{name: bad}):
            assert [f"IPS_{name}" in error.msg for error in check_keys()] == [True]
            with pytest.raises(ImproperlyConfigured, match=f"IPS_{name}"):
                refuse_to_serve()

    def test_one_key_for_both_is_refused(self):
        with override_settings(SECRET_KEY=GOOD["IPS_JWT_KEY"], JWT_KEY=GOOD["IPS_JWT_KEY"]):
            assert [error.id for error in check_keys()] == ["accounts.E003"]

    def test_two_good_ones_are_fine(self):
        assert check_keys() == []

    def test_the_web_process_does_not_start_without_them(self):
        refused = run("-c", "import ips.wsgi", PORT="1")

        assert refused.returncode != 0
        assert "IPS_SECRET_KEY must be at least 32 random bytes" in refused.stderr


class TestDeployment:
    def test_djangos_own_check_has_nothing_to_say_where_https_is_on(self):
        checked = run(
            *("manage.py", "check", "--deploy", "--fail-level", "INFO"),
            IPS_HTTPS="true",
            IPS_ALLOWED_HOSTS="ips.example.com",
            **GOOD,
        )

        assert checked.returncode == 0, checked.stderr

    @pytest.mark.parametrize(
        ("environment", "says"),
        [
            ({"IPS_ALLOWED_HOSTS": "localhost,ips.example.com"}, "IPS_ALLOWED_HOSTS names ips.example.com"),
            ({"IPS_ALLOWED_HOSTS": "*"}, "IPS_ALLOWED_HOSTS names *"),
            ({"IPS_WEB_ADDRESS": "0.0.0.0:8000"}, "IPS_WEB_ADDRESS is 0.0.0.0:8000"),
            ({"IPS_HTTPS": "true"}, "IPS_HTTPS is on"),
            ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "this runs in a Kubernetes cluster"),
        ],
        ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
    )
    def test_debug_pages_are_refused_where_others_could_see_them(self, environment, says):
        refused = run("manage.py", "check", IPS_DEBUG="true", **environment, **GOOD)

        assert refused.returncode != 0
        assert says in refused.stderr and "Take IPS_DEBUG away" in refused.stderr

    def test_on_ones_own_machine_they_are_there(self):
        assert run("manage.py", "check", IPS_DEBUG="true", IPS_WEB_ADDRESS="127.0.0.1:8123", **GOOD).returncode == 0

    def test_a_setting_that_contradicts_another_stops_the_start(self):
        refused = run("manage.py", "check", IPS_LEASE_SECONDS="6", **GOOD)

        assert refused.returncode != 0
        assert "IPS_LEASE_SECONDS" in refused.stderr

    def test_mysql_is_a_matter_of_the_environment(self):
        asked = run(
            "-c",
            "from django.conf import settings; database = settings.DATABASES['default'];"
            "print(database['ENGINE'], database['HOST'], database['NAME'])",
            DJANGO_SETTINGS_MODULE="ips.settings",
            IPS_DB_ENGINE="mysql",
            IPS_DB_HOST="db.example.com",
            **GOOD,
        )

        assert asked.stdout.split() == ["django.db.backends.mysql", "db.example.com", "ips"]


class TestTheInstanceOfAPort:
    def test_a_command_without_settings_speaks_to_the_instance_of_its_port(self, tmp_path):
        self.instance(tmp_path, IPS_PULL_NAMESPACE="from-the-instance")

        asked = self.namespace(tmp_path)

        assert asked == "from-the-instance"

    def test_a_command_with_settings_of_its_own_does_not(self, tmp_path):
        self.instance(tmp_path, IPS_PULL_NAMESPACE="from-the-instance")

        assert self.namespace(tmp_path, IPS_LOG_LEVEL="INFO") == "ips-pull"

    def test_nothing_is_made_up_beside_a_secret_that_a_file_holds(self, tmp_path, monkeypatch):
        for name in [name for name in os.environ if name.startswith("IPS_")]:
            monkeypatch.delenv(name)
        for name in ("IPS_JWT_KEY", "IPS_REDIS_URL"):
            monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
        monkeypatch.setenv("IPS_VAR_DIR", str(tmp_path))
        instance = Instance(1)

        environment = instance.write_environment({"IPS_CLUSTER": "kubeconfig"})

        assert environment.keys().isdisjoint({"IPS_JWT_KEY", "IPS_REDIS_URL"})
        assert not instance.embeds_valkey
        assert len(environment["IPS_SECRET_KEY"]) >= 32

    def instance(self, root: Path, **settings: str) -> None:
        (root / "instance.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def namespace(self, root: Path, **environment: str) -> str:
        code = (
            "import pathlib, ips.environment as e; e.read_instance(pathlib.Path.cwd());"
            "print(e.envstr('IPS_PULL_NAMESPACE', 'ips-pull'))"
        )
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IPS_")}
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**clean, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
