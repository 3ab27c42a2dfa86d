"""`manage.py user`: who may sign in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts import people
from accounts.audit import By
from accounts.models import Role, Tenant, User
from accounts.permissions import DEFAULT_TENANT
from accounts.reset_links import make_link
from ips.operator_command import USAGE, OperatorCommand, shell_actor
from ips.problems import Problem


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = "Make, disable and enable users. Passwords are set by their owners, through a link that opens once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        moves = parser.add_subparsers(dest="move", required=True, metavar="create|list|disable|enable|reset-link")
        create = moves.add_parser("create", help="make a user, and print the path where a password is set")
        create.add_argument("username")
        create.add_argument("--email", default="")
        create.add_argument("--platform-admin", action="store_true", help="may do everything in every tenant")
        create.add_argument(
            "--tenant", metavar="SLUG", help=f"join this tenant ({DEFAULT_TENANT} when --role is given)"
        )
        create.add_argument("--role", choices=Role.values, help="in which role (viewer when --tenant is given)")
        moves.add_parser("list", help="everybody")
        for move, does in (
            ("disable", "sign the user out everywhere, for good"),
            ("enable", "let the user sign in again"),
            ("reset-link", "print the path where a new password is set, once, within a day"),
        ):
            moves.add_parser(move, help=does).add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        by = By(None, shell_actor())
        self.as_json = bool(options["json"])
        try:
            match options["move"]:
                case "create":
                    self.create(options, by)
                case "list":
                    self.list()
                case "reset-link":
                    user = find(options["username"])
                    self.tell(make_link(user, by)[1], {"username": user.username})
                case move:
                    user = people.change_user(find(options["username"]), {"is_active": move == "enable"}, by)
                    state = "may sign in" if user.is_active else "is disabled and signed out"
                    self.stdout.write(json.dumps(told(user)) if self.as_json else f"{user.username} {state}.")
        except Problem as problem:
            refuse(str(problem.detail))

    def create(self, options: dict[str, Any], by: By) -> None:
        username = options["username"]
        try:
            UnicodeUsernameValidator()(username)
        except ValidationError as error:
            refuse(" ".join(error.messages))
        slug = options["tenant"] or (DEFAULT_TENANT if options["role"] else "")
        tenant = Tenant.objects.filter(slug=slug).first()
        if slug and tenant is None:
            refuse(f"There is no tenant {slug!r}.")
        wish = {"platform_admin": options["platform_admin"], "email": options["email"]}
        user, path = people.create_user(username, by, **wish)
        if tenant:
            people.join(tenant, user, Role(options["role"] or Role.VIEWER), by)
        self.tell(path, told(user))

    def tell(self, path: str, about: dict[str, Any]) -> None:
        """The path alone on stdout: what stands before it is where people reach this IPS."""
        if self.as_json:
            self.stdout.write(json.dumps({"reset_path": path, **about}))
            return
        self.stdout.write(path)
        self.stderr.write(
            f"{about['username']} sets a password there, once, within 24 hours. Put before it where people reach IPS, "
            "like https://ips.example.com. It is not shown again."
        )

    def list(self) -> None:
        users = [told(user) for user in User.objects.prefetch_related("memberships__tenant").order_by("username")]
        if self.as_json:
            self.stdout.write(json.dumps(users))
            return
        for user in users:
            roles = [f"{role} in {tenant}" for tenant, role in user["roles"].items()]
            what = ["platform administrator"] * user["is_platform_admin"] + roles or ["no role"]
            state = "" if user["is_active"] else "  (disabled)"
            self.stdout.write(f"{user['username']:<24}  {', '.join(what)}{state}")


def told(user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "username": user.username,
        "is_active": user.is_active,
        "is_platform_admin": user.is_platform_admin,
        "roles": {member.tenant.slug: member.role for member in user.memberships.select_related("tenant")},
    }


def find(username: str) -> User:
    return User.objects.filter(username=username).first() or refuse(
        f"There is no user {username!r}. See: manage.py user list."
    )


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
