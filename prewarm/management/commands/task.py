"""`manage.py task …`: what tasks do, and what is to be done with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ips.operator_command import USAGE, OperatorCommand, shell_actor
from prewarm import stopping, submit
from prewarm.clock import database_now
from prewarm.find_task import NoSuchTask, find_task
from prewarm.models import Task, TaskStatus
from prewarm.serializers import TaskDetail, TaskSerializer
from prewarm.story import story_of
from prewarm.task_rows import for_lists
from prewarm.terminal.layout import Page, Paints, width_of
from prewarm.terminal.task_list import write_tasks
from prewarm.terminal.task_page import write_task

FORBIDDEN = 1
LISTED, EVENTS = 20, 15
MOVES: dict[str, tuple[str, Callable[[Task, str], Task], str]] = {
    "cancel": ("start nothing more, end what runs", stopping.cancel, "is being cancelled"),
    "pause": ("start nothing more for now; what runs goes on", stopping.pause, "is paused"),
    "resume": ("let a paused task go on", stopping.resume, "goes on"),
}


class Command(OperatorCommand):
    """Works as a platform administrator, in this process; history names it `cli:<user>`."""

    help = (
        "List tasks, tell the story of one, or cancel, pause, resume or retry it. An ID may be shortened. "
        "Exit status: 0 done, 1 the task's status forbids it, 2 usage or no such task, 4 IPS is out of order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = verbs.add_parser("list", help="the newest tasks")
        listing.add_argument("--status", action="append", choices=TaskStatus.values, help="only these; may be repeated")
        listing.add_argument("--limit", type=int, default=LISTED, metavar="N", help="how many (default %(default)s)")
        showing = verbs.add_parser("show", help="the whole story of one task")
        showing.add_argument(
            "--events", type=int, default=EVENTS, metavar="N", help="how many of the last events (default %(default)s)"
        )
        moving = [verbs.add_parser(verb, help=what) for verb, (what, _, _) in MOVES.items()]
        retrying = verbs.add_parser("retry", help="a new task with only what failed or was cancelled")
        for verb in (showing, *moving, retrying):
            verb.add_argument("id", metavar="ID", help="the task's id, or its first characters")
        for verb in (listing, showing, *moving, retrying):
            verb.add_argument("--json", action="store_true", help="print JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "list":
            self.list(options)
            return
        try:
            task = find_task(options["id"])
        except NoSuchTask as none:
            raise CommandError(str(none), returncode=USAGE) from none
        if options["verb"] == "show":
            self.show(task, options)
        elif options["verb"] == "retry":
            self.retry(task, options)
        else:
            self.move(task, options)

    def list(self, options: dict[str, Any]) -> None:
        """Newest first."""
        tasks = Task.objects.select_related("tenant").order_by("-created_at", "id")
        if options["status"]:
            tasks = tasks.filter(status__in=options["status"])
        most = max(0, options["limit"])
        if options["json"]:
            self.print_json(TaskSerializer(for_lists(tasks)[:most], many=True).data)
            return
        chosen = list(tasks[:most])
        page = self.page()
        write_tasks(page, chosen, database_now(), left_out=tasks.count() - len(chosen))
        self.stdout.write("\n".join(page.lines))

    def show(self, task: Task, options: dict[str, Any]) -> None:
        story = story_of(task)
        if options["json"]:
            self.print_json(story)
            return
        page = self.page()
        write_task(page, task, story, database_now(), max(0, options["events"]))
        self.stdout.write("\n".join(page.lines))

    def move(self, task: Task, options: dict[str, Any]) -> None:
        _, move, done = MOVES[options["verb"]]
        try:
            move(task, shell_actor())
        except stopping.StatusForbids as forbids:
            raise CommandError(forbids.message, returncode=FORBIDDEN) from forbids
        task.refresh_from_db()
        self.answer(task, f"task {task.pk} {done}", options)

    def retry(self, task: Task, options: dict[str, Any]) -> None:
        try:
            again = submit.retry(task, user=None, actor=shell_actor(), request_id="")
        except stopping.StatusForbids as forbids:
            raise CommandError(forbids.message, returncode=FORBIDDEN) from forbids
        self.answer(again, f"task {again.pk} tries again what failed in {str(task.pk)[:8]}", options)

    def answer(self, task: Task, words: str, options: dict[str, Any]) -> None:
        if options["json"]:
            self.print_json(TaskDetail(task).data)
        else:
            self.stdout.write(words)

    def print_json(self, body: Any) -> None:
        self.stdout.write(json.dumps(body, default=str))

    def page(self) -> Page:
        look = self.style
        paints = Paints(look.MIGRATE_HEADING, look.SUCCESS, look.ERROR, look.WARNING, look.HTTP_NOT_MODIFIED)
        return Page(width_of(self.stdout.isatty()), paints)
