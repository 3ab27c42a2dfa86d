"""`manage.py hook`: what registries tell, and what follows, by the moves of the API."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse
from rest_framework.exceptions import ValidationError as Refused

from accounts.audit import By
from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import NO_PUBLIC_URL, USAGE, OperatorCommand, shell_actor, the_one
from ips.problems import Problem, field_errors
from webhooks.inbound import keeping
from webhooks.inbound.kinds import NotUnderstood
from webhooks.inbound.request import RegistryHookRequest, Rotation, check_rules
from webhooks.inbound.serializers import RegistryHookSerializer, arrivals_shown
from webhooks.inbound.trying import try_out
from webhooks.models import Arrival, ArrivalOutcome, RegistryHook, RegistryKind

NOTHING = 1


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = "List, make and try hooks of registries, give them new credentials, and show what arrived."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        moves = parser.add_subparsers(dest="move", required=True, metavar="list|create|rotate|arrivals|try")
        moves.add_parser("list", help="all hooks and their rules")
        create = moves.add_parser("create", help="make one with one rule; its address and secret are printed once")
        create.add_argument("name")
        create.add_argument("--kind", choices=RegistryKind.values, default=RegistryKind.DISTRIBUTION.value)
        create.add_argument("--tenant", default=DEFAULT_TENANT, metavar="SLUG")
        create.add_argument("--registry", default="", metavar="HOST", help="as workloads write it")
        create.add_argument("--repositories", default="**", metavar="PATTERN", help="like team/** (**)")
        create.add_argument("--tags", default="*", metavar="PATTERN", help="like v* (*)")
        nodes = create.add_mutually_exclusive_group(required=True)
        nodes.add_argument("--selector", metavar="LABELS", help="the nodes that match")
        nodes.add_argument("--names", metavar="NODE,…", help="these nodes")
        nodes.add_argument("--all-nodes", action="store_true")
        create.add_argument("--debounce", type=int, default=30, metavar="SECONDS", help="wait for further pushes (30)")
        create.add_argument("--pin", action="store_true", help="look whether nodes got what was pushed")
        rotate = moves.add_parser("rotate", help="a new secret, printed once; for a day the old one goes on")
        rotate.add_argument("hook", help="id or name")
        rotate.add_argument("--token", action="store_true", help="a new address as well")
        rotate.add_argument("--hours", type=int, default=24, help="how long the old ones go on (24)")
        arrivals = moves.add_parser("arrivals", help="what arrived, newest first, and what was made of it")
        arrivals.add_argument("hook", help="id or name")
        arrivals.add_argument("--outcome", choices=ArrivalOutcome.values)
        arrivals.add_argument("--last", type=int, default=20, metavar="N", help="so many (20)")
        trial = moves.add_parser("try", help="what would be made of a body; exit status 1 if nothing")
        trial.add_argument("hook", help="id or name")
        trial.add_argument(
            "file", nargs="?", help="a body as the registry sends it, - for stdin; without it an example"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by, as_json = By(None, shell_actor()), options["json"]
        moves = {
            "list": lambda: self.list(as_json),
            "create": lambda: self.create(options, by),
            "rotate": lambda: self.rotate(find(options["hook"]), options, by),
            "arrivals": lambda: self.arrivals(find(options["hook"]), options),
            "try": lambda: self.try_out(find(options["hook"]), options["file"], as_json),
        }
        try:
            moves[options["move"]]()
        except Problem as problem:
            refuse(str(problem.errors[0]["detail"] if problem.errors else problem.detail))
        except Refused as refused:
            first = field_errors(refused)[0]
            refuse(f"{first['pointer']}: {first['detail']}")

    def list(self, as_json: bool) -> None:
        rows = RegistryHook.objects.select_related("tenant", "created_by").prefetch_related("rules")
        told = [RegistryHookSerializer(one).data for one in rows.order_by("tenant__slug", "name")]
        if as_json:
            self.stdout.write(json.dumps(told, default=str))
            return
        for one in told:
            state = "on" if one["enabled"] else "off"
            place = one["registry"] or "as told"
            self.stdout.write(f"{one['id']}  {one['tenant']}/{one['name']}  {one['kind']}  {place}  {state}")
            for rule in one["rules"]:
                off = "" if rule["enabled"] else "  (off)"
                self.stdout.write(f"    {rule['repositories']}:{rule['tags']}  {_nodes(rule['task'])}{off}")
        if not told:
            self.stdout.write("There are no hooks of registries.")

    def create(self, options: dict[str, Any], by: By) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first() or refuse(
            f"There is no tenant {options['tenant']!r}."
        )
        task: dict[str, Any] = {"all_nodes": True}
        if options["selector"]:
            task = {"node_selector": options["selector"]}
        elif options["names"]:
            task = {"node_names": options["names"].split(",")}
        rule = {
            "repositories": options["repositories"],
            "tags": options["tags"],
            "task": task,
            "debounce_seconds": options["debounce"],
            "pin": options["pin"],
        }
        wish = {"name": options["name"], "kind": options["kind"], "registry": options["registry"], "rules": [rule]}
        asked = RegistryHookRequest(data=wish)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        values.pop("tenant")
        check_rules(values["rules"], tenant)
        made, shown = keeping.make_hook(tenant, by, values)
        self._show(made, shown, options["json"])

    def rotate(self, hook: RegistryHook, options: dict[str, Any], by: By) -> None:
        asked = Rotation(data={"token": options["token"], "overlap_hours": options["hours"]})
        asked.is_valid(raise_exception=True)
        overlap = timedelta(hours=asked.validated_data["overlap_hours"])
        shown = keeping.rotate(hook, by, token=options["token"], secret=True, overlap=overlap)
        self._show(find(str(hook.pk)), shown, options["json"])

    def arrivals(self, hook: RegistryHook, options: dict[str, Any]) -> None:
        if options["last"] < 1:
            refuse("--last: give a number from 1 on.")
        rows = Arrival.objects.filter(hook=hook).order_by("-id")
        if options["outcome"]:
            rows = rows.filter(outcome=options["outcome"])
        told = arrivals_shown(rows[: options["last"]])
        if options["json"]:
            self.stdout.write(json.dumps(told, default=str))
            return
        for one in told:
            times = f" × {one['times']}" if one["times"] > 1 else ""
            made = "; ".join(_came(gathering) for gathering in one["gatherings"])
            said = one["message"] or made
            self.stdout.write(f"{one['at']}  {one['outcome']}{times}  {one['image'] or '-'}  {said}".rstrip())
        if not told:
            self.stdout.write("Nothing has arrived.")

    def try_out(self, hook: RegistryHook, file: str | None, as_json: bool) -> None:
        try:
            tried = try_out(hook, _read(file) if file else None)
        except NotUnderstood as wrong:
            refuse(str(wrong))
        if as_json:
            self.stdout.write(json.dumps(tried, default=str))
        elif not file:
            self.stdout.write("An example of what such a registry sends:")
        for event in () if as_json else tried["events"]:
            self.stdout.write(f"{event['image'] or '-'}  {event['outcome']}  {event['message']}".rstrip())
            for rule in event["rules"]:
                state = "makes a task" if rule["matches"] and rule["allowed"] else rule["message"] or "does not match"
                self.stdout.write(f"    {rule['name']}: {state}")
        if not any(rule["matches"] and rule["allowed"] for event in tried["events"] for rule in event["rules"]):
            raise CommandError("No task would be made.", returncode=NOTHING)

    def _show(self, hook: RegistryHook, shown: keeping.Shown, as_json: bool) -> None:
        path = reverse("hook-receive", kwargs={"token": shown.token}) if shown.token else ""
        url = f"{settings.PUBLIC_URL}{path}" if path else ""
        if as_json:
            told = {**RegistryHookSerializer(hook).data, "token": shown.token, "secret": shown.secret, "url": url}
            self.stdout.write(json.dumps(told, default=str))
            return
        if url:
            self.stdout.write(url)
        self.stdout.write(shown.secret)
        if url and not settings.PUBLIC_URL:
            self.stderr.write(NO_PUBLIC_URL)
        what = "Address and secret are" if url else "The secret is"
        self.stderr.write(f"{hook.name}: {hook.pk}. {what} not shown again.")


def find(which: str) -> RegistryHook:
    rows = RegistryHook.objects.select_related("tenant").prefetch_related("rules")
    return the_one(rows, which, "registry hook", "manage.py hook list")


def _read(file: str) -> Any:
    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text())
    except OSError as error:
        refuse(f"{file} cannot be read: {error.strerror}.")
    except ValueError as error:
        refuse(f"{file} is no JSON: {error}.")


def _nodes(task: dict[str, Any]) -> str:
    return task.get("node_selector") or ", ".join(task.get("node_names", [])) or "all nodes"


def _came(gathering: dict[str, Any]) -> str:
    if gathering["task"]:
        pin = f", digest {gathering['pin']}" if gathering["pin"] else ""
        return f"task {gathering['task']}{pin}"
    return gathering["message"] or f"waits until {gathering['due_at']}"


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
