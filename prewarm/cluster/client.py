"""One API server: requests with time limits, lists in pages, watches over raw JSON.

The official client brings configuration, credentials and the connection pool; bodies are plain dicts, because its
models cost more time and memory than all the rest of a turn.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlencode

import orjson
from django.conf import settings

from prewarm.cluster import official
from prewarm.cluster.errors import (
    AlreadyThere,
    ClusterBusy,
    ClusterError,
    ClusterUnreachable,
    NotConfigured,
    Refused,
    ResourceExpired,
)

log = logging.getLogger(__name__)

PAGE = 250
CONNECTIONS = 24
LONGEST_WAIT_SECONDS = 15.0
CREDENTIALS_AGAIN_SECONDS = 1.0

BRIEF = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"  # Kubernetes 1.15

Json = dict[str, Any]


class Watched(NamedTuple):
    """One line of a watch: ADDED, MODIFIED, DELETED or BOOKMARK, and the object."""

    kind: str
    object: Json


class _Request(NamedTuple):
    """What to send; `read` is how many seconds the answer, or the next piece of a stream, may take."""

    method: str
    path: str
    query: Mapping[str, Any] | None
    body: Json | None
    read: float
    stream: bool = False
    allowed: Callable[[], bool] | None = None
    brief: bool = False  # an object in the answer is told without spec and status, where the API server can


class Cluster:
    """A connection to the configured cluster. Safe for threads; not for processes that fork after it was made."""

    def __init__(self, connections: int = CONNECTIONS) -> None:
        self._connections = connections
        self._credentials = threading.Lock()
        self._connect()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Json:
        return self._json("GET", path, query)

    def post(self, path: str, body: Json) -> Json:
        return self._json("POST", path, None, body)

    def create(self, path: str, body: Json, allowed: Callable[[], bool]) -> str:
        """Create; the uid. What is not `allowed` any more when its credentials are found, perhaps anew, is not sent."""
        asked = _Request("POST", path, None, body, settings.API_READ_SECONDS, allowed=allowed, brief=True)
        return str(self._answer_of(asked)["metadata"]["uid"])

    def put(self, path: str, body: Json) -> Json:
        return self._json("PUT", path, None, body)

    def find(self, path: str) -> Json | None:
        """The object at this path, or None when the API server says 404."""
        try:
            return self.get(path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def time(self) -> datetime | None:
        """What time it is at the API server, to the second; None when its answers do not say."""
        response = self._send(_Request("GET", "/version", None, None, settings.API_READ_SECONDS))
        try:
            return parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return None

    def delete(self, path: str, *, uid: str, background: bool = False) -> bool:
        """Delete the object of this uid and no other of its name. False when it was gone already.

        Raises AlreadyThere when another object has the name now.
        """
        body: Json = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"uid": uid},
            "gracePeriodSeconds": 0,
        }
        if background:
            body["propagationPolicy"] = "Background"
        try:
            self._answer_of(_Request("DELETE", path, None, body, settings.API_READ_SECONDS, brief=True))
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[tuple[list[Json], str]]:
        """A whole list, 250 objects a page, each with the resourceVersion of the list. Raises ResourceExpired."""
        token = ""
        while True:
            asked = {**(query or {}), "limit": PAGE} | ({"continue": token} if token else {})
            page = self.get(path, asked)
            metadata = page.get("metadata") or {}
            yield page.get("items") or [], metadata.get("resourceVersion") or ""
            token = metadata.get("continue") or ""
            if not token:
                return

    def watch(self, path: str, query: Mapping[str, Any], resource_version: str, seconds: int) -> Iterator[Watched]:
        """Follow changes for some seconds; ends by itself, then watch again from the last resourceVersion seen.

        The read time-out lies behind the server's own end, so that a half-open connection cannot hang. Raises
        ResourceExpired when the version is too old, ClusterUnreachable when the stream breaks.
        """
        asked = {
            **query,
            "watch": "1",
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": seconds,
        }
        response = self._send(_Request("GET", path, asked, None, seconds + settings.API_READ_SECONDS, stream=True))
        try:
            if response.status != 200:
                self._fail(response.status, response.headers, response.read())
            yield from self._lines(response)
        except (ResourceExpired, ClusterUnreachable, Refused):
            raise
        except Exception as error:  # urllib3 has a dozen kinds; here they all mean that the stream broke
            raise ClusterUnreachable(f"the watch broke: {error}") from error
        finally:
            response.close()
            response.release_conn()

    def _lines(self, response: Any) -> Iterator[Watched]:
        rest = b""
        for chunk in response.stream(65536, decode_content=True):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if not line.strip():
                    continue
                entry = orjson.loads(line)
                if entry["type"] == "ERROR":
                    status = entry["object"]
                    self._fail(int(status.get("code") or 500), {}, orjson.dumps(status))
                yield Watched(entry["type"], entry["object"])

    def _json(self, method: str, path: str, query: Mapping[str, Any] | None, body: Json | None = None) -> Json:
        return self._answer_of(_Request(method, path, query, body, settings.API_READ_SECONDS))

    def _answer_of(self, request: _Request) -> Json:
        response = self._send(request)
        if response.status >= 300:
            self._fail(response.status, response.headers, response.data)
        try:
            answer: Json = orjson.loads(response.data)
        except orjson.JSONDecodeError as error:
            raise ClusterUnreachable(f"{request.method} {request.path}: the answer is no JSON") from error
        return answer

    def _connect(self) -> None:
        """Read the configuration and its credentials as they are now. Raises NotConfigured."""
        self._api, self.server = official.connect(self._connections)
        self._connected = time.monotonic()

    def _credentials_anew(self) -> bool:
        """After a 401: tokens in files are replaced from time to time. False when they were read just now."""
        with self._credentials:
            if time.monotonic() - self._connected < CREDENTIALS_AGAIN_SECONDS:
                return False
            try:
                self._connect()
            except NotConfigured as error:  # half written, perhaps: the next 401 looks again
                log.warning("credentials cannot be read", extra={"error": str(error)})
                return False
            return True

    def _send(self, request: _Request) -> Any:
        """Send a request; once more with fresh credentials if the API server does not know ours."""
        api = self._api
        response = self._send_by(api, request)
        if response.status == 401 and (self._credentials_anew() or api is not self._api):
            response.close()
            response = self._send_by(self._api, request)
        return response

    def _send_by(self, api: Any, request: _Request) -> Any:
        headers = {"Accept": BRIEF if request.brief else "application/json", "User-Agent": "ips"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        try:
            api.update_params_for_auth(headers, [], ["BearerToken"])
            if request.allowed and not request.allowed():
                raise TimeoutError("its time was over before it could be sent")
            return api.rest_client.pool_manager.request(
                request.method,
                self.server + request.path + (f"?{urlencode(request.query)}" if request.query else ""),
                body=orjson.dumps(request.body) if request.body is not None else None,
                headers=headers,
                timeout=_timeout(request.read),
                retries=False,
                redirect=False,
                preload_content=not request.stream,
            )
        except Exception as error:  # connection, TLS, proxy, exec plugin: no answer is no answer
            raise ClusterUnreachable(f"{request.method} {request.path}: {_short(error)}") from error

    def _fail(self, status: int, headers: Mapping[str, str], data: bytes) -> NoReturn:
        message = _status_message(data) or f"HTTP {status}"
        if status == 410:
            raise ResourceExpired(message, status=status)
        if status == 409:
            raise AlreadyThere(message, status=status)
        if status == 429:
            raise ClusterBusy(message, status=status, retry_after=_retry_after(headers.get("Retry-After")))
        if status in (401, 408) or status >= 500 or status < 400:
            raise ClusterUnreachable(message, status=status, retry_after=_retry_after(headers.get("Retry-After")))
        raise Refused(message, status=status)


def _timeout(read: float) -> Any:
    from urllib3 import Timeout

    return Timeout(connect=settings.API_CONNECT_SECONDS, read=read)


def _short(error: BaseException) -> str:
    text = str(getattr(error, "reason", None) or error)
    return text[:300]


def _status_message(data: bytes) -> str:
    """The message of a Kubernetes Status; anything else (a proxy's page, say) is not repeated."""
    try:
        status = orjson.loads(data)
    except orjson.JSONDecodeError:
        return ""
    return str(status.get("message") or "") if isinstance(status, dict) and status.get("kind") == "Status" else ""


def _retry_after(value: str | None) -> float:
    return min(float(value), 60.0) if value and value.isdigit() else 1.0


def retry_seconds(failures: int, error: Exception | None = None) -> float:
    """How long to leave the API server alone after so many failures in a row.

    0.5 s doubling to 15 s, up to half of it less at random, so that processes that lost it together do not come back
    together; never less than the server asked for.
    """
    wait = min(LONGEST_WAIT_SECONDS, 0.25 * float(2 ** min(failures, 6))) * random.uniform(0.5, 1.0)
    asked = error.retry_after if isinstance(error, ClusterError) else 0.0
    return max(wait, asked * random.uniform(1.0, 1.2))
