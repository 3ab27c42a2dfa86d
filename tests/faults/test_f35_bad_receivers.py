"""F35: receivers that hang, drip, send a gigabyte, reset and redirect inward. No task is slower; every end is true."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.faults.stage import NODES, Stage
from tests.faults.telling import listening, messenger, none_waits, told_of
from tests.outbound.peers import Answering, peer, saying
from tests.webhooks.receivers import Receiver
from webhooks.models import Delivery, DeliveryStatus, Webhook

TASKS = 3
ALL = ["task.created", "task.started", "task.succeeded"]
GIGABYTE = 1_000_000_000


def hang(connection: socket.socket, request: bytes) -> None:
    while connection.recv(65536):
        pass


def drip(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(1)


def gigabyte(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
    for _ in range(GIGABYTE // 65536):
        connection.sendall(b"x" * 65536)


def reset(connection: socket.socket, request: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


BAD: dict[str, tuple[Answering, set[tuple[str, str]]]] = {
    "hangs": (hang, {("failed", "timeout")}),
    "drips": (drip, {("failed", "timeout")}),
    "sends a gigabyte": (gigabyte, {("delivered", "")}),
    "resets": (reset, {("failed", "unreachable"), ("failed", "bad_answer")}),
}


@contextmanager
def bad_receivers(inside: Receiver) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        urls = {name: stack.enter_context(peer(answering)).url for name, (answering, _) in BAD.items()}
        inward = stack.enter_context(peer(saying("307 Temporary Redirect", b"", f"Location: {inside.url}")))
        yield {**urls, "redirects inward": inward.url}


def run_of(stage: Stage) -> tuple[float, list[object]]:
    begun = time.monotonic()
    tasks = [stage.ask(batch_size=20, concurrency=10, parallel_batches=2) for _ in range(TASKS)]
    stage.end_of(*tasks)
    assert [(task.status, task.succeeded) for task in tasks] == [("succeeded", NODES)] * TASKS
    return time.monotonic() - begun, list(tasks)


def ends_of(webhook: Webhook) -> set[tuple[str, str]]:
    return set(webhook.deliveries.values_list("status", "code"))


@pytest.mark.timeout(600)
def test_f35_bad_receivers_slow_no_task_and_every_delivery_ends_truly(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of(stage)  # warm
    alone, _ = run_of(stage)
    with (
        Receiver() as good,
        Receiver() as inside,
        bad_receivers(inside) as bad,
        listening(good.url, *bad.values()) as (kept, *others),
        messenger(stage),
    ):
        beside, tasks = run_of(stage)
        stage.until(none_waits, "every delivery to end", 300)

        assert told_of(kept, *tasks) == sorted(ALL * TASKS)  # type: ignore[arg-type]
        assert ends_of(kept) == {(DeliveryStatus.DELIVERED, "")}
        assert len(good.told) == len(ALL) * TASKS
        for webhook, name in zip(others, bad, strict=True):
            found = ends_of(webhook)
            expected = BAD[name][1] if name in BAD else {("failed", "http_307")}
            assert found, name
            assert found <= expected | {("failed", "webhook_disabled")}, f"one that {name}: {found}"
        assert inside.told == []
        tried = Delivery.objects.filter(webhook__in=others).values_list("tried__milliseconds", flat=True)
        assert max(one for one in tried if one is not None) < 20_000  # of a second that a try has here
    with capsys.disabled():
        print(f"\n{TASKS} tasks beside {len(bad)} bad receivers took {beside / alone:.2f} × as long as alone")
