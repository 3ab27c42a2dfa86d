"""Whoever sends half a request and waits does not keep everybody else out."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.environment import free_port
from tests.processes import wait_until

THREADS = 2
HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-"
BODY = (
    b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n{"
)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a web process that has two threads."""
    port = free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:ips.web_server", "ips.wsgi"],
        env={
            **os.environ,
            "IPS_VAR_DIR": str(tmp_path),
            "IPS_SECRET_KEY": secrets.token_urlsafe(48),
            "IPS_JWT_KEY": secrets.token_urlsafe(48),
            "IPS_WEB_ADDRESS": f"127.0.0.1:{port}",
            "IPS_WEB_THREADS": str(THREADS),
        },
    )
    try:
        wait_until(lambda: answers(port), "the web process", 60)
        yield port
    finally:
        web.terminate()
        web.wait(60)


def test_half_a_request_keeps_nobody_out_for_long(port: int) -> None:
    with ExitStack() as connections:
        for half in (HEAD, BODY):
            slow = connections.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(half)

        wait_until(lambda: answers(port), "an answer in spite of those who send nothing more", 110)


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
