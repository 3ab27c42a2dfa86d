"""Harbor: one event with one or more resources, in its own format or as a CloudEvent.

https://goharbor.io/docs/working-with-projects/project-configuration/configure-webhooks/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webhooks.inbound.kinds.kind import NotUnderstood, Told, part, text

PUSHES = frozenset({"PUSH_ARTIFACT", "pushImage", "harbor.artifact.pushed"})


class Harbor:
    """Tells of what a project's webhook policy names. Its own format has no ids: what an event says is what it is."""

    example: Mapping[str, Any] = {
        "type": "PUSH_ARTIFACT",
        "occur_at": 1795766400,
        "operator": "robot$ci",
        "event_data": {
            "resources": [
                {
                    "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
                    "tag": "1.4",
                    "resource_url": "harbor.example.com/team/app:1.4",
                }
            ],
            "repository": {
                "date_created": 1795766400,
                "name": "app",
                "namespace": "team",
                "repo_full_name": "team/app",
                "repo_type": "private",
            },
        },
    }

    def read(self, body: Any) -> list[Told]:
        kind = text(body.get("type")) if isinstance(body, Mapping) else ""
        data = part(body, "data") if kind.startswith("harbor.") else part(body, "event_data")
        if not kind:
            raise NotUnderstood("Harbor sends an object with `type` and `event_data`; this is none.")
        resources = data.get("resources")
        if kind not in PUSHES or not isinstance(resources, list) or not resources:
            return [Told(ignored="not_a_push", repository=text(part(data, "repository").get("repo_full_name")))]
        repository, at, number = text(part(data, "repository").get("repo_full_name")), _time(body), text(body.get("id"))
        return [_told(one, repository, at, number) for one in resources]


def _told(resource: Any, repository: str, at: datetime | None, number: str) -> Told:
    named = resource if isinstance(resource, Mapping) else {}
    tag, digest, place = text(named.get("tag")), text(named.get("digest")), text(named.get("resource_url"), 800)
    by_digest = not tag or tag.startswith("sha256:")
    return Told(
        event=f"{number or (at and at.isoformat()) or ''} {place} {digest}" if number or at else "",
        host=place.partition("/")[0] if "/" in place else "",
        repository=repository,
        tag="" if by_digest else tag,
        digest=digest,
        at=at,
        ignored="no_tag" if by_digest else "",
    )


def _time(body: Mapping[str, Any]) -> datetime | None:
    seconds = body.get("occur_at")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
