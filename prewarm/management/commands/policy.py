"""`manage.py policy …`: what stays warm, how far it is, and what is to be done about it; by the moves of the API."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NoReturn

from django.core.management.base import CommandError
from rest_framework.exceptions import ValidationError as Refused

from accounts.audit import By
from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import USAGE, OperatorCommand, shell_actor, the_one
from ips.problems import Problem, field_errors
from prewarm.image_lists import ids_of
from prewarm.models import Policy, PolicyNode
from prewarm.policies import answers, keeping
from prewarm.policies.request import PolicyRequest
from prewarm.policies.serializers import MissingNodeSchema, PolicySerializer
from prewarm.policies.views import plain
from prewarm.policies.workloads import KINDS

SHOWN = 20
MOVES: dict[str, tuple[str, Callable[[Policy, By], Policy], str]] = {
    "pause": ("ask for nothing more; what runs goes on", keeping.pause, "is paused"),
    "resume": ("let it go on", keeping.resume, "goes on"),
    "check": ("look at its nodes now", keeping.check_now, "is looked at within seconds"),
}


class Command(OperatorCommand):
    """Works as a platform administrator; the audit names who typed it."""

    help = (
        "List policies, show one and what is missing, make, pause, resume, check or delete one. "
        "Exit status: 0 done, 2 usage, refused or no such policy, 4 IPS is out of order."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = verbs.add_parser("list", help="all policies, and how they stand")
        showing = verbs.add_parser("show", help="one policy, and the nodes that are not covered")
        showing.add_argument("--limit", type=int, default=SHOWN, metavar="N", help="nodes (default %(default)s)")
        making = verbs.add_parser("create", help="make one")
        making.add_argument("name")
        making.add_argument("images", nargs="*", metavar="IMAGE")
        making.add_argument("--tenant", default=DEFAULT_TENANT, metavar="SLUG")
        making.add_argument("--list", action="append", default=[], metavar="NAME", help="of the image library")
        making.add_argument("--follow", action="append", default=[], metavar="NAMESPACE", help="follow its workloads")
        making.add_argument("--workloads", default="", metavar="SELECTOR", help="only those with these labels")
        making.add_argument("--kind", action="append", default=[], choices=list(KINDS), help="only of these kinds")
        target = making.add_mutually_exclusive_group(required=True)
        target.add_argument("--selector", default="", help="nodes by label, like pool=gpu")
        target.add_argument("--nodes", nargs="+", default=[], metavar="NODE")
        target.add_argument("--all-nodes", action="store_true")
        for option in ("settle-seconds", "recheck-seconds", "nodes-per-minute", "priority"):
            making.add_argument(f"--{option}", type=int, default=None, metavar="N")
        moving = [verbs.add_parser(verb, help=what) for verb, (what, _, _) in MOVES.items()]
        deleting = verbs.add_parser("delete", help="keep nothing warm by it any more; its tasks stay")
        for verb in (showing, *moving, deleting):
            verb.add_argument("policy", help="id or name")
        for verb in (listing, showing, making, *moving, deleting):
            verb.add_argument("--json", action="store_true", help="print JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        by = By(None, shell_actor())
        try:
            match options["verb"]:
                case "list":
                    self.list(options["json"])
                case "show":
                    self.show(find(options["policy"]), options)
                case "create":
                    self.answer(self.create(options, by), "is made", options["json"])
                case "delete":
                    policy = find(options["policy"])
                    keeping.delete_policy(policy, by)
                    self.stdout.write(json.dumps({"deleted": str(policy.pk)}) if options["json"] else "It is deleted.")
                case verb:
                    _, move, done = MOVES[verb]
                    self.answer(move(find(options["policy"]), by), done, options["json"])
        except Problem as problem:
            first = problem.errors[0] if problem.errors else None
            refuse(f"{first['pointer']}: {first['detail']}" if first else str(problem.detail))
        except Refused as refused:
            first = field_errors(refused)[0]
            refuse(f"{first['pointer']}: {first['detail']}")

    def list(self, as_json: bool) -> None:
        rows = Policy.objects.select_related("tenant", "created_by").order_by("tenant__slug", "name")
        if as_json:
            self.stdout.write(json.dumps(PolicySerializer(rows, many=True).data, default=str))
            return
        for one in rows:
            state = "paused" if one.paused_at else one.state
            warm = f"{_percent(one)} of {one.pairs:,}" if one.checked_at else "not checked yet"
            told = f"{one.pk}  {one.tenant}/{one.name}  {state}  {warm} on {one.target}"
            self.stdout.write(told + (f"  {one.problem}" if one.problem else ""))
        if not rows:
            self.stdout.write("There are no policies.")

    def show(self, policy: Policy, options: dict[str, Any]) -> None:
        rows = PolicyNode.objects.filter(policy=policy, open=True).order_by("node")
        shown = list(rows[: max(0, options["limit"])])
        missing: Any = answers.missing(policy, shown)
        if options["json"]:
            told = MissingNodeSchema(missing, many=True).data
            self.stdout.write(json.dumps({**PolicySerializer(policy).data, "not_covered": told}, default=str))
            return
        paused = " (paused)" if policy.paused_at else ""
        if policy.checked_at is None:
            self.stdout.write(f"{policy.name} of {policy.tenant}, on {policy.target}{paused}: not checked yet")
            return
        self.stdout.write(f"{policy.name} of {policy.tenant}: {_percent(policy)} warm on {policy.target}{paused}")
        counts = f"{policy.warm:,} warm, {policy.missing:,} missing, {policy.unknown:,} not known"
        self.stdout.write(f"  {counts}, as of {policy.checked_at:%Y-%m-%d %H:%M:%S} UTC")
        if policy.problem:
            self.stdout.write(f"  {policy.problem}")
        for node in missing:
            self.stdout.write(f"  {node['node']}" + (f" ({node['blocked']})" if node["blocked"] else ""))
            for image in node["images"]:
                why = f", {image['reason']}, tried {image['tries']} times" if image["reason"] else ""
                since = f"since {image['since']:%Y-%m-%d %H:%M:%S}"
                self.stdout.write(f"    {image['state']} {since}: {image['image']} ({image['kind']}{why})")
        if left := rows.count() - len(shown):
            self.stdout.write(f"  and {left:,} more nodes; see --limit.")

    def create(self, options: dict[str, Any], by: By) -> Policy:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first() or refuse(
            f"There is no tenant {options['tenant']!r}."
        )
        wish: dict[str, Any] = {
            "name": options["name"],
            "images": options["images"],
            "image_lists": [str(pk) for pk in ids_of(options["list"], tenant)],
            "node_selector": options["selector"],
            "node_names": options["nodes"],
            "all_nodes": options["all_nodes"],
        }
        if (options["workloads"] or options["kind"]) and not options["follow"]:
            refuse("--workloads and --kind choose among workloads of namespaces: name those with --follow.")
        if options["follow"]:
            kinds = {"kinds": options["kind"]} if options["kind"] else {}
            wish["follow"] = {"namespaces": options["follow"], "selector": options["workloads"], **kinds}
        for name in ("settle_seconds", "recheck_seconds", "nodes_per_minute", "priority"):
            if options[name] is not None:
                wish[name] = options[name]
        asked = PolicyRequest(data=wish)
        asked.is_valid(raise_exception=True)
        values = plain(asked.validated_data)
        values.pop("tenant")
        return keeping.make_policy(tenant, by, values)

    def answer(self, policy: Policy, words: str, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(PolicySerializer(policy).data, default=str))
        else:
            self.stdout.write(f"policy {policy.name} ({policy.pk}) {words}")


def find(which: str) -> Policy:
    rows = Policy.objects.select_related("tenant", "created_by")
    return the_one(rows, which, "policy", "manage.py policy list")


def _percent(policy: Policy) -> str:
    return "–" if policy.coverage is None else f"{policy.coverage:g} %"


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
