"""Pushes of one image wait until no more follow; then each rule makes one task of them. The tick sees to it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from rest_framework.exceptions import APIException

from ips.problems import Problem, field_errors
from prewarm import submit
from prewarm.clock import database_now, has_come
from prewarm.crash_points import crash_point
from prewarm.models import Task, Trigger
from prewarm.transactions import AWAY, retried
from webhooks.inbound.task_form import wish_for
from webhooks.models import Gathering, GatheringStatus, HookRule, PinState

log = logging.getLogger(__name__)

AT_ONCE = 50  # in one tick
LONGEST_DEBOUNCE = 3600
WAITS_AT_MOST = 10  # times the debounce: who pushes all the time gets a task now and then all the same
SAME = timedelta(minutes=10)
TRIED_FOR = timedelta(hours=24)  # what a quota refuses: by then the day that it counts has ended
LEAST_PAUSE, MOST_PAUSE = timedelta(minutes=1), timedelta(minutes=10)
QUOTA = "quota_exceeded"
LOOK_EVERY = timedelta(seconds=10)
FARTHEST = timedelta(seconds=2 * LONGEST_DEBOUNCE)


def key_of(image: str) -> str:
    return hashlib.sha256(image.encode()).hexdigest()


def gather(rules: Sequence[HookRule], image: str, digest: str, now: datetime) -> list[Gathering]:
    """Let each rule wait for more pushes of this image; runs in the transaction that notes the arrival.

    A rule whose task for this very content was made a moment ago has nothing to wait for, and is left out.
    """
    return [found for rule in rules if (found := _gather(rule, image, digest, now))]


def _gather(rule: HookRule, image: str, digest: str, now: datetime) -> Gathering | None:
    key = key_of(image)
    for _ in range(2):
        if waiting := Gathering.objects.select_for_update().filter(rule=rule, open_key=key).first():
            last = waiting.since + timedelta(seconds=WAITS_AT_MOST * rule.debounce_seconds)
            due_at = min(now + timedelta(seconds=rule.debounce_seconds), last)
            Gathering.objects.filter(pk=waiting.pk).update(digest=digest, pushes=F("pushes") + 1, due_at=due_at)
            return waiting
        ended = Gathering.objects.filter(rule=rule, key=key, status=GatheringStatus.FIRED).order_by("-ended_at").first()
        if ended and digest and ended.digest == digest and ended.ended_at and abs(now - ended.ended_at) < SAME:
            return None
        fresh = Gathering(
            hook_id=rule.hook_id,
            rule=rule,
            image=image,
            key=key,
            open_key=key,
            digest=digest,
            since=now,
            due_at=now + timedelta(seconds=rule.debounce_seconds),
        )
        try:
            with transaction.atomic():
                fresh.save(force_insert=True)
        except IntegrityError:  # another was quicker: add to that one
            continue
        return fresh
    return None


def fire_due(now: datetime) -> int:
    """Make the tasks whose time has come; how many are decided. Two who do so at once make one task."""
    due = Gathering.objects.filter(has_come("due_at", now, FARTHEST), status=GatheringStatus.WAITING)
    found = list(due.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_safely(pk) for pk in found)


def _safely(pk: UUID) -> bool:
    """One that breaks holds up no other, and is looked at again after a while."""
    try:
        return _fire(pk)
    except AWAY:
        raise
    except Exception:
        log.exception("no task of a push", extra={"row": str(pk)})
        waiting = Gathering.objects.filter(pk=pk, status=GatheringStatus.WAITING)
        waiting.update(due_at=database_now() + MOST_PAUSE)
        return False


def _fire(pk: UUID) -> bool:
    fired = retried(lambda: _claim_and_submit(pk))
    if fired:
        crash_point("gathering_committed")
    return fired


def _claim_and_submit(pk: UUID) -> bool:
    """The task and that it was made, in one transaction: either both are there or neither is.

    What a quota refuses is put off, for up to a day; anything else that forbids the task is final.
    """
    now = database_now()
    mine = Gathering.objects.filter(has_come("due_at", now, FARTHEST), pk=pk, status=GatheringStatus.WAITING)
    if not mine.update(status=GatheringStatus.FIRED, open_key=None, due_at=None, ended_at=now):
        return False
    gathering = Gathering.objects.select_related("rule", "hook__tenant").get(pk=pk)
    crash_point("gathering_claimed", gathering.hook.name)
    values: dict[str, object]
    try:
        task = _submit(gathering)
        values = {"task": task.pk, "code": "", "message": ""}
        if gathering.rule and gathering.rule.pin and gathering.digest:
            values |= {"pin": PinState.WAITING, "look_at": now + LOOK_EVERY}
    except APIException as refused:
        code, message = words_of(refused)
        later = code == QUOTA and now - gathering.since < TRIED_FOR
        values = _put_off(gathering, message, now) if later else _refused(code, message)
        log.warning("no task of a push", extra={"image": gathering.image, "code": code, "tried_again": later})
    Gathering.objects.filter(pk=pk).update(**values)
    crash_point("gathering_fired", gathering.hook.name)
    return values.get("status") != GatheringStatus.WAITING


def _put_off(gathering: Gathering, message: str, now: datetime) -> dict[str, object]:
    """Open again, so that further pushes are added to it; the longer it has waited, the longer the pause."""
    pause = min(MOST_PAUSE, max(LEAST_PAUSE, (now - gathering.since) / 10))
    until = f"{gathering.since + TRIED_FOR:%Y-%m-%d %H:%M} UTC"
    return {
        "status": GatheringStatus.WAITING,
        "open_key": gathering.key,
        "due_at": now + pause,
        "ended_at": None,
        "code": QUOTA,
        "message": f"{message[:400]} It is tried again by itself until {until}.",
    }


def _refused(code: str, message: str) -> dict[str, object]:
    again = "When that is mended, push the tag again, or make a task of the image."
    return {
        "status": GatheringStatus.REFUSED,
        "code": code[:40],
        "message": f"{message[:400]} {again}",
    }


def _submit(gathering: Gathering) -> Task:
    """Raises an APIException with the words of whatever forbids it now."""
    hook, rule = gathering.hook, gathering.rule
    if rule is None or not rule.enabled or not hook.enabled:
        raise Problem(409, "rule_is_gone", "The rule was deleted or disabled before its time came.")
    wish = wish_for(rule.task, gathering.image, hook.tenant)
    cause = f"push of {_short(gathering.image)} to registry {gathering.image.partition('/')[0]}"
    return submit.submit(
        tenant=hook.tenant,
        user=None,
        actor=f"hook {hook.name}"[:160],
        request_id="",
        wish=wish,
        trigger=Trigger.HOOK,
        cause=cause[:200],
    )


def _short(image: str) -> str:
    return image.partition("/")[2]


def words_of(refused: APIException) -> tuple[str, str]:
    """A code and a sentence of what forbids a task."""
    if isinstance(refused, Problem):
        errors = refused.errors
        return (str(errors[0]["code"]), errors[0]["detail"]) if errors else (refused.code, str(refused.detail))
    first = field_errors(refused)[0]  # type: ignore[arg-type]
    return first["code"], f"{first['pointer']}: {first['detail']}"
