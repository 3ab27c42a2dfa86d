"""`manage.py prewarm IMAGE…`: make images warm from the command line."""

from __future__ import annotations

import getpass
import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.exceptions import ValidationError

from accounts.models import Tenant
from accounts.permissions import DEFAULT_TENANT
from ips.problems import Problem, field_errors
from prewarm import submit
from prewarm.models import Task, TaskStatus
from prewarm.preview import preview
from prewarm.serializers import TaskDetail
from prewarm.task_request import TaskRequest, check_precedence
from prewarm.terminal import Progress
from prewarm.wording import counted, duration, nodes

SOME_NOT_WARM, USAGE, TIMED_OUT = 1, 2, 3
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


class Command(BaseCommand):
    """Makes a task as a platform administrator; with --wait follows it to its end."""

    help = (
        "Pull images onto nodes. Exit status: 0 all warm (without --wait: accepted), 1 some not, 2 usage, 3 time over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("images", nargs="+", metavar="IMAGE", help="image references, like nginx:1.27")
        parser.add_argument("--selector", metavar="S", help="nodes with these labels, like pool=gpu,zone in (a,b)")
        parser.add_argument("--names", metavar="A,B", help="these nodes")
        parser.add_argument("--all-nodes", action="store_true", help="all nodes")
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
        wish = self.wish(options)
        tenant = Tenant.objects.filter(slug=wish.pop("tenant") or DEFAULT_TENANT).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=USAGE)
        try:
            check_precedence(wish, tenant, platform_admin=True)
        except Problem as refused:
            raise CommandError(str(refused.detail), returncode=USAGE) from refused
        if options["dry_run"]:
            self.show_preview(wish, as_json=options["json"])
            return
        actor = f"cli:{getpass.getuser()}"
        task = submit.submit(tenant=tenant, user=None, actor=actor, request_id="", wish=wish)
        if not options["wait"]:
            self.report(task, as_json=options["json"])
            return
        in_time = self.follow(task, options["wait_timeout"])
        self.report(task, as_json=options["json"])
        if not in_time:
            raise CommandError("The task still runs: --wait-timeout is over.", returncode=TIMED_OUT)
        if task.status != TaskStatus.SUCCEEDED:
            sys.exit(SOME_NOT_WARM)

    def wish(self, options: dict[str, Any]) -> dict[str, Any]:
        """The request that these options mean, checked as the API checks it."""
        data: dict[str, Any] = {name: options[name] for name in OPTIONS if options[name] is not None}
        data |= {name: options[name] for name in GIVEN}
        data |= {"pull_secrets": options["pull_secret"], "all_nodes": options["all_nodes"]}
        if options["selector"] is not None:
            data["node_selector"] = options["selector"]
        if options["names"] is not None:
            data["node_names"] = [name.strip() for name in options["names"].split(",")]
        asked = TaskRequest(data=data)
        try:
            asked.is_valid(raise_exception=True)
        except ValidationError as wrong:
            lines = [f"{error['pointer']}: {error['detail']}" for error in field_errors(wrong)]
            raise CommandError("\n".join(lines), returncode=USAGE) from wrong
        return dict(asked.validated_data)

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
        for group in body["reasons"]:
            self.stdout.write(f"  {group['nodes']} × {group['reason']}: {group['message']}".rstrip(": "))
            self.stdout.write(f"    {group['hint']}")

    def show_preview(self, wish: dict[str, Any], *, as_json: bool) -> None:
        found = preview(wish)
        if as_json:
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write(
            f"matches {found['matched']} of {found['total']} nodes, in {counted(found['batches'], 'batch', 'batches')}"
        )
        seconds, at_once = found["estimate"]["seconds"], found["estimate"]["nodes_at_once"]
        self.stdout.write(f"takes {duration(seconds)} by estimate, {nodes(at_once)} at once")
        for group in found["skipped"]:
            self.stdout.write(f"  skipped {group['nodes']} × {group['reason']}: {group['hint']}")
        for warning in found["warnings"]:
            self.stdout.write(f"  ! {warning}")
