"""Tasks by the first characters of their ids, as people type them."""

from __future__ import annotations

import re

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Replace

from prewarm.models import Task

FEW = 5


class NoSuchTask(Exception):
    """No task, or more than one, has an id that starts like this; the message says which."""


def find_task(start: str) -> Task:
    """The one task whose id starts with these hexadecimal digits; hyphens do not matter. Raises NoSuchTask."""
    digits = start.lower().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        raise NoSuchTask(f"{start!r} is no task's id: ids have the digits 0-9 and a-f. See: manage.py task list.")
    text = Replace(Cast("pk", CharField(max_length=36)), Value("-"), Value(""))
    found = list(Task.objects.annotate(digits=text).filter(digits__startswith=digits).select_related("tenant")[:FEW])
    if not found:
        raise NoSuchTask(f"No task has an id that starts with {start}. See: manage.py task list.")
    if len(found) > 1:
        some = ", ".join(str(task.pk)[: len(digits) + 6] for task in found)
        raise NoSuchTask(f"More than one task has an id that starts with {start}: {some} … Give more of it.")
    return found[0]
