"""Settings from the environment: typed, and loud when wrong.

A value that cannot be used stops the start with one sentence that names the variable.
"""

from __future__ import annotations

import math
import os
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


taken_over: set[str] = set()


def read_instance(directory: Path) -> None:
    """Take over `instance.env` of a started instance when the environment names no `IPS_*` of its own.

    So `manage.py prewarm …` typed beside a running `make run` speaks to that instance. One `NAME=value` a line,
    `#` starts a comment, no quoting. `taken_over` says which names came from there.
    """
    if any(name.startswith("IPS_") for name in os.environ):
        return
    for name, value in read_assignments(directory / "instance.env").items():
        os.environ[name] = value
        taken_over.add(name)


def read_assignments(file: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file; none when it is not there or not ours to read."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def envstr(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def envchoice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = envstr(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; use one of: {', '.join(choices)}.")
    return value


def envbool(name: str, default: bool) -> bool:
    value = os.environ.get(name, str(default)).lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use true or false.")


def envint(name: str, default: int, *, at_least: int = 0) -> int:
    value = os.environ.get(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number.") from None
    if number < at_least:
        raise ImproperlyConfigured(f"{name} is {number}; use at least {at_least}.")
    return number


def envseconds(name: str, default: float, *, at_least: float = 0.0) -> float:
    value = os.environ.get(name, str(default))
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise ImproperlyConfigured(f"{name} is {value!r}; use a number of seconds.")
    if seconds < at_least:
        raise ImproperlyConfigured(f"{name} is {seconds:g}; use at least {at_least:g} seconds.")
    return seconds


def envzone(name: str, default: str) -> str:
    """A time zone by its IANA name."""
    value = envstr(name, default)
    if value not in available_timezones():
        raise ImproperlyConfigured(f"{name} is {value!r}; use a name like Europe/Berlin or UTC.")
    return value


def envlist(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in envstr(name, default).split(",") if part.strip()]


def envnetworks(name: str, default: str = "") -> list[str]:
    """Networks like 10.0.0.0/8, separated by commas."""
    networks = envlist(name, default)
    for text in networks:
        try:
            ip_network(text)
        except ValueError as wrong:
            raise ImproperlyConfigured(f"{name} names {text!r}, which is no network: {wrong}.") from None
    return networks


def envwaits(name: str, default: str) -> list[float]:
    """Seconds to wait, one after the other, separated by commas."""
    try:
        waits = [float(text) for text in envlist(name, default)]
    except ValueError:
        waits = [math.nan]
    if not all(math.isfinite(seconds) and seconds >= 0 for seconds in waits):
        raise ImproperlyConfigured(f"{name} is {envstr(name, default)!r}; use seconds, like 5,60,300.")
    return waits


def envsecret(name: str, default: str = "") -> str:
    """A secret, from `NAME` or from the file that `NAME_FILE` names (as Kubernetes mounts secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return envstr(name, default)
    try:
        secret = Path(file).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file!r}, which cannot be read: {error.strerror}.") from error
    if not secret:  # taken for no secret, it would leave a door open
        raise ImproperlyConfigured(f"{name}_FILE names {file!r}, which is empty.")
    return secret
