"""`manage.py apikey`: what programs sign in with."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts.api_keys import LASTS, LONGEST, OVERLAP, make_key, revoke_key, rotate_key
from accounts.audit import By
from accounts.models import ApiKey, Scope, Tenant, User
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import USAGE, OperatorCommand, shell_actor
from ips.problems import Problem

WHICH = "the key's id, or how it begins: ips_4fGh…"


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = "Make, rotate and revoke API keys. A key's text is printed once, on a line of its own, and stored nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        moves = parser.add_subparsers(dest="move", required=True, metavar="create|list|rotate|revoke")
        create = moves.add_parser("create", help="make a key and print it")
        create.add_argument("name", help="what it is for")
        create.add_argument("--owner", required=True, metavar="USER", help="whose rights it has, at most")
        create.add_argument("--tenant", default=DEFAULT_TENANT, metavar="SLUG", help="where it works (default)")
        create.add_argument(
            "--scope", action="append", choices=Scope.values, default=[], help="read (always), tasks, manage"
        )
        create.add_argument("--from", action="append", type=_network, default=[], dest="networks", metavar="CIDR")
        create.add_argument("--days", type=int, default=LASTS.days, help=f"how long it lasts ({LASTS.days})")
        moves.add_parser("list", help="all keys, without their secrets")
        rotate = moves.add_parser("rotate", help="make a new one like it; the old one goes on for a while")
        rotate.add_argument("key", help=WHICH)
        hours = OVERLAP // timedelta(hours=1)
        rotate.add_argument("--overlap-hours", type=int, default=hours, help=f"for so long ({hours})")
        revoke = moves.add_parser("revoke", help="it opens nothing from now on")
        revoke.add_argument("key", help=WHICH)

    def handle(self, *args: Any, **options: Any) -> None:
        by = By(None, shell_actor())
        try:
            match options["move"]:
                case "create":
                    self.create(options, by)
                case "list":
                    self.list(options["json"])
                case "rotate":
                    overlap = timedelta(hours=max(0, options["overlap_hours"]))
                    self.tell(*rotate_key(find(options["key"]), by, overlap), options["json"])
                case "revoke":
                    key = find(options["key"])
                    revoke_key(key, by)
                    self.stdout.write(json.dumps({"revoked": str(key.pk)}) if options["json"] else f"{key} is revoked.")
        except Problem as problem:
            refuse(str(problem.detail))

    def create(self, options: dict[str, Any], by: By) -> None:
        owner = User.objects.filter(username=options["owner"]).first() or refuse(
            f"There is no user {options['owner']!r}."
        )
        tenant = Tenant.objects.filter(slug=options["tenant"]).first() or refuse(
            f"There is no tenant {options['tenant']!r}."
        )
        if not 1 <= options["days"] <= LONGEST.days:
            refuse(f"--days must be from 1 to {LONGEST.days}.")
        scopes = [Scope(scope) for scope in options["scope"]]
        lasts = timedelta(days=options["days"])
        made = make_key(owner, tenant, options["name"], by, scopes=scopes, networks=options["networks"], lasts=lasts)
        self.tell(*made, options["json"])

    def list(self, as_json: bool) -> None:
        keys = [told(key) for key in ApiKey.objects.select_related("owner", "tenant").order_by("-created_at")]
        if as_json:
            self.stdout.write(json.dumps(keys))
            return
        for key in keys:
            state = "revoked" if key["revoked_at"] else f"until {key['expires_at'][:10]}"
            scopes = ",".join(key["scopes"])
            self.stdout.write(
                f"{key['starts_with']}…{key['last_four']}  {state:<16}  {scopes:<17}  "
                f"{key['owner']} in {key['tenant']}: {key['name']}"
            )
        if not keys:
            self.stdout.write("There are no API keys.")

    def tell(self, key: ApiKey, text: str, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"key": text, **told(key)}))
            return
        self.stdout.write(text)
        self.stderr.write(
            f"{key.name}: {', '.join(key.scopes)} in {key.tenant} as {key.owner}, until "
            f"{key.expires_at:%Y-%m-%d %H:%M} UTC. The key is not stored and not shown again."
        )


def told(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.pk),
        "name": key.name,
        "starts_with": f"ips_{key.key_id}_",
        "last_four": key.last_four,
        "owner": key.owner.username,
        "tenant": key.tenant.slug,
        "scopes": key.scopes,
        "networks": key.networks,
        "expires_at": key.expires_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }


def find(which: str) -> ApiKey:
    """By id, or by the readable beginning; of a whole key only the beginning is looked at."""
    keys = ApiKey.objects.select_related("owner", "tenant")
    if which.startswith("ips_"):
        found = list(keys.filter(key_id__startswith=which.removeprefix("ips_").partition("_")[0])[:2])
    else:
        try:
            found = list(keys.filter(pk=which))
        except ValidationError:
            found = []
    if len(found) != 1:
        refuse("There is no such key, or more than one. See: manage.py apikey list.")
    return found[0]


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ArgumentTypeError(f"no network like 10.0.0.0/8: {error}") from error
