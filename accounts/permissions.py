"""Who may do what, read from the database on every request. What one may not see does not exist (404)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import Membership, Role, Tenant, User
from ips.problems import Problem

if TYPE_CHECKING:  # rest_framework.views imports this module while it loads
    from rest_framework.views import APIView

OPERATE = frozenset({Role.OPERATOR, Role.ADMIN})
DEFAULT_TENANT = "default"


class Owned(Protocol):
    """Anything that belongs to a tenant."""

    tenant: Tenant


def visible_tenants(user: User | AnonymousUser) -> QuerySet[Tenant]:
    """The tenants whose things this user may see: all for a platform administrator, else those joined."""
    if isinstance(user, AnonymousUser):
        return Tenant.objects.none()
    if user.is_platform_admin:
        return Tenant.objects.all()
    return Tenant.objects.filter(memberships__user=user)


def role_in(user: User | AnonymousUser, tenant: Tenant) -> Role | None:
    """The role that counts in this tenant; a platform administrator is admin everywhere."""
    if isinstance(user, AnonymousUser):
        return None
    if user.is_platform_admin:
        return Role.ADMIN
    role = Membership.objects.filter(user=user, tenant=tenant).values_list("role", flat=True).first()
    return None if role is None else Role(role)


def tenant_for(request: Request, slug: str = "", roles: frozenset[Role] = OPERATE) -> Tenant:
    """The tenant that something new shall belong to.

    1. An empty slug means the tenant `default`.
    2. A tenant that the user may not see is refused exactly like one that does not exist (404).
    3. A role below `roles` is 403.
    """
    tenant = visible_tenants(request.user).filter(slug=slug or DEFAULT_TENANT).first()
    if tenant is None:
        detail = "There is no such tenant, or you may not see it."
        raise Problem(404, "not_found", detail, errors=[{"pointer": "tenant", "code": "not_found", "detail": detail}])
    if role_in(request.user, tenant) not in roles:
        raise Problem(403, "role_too_low", "Your role in this tenant does not allow this.")
    return tenant


class SignedIn(BasePermission):
    """Anyone with a living session."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User)


class Member(SignedIn):
    """Anyone who belongs to at least one tenant, and platform administrators."""

    message = "You are not a member of any tenant yet. Ask an administrator."
    code = "no_membership"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and visible_tenants(request.user).exists()


class PlatformAdmin(SignedIn):
    """What concerns the whole installation."""

    message = "Only a platform administrator may do this."
    code = "platform_admin_only"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.is_platform_admin


class TenantRole(SignedIn):
    """Reading needs any role in the object's tenant, writing one of the view's `write_roles` (operator, admin).

    The view's queryset must be scoped with `visible_tenants`: then what one may not see is 404 before anything else
    is asked. What is created names its tenant through `tenant_for`.
    """

    message = "Your role does not allow this."
    code = "role_too_low"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        # An object's own tenant decides below. Without an object, a role somewhere must do to write at all.
        if request.method in SAFE_METHODS or view.kwargs:
            return True
        user = request.user
        return isinstance(user, User) and (
            user.is_platform_admin or user.memberships.filter(role__in=_write_roles(view)).exists()
        )

    def has_object_permission(self, request: Request, view: APIView, obj: Owned) -> bool:
        role = role_in(request.user, obj.tenant)
        return role is not None if request.method in SAFE_METHODS else role in _write_roles(view)


def _write_roles(view: APIView) -> frozenset[Role]:
    roles: frozenset[Role] = getattr(view, "write_roles", OPERATE)
    return roles
