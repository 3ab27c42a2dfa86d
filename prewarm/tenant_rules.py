"""What a tenant may pull, with what, and on which nodes: set by platform administrators, kept whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accounts.models import Tenant
from ips.problems import FieldError, Invalid
from prewarm import references
from prewarm.image_patterns import first_match
from prewarm.wording import listed


def check_images(named: Mapping[str, str], tenant: Tenant) -> None:
    """Refuse (422) what the tenant's patterns do not let it pull; `named` says where the request names each image."""
    errors = [_error(at, *refused) for image, at in named.items() if (refused := refusal(image, tenant))]
    if errors:
        raise Invalid(errors)


def check_pull_secrets(secrets: Sequence[str], tenant: Tenant) -> None:
    """Refuse (422) pull secrets that the tenant may not name."""
    if tenant.pull_secrets is None:
        return
    may = f"It may name {listed(tenant.pull_secrets)}" if tenant.pull_secrets else "It may name none"
    detail = f"{tenant} may not name this pull secret. {may}; a platform administrator can add to its pull_secrets."
    errors = [
        _error(f"pull_secrets/{at}", "pull_secret_not_allowed", detail)
        for at, secret in enumerate(secrets)
        if secret not in tenant.pull_secrets
    ]
    if errors:
        raise Invalid(errors)


def refusal(image: str, tenant: Tenant) -> tuple[str, str] | None:
    """A code and the words, or None for an image that may be pulled. What is denied is denied whatever is allowed."""
    if tenant.allowed_images is None and not tenant.denied_images:
        return None
    reference = references.parse(image)
    whole = reference.stored_name
    if pattern := first_match(tenant.denied_images or (), reference):
        return "image_denied", (
            f"{tenant} may not pull {whole}: {pattern} is denied. Name another image, or ask a platform administrator "
            "to change its denied_images."
        )
    if tenant.allowed_images is None or first_match(tenant.allowed_images, reference):
        return None
    allowed = f"only {listed(tenant.allowed_images)}" if tenant.allowed_images else "nothing"
    return "image_not_allowed", (
        f"{tenant} may not pull {whole}: {allowed} is allowed. Name another image, or ask a platform administrator to "
        "add to its allowed_images."
    )


def _error(pointer: str, code: str, detail: str) -> FieldError:
    return {"pointer": pointer, "code": code, "detail": detail}
