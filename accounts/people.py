"""Who works here, and with which rights: users, tenants and memberships change by these moves alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ForeignObjectRel
from django.db.models.functions import Lower

from accounts.audit import By
from accounts.models import AuditEntry, Membership, Role, Session, Tenant, User
from accounts.permissions import DEFAULT_TENANT
from accounts.reset_links import close_links, make_link
from ips.problems import Conflict, Invalid
from prewarm import limits, live_settings
from prewarm.change_settings import wake_all

PLAIN = ("email", "first_name", "last_name")
RIGHTS = {"is_active", "is_platform_admin"}


def create_user(username: str, by: By, *, platform_admin: bool = False, **plain: str) -> tuple[User, str]:
    """A user without a password, and the path of the link by which it is set. Raises Invalid for a taken name."""
    if (plainly := User.normalize_username(username)) != username:
        detail = f"This name looks like {plainly!r} in other letters. Write that one."
        raise Invalid([{"pointer": "username", "code": "invalid", "detail": detail}])
    with transaction.atomic():
        one_at_a_time()
        if User.objects.alias(small=Lower("username")).filter(small=username.lower()).exists():
            raise _taken("username", f"There is a user {username!r} already, perhaps in other letters.")
        user = User(username=username, is_platform_admin=platform_admin, **plain)
        user.set_unusable_password()
        try:
            user.save()
        except IntegrityError as error:
            raise _taken("username", f"There is a user {username!r} already.") from error
        by.audit("user.created", username, after={"is_platform_admin": platform_admin})
        _, path = make_link(user, by)
    return user, path


def change_user(user: User, wanted: dict[str, Any], by: By) -> User:
    """Change name, address, or whether the user is active or platform administrator. Who is disabled is signed out.

    Raises Conflict (409) for the own rights and for the last active platform administrator.
    """
    with transaction.atomic():
        one_at_a_time()
        user = User.objects.select_for_update().get(pk=user.pk)
        before = {name: getattr(user, name) for name in wanted}
        changed = {name: value for name, value in wanted.items() if before[name] != value}
        if RIGHTS & changed.keys():
            refuse_rights(user, by)
        if not changed:
            return user
        for name, value in changed.items():
            setattr(user, name, value)
        save_only(user, changed)
        if not user.is_active:
            Session.objects.filter(user=user).end()
            close_links(user)
        by.audit("user.changed", user.username, before={name: before[name] for name in changed}, after=changed)
    return user


def one_at_a_time() -> None:
    """Who changes users queues up here: two could otherwise disable each other, each seeing the other stay."""
    list(User.objects.select_for_update().filter(is_platform_admin=True).order_by("pk").values_list("pk"))


def save_only(user: User, changed: Iterable[str]) -> None:
    """Save these columns and what follows from them: the others, like the password, may be newer than this copy."""
    user.save(update_fields={*changed, "is_staff", "is_superuser"})


def refuse_rights(user: User, by: By) -> None:
    """Whether these rights may be given or taken, asked behind `one_at_a_time`.

    Raises Conflict (409) for the own ones, for who was platform administrator when the request began and is not any
    more, and for the last active platform administrator.
    """
    there = User.objects.filter(is_active=True, is_platform_admin=True)
    if by.user and by.user.pk == user.pk:
        raise Conflict("own_account", "Nobody changes the own rights. Ask another platform administrator.")
    if by.user and not there.filter(pk=by.user.pk).exists():
        raise Conflict("changed_meanwhile", "Somebody has changed your own rights just now. Look again.")
    if there.filter(pk=user.pk).exists() and not there.exclude(pk=user.pk).exists():
        raise Conflict("last_platform_admin", "This is the last platform administrator. Name another one first.")


def create_tenant(slug: str, by: By, **wanted: Any) -> Tenant:
    """Raises Invalid for a taken slug."""
    with transaction.atomic():
        tenant, made = Tenant.objects.get_or_create(slug=slug, defaults={"name": slug, **wanted})
        if not made:
            raise _taken("slug", f"There is a tenant {slug!r} already.")
        by.audit("tenant.created", slug, after=wanted, tenant=tenant)
    return tenant


def change_tenant(tenant: Tenant, wanted: dict[str, Any], by: By) -> Tenant:
    """Other processes keep to it from their next look on; what runs already runs to its end."""
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
        before = {name: getattr(tenant, name) for name in wanted}
        changed = {name: value for name, value in wanted.items() if before[name] != value}
        if changed:
            for name, value in changed.items():
                setattr(tenant, name, value)
            tenant.save(update_fields=list(changed))
            old = {name: before[name] for name in changed}
            by.audit("tenant.changed", tenant.slug, before=old, after=changed, tenant=tenant)
        if "max_nodes_at_once" in changed:
            transaction.on_commit(limits.follow_settings)
        if "pull_windows" in changed:
            transaction.on_commit(lambda: _windows_changed(tenant))
    return tenant


def belongings(tenant: Tenant) -> list[str]:
    """What belongs to the tenant, by the names of its models; lines of the audit stay without it."""
    relations = [one for one in Tenant._meta.get_fields(include_hidden=True) if isinstance(one, ForeignObjectRel)]
    models = [(one.related_model, one.field.name) for one in relations if one.related_model is not AuditEntry]
    found = [model for model, field in models if model._base_manager.filter(**{field: tenant}).exists()]
    return sorted(str(model._meta.verbose_name_plural) for model in found)


def delete_tenant(tenant: Tenant, by: By) -> None:
    """Raises Conflict for one that something belongs to, and for `default`, which is meant where none is named."""
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        if tenant.slug == DEFAULT_TENANT:
            raise Conflict("default_tenant", "This tenant is meant where none is named. It stays.")
        if found := belongings(tenant):
            raise Conflict(
                "tenant_in_use", f"{tenant} has {', '.join(found)}. A tenant with anything of its own stays."
            )
        Tenant.objects.filter(pk=tenant.pk).delete()
        by.audit("tenant.deleted", tenant.slug, before={"name": tenant.name})


def _windows_changed(tenant: Tenant) -> None:
    live_settings.forget()
    wake_all(tenant)


def join(tenant: Tenant, user: User, role: Role, by: By) -> Membership:
    """Raises Conflict when the user is a member already."""
    with transaction.atomic():
        _still_an_admin(tenant, by)
        member, made = Membership.objects.get_or_create(tenant=tenant, user=user, defaults={"role": role})
        if not made:
            raise Conflict("already_member", f"{user.username} is {member.role} here already. Change that instead.")
        by.audit("membership.created", user.username, after={"role": role.value}, tenant=tenant)
    return member


def change_role(member: Membership, role: Role, by: By) -> Membership:
    """Raises Conflict for the own role: so a tenant never loses its last admin by itself."""
    _not_oneself(member, by)
    with transaction.atomic():
        _still_an_admin(member.tenant, by)
        before = member.role
        if not Membership.objects.filter(pk=member.pk, role=before).update(role=role):
            raise Conflict("changed_meanwhile", "Somebody has changed this just now. Look again.")
        if before != role:
            old, new, name = {"role": before}, {"role": role.value}, member.user.username
            by.audit("membership.changed", name, before=old, after=new, tenant=member.tenant)
    member.role = role
    return member


def leave(member: Membership, by: By) -> None:
    """End a membership; keys of the user in this tenant open nothing from now on. Raises Conflict for the own."""
    _not_oneself(member, by)
    with transaction.atomic():
        _still_an_admin(member.tenant, by)
        if Membership.objects.filter(pk=member.pk).delete()[0]:
            by.audit("membership.ended", member.user.username, before={"role": member.role}, tenant=member.tenant)


def _not_oneself(member: Membership, by: By) -> None:
    if by.user and by.user.pk == member.user_id and not by.user.is_platform_admin:
        raise Conflict("own_account", "Nobody changes the own role. Ask another admin.")


def _still_an_admin(tenant: Tenant, by: By) -> None:
    """Who changes members queues up at the tenant: two admins could otherwise demote each other, and none would stay.

    Raises Conflict for who was admin when the request began, and is not any more.
    """
    Tenant.objects.select_for_update().get(pk=tenant.pk)
    if by.user is None or by.user.is_platform_admin:
        return
    if not Membership.objects.filter(tenant=tenant, user=by.user, role=Role.ADMIN).exists():
        raise Conflict("changed_meanwhile", "Somebody has changed your role here just now. Look again.")


def _taken(pointer: str, detail: str) -> Invalid:
    return Invalid([{"pointer": pointer, "code": "taken", "detail": detail}])
