"""A web server that remembers what it is told, and answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Told:
    """One request as it arrived; names of headers are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answers = tuple[int, bytes, dict[str, str]]


class Receiver:
    """Answers 200 and nothing, until `says` says otherwise; `told` are the requests in their order."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._says: Callable[[Told], Answers] = lambda told: (200, b"", {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = Told(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                outer.told.append(told)
                status, answer, headers = outer._says(told)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._says = lambda told: (status, body, named)

    def answers(self, how: Callable[[Told], Answers]) -> None:
        self._says = how

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
