"""Whatever may be at the other end: servers on the loopback that answer as a test says."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Answering = Callable[[socket.socket, bytes], None]


class Peer:
    """Reads a request's head, then lets `answering` do what it likes with the connection; `asked` are the heads."""

    def __init__(self, answering: Answering, host: str = "127.0.0.1", key: Path | None = None) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family)
        self._listener.bind((host, 0))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.asked: list[bytes] = []
        self._answering = answering
        self._tls = None
        if key:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(key)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        try:
            connection = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
        except OSError:
            return
        with connection:
            try:
                while b"\r\n\r\n" not in head:
                    if not (piece := connection.recv(65536)):
                        return
                    head += piece
                    if head.startswith(b"\x16"):  # the hello of TLS, which a plain web server answers in its own words
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                        return
                self.asked.append(head)
                self._answering(connection, head)
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # or a thread that waits in accept would take one more
        self._listener.close()


@contextmanager
def peer(answering: Answering, host: str = "127.0.0.1", key: Path | None = None) -> Iterator[Peer]:
    """With a `key` (and certificate) it speaks TLS."""
    one = Peer(answering, host, key)
    try:
        yield one
    finally:
        one.close()


def saying(status: str, body: bytes = b"", *headers: str) -> Answering:
    """Answer every request like this."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])

    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head.encode() + b"\r\n\r\n" + (b"" if request.startswith(b"HEAD") else body))

    return answer


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate for this host, signed by itself, in one file."""
    key, signed, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    names = ["-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*made, *names, "-keyout", key, "-out", signed], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both
