"""The distribution registry: an envelope with one or more events.

https://distribution.github.io/distribution/about/notifications/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webhooks.inbound.kinds.kind import NotUnderstood, Told, part, text, time

MANIFESTS = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    }
)


class Distribution:
    """Tells of every push and pull, of manifests and of blobs. An event's id is the same however often it is sent."""

    example: Mapping[str, Any] = {
        "events": [
            {
                "id": "320678d8-ca14-430f-8bb6-4ca139cd83f7",
                "timestamp": "2026-11-27T08:00:00.123456789Z",
                "action": "push",
                "target": {
                    "mediaType": "application/vnd.oci.image.index.v1+json",
                    "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
                    "repository": "team/app",
                    "tag": "1.4",
                    "url": "http://registry.example.com/v2/team/app/manifests/sha256:fea8895f…",
                },
                "request": {"host": "registry.example.com", "method": "PUT"},
            }
        ]
    }

    def read(self, body: Any) -> list[Told]:
        events = body.get("events") if isinstance(body, Mapping) else None
        if not isinstance(events, list):
            raise NotUnderstood("The distribution registry sends an object with a list `events`; this is none.")
        return [_told(event) for event in events]


def _told(event: Any) -> Told:
    target, request = part(event, "target"), part(event, "request")
    action = text(event.get("action")) if isinstance(event, Mapping) else ""
    media_type, tag = text(target.get("mediaType")), text(target.get("tag"))
    ignored = ""
    if action != "push":
        ignored = "not_a_push"
    elif media_type not in MANIFESTS:
        ignored = "not_a_manifest"
    elif not tag:
        ignored = "no_tag"
    return Told(
        event=text(event.get("id")) if isinstance(event, Mapping) else "",
        host=text(request.get("host")),
        repository=text(target.get("repository")),
        tag=tag,
        digest=text(target.get("digest")),
        at=time(event.get("timestamp")) if isinstance(event, Mapping) else None,
        ignored=ignored,
    )
