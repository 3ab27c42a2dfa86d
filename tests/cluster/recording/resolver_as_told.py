"""A name server on loopback that knows no name, fails, or stays silent."""

import socket
import threading
from types import TracebackType

NO_SUCH_NAME, SERVER_FAILURE = 3, 2
UNKNOWN, BROKEN, SILENT = "nowhere.example", "broken.example", "silent.example"
ANSWERS = {UNKNOWN: NO_SUCH_NAME, BROKEN: SERVER_FAILURE}  # to anything else it says nothing


class ResolverAsTold:
    """Listens for questions over UDP (RFC 1035 §4) at an address of loopback, port 53."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._socket.settimeout(0.5)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="resolver", daemon=True)

    def __enter__(self) -> "ResolverAsTold":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                question, sender = self._socket.recvfrom(1024)
            except TimeoutError:
                continue
            code = ANSWERS.get(name_of(question))
            if code is not None:
                # response, recursion desired and available; the question is repeated, nothing is answered
                end = question.index(b"\0", 12) + 5
                header = question[:2] + bytes([0x81, 0x80 | code]) + b"\0\1\0\0\0\0\0\0"
                self._socket.sendto(header + question[12:end], sender)


def name_of(question: bytes) -> str:
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower()
