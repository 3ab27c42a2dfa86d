"""gunicorn's threads, of which nobody who sends slowly keeps one.

Whoever sends half a request and waits holds a thread, and eight of them the whole process; no setting of gunicorn's
ends that.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

SENT_WITHIN_SECONDS = 20.0


class ImpatientWorker(ThreadWorker):
    """A request must have been sent whole within some seconds; how long its answer takes is another matter."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._since: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def murder_pending(self) -> None:
        """Called about once a second: here connections that are waited for in vain are closed."""
        super().murder_pending()
        long_ago = time.monotonic() - SENT_WITHIN_SECONDS
        for conn, since in list(self._since.items()):
            if since < long_ago:
                with contextlib.suppress(OSError):  # closed meanwhile
                    conn.sock.shutdown(socket.SHUT_RD)  # who has sent all does not notice
