"""`manage.py schedule`: tasks by cron, by the moves of the API."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import CommandError
from rest_framework.exceptions import ValidationError as Refused

from accounts.audit import By
from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import USAGE, OperatorCommand, shell_actor, the_one
from ips.problems import Problem, field_errors
from prewarm import image_lists
from prewarm.clock import database_now
from prewarm.models import Overlap, RunOutcome, Schedule
from prewarm.schedules import keeping
from prewarm.schedules.overlap import PAUSED, stopped_by
from prewarm.schedules.preview import preview
from prewarm.schedules.request import RuleRequest, ScheduleRequest
from prewarm.schedules.serializers import RulePreview, RunSerializer, ScheduleSerializer
from prewarm.wording import counted, listed

FORBIDDEN = 1
EARLIER = {
    Overlap.SKIP.value: "while an earlier task runs it is skipped (overlap skip)",
    Overlap.ALLOW.value: "it runs beside an earlier task (overlap allow)",
    Overlap.QUEUE.value: "it waits for an earlier task (overlap queue)",
    Overlap.REPLACE.value: "an earlier task is replaced (overlap replace)",
}
RUNS = 10


class Command(OperatorCommand):
    """Acts as a platform administrator; the audit names who typed it."""

    help = (
        "List, show, make, pause (one or all), resume, run and delete schedules, and tell when a rule comes. "
        "Exit status: 0 done, 1 no task was made, 2 usage or no such schedule, 4 IPS is out of order."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = verbs.add_parser("list", help="all schedules, with their next and last runs")
        listing.add_argument("--tenant", metavar="SLUG", help="only of this tenant")
        showing = verbs.add_parser("show", help="one schedule, and what became of its last firings")
        create = verbs.add_parser("create", help="make one")
        create.add_argument("name")
        create.add_argument("cron", help='five fields, in quotes: "30 2 * * 1-5"')
        create.add_argument("images", nargs="*", metavar="IMAGE")
        create.add_argument("--time-zone", default="UTC", metavar="ZONE", help="like Europe/Berlin (%(default)s)")
        create.add_argument("--tenant", default=DEFAULT_TENANT, metavar="SLUG")
        create.add_argument("--selector", default="", help="nodes with these labels, like pool=gpu")
        create.add_argument("--node", action="append", default=[], metavar="NAME", help="this node; may be repeated")
        create.add_argument("--all-nodes", action="store_true")
        create.add_argument("--list", action="append", default=[], metavar="NAME", help="a list of the image library")
        create.add_argument("--form", metavar="FILE", help="JSON as POST tasks/ takes it, instead of images and nodes")
        create.add_argument("--overlap", choices=Overlap.values, default=Overlap.SKIP.value)
        create.add_argument("--deadline", type=int, metavar="SECONDS", help="how late a task may still be made")
        moving = [
            verbs.add_parser("pause", help="fire no more by itself"),
            verbs.add_parser("resume", help="fire again, from the next time on"),
            verbs.add_parser("run", help="run it now, besides its rule"),
            verbs.add_parser("delete", help="with its history; its tasks stay"),
        ]
        moving_all = [
            verbs.add_parser("pause-all", help="no schedule of the tenant fires by itself"),
            verbs.add_parser("resume-all", help="those that are not paused themselves fire again"),
        ]
        for verb in moving_all:
            verb.add_argument("--tenant", default=DEFAULT_TENANT, metavar="SLUG")
        looking = verbs.add_parser("preview", help="the next ten times of a rule")
        looking.add_argument("cron", help='five fields, in quotes: "30 2 * * 1-5"')
        looking.add_argument("--time-zone", default="UTC", metavar="ZONE")
        looking.add_argument("--viewer", default="UTC", metavar="ZONE", help="a second clock to show")
        for verb in (showing, *moving):
            verb.add_argument("schedule", help="id or name")
        for verb in (listing, showing, create, *moving, *moving_all, looking):
            verb.add_argument("--json", action="store_true", help="print JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        by = By(None, shell_actor())
        try:
            getattr(self, options["verb"].replace("-", "_"))(options, by)
        except Problem as problem:
            first = problem.errors[0] if problem.errors else None
            refuse(f"{first['pointer']}: {first['detail']}" if first else str(problem.detail))
        except Refused as refused:
            wrong = field_errors(refused)[0]
            refuse(f"{wrong['pointer']}: {wrong['detail']}")

    def list(self, options: dict[str, Any], by: By) -> None:
        rows = Schedule.objects.select_related("tenant", "created_by", "last_run__task").order_by("tenant", "name")
        if options["tenant"]:
            rows = rows.filter(tenant__slug=options["tenant"])
        if options["json"]:
            self.say_json(ScheduleSerializer(rows, many=True).data)
            return
        for one in rows:
            last = f"last {told(one.last_run.scheduled_for)} {one.last_run.outcome}" if one.last_run else "never ran"
            coming = "paused" if one.paused_at else "all paused" if stopped_by(one) else f"next {told(one.next_at)}"
            self.stdout.write(f"{one.pk}  {one.tenant.slug}/{one.name}  {one.cron}  {one.time_zone}  {coming}  {last}")
        if not rows:
            self.stdout.write("There are no schedules.")

    def show(self, options: dict[str, Any], by: By) -> None:
        schedule = find(options["schedule"])
        runs = schedule.runs.select_related("task").order_by("-scheduled_for")[:RUNS]
        body = {**ScheduleSerializer(schedule).data, "runs": RunSerializer(runs, many=True).data}
        if options["json"]:
            self.say_json(body)
            return
        self.stdout.write(f"{schedule.name} of {schedule.tenant.slug}: {body['in_words']}, {schedule.time_zone}")
        state = f"paused by {schedule.paused_by}" if schedule.paused_at else f"next {told(schedule.next_at)}"
        self.stdout.write(f"{schedule.cron}  {state}")
        if stopped := stopped_by(schedule):
            self.stdout.write(PAUSED[stopped])
        self.stdout.write(f"  {asks_for(schedule.form)}")
        late = schedule.starting_deadline_seconds
        self.stdout.write(f"  {EARLIER[schedule.overlap]}" + (f"; at most {late:,} s late" if late else ""))
        for run in runs:
            came = f"task {run.task_id} {run.task.status}" if run.task else run.text
            self.stdout.write(f"  {told(run.scheduled_for)}  {run.outcome}  {came}")

    def create(self, options: dict[str, Any], by: By) -> None:
        tenant = tenant_of(options)
        asked = ScheduleRequest(
            data={
                "name": options["name"],
                "cron": options["cron"],
                "time_zone": options["time_zone"],
                "task": form_of(options, tenant),
                "overlap": options["overlap"],
                "starting_deadline_seconds": options["deadline"],
            }
        )
        asked.is_valid(raise_exception=True)
        wish = {name: value for name, value in asked.validated_data.items() if name != "tenant"}
        made = keeping.make_schedule(tenant, by, wish, may_be_urgent=True)
        self.answer(made, f"schedule {made.pk} is made; it fires first at {told(made.next_at)}", options)

    def pause(self, options: dict[str, Any], by: By) -> None:
        self.answer(keeping.pause_schedule(find(options["schedule"]), by), "is paused", options)

    def resume(self, options: dict[str, Any], by: By) -> None:
        found = keeping.resume_schedule(find(options["schedule"]), by)
        self.answer(found, f"fires again, next at {told(found.next_at)}", options)

    def pause_all(self, options: dict[str, Any], by: By) -> None:
        tenant = keeping.pause_all(tenant_of(options), by)
        self.answer_all(tenant, f"none of {tenant.slug} fires by itself any more", options)

    def resume_all(self, options: dict[str, Any], by: By) -> None:
        tenant = keeping.resume_all(tenant_of(options), by)
        self.answer_all(tenant, f"those of {tenant.slug} that are not paused themselves fire again", options)

    def run(self, options: dict[str, Any], by: By) -> None:
        run = keeping.run_now(find(options["schedule"]), by, may_be_urgent=True)
        if options["json"]:
            self.say_json(RunSerializer(run).data)
        else:
            self.stdout.write(f"task {run.task_id}" if run.task_id else f"{run.outcome}: {run.text}")
        if run.outcome not in (RunOutcome.MADE, RunOutcome.QUEUED):
            raise CommandError("No task was made.", returncode=FORBIDDEN)

    def delete(self, options: dict[str, Any], by: By) -> None:
        schedule = find(options["schedule"])
        keeping.delete_schedule(schedule, by)
        self.answer(schedule, "is deleted", options)

    def preview(self, options: dict[str, Any], by: By) -> None:
        asked = RuleRequest(
            data={
                "cron": options["cron"],
                "time_zone": options["time_zone"],
                "viewer_time_zone": options["viewer"],
            }
        )
        asked.is_valid(raise_exception=True)
        rule = asked.validated_data
        found = preview(rule["cron"], rule["time_zone"], rule["viewer_time_zone"], database_now())
        if options["json"]:
            self.say_json(RulePreview(found).data)
            return
        self.stdout.write(found["in_words"])
        self.stdout.write(f"  {rule['time_zone']:<25}  {rule['viewer_time_zone']}")
        for run in found["runs"]:
            self.stdout.write(f"  {run['local']}  {run['viewer']}")

    def answer(self, schedule: Schedule, words: str, options: dict[str, Any]) -> None:
        if options["json"]:
            self.say_json(ScheduleSerializer(schedule).data)
        else:
            self.stdout.write(words if words.startswith("schedule") else f"{schedule.name} {words}")

    def answer_all(self, tenant: Tenant, words: str, options: dict[str, Any]) -> None:
        if options["json"]:
            self.say_json({"tenant": tenant.slug, "schedules_paused": tenant.schedules_paused})
        else:
            self.stdout.write(words)

    def say_json(self, body: Any) -> None:
        self.stdout.write(json.dumps(body, default=str))


def form_of(options: dict[str, Any], tenant: Tenant) -> Any:
    """The task form that the arguments, or a file, ask for."""
    if options["form"]:
        if any(options[name] for name in ("images", "selector", "node", "all_nodes", "list")):
            refuse("--form holds the whole task: leave out images, lists and nodes, or write them into the file.")
        try:
            return json.loads(Path(options["form"]).read_text(encoding="utf-8"))
        except (OSError, ValueError) as wrong:
            refuse(f"{options['form']} cannot be read as JSON: {wrong}")
    lists = image_lists.ids_of(options["list"], tenant)
    wish = {
        "images": options["images"],
        "image_lists": [str(pk) for pk in lists],
        "node_selector": options["selector"],
        "node_names": options["node"],
        "all_nodes": options["all_nodes"],
    }
    return {name: value for name, value in wish.items() if value}


def find(which: str) -> Schedule:
    rows = Schedule.objects.select_related("tenant", "created_by", "last_run__task")
    return the_one(rows, which, "schedule", "manage.py schedule list")


def tenant_of(options: dict[str, Any]) -> Tenant:
    return Tenant.objects.filter(slug=options["tenant"]).first() or refuse(f"There is no tenant {options['tenant']!r}.")


def asks_for(form: dict[str, Any]) -> str:
    """`nginx:1.27 on all nodes`."""
    lists = len(form.get("image_lists", ()))
    images = [*form.get("images", ()), *([counted(lists, "image list")] if lists else [])]
    if selector := form.get("node_selector"):
        return f"{listed(images)} on the nodes with {selector}"
    names = form.get("node_names")
    return f"{listed(images)} on {listed(names) if names else 'all nodes'}"


def told(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def refuse(why: str) -> NoReturn:
    raise CommandError(why, returncode=USAGE)
