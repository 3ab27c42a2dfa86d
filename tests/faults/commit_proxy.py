"""A proxy before MariaDB that passes commits on and then breaks the connection: done, and reported as lost."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

COMMIT = b"\x07\x00\x00\x00\x03COMMIT"  # length and number of the packet, COM_QUERY, its text
CLAIM = b"UPDATE `prewarm_batch` SET `lost_claims` = (`prewarm_batch`.`lost_claims` + "  # commits itself


class CommitProxy:
    """Listens on a port of its own; so many of a hundred commits lose their answers, and every second claim."""

    def __init__(self, server: int, chance: random.Random, percent: int) -> None:
        self.server, self.chance, self.percent = server, chance, percent
        self.broken = self.claims = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @contextmanager
    def listening(self) -> Iterator[None]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield
        finally:
            self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        """Pass everything on; the answers go back in a thread of their own, but for the last."""
        answers = threading.Thread(target=_pass, args=(server, client), daemon=True)
        answers.start()
        with suppress(OSError):
            while data := client.recv(65536):
                if self._strikes(data):
                    client.shutdown(socket.SHUT_RDWR)  # it will hear nothing more
                    self.broken += 1
                    server.sendall(data)
                    break
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _strikes(self, data: bytes) -> bool:
        if CLAIM in data:
            self.claims += 1
            return self.claims % 2 == 0
        return data == COMMIT and self.chance.randrange(100) < self.percent


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            with suppress(OSError):  # who does not listen any more does not keep the server from its work
                target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.close()
