"""What can lie between a node and a registry."""

import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.recording import images_as_told as told
from tests.cluster.recording.case import Case
from tests.cluster.recording.node_changes import asking, reach
from tests.cluster.recording.recorder import Recorder
from tests.cluster.recording.registry_as_told import RegistryAsTold
from tests.cluster.recording.resolver_as_told import BROKEN, SILENT, UNKNOWN, ResolverAsTold

RESOLVER = "127.0.0.99"
# The last digits of the ports that only recordings use.
TRUSTED_BY_NOBODY, PLAIN_ASKED_BY_TLS, SILENT_TLS, FULL_BACKLOG = PORTS = 61, 62, 63, 64


def record(recorder: Recorder) -> None:
    version, node = recorder.stage.version, recorder.stage.cluster.node(2)
    addresses = {last: f"127.0.0.1:{version.port(last)}" for last in PORTS}
    for address in addresses.values():
        reach(node, address, "https")
    refused = Case("refused", "nobody listens there", (f"{version.silent_registry}/a/x:1",), node=node.name)
    with (
        RegistryAsTold(addresses[TRUSTED_BY_NOBODY], certificate(recorder)) as strange,
        RegistryAsTold(addresses[PLAIN_ASKED_BY_TLS]) as plain,
    ):
        image = told.random_data()
        recorder.record(
            refused,
            Case("unknown-authority", "https, an unknown CA", (strange.has("a/x", image),), node=node.name),
            Case("plain-http", "asked by https, answers http", (plain.has("a/x", image),), node=node.name),
        )
    with silent_listener(addresses[SILENT_TLS]), full_backlog(addresses[FULL_BACKLOG]):
        recorder.record(
            Case("tls-timeout", "accepts and says nothing", (f"{addresses[SILENT_TLS]}/a/x:1",), node=node.name),
            Case("dial-timeout", "never accepts", (f"{addresses[FULL_BACKLOG]}/a/x:1",), node=node.name, seconds=150),
        )
    with (
        tempfile.TemporaryDirectory() as scratch,
        ResolverAsTold(RESOLVER),
        asking(node, RESOLVER, Path(scratch)),
    ):
        names = {"name-unknown": UNKNOWN, "name-server-fails": BROKEN, "name-server-silent": SILENT}
        for name, host in names.items():
            how = f"the node's name server does so for {host}"
            recorder.record(Case(name, how, (f"{host}/a/x:1",), node=node.name, seconds=150))


def certificate(recorder: Recorder) -> ssl.SSLContext:
    """A server certificate of an authority that no node's runtime trusts: the cluster's own."""
    certificates = recorder.stage.cluster.certificates
    certificates.issue("registry-as-told", "/CN=registry", "IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.file("registry-as-told.crt"), certificates.file("registry-as-told.key"))
    return context


@contextmanager
def silent_listener(address: str) -> Iterator[None]:
    """Accepts connections, in the kernel, and never reads."""
    with listening(address, 128):
        yield


@contextmanager
def full_backlog(address: str) -> Iterator[None]:
    """Its queue is full: Linux drops what else asks to connect."""
    with listening(address, 0):
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(split(address))
        try:
            yield
        finally:
            for one in queued:
                one.close()


@contextmanager
def listening(address: str, backlog: int) -> Iterator[None]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(split(address))
        listener.listen(backlog)
        yield


def split(address: str) -> tuple[str, int]:
    host, port = address.split(":")
    return host, int(port)
