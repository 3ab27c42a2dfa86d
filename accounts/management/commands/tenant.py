"""`manage.py tenant`: the teams, and who belongs to them."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import CommandError

from accounts import people
from accounts.audit import By
from accounts.models import Membership, Role, Tenant, User
from ips.human_names import human_name_problem
from ips.operator_command import USAGE, OperatorCommand, shell_actor
from ips.problems import Problem

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,63}", re.ASCII)


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = "Make and change tenants, and say who belongs to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        moves = parser.add_subparsers(dest="move", required=True, metavar="create|list|set|join|leave")
        for move, does in (("create", "make one"), ("set", "change one")):
            one = moves.add_parser(move, help=does)
            one.add_argument("slug", help="its short name")
            one.add_argument("--name", help="its name for people")
            one.add_argument("--max-priority", type=int, choices=range(1, 11), metavar="1-10")
        moves.add_parser("list", help="all tenants with their members")
        join = moves.add_parser("join", help="take a user in, or change the role")
        join.add_argument("slug")
        join.add_argument("username")
        join.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)
        leave = moves.add_parser("leave", help="end a user's membership")
        leave.add_argument("slug")
        leave.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        by = By(None, shell_actor())
        try:
            if options["move"] == "list":
                tenants = list(Tenant.objects.prefetch_related("memberships__user").order_by("slug"))
            else:
                tenants = [self.move(options, by)]
        except Problem as problem:
            refuse(str(problem.detail))
        if options["json"]:
            self.stdout.write(json.dumps([told(tenant) for tenant in tenants]))
            return
        for tenant in map(told, tenants):
            members = ", ".join(f"{name} ({role})" for name, role in tenant["members"].items()) or "no members"
            priority = f"priority up to {tenant['max_priority']}"
            self.stdout.write(f"{tenant['slug']}: {tenant['name']}, {priority}; {members}")

    def move(self, options: dict[str, Any], by: By) -> Tenant:
        slug = options["slug"]
        if options["move"] == "create":
            if not SLUG.fullmatch(slug):
                refuse("A slug has letters, digits, - and _, at most 63.")
            return people.create_tenant(slug, by, **wanted(options))
        tenant = Tenant.objects.filter(slug=slug).first() or refuse(f"There is no tenant {slug!r}.")
        if options["move"] == "set":
            return people.change_tenant(tenant, wanted(options), by)
        name = options["username"]
        user = User.objects.filter(username=name).first() or refuse(f"There is no user {name!r}.")
        member = Membership.objects.filter(tenant=tenant, user=user).select_related("tenant", "user").first()
        if options["move"] == "leave":
            people.leave(member or refuse(f"{name} is no member of {slug}."), by)
        elif member:
            people.change_role(member, Role(options["role"]), by)
        else:
            people.join(tenant, user, Role(options["role"]), by)
        return tenant


def wanted(options: dict[str, Any]) -> dict[str, Any]:
    if options["name"] is not None and (problem := human_name_problem(options["name"])):
        refuse(problem)
    return {name: options[name] for name in ("name", "max_priority") if options[name] is not None}


def told(tenant: Tenant) -> dict[str, Any]:
    members = tenant.memberships.select_related("user").order_by("user__username")
    return {
        "id": str(tenant.pk),
        "slug": tenant.slug,
        "name": tenant.name,
        "max_priority": tenant.max_priority,
        "members": {member.user.username: member.role for member in members},
    }


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
