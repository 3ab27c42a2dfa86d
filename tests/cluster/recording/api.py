"""An API server, asked as its administrator over HTTP: answers are wanted whole, and watches."""

import json
import ssl
import threading
from collections.abc import Callable
from typing import Any

import httpx

from tests.cluster.machine.cluster import Cluster

Json = dict[str, Any]


class Api:
    """Creates, deletes, lists and watches in this cluster."""

    def __init__(self, cluster: Cluster) -> None:
        files = cluster.certificates
        tls = ssl.create_default_context(cafile=str(files.file("ca.crt")))
        tls.load_cert_chain(str(files.file("admin.crt")), str(files.file("admin.key")))
        self.http = httpx.Client(base_url=cluster.version.api, verify=tls, timeout=30)

    def create(self, path: str, body: Json, **headers: str) -> tuple[int, Json]:
        """The status code and the answer, whatever it is."""
        answer = self.http.post(path, json=body, headers=headers)
        return answer.status_code, answer.json()

    def make(self, path: str, body: Json) -> Json:
        """Create what must not be refused; what is there already is left."""
        code, answer = self.create(path, body)
        if code not in (200, 201, 409):
            raise RuntimeError(f"{path}: {code} {answer}")
        return answer

    def get(self, path: str, **query: str) -> Json:
        answer: Json = self.http.get(path, params=query).raise_for_status().json()
        return answer

    def delete(self, path: str) -> None:
        answer = self.http.delete(path)
        if answer.status_code not in (200, 202, 404):
            answer.raise_for_status()

    def watch(self, path: str, take: Callable[[str, Json], None], stop: threading.Event) -> threading.Thread:
        """Call `take` with every line from now on, until the process ends or `stop` is set and a line comes."""
        version = self.get(path)["metadata"]["resourceVersion"]

        def follow() -> None:
            query = {"watch": "true", "resourceVersion": version}
            with self.http.stream("GET", path, params=query, timeout=None) as lines:
                for line in lines.iter_lines():
                    if stop.is_set():
                        return
                    event = json.loads(line)
                    take(event["type"], event["object"])

        thread = threading.Thread(target=follow, name=path, daemon=True)
        thread.start()
        return thread
