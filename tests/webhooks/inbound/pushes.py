"""Hooks for tests, and what registries send to them."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Tenant
from webhooks.inbound.credentials import hashed
from webhooks.inbound.gathering import fire_due
from webhooks.inbound.kinds.harbor import Harbor
from webhooks.models import Gathering, GatheringStatus, HookRule, RegistryHook

TOKEN, SECRET = "hook_t0ken-of-the-tests", "hooksec_s3cret-of-the-tests"
ENVELOPE = "application/vnd.docker.distribution.events.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
REGISTRY = "registry.example.com"
DIGEST = f"sha256:{'a' * 64}"
OTHER = f"sha256:{'b' * 64}"


def registry_hook(kind: str = "distribution", tenant: str = "default", **values: Any) -> RegistryHook:
    """A hook with one rule for everything of `team`, which waits for nothing more."""
    team, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
    rule = {"repositories": "team/**", "task": {"all_nodes": True}, "debounce_seconds": 0, **values.pop("rule", {})}
    fresh = {"name": "Registry", "token_hash": hashed(TOKEN), "secret_hash": hashed(SECRET), **values}
    made = RegistryHook.objects.create(tenant=team, kind=kind, **fresh)
    HookRule.objects.create(hook=made, position=0, **rule)
    return made


def event(image: str = "team/app:1.4", **changes: Any) -> dict[str, Any]:
    """A push as the distribution registry tells it."""
    repository, _, tag = image.partition(":")
    target = {"mediaType": INDEX, "digest": DIGEST, "repository": repository, **({"tag": tag} if tag else {})}
    target |= changes.pop("target", {})
    return {
        "id": str(uuid.uuid4()),
        "timestamp": timezone.now().isoformat(),
        "action": "push",
        "target": target,
        "request": {"host": REGISTRY, "method": "PUT"},
        **changes,
    }


def harbor_push(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = copy.deepcopy(dict(Harbor.example))
    return {**body, "occur_at": int(timezone.now().timestamp()), **changes}


def tell(body: Any, authorization: str = f"Bearer {SECRET}", token: str = TOKEN, **more: Any) -> Any:
    """Send it as a registry does; the answer."""
    headers = {"Authorization": authorization} if authorization else {}
    return APIClient().post(f"/api/v1/hooks/{token}/", body, headers=headers, **more)


def push(*images: str, **changes: Any) -> Any:
    answer = tell({"events": [event(image, **changes) for image in images or ("team/app:1.4",)]})
    assert answer.status_code == 202, answer.content
    return answer


def time_passes() -> int:
    """What waits for more pushes waits no longer; how many tasks were made of it."""
    now = timezone.now()
    Gathering.objects.filter(status=GatheringStatus.WAITING).update(due_at=now)
    return fire_due(now)
