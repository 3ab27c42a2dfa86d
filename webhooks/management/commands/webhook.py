"""`manage.py webhook`: who is told, by the moves of the API; and a receiver to try things out with."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from rest_framework.exceptions import ValidationError as Refused

from accounts.audit import By
from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import USAGE, OperatorCommand, shell_actor, the_one
from ips.problems import Problem, field_errors
from prewarm.clock import database_now
from webhooks import keeping
from webhooks.events import CHOOSABLE
from webhooks.models import Delivery, DeliveryStatus, Language, Webhook, WebhookKind
from webhooks.receiver import receive, shown
from webhooks.request import WebhookRequest, fitting
from webhooks.serializers import WebhookSerializer

FAILED = 1
PATIENCE_SECONDS = 60.0
MOST_HOURS = 366 * 24


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = "List, make and test webhooks, send again what failed, and receive on this machine what one is told."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        moves = parser.add_subparsers(dest="move", required=True, metavar="list|create|test|redeliver|receive")
        moves.add_parser("list", help="all webhooks, and how they fare")
        create = moves.add_parser("create", help="make one; a generic one's secret is printed once")
        create.add_argument("name")
        create.add_argument("url", help="where to; for DingTalk with its access_token")
        create.add_argument("--kind", choices=WebhookKind.values, default=WebhookKind.GENERIC.value)
        create.add_argument("--tenant", default=DEFAULT_TENANT, metavar="SLUG")
        create.add_argument("--all-tenants", action="store_true", help="it hears of all of them")
        create.add_argument("--secret", default="", help="generic: whsec_…, by default a new one; DingTalk: SEC…")
        create.add_argument("--language", choices=Language.values, default=Language.ENGLISH.value)
        create.add_argument("--keyword", default="", help="DingTalk: a word that every message must hold")
        create.add_argument("--at", action="append", default=[], metavar="NUMBER", help="DingTalk: call this person")
        create.add_argument("--event", action="append", default=[], choices=CHOOSABLE, metavar="KIND")
        create.add_argument("--only-failures", action="store_true")
        create.add_argument("--named-only", action="store_true", help="only of tasks that name it")
        create.add_argument("--selector", default="", help="only of tasks with a node that matches")
        test = moves.add_parser("test", help="send a message, and tell how it went; exit status 1 if it failed")
        test.add_argument("webhook", help="id or name")
        again = moves.add_parser("redeliver", help="send again what failed")
        again.add_argument("webhook", help="id or name; or the id of one delivery")
        again.add_argument("--hours", type=float, default=24.0, help="of what happened in so many hours (24)")
        listen = moves.add_parser("receive", help="listen, check signatures and print; Ctrl-C ends it")
        listen.add_argument("--port", type=int, default=9000)
        listen.add_argument("--host", default="127.0.0.1")
        listen.add_argument("--secret", default="", help="whsec_…; without it nothing is checked")
        listen.add_argument("--status", type=int, default=200, help="what to answer (200)")

    def handle(self, *args: Any, **options: Any) -> None:
        by = By(None, shell_actor())
        moves = {
            "list": lambda: self.list(options["json"]),
            "create": lambda: self.create(options, by),
            "test": lambda: self.test(find(options["webhook"]), by),
            "redeliver": lambda: self.redeliver(options["webhook"], options["hours"], by),
            "receive": lambda: self.receive(options),
        }
        try:
            moves[options["move"]]()
        except Problem as problem:
            refuse(str(problem.detail))
        except Refused as refused:
            first = field_errors(refused)[0]
            refuse(f"{first['pointer']}: {first['detail']}")

    def list(self, as_json: bool) -> None:
        rows = Webhook.objects.select_related("tenant", "created_by").order_by("tenant__slug", "name")
        told = [WebhookSerializer(one).data for one in rows]
        if as_json:
            self.stdout.write(json.dumps(told, default=str))
            return
        for one in told:
            state = "on" if one["enabled"] else f"off: {one['disabled_reason'] or 'by hand'}"
            state = f"failing since {one['failing_since']}" if one["enabled"] and one["failing_since"] else state
            whose = one["tenant"] or "(all tenants)"
            self.stdout.write(f"{one['id']}  {whose}/{one['name']}  {one['kind']}  {one['url']}  {state}")
        if not told:
            self.stdout.write("There are no webhooks.")

    def create(self, options: dict[str, Any], by: By) -> None:
        tenant = None if options["all_tenants"] else _tenant(options["tenant"])
        same = ("name", "url", "kind", "secret", "language", "keyword", "only_failures", "named_only", "selector")
        wish = {name: options[name] for name in same if options[name] not in ("", False)}
        asked = WebhookRequest(data={**wish, "at_mobiles": options["at"], "events": options["event"]})
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        for name in ("tenant", "all_tenants"):
            values.pop(name)
        fitting(values["kind"], values)
        made = keeping.make_webhook(tenant, by, values)
        secret = made.secret if made.kind == WebhookKind.GENERIC else ""
        if options["json"]:
            self.stdout.write(json.dumps({**WebhookSerializer(made).data, "secret": secret}, default=str))
            return
        self.stdout.write(secret or str(made.pk))
        self.stderr.write(f"{made.name} is made: {made.pk}. " + ("Its secret is not shown again." if secret else ""))

    def test(self, webhook: Webhook, by: By) -> None:
        delivery = keeping.send_test(webhook, by)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while delivery.status == DeliveryStatus.PENDING:
            if time.monotonic() > deadline:
                raise CommandError(
                    "Nobody has sent it: does a worker run? manage.py runworker deliveries", returncode=FAILED
                )
            time.sleep(0.1)
            delivery.refresh_from_db()
        tried = delivery.tried.last()
        took = f" in {tried.milliseconds} ms" if tried else ""
        if delivery.status == DeliveryStatus.FAILED:
            raise CommandError(f"It failed{took}: {delivery.message or delivery.code}", returncode=FAILED)
        self.stdout.write(f"{webhook.name} was told{took}.")

    def redeliver(self, which: str, hours: float, by: By) -> None:
        if delivery := _of_id(Delivery.objects.select_related("webhook__tenant"), which):
            keeping.redeliver(delivery, by)
            self.stdout.write("1 delivery is sent again.")
            return
        if not 0 < hours <= MOST_HOURS:
            refuse(f"--hours: give a number from 0 to {MOST_HOURS:,}.")
        number, left = keeping.redeliver_failed(find(which), database_now() - timedelta(hours=hours), by)
        more = f" {left} more failed: ask once more for those." if left else ""
        self.stdout.write(f"{number} {'delivery is' if number == 1 else 'deliveries are'} sent again.{more}")

    def receive(self, options: dict[str, Any]) -> None:
        host, port = options["host"], options["port"]
        tell = lambda heard: self.stdout.write(f"{datetime.now():%H:%M:%S}  {shown(heard)}")  # noqa: E731
        with receive(host, port, options["secret"], tell, options["status"]) as server:
            self.stderr.write(
                f"Listening on http://{host}:{server.server_port}/. IPS tells private addresses nothing unless it is "
                "started with IPS_OUTBOUND_PRIVATE, like 127.0.0.0/8."
            )
            server.serve_forever()


def _tenant(slug: str) -> Tenant:
    return Tenant.objects.filter(slug=slug).first() or refuse(f"There is no tenant {slug!r}.")


def find(which: str) -> Webhook:
    rows = Webhook.objects.select_related("tenant")
    return the_one(rows, which, "webhook", "manage.py webhook list")


def _of_id(rows: Any, which: str) -> Any:
    try:
        return rows.filter(pk=which).first()
    except ValidationError:
        return None


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
