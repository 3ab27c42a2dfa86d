"""`manage.py tenant`: the teams, and who belongs to them."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, NoReturn

from django.core.management.base import CommandError
from rest_framework.exceptions import ValidationError

from accounts import people
from accounts.audit import By
from accounts.models import Membership, Role, Tenant, User
from accounts.tenant_request import RULES, TenantChange
from accounts.tenant_usage import usage
from ips.operator_command import USAGE, OperatorCommand, shell_actor
from ips.problems import Problem, field_errors

# For these words a rule is taken away.
NONE, ANY = "none", "any"
MOST = {
    "max-running-tasks": "tasks at once that are not over",
    "max-nodes-at-once": "nodes that its tasks pull on at once",
    "max-pairs-per-day": "images × nodes that it may ask for in a day (UTC)",
    "max-api-keys": "API keys that are good at once",
}
LISTS = {
    "allowed-images": "patterns of all that it may pull, like docker.io/library/*",
    "denied-images": "patterns of what it may not pull",
    "pull-secrets": "the pull secrets that its tasks may name",
    "followed-namespaces": "the namespaces whose workloads its policies may follow; without the rule none",
}
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,63}", re.ASCII)


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = "Make and change tenants, and say who belongs to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        moves = parser.add_subparsers(dest="move", required=True, metavar="create|list|show|set|join|leave")
        for move, does in (("create", "make one"), ("set", "change one")):
            one = moves.add_parser(move, help=does)
            one.add_argument("slug", help="its short name")
            one.add_argument("--name", help="its name for people")
            one.add_argument("--max-priority", metavar="1-10", help="the highest priority its tasks may have")
            for option, about in MOST.items():
                one.add_argument(f"--{option}", metavar="N", help=f"{about}; {NONE} for no limit of its own")
            one.add_argument("--node-pool", metavar="SELECTOR", help="the nodes it may use; '' for all")
            for option, about in LISTS.items():
                one.add_argument(f"--{option}", nargs="*", metavar="X", help=f"{about}; {ANY} takes the rule away")
        moves.add_parser("list", help="all tenants with their members")
        show = moves.add_parser("show", help="one with its rules, and what it uses of its limits")
        show.add_argument("slug")
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
        if options["move"] == "show":
            self.stdout.writelines(f"{line}\n" for line in rules(tenants[0]))

    def move(self, options: dict[str, Any], by: By) -> Tenant:
        slug = options["slug"]
        if options["move"] == "create":
            if not SLUG.fullmatch(slug):
                refuse("A slug has letters, digits, - and _, at most 63.")
            return people.create_tenant(slug, by, **wanted(options))
        tenant = Tenant.objects.filter(slug=slug).first() or refuse(f"There is no tenant {slug!r}.")
        if options["move"] == "show":
            return tenant
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
    """What the options say, checked as the API checks it."""
    data = {name: options[name] for name in ("name", "max_priority", "node_pool") if options[name] is not None}
    for option in MOST:
        if (value := options[_field(option)]) is not None:
            data[_field(option)] = None if value == NONE else value
    for option in LISTS:
        if (values := options[_field(option)]) is not None:
            data[_field(option)] = None if values == [ANY] else values
    asked = TenantChange(data=data)
    try:
        asked.is_valid(raise_exception=True)
    except ValidationError as wrong:
        refuse("\n".join(f"{_option(error['pointer'])}: {error['detail']}" for error in field_errors(wrong)))
    return dict(asked.validated_data)


def rules(tenant: Tenant) -> Iterator[str]:
    """Every limit with what is used of it, and every rule, a line each."""
    for name, one in usage(tenant).items():
        limit = "no limit" if one["limit"] is None else f"of {one['limit']:,}"
        used = "not counted" if one["used"] is None else f"{one['used']:,}"
        yield f"  {name.replace('_', ' ')}: {used}, {limit}"
    yield f"  node pool: {tenant.node_pool or 'all nodes'}"
    for option in LISTS:
        values = getattr(tenant, _field(option))
        yield f"  {option.replace('-', ' ')}: {'no rule' if values is None else ', '.join(values) or 'none'}"


def _field(option: str) -> str:
    return option.replace("-", "_")


def _option(pointer: str) -> str:
    """The option behind a field of the request."""
    field, _, index = pointer.partition("/")
    option = f"--{field.replace('_', '-')}"
    return f"{option} {int(index) + 1}" if index.isdigit() else option


def told(tenant: Tenant) -> dict[str, Any]:
    members = tenant.memberships.select_related("user").order_by("user__username")
    return {
        "id": str(tenant.pk),
        "slug": tenant.slug,
        "name": tenant.name,
        **{name: getattr(tenant, name) for name in RULES},
        "members": {member.user.username: member.role for member in members},
    }


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
