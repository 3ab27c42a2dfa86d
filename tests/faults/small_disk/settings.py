"""ips.settings, with a SQLite whose disk a test can make full."""

from ips.settings import *  # noqa: F403 - a settings module is what it names
from ips.settings import DATABASES

DATABASES["default"]["ENGINE"] = "tests.faults.small_disk"
