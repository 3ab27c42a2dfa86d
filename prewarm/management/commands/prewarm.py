"""`manage.py prewarm IMAGE…`: make images warm from the command line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rest_framework.exceptions import ValidationError

from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.operator_command import INTERRUPTED, USAGE, OperatorCommand, shell_actor
from ips.problems import FieldError, Problem, field_errors
from prewarm import submit
from prewarm.image_lists import ids_of
from prewarm.models import Task, TaskStatus
from prewarm.preview import preview
from prewarm.reasons import label_for
from prewarm.serializers import TaskDetail
from prewarm.task_request import TaskRequest, permitted
from prewarm.terminal.layout import Page, width_of
from prewarm.terminal.preview_page import preview_page
from prewarm.terminal.progress import Progress
from prewarm.wording import counted

SOME_NOT_WARM, TIMED_OUT = 1, 3
REGISTRY_SECONDS = 3.0
LOOK_SECONDS = 0.3
OPTIONS = (
    "batch_size",
    "concurrency",
    "parallel_batches",
    "priority",
    "timeout_seconds",
    "pull_timeout_seconds",
    "max_attempts",
    "retry_backoff_seconds",
    "pull_policy",
    "puller",
    "failure_limit",
    "first_wave",
)


GIVEN = ("images", "tenant", "name", "include_cordoned", "allow_skipped", "strict_waves", "urgent")


class Command(OperatorCommand):
    """Makes a task as a platform administrator; with --wait follows it to its end."""

    help = (
        "Pull images onto nodes. Exit status: 0 all warm (without --wait: accepted), 1 some not, 2 usage, 3 time over, "
        "4 IPS is out of order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("images", nargs="*", metavar="IMAGE", help="image references, like nginx:1.27")
        parser.add_argument(
            "--list", dest="lists", action="append", default=[], metavar="NAME", help="a list of the image library"
        )
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--selector", metavar="S", help="nodes with these labels, like pool=gpu,zone in (a,b)")
        which.add_argument("--names", metavar="A,B", help="these nodes")
        which.add_argument("--all-nodes", action="store_true", help="all nodes")
        parser.add_argument("--tenant", default=DEFAULT_TENANT, help="for which tenant (default: %(default)s)")
        parser.add_argument("--name", default="", help="a name for people")
        parser.add_argument("--include-cordoned", action="store_true", help="pull on cordoned nodes too")
        parser.add_argument("--allow-skipped", action="store_true", help="skipped nodes count as done")
        parser.add_argument("--strict-waves", action="store_true", help="a batch starts when the one before has ended")
        parser.add_argument("--urgent", action="store_true", help="before all other tasks")
        parser.add_argument("--pull-secret", action="append", default=[], metavar="NAME", help="in the pull namespace")
        for option in OPTIONS:
            parser.add_argument(
                f"--{option.replace('_', '-')}", dest=option, metavar="X", help="see POST tasks/ in the API"
            )
        parser.add_argument("--wait", action="store_true", help="follow the task to its end")
        parser.add_argument(
            "--wait-timeout", type=float, metavar="S", help="stop waiting after S seconds (exit status 3)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
        parser.add_argument("--dry-run", action="store_true", help="print what would be done, make nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"] or DEFAULT_TENANT).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=USAGE)
        wish = self.wish(options, tenant)
        if options["dry_run"]:
            self.show_preview(wish, tenant, as_json=options["json"])
            return
        try:
            task = submit.submit(tenant=tenant, user=None, actor=shell_actor(), request_id="", wish=wish)
        except Problem as refused:
            raise CommandError(str(refused.detail), returncode=USAGE) from refused
        if not options["wait"]:
            self.report(task, as_json=options["json"])
            self.stderr.write(f"Follow it with: manage.py task show {str(task.pk)[:8]}")
            return
        try:
            in_time = self.follow(task, options["wait_timeout"])
        except KeyboardInterrupt:
            short = str(task.pk)[:8]
            raise CommandError(
                f"The task goes on without you: manage.py task show {short}, or manage.py task cancel {short}.",
                returncode=INTERRUPTED,
            ) from None
        self.report(task, as_json=options["json"])
        if not in_time:
            text = f"The task still runs, but --wait-timeout is over. See: manage.py task show {str(task.pk)[:8]}"
            raise CommandError(text, returncode=TIMED_OUT)
        if task.status != TaskStatus.SUCCEEDED:
            sys.exit(SOME_NOT_WARM)

    def wish(self, options: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
        """The request that these options mean, checked as the API checks it."""
        data: dict[str, Any] = {name: options[name] for name in OPTIONS if options[name] is not None}
        data |= {name: options[name] for name in GIVEN}
        data |= {"pull_secrets": options["pull_secret"], "all_nodes": options["all_nodes"]}
        if options["selector"] is not None:
            data["node_selector"] = options["selector"]
        if options["names"] is not None:
            data["node_names"] = [name.strip() for name in options["names"].split(",")]
        try:
            if options["lists"]:
                data["image_lists"] = ids_of(options["lists"], tenant)
            asked = TaskRequest(data=data)
            asked.is_valid(raise_exception=True)
            wish = dict(asked.validated_data)
            del wish["tenant"]
            return permitted(wish, tenant, may_be_urgent=True)
        except ValidationError as wrong:
            raise CommandError(_lines(field_errors(wrong)), returncode=USAGE) from wrong
        except Problem as refused:
            raise CommandError(_lines(refused.errors) or str(refused.detail), returncode=USAGE) from refused

    def follow(self, task: Task, seconds: float | None) -> bool:
        """Show progress on stderr until the task ends; false when the time is over first."""
        progress = Progress(sys.stderr)
        end = time.monotonic() + seconds if seconds is not None else None
        try:
            while True:
                task.refresh_from_db()
                progress.show(task)
                if task.finished:
                    return True
                if end is not None and time.monotonic() >= end:
                    return False
                time.sleep(LOOK_SECONDS)
        finally:
            progress.end()

    def report(self, task: Task, *, as_json: bool) -> None:
        body = TaskDetail(task).data
        if as_json:
            keys = ("id", "status", "counts", "images", "reasons")
            self.stdout.write(json.dumps({key: body[key] for key in keys}, default=str))
            return
        self.stdout.write(f"task {task.pk} {task.status}" + (f" ({task.reason})" if task.reason else ""))
        page = Page(width_of(self.stdout.isatty()))
        for group in body["reasons"]:
            page.text(f"{counted(group['nodes'], 'node')}: {label_for(group['reason'])}")
            page.text(group["hint"], 4)
            if group["message"]:
                page.text(f"the runtime says: {group['message']}", 4, hang=2)
        if page.lines:
            self.stdout.write("\n".join(page.lines))

    def show_preview(self, wish: dict[str, Any], tenant: Tenant, *, as_json: bool) -> None:
        found = preview(wish, tenant, wait_seconds=REGISTRY_SECONDS)
        if as_json:
            self.stdout.write(json.dumps(found, default=_json))
        else:
            self.stdout.write(preview_page(found, width_of(self.stdout.isatty())))


def _json(value: Any) -> str:
    """Times, as the API writes them."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _lines(errors: Iterable[FieldError]) -> str:
    return "\n".join(f"{_as_typed(error['pointer'])}: {error['detail']}" for error in errors)


def _as_typed(pointer: str) -> str:
    """The option behind a field of the request."""
    field, _, index = pointer.partition("/")
    option = {
        "images": "IMAGE",
        "node_selector": "--selector",
        "node_names": "--names",
        "pull_secrets": "--pull-secret",
        "image_lists": "--list",
    }
    name = option.get(field, f"--{field.replace('_', '-')}")
    return f"{name} {int(index) + 1}" if index.isdigit() else name
