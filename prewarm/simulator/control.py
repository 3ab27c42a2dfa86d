"""/_sim/: what tests and demonstrations can do to the simulated cluster while it runs.

GET    /_sim/                what is there
POST   /_sim/faults          inject a fault, see faults.py; DELETE: remove them all
POST   /_sim/expire          {"resource": "pods"}: forget the watch history and all `continue` tokens
POST   /_sim/watches/end     break off every watch
POST   /_sim/registry        {"host": "docker.io", "up": false}; "*" is every registry
POST   /_sim/images          {"image": "docker.io/library/nginx:*", "mode": "missing"} or {"image": …, "edition": 2}
POST   /_sim/nodes           {"count": 3, "fault": ""}: more nodes
PATCH  /_sim/nodes/NAME      {"fault": "notready", "unschedulable": true, "labels": {}, "forget_images": true}
DELETE /_sim/nodes/NAME
POST   /_sim/access          {"verb": "create", "resource": "pods", "allowed": false}: for access reviews
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from prewarm.references import parse
from prewarm.simulator.api import Api, answered, refused
from prewarm.simulator.faults import Faults
from prewarm.simulator.fleet import Fleet
from prewarm.simulator.jsontext import loads
from prewarm.simulator.nodes import FAULT_LABEL
from prewarm.simulator.patches import merged
from prewarm.simulator.refusals import Refusal, bad_request, no_such_route
from prewarm.simulator.registry import MODES, Registry
from prewarm.simulator.resources import ALL, NODES
from prewarm.simulator.store import Json
from prewarm.simulator.verbs import Verbs


class Control:
    """Everything under /_sim/."""

    def __init__(self, verbs: Verbs, api: Api, faults: Faults, registry: Registry, fleet: Fleet) -> None:
        self._verbs = verbs
        self._api = api
        self._faults = faults
        self._registry = registry
        self._fleet = fleet

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request under /_sim/."""
        try:
            body = loads(await request.read()) if request.can_read_body else {}
            return answered(self._do(request.method, request.match_info["rest"].strip("/").split("/"), body))
        except Refusal as refusal:
            return refused(refusal)

    def _do(self, method: str, path: list[str], body: Any) -> Json:
        match method, path:
            case "GET", [""]:
                return self._summary()
            case "POST", ["faults"]:
                rules = body if isinstance(body, list) else [body]
                return {"faults": [self._faults.add(rule).kind for rule in rules]}
            case "DELETE", ["faults"]:
                self._faults.rules.clear()
                return {}
            case "POST", ["expire"]:
                return self._expire(body.get("resource", "*"))
            case "POST", ["watches", "end"]:
                return {"ended": self._api.end_watches()}
            case "POST", ["registry"]:
                return self._set_registry(body.get("host", "*"), bool(body.get("up", True)))
            case "POST", ["images"]:
                return self._set_image(body)
            case "POST", ["nodes"]:
                return self._add_nodes(int(body.get("count", 1)), body.get("fault", ""))
            case "PATCH", ["nodes", name]:
                return self._change_node(name, body)
            case "DELETE", ["nodes", name]:
                return self._verbs.store.remove(NODES, "", name)
            case "POST", ["access"]:
                return self._set_access(body)
        raise no_such_route()

    def _summary(self) -> Json:
        counts = {resource.plural: len(self._verbs.store.objects(resource)) for resource in ALL}
        struck = [{"kind": rule.kind, "verb": rule.verb, "struck": rule.struck} for rule in self._faults.rules]
        return {"objects": counts, "faults": struck, "resourceVersion": self._verbs.store.version}

    def _expire(self, plural: str) -> Json:
        chosen = [resource for resource in ALL if plural in ("*", resource.plural)]
        for resource in chosen:
            self._verbs.store.forget_history(resource)
        self._verbs.pages.forget()
        return {"expired": [resource.plural for resource in chosen]}

    def _add_nodes(self, count: int, fault: str) -> Json:
        self._fleet.add(count, {fault: count} if fault else {})
        return self._summary()

    def _set_registry(self, host: str, up: bool) -> Json:
        (self._registry.down.discard if up else self._registry.down.add)(host)
        return {"down": sorted(self._registry.down)}

    def _set_image(self, body: Json) -> Json:
        if "edition" in body:
            self._registry.editions[parse(body["image"]).stored_name] = int(body["edition"])
            return {}
        if body.get("mode") not in MODES:
            raise bad_request(f"mode must be one of {', '.join(MODES)}")
        self._registry.modes.pop(body["image"], None)
        self._registry.modes[body["image"]] = body["mode"]
        return {"modes": self._registry.modes}

    def _change_node(self, name: str, body: Json) -> Json:
        node = self._verbs.store.get(NODES, "", name)
        labels = dict(body.get("labels") or {})
        if "fault" in body:
            labels[FAULT_LABEL] = body["fault"] or None
        patch: Json = {"metadata": {"labels": labels}}
        if "unschedulable" in body:
            patch["spec"] = {"unschedulable": True if body["unschedulable"] else None}
        self._verbs.store.write(NODES, merged(node, patch))
        if body.get("forget_images"):
            self._fleet.kubelets[name].forget_images()
        return self._verbs.store.get(NODES, "", name)

    def _set_access(self, body: Json) -> Json:
        asked = (body["verb"], body["resource"])
        (self._api.denied.discard if body.get("allowed") else self._api.denied.add)(asked)
        return {"denied": [list(one) for one in sorted(self._api.denied)]}
