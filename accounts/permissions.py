"""Who may do what, read from the database on every request. What one may not see does not exist (404)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.audit import By
from accounts.matrix import GRANTED, Permission, Who, permission_for
from accounts.models import ApiKey, Membership, Role, Scope, Tenant, User
from ips.problems import Problem
from ips.request_id import current_request_id

if TYPE_CHECKING:  # rest_framework.views imports this module while it loads
    from rest_framework.views import APIView

DEFAULT_TENANT = "default"
Row = TypeVar("Row", bound=Model)


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

    def tenants(self, least: Role = Role.VIEWER) -> QuerySet[Tenant]:
        """Those where one has at least this role: all for a platform administrator; of a key at most its own."""
        if isinstance(self.user, AnonymousUser):
            return Tenant.objects.none()
        tenants = Tenant.objects.filter(pk=self.key.tenant_id) if self.key else Tenant.objects.all()
        if self.user.is_platform_admin:
            return tenants
        return tenants.filter(memberships__user=self.user, memberships__role__in=least.or_more())

    def among(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Those rows that belong to a tenant one may see.

        Where that is every tenant none is named, and else they are named by id: the database then finds the newest
        first by an index instead of sorting all.
        """
        return (
            rows if self.platform_admin else rows.filter(tenant__in=list(self.tenants().values_list("pk", flat=True)))
        )

    def role_in(self, tenant: Tenant) -> Role | None:
        """The role that counts in this tenant; a platform administrator is admin everywhere."""
        if isinstance(self.user, AnonymousUser) or (self.key and self.key.tenant_id != tenant.pk):
            return None
        if self.user.is_platform_admin:
            return Role.ADMIN
        role = Membership.objects.filter(user=self.user, tenant=tenant).values_list("role", flat=True).first()
        return None if role is None else Role(role)

    def opens(self, permission: Permission) -> bool:
        """Whether the credential reaches this far; a session reaches everywhere."""
        return self.key is None or permission.key in {Scope.READ, *self.key.scopes}

    def everywhere(self) -> list[str]:
        """The permissions that hold without a role in any tenant."""
        return [permission.name for permission in GRANTED if self.platform_admin]

    def as_role(self, role: Role) -> list[str]:
        """The permissions that this role gives in its tenant."""
        roles = [one for one in GRANTED if one.role and role in one.role.or_more() and self.opens(one)]
        return [permission.name for permission in roles]


def asked_by(request: Request) -> By:
    """Who asks, for the audit."""
    assert isinstance(request.user, User)
    return By(request.user, Rights.of(request).actor, current_request_id())


def tenant_for(request: Request, slug: str = "") -> Tenant:
    """The tenant that something new shall belong to.

    1. An empty slug means the tenant `default`.
    2. A tenant that the user may not see is refused exactly like one that does not exist (404).
    3. A role below what the request needs is 403.

    Where none is named, an API key means its own tenant.
    """
    rights = Rights.of(request)
    own = rights.key.tenant.slug if rights.key else DEFAULT_TENANT
    tenant = rights.tenants().filter(slug=slug or own).first()
    if tenant is None:
        detail = "There is no such tenant, or you may not see it."
        raise Problem(404, "not_found", detail, errors=[{"pointer": "tenant", "code": "not_found", "detail": detail}])
    if (permission := asked_permission(request)) and permission.role:
        _refuse_low_role(rights, tenant, permission.role)
    return tenant


def asked_permission(request: Request) -> Permission | None:
    """What permissions.yaml says of the route and method that are asked for."""
    match, method = request.resolver_match, request.method or ""
    return permission_for("GET" if method == "HEAD" else method, match.view_name) if match else None


class Permitted(BasePermission):
    """Whatever accounts/permissions.yaml says; what it does not name is open to nobody.

    A view has nothing to say about it. It scopes its queryset with `Rights.tenants`, so that what one may not see is
    404 before a role is looked at, and names the tenant of something new through `tenant_for`.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        permission = asked_permission(request)
        if permission and permission.who == Who.ANYONE:
            return True
        if request.authenticators and not isinstance(request.user, User):
            return False  # 401
        if permission is None:  # 405 comes next; OPTIONS tells the methods
            return request.method == "OPTIONS" or not hasattr(view, (request.method or "").lower())
        rights = Rights.of(request)
        if permission.who == Who.PLATFORM_ADMIN and not rights.platform_admin:
            raise Problem(403, "platform_admin_only", "Only a platform administrator may do this.")
        if not rights.opens(permission):
            raise _key_too_small(permission)
        # An object's own tenant decides below. Without an object, a role somewhere must do.
        if permission.role and not view.kwargs and not rights.tenants(permission.role).exists():
            raise _role_too_low(permission.role) if rights.tenants().exists() else _no_membership()
        return True

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        permission = asked_permission(request)
        if permission and permission.role:
            _refuse_low_role(Rights.of(request), obj if isinstance(obj, Tenant) else obj.tenant, permission.role)
        return True


def _refuse_low_role(rights: Rights, tenant: Tenant, needed: Role) -> None:
    if rights.role_in(tenant) not in needed.or_more():
        raise _role_too_low(needed)


def _role_too_low(needed: Role) -> Problem:
    return Problem(403, "role_too_low", f"Your role in this tenant does not allow this: it needs {needed.value}.")


def _no_membership() -> Problem:
    return Problem(403, "no_membership", "You are not a member of any tenant yet. Ask an administrator.")


def _key_too_small(permission: Permission) -> Problem:
    if permission.key is None:
        return Problem(403, "session_only", "This needs a person who is signed in; an API key does not do.")
    return Problem(403, "scope_too_small", f"This API key does not have the scope {permission.key.value!r}.")
