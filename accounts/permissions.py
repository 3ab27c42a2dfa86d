"""Who may do what, read from the database on every request. What one may not see does not exist (404)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.audit import By
from accounts.models import ApiKey, Membership, Role, Scope, Tenant, User
from ips.problems import Problem
from ips.request_id import current_request_id

if TYPE_CHECKING:  # rest_framework.views imports this module while it loads
    from rest_framework.views import APIView

OPERATE = frozenset({Role.OPERATOR, Role.ADMIN})
DEFAULT_TENANT = "default"


class Owned(Protocol):
    """Anything that belongs to a tenant."""

    tenant: Tenant


@dataclass(frozen=True)
class Rights:
    """What somebody may do now: the user's roles, or what an API key leaves of them in its one tenant."""

    user: User | AnonymousUser
    key: ApiKey | None = None

    @classmethod
    def of(cls, request: Request) -> Rights:
        return cls(request.user, request.auth if isinstance(request.auth, ApiKey) else None)

    @property
    def platform_admin(self) -> bool:
        """Whether everything is allowed; never by an API key, which belongs to one tenant."""
        return isinstance(self.user, User) and self.user.is_platform_admin and self.key is None

    @property
    def actor(self) -> str:
        """As history and audit name who did something: `otto`, or `otto (key deploy)`."""
        name = self.user.get_username()
        return f"{name} (key {self.key.name})"[:160] if self.key else name

    def tenants(self) -> QuerySet[Tenant]:
        """Those whose things may be seen: all for a platform administrator, else those joined; of a key its own."""
        if isinstance(self.user, AnonymousUser):
            return Tenant.objects.none()
        if self.key:
            return Tenant.objects.filter(pk=self.key.tenant_id)  # that its owner belongs there was looked at just now
        if self.user.is_platform_admin:
            return Tenant.objects.all()
        return Tenant.objects.filter(memberships__user=self.user)

    def led(self) -> QuerySet[Tenant]:
        """Those of which one is admin."""
        if isinstance(self.user, AnonymousUser) or self.user.is_platform_admin:
            return self.tenants()
        return self.tenants().filter(memberships__in=Membership.objects.filter(user=self.user, role=Role.ADMIN))

    def role_in(self, tenant: Tenant) -> Role | None:
        """The role that counts in this tenant; a platform administrator is admin everywhere."""
        if isinstance(self.user, AnonymousUser) or (self.key and self.key.tenant_id != tenant.pk):
            return None
        if self.user.is_platform_admin:
            return Role.ADMIN
        role = Membership.objects.filter(user=self.user, tenant=tenant).values_list("role", flat=True).first()
        return None if role is None else Role(role)

    def opens(self, scope: Scope) -> bool:
        """Whether the credential reaches this far; a session reaches everywhere."""
        return self.key is None or scope == Scope.READ or scope in self.key.scopes


def asked_by(request: Request) -> By:
    """Who asks, for the audit."""
    assert isinstance(request.user, User)
    return By(request.user, Rights.of(request).actor, current_request_id())


def tenant_for(request: Request, slug: str = "", roles: frozenset[Role] = OPERATE) -> Tenant:
    """The tenant that something new shall belong to.

    1. An empty slug means the tenant `default`.
    2. A tenant that the user may not see is refused exactly like one that does not exist (404).
    3. A role below `roles` is 403.

    Where none is named, an API key means its own tenant.
    """
    rights = Rights.of(request)
    own = rights.key.tenant.slug if rights.key else DEFAULT_TENANT
    tenant = rights.tenants().filter(slug=slug or own).first()
    if tenant is None:
        detail = "There is no such tenant, or you may not see it."
        raise Problem(404, "not_found", detail, errors=[{"pointer": "tenant", "code": "not_found", "detail": detail}])
    if rights.role_in(tenant) not in roles:
        raise Problem(403, "role_too_low", "Your role in this tenant does not allow this.")
    return tenant


class SignedIn(BasePermission):
    """Anyone with a living session or a good API key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User)


class InPerson(SignedIn):
    """Anyone with a living session: what concerns the account itself is not for API keys."""

    message = "This needs a person who is signed in; an API key does not do."
    code = "session_only"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and Rights.of(request).key is None


class Member(SignedIn):
    """Anyone who belongs to at least one tenant, and platform administrators."""

    message = "You are not a member of any tenant yet. Ask an administrator."
    code = "no_membership"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and Rights.of(request).tenants().exists()


class PlatformAdmin(SignedIn):
    """What concerns the whole installation."""

    message = "Only a platform administrator may do this."
    code = "platform_admin_only"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return Rights.of(request).platform_admin


class TenantRole(SignedIn):
    """Reading needs any role in the object's tenant, writing one of the view's `write_roles` (operator, admin).

    An API key needs the view's `write_scope` (manage) to write. The view's queryset must be scoped with
    `Rights.tenants`: then what one may not see is 404 before anything else is asked. What is created names its tenant
    through `tenant_for`.
    """

    message = "Your role does not allow this."
    code = "role_too_low"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        # An object's own tenant decides below. Without an object, a role somewhere must do to write at all.
        if request.method in SAFE_METHODS or view.kwargs:
            return True
        _refuse_small_key(request, view)
        rights = Rights.of(request)
        user = request.user
        return rights.platform_admin or (
            isinstance(user, User)
            and (
                user.is_platform_admin
                or user.memberships.filter(role__in=_write_roles(view), tenant__in=rights.tenants()).exists()
            )
        )

    def has_object_permission(self, request: Request, view: APIView, obj: Owned) -> bool:
        role = Rights.of(request).role_in(obj.tenant)
        if request.method in SAFE_METHODS:
            return role is not None
        _refuse_small_key(request, view)
        return role in _write_roles(view)


class TenantAdmin(SignedIn):
    """What only an admin of the object's tenant may see and do."""

    message = "Only an admin of the tenant may do this."
    code = "role_too_low"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method not in SAFE_METHODS:
            _refuse_small_key(request, view)
        return bool(view.kwargs) or Rights.of(request).led().exists()

    def has_object_permission(self, request: Request, view: APIView, obj: Owned) -> bool:
        return Rights.of(request).role_in(obj.tenant) == Role.ADMIN


def _write_roles(view: APIView) -> frozenset[Role]:
    roles: frozenset[Role] = getattr(view, "write_roles", OPERATE)
    return roles


def _refuse_small_key(request: Request, view: APIView) -> None:
    needed: Scope = getattr(view, "write_scope", Scope.MANAGE)
    if not Rights.of(request).opens(needed):
        raise Problem(403, "scope_too_small", f"This API key does not have the scope {needed.value!r}.")
