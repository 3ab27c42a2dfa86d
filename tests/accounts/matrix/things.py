"""What routes with an id are about, and what those ask for that make something in a tenant."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import ApiKey, Membership, Role, Session, Tenant, User
from prewarm.models import ImageList, Policy
from tests.people import person
from tests.prewarm.rows import asked
from webhooks.inbound.credentials import hashed, new_token
from webhooks.models import Delivery, DeliveryStatus, HookRule, RegistryHook, RegistryKind, Webhook, WebhookKind


def session(owner: User, tenant: str) -> Session:
    return Session.objects.create(user=owner, expires_at=timezone.now() + timedelta(hours=1))


def api_key(owner: User, tenant: str) -> ApiKey:
    return ApiKey.objects.create(
        key_id=uuid.uuid4().hex[:12],
        owner=owner,
        tenant=Tenant.objects.get(slug=tenant),
        name="ci",
        expires_at=timezone.now() + timedelta(days=1),
    )


def membership(owner: User, tenant: str) -> Membership:
    return Membership.objects.get(user=colleague(tenant), tenant__slug=tenant)


def colleague(tenant: str) -> User:
    """Somebody who works in this tenant, and is not one of those who ask."""
    return person(f"colleague_in_{tenant}", Role.OPERATOR, tenant)


def image_list(owner: User, tenant: str) -> ImageList:
    team = Tenant.objects.get(slug=tenant)
    return ImageList.objects.create(tenant=team, name=uuid.uuid4().hex, images=["nginx:1.27"], created_by=owner)


def policy(owner: User, tenant: str) -> Policy:
    now, team = timezone.now(), Tenant.objects.get(slug=tenant)
    return Policy.objects.create(
        tenant=team, name=uuid.uuid4().hex, images=["nginx:1.27"], all_nodes=True, due_at=now, changed_at=now
    )


def webhook(owner: User, tenant: str) -> Webhook:
    team = Tenant.objects.get(slug=tenant)
    return Webhook.objects.create(
        tenant=team, name=uuid.uuid4().hex, kind=WebhookKind.GENERIC, url="https://hear.example/", enabled=False
    )


def delivery(owner: User, tenant: str) -> Delivery:
    now = timezone.now()
    return Delivery.objects.create(
        webhook=webhook(owner, tenant),
        event="task.failed",
        about="a task",
        at=now,
        created_at=now,
        status=DeliveryStatus.FAILED,
    )


def registry_hook(owner: User, tenant: str) -> RegistryHook:
    made = RegistryHook.objects.create(
        tenant=Tenant.objects.get(slug=tenant),
        name=uuid.uuid4().hex,
        kind=RegistryKind.DISTRIBUTION,
        token_hash=hashed(new_token()),
        secret_hash=hashed("a secret"),
        created_by=owner,
    )
    HookRule.objects.create(hook=made, position=0, repositories="team/**", task={"all_nodes": True})
    return made


# By the beginning of the route's name: makes one in the tenant, owned by the user.
THINGS: dict[str, Callable[[User, str], Model]] = {
    "task": lambda owner, tenant: asked(tenant=tenant),
    "image-list": image_list,
    "policy": policy,
    "session": session,
    "webhook": webhook,
    "delivery": delivery,
    "hook": registry_hook,
    "registry-hook": registry_hook,
    "api-key": api_key,
    "user": lambda owner, tenant: colleague(tenant),
    "tenant": lambda owner, tenant: Tenant.objects.get(slug=tenant),
    "membership": membership,
}
# A good body but for its tenant, for every route that makes something in one.
BODIES: dict[str, dict[str, Any]] = {
    "POST task-list": {"images": ["nginx:1.27"], "all_nodes": True},
    "POST task-preview": {"images": ["nginx:1.27"], "all_nodes": True},
    "POST image-list-list": {"name": "Base", "images": ["nginx:1.27"]},
    "POST policy-list": {"name": "Base", "images": ["nginx:1.27"], "all_nodes": True},
    "POST policy-preview": {"images": ["nginx:1.27"], "all_nodes": True},
    "POST webhook-list": {"name": "Ops", "kind": "generic", "url": "https://hear.example/hook"},
    "POST registry-hook-list": {
        "name": "Registry",
        "kind": "distribution",
        "rules": [{"repositories": "team/**", "task": {"all_nodes": True}}],
    },
    "POST membership-list": {"username": "newcomer", "role": "viewer"},
    "POST api-key-list": {"name": "ci"},
}


def thing_of(route_name: str) -> Callable[[User, str], Model]:
    """How to make what the id of the route of this name is about."""
    for name in sorted(THINGS, key=len, reverse=True):
        if route_name.startswith(f"{name}-"):
            return THINGS[name]
    raise LookupError(f"{route_name} has an id: say in THINGS ({__name__}) how to make what it is about.")


def body_of(asked: str) -> dict[str, Any]:
    if asked not in BODIES:
        raise LookupError(f'"{asked}" makes something in a tenant: give a good body in BODIES ({__name__}).')
    return BODIES[asked]
