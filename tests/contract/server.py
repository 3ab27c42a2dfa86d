"""A cluster under test: its API server over HTTP, and the names that a test may use there."""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml
from django.utils.functional import cached_property

Json = dict[str, Any]
Found = TypeVar("Found")
PATIENCE = 60.0  # seconds; a real kubelet looks at a pod every 10 to 15
BUSY = (429, 500, 503, 504)  # 504: what is asked for is newer than what it has seen so far
NOBODY = "127.0.0.1:9"  # where no registry listens


@dataclass(frozen=True)
class Server:
    """One API server. `registry` is where its nodes pull from."""

    name: str
    http: httpx.Client
    registry: str
    kubeconfig: Path

    @cached_property
    def version(self) -> Json:
        return self.get("/version")

    @cached_property
    def recent(self) -> bool:
        """Behaves like 1.36 rather than like 1.20; what its kubelets say decides."""
        kubelet = self.get("/api/v1/nodes", limit=1)["items"][0]["status"]["nodeInfo"]["kubeletVersion"]
        return int(kubelet.split(".")[1]) >= 30

    @cached_property
    def nodes(self) -> list[str]:
        """The names of two Ready nodes."""
        found = self.get("/api/v1/nodes")["items"]
        return [node["metadata"]["name"] for node in found if ready(node)][:2]

    def image(self, name: str) -> str:
        """An image that the registry has, in full."""
        return f"{self.registry}/{name}"

    @property
    def small(self) -> str:
        return self.image("a/big-5:1")

    @property
    def big(self) -> str:
        return self.image("a/big-50:1")

    @property
    def missing(self) -> str:
        """An image that the registry does not have."""
        return self.image("missing/nothing:1")

    @property
    def real(self) -> bool:
        """Has real kubelets, which take their time."""
        return not self.name.startswith("simulated")

    @property
    def glance(self) -> int:
        """Seconds in which a watch tells what has happened already."""
        return 3 if self.real else 1

    @property
    def moment(self) -> int:
        """Seconds in which a node gets an image that is there already, and looks at the pod again."""
        return 12 if self.real else 2

    @property
    def helper(self) -> str:
        return self.image("ips/noop:1")

    def get(self, path: str, **query: Any) -> Json:
        """The answer, which must be 200."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        read: Json = answer.json()
        return read

    def post(self, path: str, body: Json) -> Json:
        """What was created; the answer must be 201."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        read: Json = answer.json()
        return read

    def refused(self, path: str, body: Json) -> Json:
        """The Status with which a create is refused."""
        answer = self.http.post(path, json=body)
        status: Json = answer.json()
        assert status["kind"] == "Status", status
        assert status["code"] == answer.status_code
        assert status["status"] == "Failure"
        return status

    def delete(self, path: str, **options: Any) -> httpx.Response:
        body = json.dumps({"kind": "DeleteOptions", "apiVersion": "v1", **options})
        return self.http.request("DELETE", path, content=body, headers={"Content-Type": "application/json"})

    def patch(self, path: str, patch: Json) -> Json:
        kind = {"Content-Type": "application/merge-patch+json"}
        answer = self.http.patch(path, content=json.dumps(patch), headers=kind)
        assert answer.status_code == 200, answer.text
        read: Json = answer.json()
        return read

    def watch(self, path: str, seconds: int, **query: Any) -> Iterator[Json]:
        """The lines of a watch, until the server ends it.

        One that a busy server breaks off with a wish to be asked again is begun anew, for `PATIENCE` seconds.
        """
        asked = {"watch": "1", "timeoutSeconds": seconds, **query}
        deadline = time.monotonic() + PATIENCE
        while (refusal := (yield from self._lines(path, seconds, asked))) and time.monotonic() < deadline:
            time.sleep(float((refusal.get("details") or {}).get("retryAfterSeconds") or 1))
        assert not refusal, json.dumps(refusal)

    def _lines(self, path: str, seconds: int, asked: dict[str, Any]) -> Generator[Json, None, Json | None]:
        """Yields the lines; returns the Status with which a busy server broke off, if it did."""
        with self.http.stream("GET", path, params=asked, timeout=httpx.Timeout(10.0, read=seconds + 15.0)) as answer:
            assert answer.status_code == 200, answer.read()
            for line in filter(str.strip, answer.iter_lines()):
                told: Json = json.loads(line)
                if told["type"] == "ERROR" and told["object"].get("code") in BUSY:
                    refusal: Json = told["object"]
                    return refusal
                yield told
        return None

    @contextmanager
    def namespace(self) -> Iterator[str]:
        """A namespace of a test's own, with Pod Security `restricted` and its default service account."""
        made = self.post(
            "/api/v1/namespaces",
            {
                "metadata": {
                    "generateName": "contract-",
                    "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
                    "annotations": {"ips.io/for": "contract tests"},
                }
            },
        )
        name: str = made["metadata"]["name"]
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        wait_for(lambda: self.http.get(account).status_code == 200, "the default service account")
        try:
            yield name
        finally:
            self.delete(f"/api/v1/namespaces/{name}/pods", gracePeriodSeconds=0)
            self.delete(f"/api/v1/namespaces/{name}")


def ready(node: Json) -> bool:
    """Whether the node's condition Ready is True and it is not cordoned."""
    conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
    return conditions.get("Ready") == "True" and not node["spec"].get("unschedulable")


def wait_for(look: Callable[[], Found | None], what: str, seconds: float = PATIENCE) -> Found:
    """The first truthy thing that `look` finds; fails with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for: {what}")
        time.sleep(0.05)


def connect(name: str, kubeconfig: Path, registry: str) -> Server:
    """The server that a kubeconfig's current context names."""
    config = yaml.safe_load(kubeconfig.read_text())
    context = next(one["context"] for one in config["contexts"] if one["name"] == config["current-context"])
    cluster = next(one["cluster"] for one in config["clusters"] if one["name"] == context["cluster"])
    user: Json = next((one["user"] for one in config["users"] if one["name"] == context["user"]), {})
    headers = {"Authorization": f"Bearer {user['token']}"} if user.get("token") else {}
    http = httpx.Client(
        base_url=cluster["server"],
        headers=headers,
        verify=_tls(cluster, user) if cluster["server"].startswith("https") else True,
        timeout=30.0,
        trust_env=False,
    )
    return Server(name, http, registry, kubeconfig)


def _tls(cluster: Json, user: Json) -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as folder:
        authority = _file(cluster, "certificate-authority", folder)
        context = ssl.create_default_context(cafile=authority)
        if certificate := _file(user, "client-certificate", folder):
            context.load_cert_chain(certificate, _file(user, "client-key", folder))
        return context


def _file(section: Json, key: str, folder: str) -> str | None:
    """The path of a file that a kubeconfig names, or holds as base64."""
    if encoded := section.get(f"{key}-data"):
        file = Path(folder) / key
        file.write_bytes(base64.b64decode(encoded))
        return str(file)
    named: str | None = section.get(key)
    return named
