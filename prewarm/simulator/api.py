"""The API over HTTP: one handler that reads the path, strikes with injected faults, and answers."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

from aiohttp import web

from prewarm.simulator import discovery, refusals
from prewarm.simulator.faults import Fault, Faults
from prewarm.simulator.jsontext import dumps, loads
from prewarm.simulator.places import Place, place_of
from prewarm.simulator.refusals import Refusal
from prewarm.simulator.release import Release
from prewarm.simulator.resources import JOBS, NAMESPACES, PODS, Resource
from prewarm.simulator.selectors import Selection
from prewarm.simulator.store import Json
from prewarm.simulator.verbs import PRESERVED, Verbs
from prewarm.simulator.watches import Watch

log = logging.getLogger(__name__)

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_TRUE = frozenset({"1", "true", "True", "t"})


class Api:
    """Everything outside /_sim/."""

    def __init__(self, verbs: Verbs, release: Release, faults: Faults, bookmark_seconds: float) -> None:
        self._verbs = verbs
        self._release = release
        self._faults = faults
        self._bookmark_seconds = bookmark_seconds
        self._watches: set[Watch] = set()
        self.denied: set[tuple[str, str]] = set()  # verb and resource that access reviews say no to

    def end_watches(self) -> int:
        """Break off every watch; how many there were."""
        for watch in self._watches:
            watch.end()
        return len(self._watches)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; every refusal becomes a Status."""
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return refused(refusal)
        except Exception:
            log.exception("%s %s", request.method, request.path)
            return refused(Refusal(500, "InternalError", "the simulated API server has a bug; see its log"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if known := self._about_itself(path, request):
            return known
        if path == REVIEWS and request.method == "POST":
            return await self._review(request)
        place = place_of(path, self._release.minor)
        watching = request.query.get("watch") in _TRUE
        verb = place.verb(request.method, watching=watching)
        fault = self._faults.strike(verb, place.resource.plural, path)
        if fault and (answer := await _struck(fault, request)):
            return answer
        if verb == "watch":
            return await self._watch(request, place)
        response = await self._do(verb, place, request)
        if fault and fault.kind == "execute_then_timeout":
            await asyncio.sleep(fault.seconds)
            return _broken(request)
        return response

    def _about_itself(self, path: str, request: web.Request) -> web.Response | None:
        match path.rstrip("/"):
            case "/readyz" | "/livez" | "/healthz":
                return web.Response(text="ok")
            case "/version":
                return answered(discovery.version(self._release))
            case "/api":
                return answered(discovery.api_versions(request.host))
            case "/apis":
                return answered(discovery.group_list())
            case "/api/v1":
                return answered(discovery.resource_list("", "v1", self._release))
        parts = path.strip("/").split("/")
        if parts[0] == "apis" and len(parts) == 3:
            return answered(discovery.resource_list(parts[1], parts[2], self._release))
        return None

    async def _do(self, verb: str, place: Place, request: web.Request) -> web.Response:
        match verb:
            case "get":
                return self._object(place.resource, self._verbs.store.get(place.resource, place.namespace, place.name))
            case "list":
                return self._list(place, request)
            case "create" if not place.name:
                return await self._create(place, request)
            case "update" | "patch" if place.name:
                return await self._change(verb, place, request)
            case "delete":
                return await self._delete(place, request)
            case "deletecollection":
                selection = self._selection(place, request)
                return answered(self._verbs.delete_all(selection, await _options(request)))
        message = "the server does not allow this method on the requested resource"
        raise Refusal(405, "MethodNotAllowed", message, {})

    def _object(self, resource: Resource, body: Json, status: int = 200) -> web.Response:
        return answered({"kind": resource.kind, "apiVersion": resource.group_version, **body}, status)

    def _selection(self, place: Place, request: web.Request) -> Selection:
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        return Selection.of(place.resource, place.namespace, labels, fields)

    def _list(self, place: Place, request: web.Request) -> web.Response:
        selection = self._selection(place, request)
        version = _version(request)
        if version is not None and version > self._verbs.store.version:
            raise _too_new(version, self._verbs.store.version)
        limit = _number(request, "limit")
        if version == 0:
            limit = 0  # served from the watch cache, which has no pages
        return answered(self._verbs.list(selection, limit, request.query.get("continue", "")))

    async def _create(self, place: Place, request: web.Request) -> web.Response:
        dry = bool(request.query.get("dryRun"))
        body, warning = self._verbs.create(place.resource, place.namespace, await _body(request), dry=dry)
        response = self._object(place.resource, body, 201)
        return _with_warning(response, warning)

    async def _change(self, verb: str, place: Place, request: web.Request) -> web.Response:
        sent = await _body(request)
        where = (place.resource, place.namespace, place.name)
        if verb == "update":
            return self._object(place.resource, self._verbs.replace(*where, sent, part=place.part))
        return self._object(place.resource, self._verbs.patch(*where, sent, request.content_type, part=place.part))

    async def _delete(self, place: Place, request: web.Request) -> web.Response:
        options = await _options(request)
        body, gone = self._verbs.deletion.delete(place.resource, place.namespace, place.name, options)
        warns = place.resource is JOBS and self._release.recent and "propagationPolicy" not in options
        if gone and place.resource not in (PODS, NAMESPACES):
            metadata = body["metadata"]
            group = {"group": place.resource.group} if place.resource.group else {}
            details = {"name": metadata["name"], **group, "kind": place.resource.plural, "uid": metadata["uid"]}
            told = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
            return _with_warning(answered(told), PRESERVED if warns else "")
        return _with_warning(self._object(place.resource, body), PRESERVED if warns else "")

    async def _watch(self, request: web.Request, place: Place) -> web.StreamResponse:
        selection = self._selection(place, request)
        asked = _number(request, "timeoutSeconds")
        bookmarks = request.query.get("allowWatchBookmarks") in _TRUE
        watch = Watch(
            self._verbs.store,
            selection,
            _version(request) or None,
            seconds=asked or random.uniform(1800, 3600),
            bookmark_seconds=self._bookmark_seconds if bookmarks else None,
        )
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        self._watches.add(watch)
        try:
            async for chunk in watch.chunks():
                await response.write(chunk)
        except ConnectionError:
            return response  # the client has gone
        finally:
            self._watches.discard(watch)
        await response.write_eof()
        return response

    async def _review(self, request: web.Request) -> web.Response:
        """SelfSubjectAccessReview: yes, unless a test has said otherwise."""
        body = await _body(request)
        asked = (body.get("spec") or {}).get("resourceAttributes") or {}
        allowed = (asked.get("verb", ""), asked.get("resource", "")) not in self.denied
        status: Json = {"allowed": allowed} | ({} if allowed else {"reason": "denied by the test"})
        kind = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
        metadata = {"creationTimestamp": None}
        return answered({**kind, "metadata": metadata, "spec": body.get("spec"), "status": status}, 201)


async def _struck(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    """What a fault answers instead; None when the request goes on."""
    if fault.kind == "status":
        return refused(fault.refusal())
    if fault.kind == "reset":
        return _broken(request)
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    return None


def _broken(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


def answered(body: Any, status: int = 200) -> web.Response:
    """JSON, as the API server sends it."""
    return web.Response(body=dumps(body), status=status, content_type="application/json")


def refused(refusal: Refusal) -> web.Response:
    """A refusal as a Status, with Retry-After where it has one."""
    response = answered(refusal.status(), refusal.code)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _with_warning(response: web.Response, warning: str) -> web.Response:
    if warning:
        quoted = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers["Warning"] = f'299 - "{quoted}"'
    return response


async def _body(request: web.Request) -> Any:
    try:
        return loads(await request.read())
    except ValueError as error:
        raise refusals.bad_request(f"couldn't get version/kind; json parse error: {error}") from error


async def _options(request: web.Request) -> Json:
    """DeleteOptions from the body; the query's count too."""
    read = await _body(request) if request.can_read_body else {}
    options: Json = read if isinstance(read, dict) else {}
    for key in ("propagationPolicy", "gracePeriodSeconds"):
        if key in request.query:
            options.setdefault(key, request.query[key] if key == "propagationPolicy" else _number(request, key))
    return options


def _number(request: web.Request, key: str) -> int:
    text = request.query.get(key, "")
    if text and not text.lstrip("-").isdigit():
        raise refusals.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text or 0)


def _version(request: web.Request) -> int | None:
    text = request.query.get("resourceVersion", "")
    if text and not text.isdigit():
        message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise Refusal(500, "", message)
    return int(text) if text else None


def _too_new(version: int, current: int) -> Refusal:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {version}, current: {current}"
    return Refusal(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})
