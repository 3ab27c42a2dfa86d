"""Where the evil entrypoint leaves its marks: a datagram socket that the nodes' pods can reach."""

import socket
import threading

from tests.cluster.machine.images import MARK_PORT


class Marks:
    """Collects what entrypoints say about themselves. In every test but one it must stay empty."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("0.0.0.0", MARK_PORT))
        self._socket.settimeout(0.5)
        self._ended = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="marks", daemon=True)
        self._listener.start()

    def close(self) -> None:
        self._ended.set()
        self._listener.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                text, sender = self._socket.recvfrom(1024)
            except TimeoutError:
                continue
            self.seen.append(f"{text.decode(errors='replace')} ({sender[0]})")
