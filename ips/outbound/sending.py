"""One request over one connection to an address that the guard let pass: no redirects, no cookies, no proxy.

The standard library's client reads the answer, from a socket of ours that knows the deadline.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from ips.outbound.addresses import Address
from ips.outbound.errors import OutboundError
from ips.outbound.guard import Guard
from ips.outbound.target import Target, target_of

LIMIT_BYTES = 4096
HEAD_BYTES = 32_768  # real ones have two or three thousand; http.client would take more than six million
CHUNKED = 8  # times as many bytes come over the wire as a body has, where each byte is a chunk of its own
USER_AGENT = "ips-outbound"


@dataclass(frozen=True)
class Answer:
    """What came back. Names of headers are lower case; of several with one name the first counts.

    `listed` says that it came from a private address which a platform administrator has listed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    listed: bool = False


def send(
    method: str,
    url: str,
    *,
    guard: Guard,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limit: int = LIMIT_BYTES,
    cut: bool = False,
) -> Answer:
    """Ask once and read the whole answer, in at most so many seconds and bytes; with `cut` no more of it than that.

    A redirect is an answer like any other. Raises OutboundError, and nothing else.
    """
    deadline = time.monotonic() + seconds
    target = target_of(url)
    addresses = guard.addresses(target, seconds)
    opened = any(guard.opened(address) for address in addresses)
    try:
        with _connected(target, addresses, deadline) as raw:
            answer = _ask(raw, target, method, headers or {}, body, deadline, limit, cut)
        return replace(answer, listed=opened)
    except _TooBig as error:
        text = f"{target.host} sends more than {error}."
        raise OutboundError("too_big", text, listed=opened) from error
    except TimeoutError as error:
        raise OutboundError("timeout", f"{target.host} did not answer in time.", listed=opened) from error
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "the handshake failed"
        raise OutboundError("tls", f"No safe connection to {target.host}: {reason}.", listed=opened) from error
    except (http.client.HTTPException, ValueError) as error:
        text = f"{target.host} answers something that is not HTTP ({type(error).__name__})."
        raise OutboundError("bad_answer", text, listed=opened) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutboundError("unreachable", f"No connection to {target.host}: {reason}.", listed=opened) from error


class _TooBig(Exception):
    """More than anybody needs; the words say of what."""


class _TimedSocket:
    """What http.client needs of a socket; all that is sent and read together ends at the deadline."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw, self._deadline = raw, deadline
        self._reader = _TimedReader(raw, deadline)

    def sendall(self, data: Any) -> None:
        self._raw.settimeout(_left(self._deadline))
        self._raw.sendall(data)

    def makefile(self, mode: str, *arguments: Any) -> io.BufferedReader:
        return io.BufferedReader(self._reader)

    def head_is_over(self, limit: int) -> None:
        """From now on whoever reads says how much, but for chunks: http.client reads one of -1 bytes to its end."""
        self._reader.room = CHUNKED * limit + HEAD_BYTES
        self._reader.too_big = f"an answer of {limit:,} bytes needs"

    def close(self) -> None:
        """Whoever opened the connection closes it."""


class _TimedReader(io.RawIOBase):
    """A peer that sends a byte now and then does not keep us longer, and one that never ends not that long."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw, self._deadline = raw, deadline
        self.room = HEAD_BYTES
        self.too_big = f"{HEAD_BYTES:,} bytes of headers"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._raw.settimeout(_left(self._deadline))
        got = self._raw.recv_into(buffer)
        self.room -= got
        if self.room < 0:
            raise _TooBig(self.too_big)
        return got


def _connected(target: Target, addresses: list[Address], deadline: float) -> socket.socket:
    """To the first address that takes the connection, each in its share of the time that is left.

    To the very address that was looked at, whatever the name says by now.
    """
    last: OSError | None = None
    for number, address in enumerate(addresses):
        try:
            raw = socket.create_connection((str(address), target.port), _left(deadline) / (len(addresses) - number))
        except OSError as error:
            last = error
        else:
            return _with_tls(raw, target, deadline) if target.scheme == "https" else raw
    raise last or OSError("no address")


def _with_tls(raw: socket.socket, target: Target, deadline: float) -> ssl.SSLSocket:
    try:
        raw.settimeout(_left(deadline))
        return _tls().wrap_socket(raw, server_hostname=target.host)
    except BaseException:
        raw.close()
        raise


def _ask(
    raw: socket.socket,
    target: Target,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: float,
    limit: int,
    cut: bool,
) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    timed = _TimedSocket(raw, deadline)
    connection.sock = cast(socket.socket, timed)  # all that http.client uses of one
    connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    ours = {"Host": target.host_header, "User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    if body is not None:
        ours["Content-Length"] = str(len(body))
    for name, value in {**headers, **ours}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    timed.head_is_over(limit)
    found = response.read(limit + 1)
    if len(found) > limit and not cut:
        raise OutboundError("too_big", f"The answer of {target.host} is bigger than {limit:,} bytes.")
    told: dict[str, str] = {}
    for name, value in response.getheaders():
        told.setdefault(name.lower(), value)
    return Answer(response.status, told, found[:limit])


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The system's authorities; SSL_CERT_FILE names others."""
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
