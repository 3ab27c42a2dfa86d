"""Keeping the image library: lists are made, changed and deleted by these moves, and read by who asks for a task."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404

from accounts.audit import By
from accounts.models import Tenant
from ips.problems import FieldError, Invalid
from prewarm.models import ImageList


def make_list(tenant: Tenant, by: By, wish: Mapping[str, Any]) -> ImageList:
    """Raises Invalid (422) for a name that another list of the tenant has."""
    try:
        with transaction.atomic():
            made = ImageList.objects.create(tenant=tenant, created_by=by.user, **wish)
            by.audit("image_list.created", str(made.pk), after=dict(wish), tenant=tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return made


def change_list(kept: ImageList, by: By, wish: Mapping[str, Any]) -> ImageList:
    """Raises as `make_list`, and Http404 for one that was deleted meanwhile. Tasks that named it stay as they are."""
    try:
        with transaction.atomic():
            kept = get_object_or_404(ImageList.objects.select_for_update(), pk=kept.pk)
            before = {name: getattr(kept, name) for name, value in wish.items() if getattr(kept, name) != value}
            if before:
                for name in before:
                    setattr(kept, name, wish[name])
                kept.save(update_fields=[*before, "changed_at"])
                after = {name: wish[name] for name in before}
                by.audit("image_list.changed", str(kept.pk), before=before, after=after, tenant=kept.tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return kept


def delete_list(kept: ImageList, by: By) -> None:
    with transaction.atomic():
        if ImageList.objects.filter(pk=kept.pk).delete()[0]:
            by.audit("image_list.deleted", str(kept.pk), before={"name": kept.name}, tenant=kept.tenant)


def images_of(lists: Sequence[uuid.UUID], tenant: Tenant) -> list[list[str]]:
    """The images of each of the tenant's lists with these ids, in their order.

    Raises Invalid (422) for an id that the tenant does not have, whoever else has it.
    """
    found = ImageList.objects.filter(tenant=tenant).in_bulk(lists) if lists else {}
    detail = "This tenant has no such image list."
    missing: list[FieldError] = [
        {"pointer": f"image_lists/{at}", "code": "not_found", "detail": detail}
        for at, pk in enumerate(lists)
        if pk not in found
    ]
    if missing:
        raise Invalid(missing)
    return [found[pk].images for pk in lists]


def ids_of(names: Sequence[str], tenant: Tenant) -> list[uuid.UUID]:
    """The ids of the tenant's lists with these names. Raises Invalid (422) for a name that it does not have."""
    found = dict(ImageList.objects.filter(tenant=tenant, name__in=names).values_list("name", "pk"))
    if missing := [name for name in names if name not in found]:
        known = ", ".join(ImageList.objects.filter(tenant=tenant).order_by("name").values_list("name", flat=True)[:10])
        detail = f"{tenant} has no image list {missing[0]!r}. It has: {known or 'none'}."
        raise Invalid([{"pointer": "image_lists", "code": "not_found", "detail": detail}])
    return [found[name] for name in names]


def _taken(name: str) -> Invalid:
    detail = f"The tenant has an image list {name!r} already. Change that one, or take another name."
    return Invalid([{"pointer": "name", "code": "taken", "detail": detail}])
