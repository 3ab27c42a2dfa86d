"""A receiver to try things out with: it checks signatures as any receiver should, and prints what it hears."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from webhooks.signing import signed

TOLERANCE_SECONDS = 300
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Heard:
    """One request: what is wrong with it, if anything is; and whether its id was heard before."""

    id: str
    body: bytes
    problem: str
    again: bool


def problem_with(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str:
    """Why this request is not believed, or an empty text: the signature is another's, or it is too old."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (stamp.isascii() and stamp.isdigit()):
        return "It has no webhook-id or webhook-timestamp."
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return f"It was sent more than {TOLERANCE_SECONDS} s ago, or our clocks differ."
    expected = signed([secret], message_id, int(stamp), body)
    offered = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in offered):
        return "No signature is of this secret."
    return ""


def receive(host: str, port: int, secret: str, tell: Callable[[Heard], None], status: int = 200) -> ThreadingHTTPServer:
    """Listen, and tell of each request. What is not believed is answered 401, the rest with `status`."""
    seen: set[str] = set()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MOST_BYTES:
                self.send_error(413)
                return
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            problem = problem_with(headers, body, secret, time.time()) if secret else ""
            with lock:
                message_id = headers.get("webhook-id", "")
                tell(Heard(message_id, body, problem, message_id in seen))
                seen.add(message_id)
            self.send_response(401 if problem else status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Only what `tell` says is printed."""

    return ThreadingHTTPServer((host, port), Handler)


def shown(heard: Heard) -> str:
    """One line for a terminal, and the body below it."""
    state = f"REFUSED: {heard.problem}" if heard.problem else "heard again" if heard.again else "ok"
    try:
        body = json.dumps(json.loads(heard.body), ensure_ascii=False, indent=2)
    except ValueError:
        body = base64.b64encode(heard.body[:200]).decode()
    return f"{heard.id or '-'}  {state}\n{body}"
