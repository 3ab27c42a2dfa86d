"""A request that goes out on a user's word, and what the other end may try."""

from __future__ import annotations

import socket
import threading
import time
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from ips.outbound import Guard, OutboundError, send, sending
from ips.outbound.addresses import Address
from tests.outbound.peers import Answering, certificate, peer, saying

LOOPBACK = Guard(listed=(ip_network("127.0.0.0/8"), ip_network("::1/128")))


def fails(url: str, guard: Guard = LOOPBACK, seconds: float = 20.0, **more: int) -> OutboundError:
    with pytest.raises(OutboundError) as error:
        send("GET", url, guard=guard, seconds=seconds, **more)
    return error.value


def test_an_answer_is_told_as_it_came() -> None:
    with peer(saying("200 OK", b"hello", "X-What: first", "X-What: second")) as other:
        answer = send("GET", f"{other.url}path?query=1", guard=LOOPBACK, seconds=20)

    assert (answer.status, answer.body, answer.headers["x-what"]) == (200, b"hello", "first")
    head = other.asked[0].decode().splitlines()
    assert head[0] == "GET /path?query=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{other.port}" in head
    assert not [line for line in head if line.startswith(("Cookie", "Authorization"))]


def test_what_is_sent_arrives_with_its_headers() -> None:
    with peer(saying("204 No Content")) as other:
        send("POST", other.url, guard=LOOPBACK, seconds=20, headers={"X-Signature": "abc"}, body=b"{}")

    assert b"X-Signature: abc" in other.asked[0]
    assert b"Content-Length: 2" in other.asked[0]


def test_a_header_cannot_carry_another_one() -> None:
    with peer(saying("200 OK")) as other, pytest.raises(OutboundError):
        send("GET", other.url, guard=LOOPBACK, seconds=20, headers={"X-A": "b\r\nHost: other"})

    assert other.asked == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_an_answer_and_not_followed(status: str) -> None:
    with peer(saying("200 OK", b"secret")) as inside:
        with peer(saying(status, b"", f"Location: {inside.url}")) as other:
            answer = send("GET", other.url, guard=LOOPBACK, seconds=20)

        assert answer.status == int(status[:3])
        assert inside.asked == []


def test_a_private_address_is_not_even_connected_to() -> None:
    with peer(saying("200 OK", b"secret")) as inside:
        assert fails(inside.url, Guard()).kind == "refused"
        assert fails(f"http://localhost:{inside.port}/", Guard()).kind == "refused"
        assert fails(f"http://[::ffff:127.0.0.1]:{inside.port}/", Guard()).kind == "refused"

        assert inside.asked == []


def test_a_name_that_changes_its_address_meanwhile_leads_to_the_one_that_was_looked_at() -> None:
    """DNS rebinding: whoever asked once and then connected by name would get the second answer."""
    answers = ["127.0.0.1", "127.0.0.2"]

    def rebinding(name: str, seconds: float) -> list[Address]:
        return [ip_address(answers.pop(0))]

    with peer(saying("200 OK", b"public")) as public:
        guard = Guard(listed=(ip_network("127.0.0.1/32"),), resolver=rebinding)
        answer = send("GET", f"http://rebind.example:{public.port}/", guard=guard, seconds=20)

        assert answer.body == b"public"
        assert b"Host: rebind.example" in public.asked[0]
        assert answers == ["127.0.0.2"]  # asked once
        assert fails(f"http://rebind.example:{public.port}/", guard).kind == "refused"


def test_the_second_address_is_tried_when_the_first_takes_no_connection() -> None:
    with peer(saying("200 OK", b"here"), host="127.0.0.1") as other:
        guard = Guard(LOOPBACK.listed, resolver=lambda *_: [ip_address("127.0.0.77"), ip_address("127.0.0.1")])

        assert send("GET", f"http://two.example:{other.port}/", guard=guard, seconds=20).body == b"here"


def drip(before: bytes, piece: bytes, stop: threading.Event) -> Answering:
    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(before)
        while not stop.wait(0.05):
            connection.sendall(piece)

    return answer


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b""),
    ],
)
def test_one_that_drips_is_left_at_the_deadline(before: bytes, piece: bytes) -> None:
    stop = threading.Event()
    begun = time.monotonic()
    with peer(drip(before, piece, stop)) as other:
        error = fails(other.url, seconds=0.5)
        stop.set()

    assert error.kind == "timeout"
    assert time.monotonic() - begun < 20  # each piece alone would have kept a socket's own time limit from ending it


def test_one_that_takes_the_connection_and_says_nothing_in_tls_is_left_at_the_deadline() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        assert fails(f"https://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.5).kind == "timeout"


def endless(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def test_an_answer_that_is_too_big_is_not_read_to_its_end() -> None:
    with peer(endless) as other:
        assert fails(other.url, limit=100_000).kind == "too_big"
    with peer(saying("200 OK", b"x" * 1001)) as other:
        assert fails(other.url, limit=1000).kind == "too_big"
        assert len(send("GET", other.url, guard=LOOPBACK, seconds=20, limit=1001).body) == 1001


@pytest.mark.parametrize(
    "words",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 900) for number in range(50)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n" + (b" " + b"x" * 900 + b"\r\n") * 50 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3000 + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["many", "folded", "never the last"],
)
def test_headers_that_are_too_big_are_not_read_to_their_end(words: bytes) -> None:
    with peer(lambda connection, _: connection.sendall(words)) as other:
        assert fails(other.url).kind == "too_big"


@pytest.mark.parametrize("words", [b"-1\r\n", b"0\r\nX-Trailer: "], ids=["of less than nothing", "never the last"])
@pytest.mark.parametrize("cut", [False, True])
def test_chunks_are_no_way_to_fill_the_memory_or_the_time(words: bytes, cut: bool) -> None:
    sent: list[int] = []

    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + words)
        for _ in range(1024):
            connection.sendall(b"x" * 65_000 + b"\r\n")
            sent.append(65_002)

    with peer(answer) as other:
        assert fails(other.url, cut=cut).kind == "too_big"
        assert sum(sent) < 32_000_000, "as much as was offered, less what sockets buffer"


def test_an_answer_in_chunks_of_a_byte_is_read() -> None:
    pieces = b"".join(b"1\r\n%c\r\n" % letter for letter in b"abc" * 1000)
    words = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    with peer(lambda connection, _: connection.sendall(words)) as other:
        assert send("GET", other.url, guard=LOOPBACK, seconds=20).body == b"abc" * 1000


def test_a_packed_answer_is_not_unpacked() -> None:
    """Ten kilobytes may be ten gigabytes when unpacked."""
    with peer(saying("200 OK", b"\x1f\x8b packed", "Content-Encoding: gzip")) as other:
        assert send("GET", other.url, guard=LOOPBACK, seconds=20).body == b"\x1f\x8b packed"


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"-ERR unknown command\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_not_http_is_told(words: bytes) -> None:
    with peer(lambda connection, _: connection.sendall(words)) as other:
        assert fails(other.url).kind == "bad_answer"


def test_nobody_there_is_told() -> None:
    with peer(saying("200 OK")) as other:
        pass

    assert fails(other.url).kind == "unreachable"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(saying("200 OK", b"proxy")) as proxy, peer(saying("200 OK", b"direct")) as other:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        assert send("GET", other.url, guard=LOOPBACK, seconds=20).body == b"direct"


class TestTls:
    def test_a_certificate_that_nobody_knows_is_refused(self, tmp_path: Path) -> None:
        with peer(saying("200 OK"), key=certificate(tmp_path, "safe.example")) as other:
            error = fails(f"https://safe.example:{other.port}/", SAFE)

        assert (error.kind, error.listed) == ("tls", True)
        assert "self-signed" in error.message
        assert other.asked == []

    def test_a_known_one_counts_for_its_name_only(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        key = certificate(tmp_path, "safe.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(key))
        sending._tls.cache_clear()
        try:
            with peer(saying("200 OK", b"safe"), key=key) as other:
                safe = send("GET", f"https://safe.example:{other.port}/", guard=SAFE, seconds=20)
                error = fails(f"https://other.example:{other.port}/", SAFE)
        finally:
            sending._tls.cache_clear()

        assert safe.body == b"safe"
        assert error.kind == "tls"

    def test_a_server_without_tls_is_told(self) -> None:
        with peer(saying("200 OK")) as other:
            assert fails(f"https://127.0.0.1:{other.port}/").kind == "tls"


SAFE = Guard(LOOPBACK.listed, resolver=lambda *_: [ip_address("127.0.0.1")])
