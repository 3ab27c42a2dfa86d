"""Who works here, and with which rights: users, tenants and memberships change by these moves alone."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from accounts.audit import By
from accounts.models import Membership, Role, Session, Tenant, User
from accounts.reset_links import close_links, make_link
from ips.problems import Conflict, Invalid
from prewarm import limits, live_settings
from prewarm.change_settings import wake_all

PLAIN = ("email", "first_name", "last_name")


def create_user(username: str, by: By, *, platform_admin: bool = False, **plain: str) -> tuple[User, str]:
    """A user without a password, and the path of the link by which it is set. Raises Invalid for a taken name."""
    with transaction.atomic():
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
        _one_at_a_time()
        user = User.objects.get(pk=user.pk)
        before = {name: getattr(user, name) for name in wanted}
        changed = {name: value for name, value in wanted.items() if before[name] != value}
        rights = {"is_active", "is_platform_admin"} & changed.keys()
        if rights and by.user and by.user.pk == user.pk:
            raise Conflict("own_account", "Nobody changes the own rights. Ask another platform administrator.")
        if rights and user.is_active and user.is_platform_admin:
            others = User.objects.filter(is_active=True, is_platform_admin=True).exclude(pk=user.pk)
            if not others.exists():
                raise Conflict(
                    "last_platform_admin", "This is the last platform administrator. Name another one first."
                )
        if not changed:
            return user
        for name, value in changed.items():
            setattr(user, name, value)
        user.save()
        if not user.is_active:
            Session.objects.filter(user=user).end()
            close_links(user)
        by.audit("user.changed", user.username, before={name: before[name] for name in changed}, after=changed)
    return user


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


def _one_at_a_time() -> None:
    """Who changes users queues up here: two could otherwise disable each other, each seeing the other stay."""
    list(User.objects.select_for_update().filter(is_platform_admin=True).order_by("pk").values_list("pk"))


def _taken(pointer: str, detail: str) -> Invalid:
    return Invalid([{"pointer": pointer, "code": "taken", "detail": detail}])
