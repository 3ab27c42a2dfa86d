"""One container on a node: what has become of it, and how its status says so."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from prewarm.references import InvalidReference, Reference, parse
from prewarm.simulator import texts
from prewarm.simulator.clock import now
from prewarm.simulator.images import Image
from prewarm.simulator.release import Release

Json = dict[str, Any]


@dataclass
class Container:
    """A container of a pod. `failure` is what the last try to start it ended with: a reason and a message."""

    spec: Json
    init: bool
    failure: tuple[str, str] | None = None
    image: Image | None = None
    identity: str = ""
    running_since: str = ""
    ended: Json | None = None
    lost: bool = False
    pull_failed_at: float = 0.0
    back_off: float = 0.0
    pull_error: str = ""

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def written(self) -> str:
        return str(self.spec["image"])

    @property
    def field_path(self) -> str:
        return f"spec.{'initContainers' if self.init else 'containers'}{{{self.name}}}"

    @property
    def reference(self) -> Reference | None:
        """The image's reference, or None when it cannot be read."""
        try:
            return parse(self.written)
        except InvalidReference:
            return None

    @property
    def succeeded(self) -> bool:
        return self.ended is not None and self.ended["exitCode"] == 0

    def missing_config(self, keys: Any) -> str:
        """Why its environment cannot be made, or an empty string. `keys` gives a ConfigMap's keys, None if absent."""
        for variable in self.spec.get("env") or ():
            wanted = ((variable.get("valueFrom") or {}).get("configMapKeyRef")) or {}
            if not wanted or wanted.get("optional"):
                continue
            known = keys(wanted["name"])
            if known is None:
                return f'configmap "{wanted["name"]}" not found'
            if wanted["key"] not in known:
                return f"couldn't find key {wanted['key']} in ConfigMap {wanted['name']}"
        return ""

    def start(self, image: Image, release: Release) -> bool:
        """Run it. Ours end at once; what has no such command fails; anything else runs on. True if it runs on."""
        self.failure = None
        self.image = image
        self.identity = f"containerd://{secrets.token_hex(32)}"
        self.running_since = now()
        command = (self.spec.get("command") or [""])[0]
        if command.endswith("noop"):
            self.end(0, "Completed")
        elif command.startswith("/ips-"):
            self.end(128, "StartError", texts.no_such_command(command, release))
        return self.ended is None

    def end(self, code: int, reason: str, message: str = "") -> None:
        """It has ended."""
        told = {"message": message} if message else {}
        times = {"startedAt": self.running_since, "finishedAt": now(), "containerID": self.identity}
        self.ended = {"exitCode": code, "reason": reason, **told, **times}
        self.running_since = ""

    def status(self, waits_for: str, release: Release) -> Json:
        """Its entry in the pod's status; `waits_for` is the reason while nothing has happened."""
        shown: Json = {
            "name": self.name,
            "state": self._state(waits_for),
            "lastState": {},
            "ready": bool(self.running_since) or (self.init and self.succeeded),
            "restartCount": 0,
            "image": self.written,
            "imageID": "",
        }
        if self.image:
            shown |= {"image": self._image_name(), "imageID": self.image.by_digest, "containerID": self.identity}
        if release.recent or not self.init:
            shown["started"] = bool(self.running_since)
        return shown

    def _state(self, waits_for: str) -> Json:
        if self.lost:
            return {
                "terminated": {
                    "exitCode": 137,
                    "reason": "ContainerStatusUnknown",
                    "message": texts.NOT_LOCATED,
                    "startedAt": None,
                    "finishedAt": None,
                }
            }
        if self.ended:
            return {"terminated": self.ended}
        if self.running_since:
            return {"running": {"startedAt": self.running_since}}
        if self.failure:
            return {"waiting": {"reason": self.failure[0], "message": self.failure[1]}}
        return {"waiting": {"reason": waits_for}}

    def _image_name(self) -> str:
        assert self.image is not None
        return f"{self.image.repository}:{self.image.tag}" if self.image.tag else self.image.by_digest
