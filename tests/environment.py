"""The environment of the tests, set before Django reads its settings (`-p tests.environment` in pyproject.toml).

`IPS_TEST_DATABASE=mysql` runs the same tests on MariaDB instead of SQLite.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import tempfile

ON_MARIADB = os.environ.get("IPS_TEST_DATABASE") == "mysql"
SCRATCH = tempfile.mkdtemp(prefix="ips-tests-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)


def free_port() -> int:
    """A port of the loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


for name in [name for name in os.environ if name.startswith("IPS_") and name != "IPS_TEST_DATABASE"]:
    del os.environ[name]
os.environ.update(
    IPS_VAR_DIR=SCRATCH,
    IPS_SECRET_KEY=secrets.token_urlsafe(48),
    IPS_JWT_KEY=secrets.token_urlsafe(48),
    IPS_VERSION="0.0.0+tests",
    IPS_CLUSTER="simulated",
    IPS_REGISTRY_CHECK="off",  # many tests want pulls of what is not there; those of the check switch it on
    # Nothing listens there until a test asks for the `valkey` fixture.
    IPS_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
)
if ON_MARIADB:
    os.environ.update(
        IPS_DB_ENGINE="mysql",
        IPS_DB_HOST="127.0.0.1",
        IPS_DB_PORT=str(free_port()),
        IPS_DB_USER="root",
        IPS_DB_PASSWORD="",
    )
