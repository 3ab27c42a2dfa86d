"""Who guesses passwords is slowed down; nobody can lock somebody else out.

Attempts are rows, so all replicas count together and losing Redis forgets nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.hashing import one_hash
from accounts.models import Session, SignInAttempt
from ips.client_address import counted_as
from ips.problems import Problem

NAME_AND_ADDRESS = (5, timedelta(minutes=5))
ADDRESS = (30, timedelta(minutes=5))
NAME = (50, timedelta(hours=1))
LONGEST_DELAY = timedelta(seconds=60)
KNOWN = timedelta(days=30)  # so long a user is known where a sign-in succeeded, and sessions are kept
KEPT = timedelta(hours=1)


class Attempt:
    """One try of a password, noted before it is checked: of many at once, none is overlooked.

    Raises 429 with Retry-After when there were too many: 5 in 5 minutes for a name from one address, 30 in 5 minutes
    from one address. Beyond 50 in an hour for a name from anywhere, each must wait longer after the last, up to 60 s;
    but not where the user signed in lately: whoever asks all the time would take every turn, and the owner none.
    """

    def __init__(self, username: str, ip: str | None) -> None:
        self.given, self.username = username, username.casefold()[:150]
        self.address, self.ip = ip, counted_as(ip)
        now = timezone.now()
        SignInAttempt.objects.filter(at__lt=now - KEPT).delete()
        self.row = SignInAttempt.objects.create(username=self.username, ip=self.ip, at=now)
        if wait := self._wait(now):
            self.row.delete()  # what was refused is not a failed attempt
            seconds = math.ceil(wait.total_seconds())
            raise Problem(429, "throttled", f"Too many attempts. Try again in {seconds} s.", retry_after=seconds)

    @contextmanager
    def one_hash(self) -> Iterator[None]:
        """Room for the hash that checks it. Where there is none it was no attempt, and raises 429."""
        with ExitStack() as room:
            try:
                room.enter_context(one_hash())
            except Problem:
                self.row.delete()
                raise
            yield

    def succeeded(self) -> None:
        """Forget this attempt and the failed ones before it, from here."""
        self._others().filter(username=self.username, ip=self.ip).delete()
        self.row.delete()

    def _wait(self, now: datetime) -> timedelta:
        of_name = self._others().filter(username=self.username)
        from_here = self._others().filter(ip=self.ip)
        here = max(
            _until_fewer(from_here.filter(username=self.username), *NAME_AND_ADDRESS, now),
            _until_fewer(from_here, *ADDRESS, now),
            timedelta(0),
        )
        anywhere = _since_last(of_name, *NAME, now)
        return here if anywhere <= here or self._is_known_here(now) else anywhere

    def _is_known_here(self, now: datetime) -> bool:
        places = Session.objects.filter(user__username=self.given, created_at__gt=now - KNOWN)
        return self.address is not None and places.filter(ip=self.address).exists()

    def _others(self) -> QuerySet[SignInAttempt]:
        return SignInAttempt.objects.exclude(pk=self.row.pk)


def _until_fewer(attempts: QuerySet[SignInAttempt], limit: int, within: timedelta, now: datetime) -> timedelta:
    """How long until fewer than `limit` of the attempts lie within the last `within`."""
    times = list(attempts.filter(at__gt=now - within).order_by("-at").values_list("at", flat=True)[:limit])
    return times[-1] + within - now if len(times) == limit else timedelta(0)


def _since_last(attempts: QuerySet[SignInAttempt], limit: int, within: timedelta, now: datetime) -> timedelta:
    """What is left of the delay after the last attempt: doubling with each one above `limit`."""
    times = list(attempts.filter(at__gt=now - within).order_by("-at").values_list("at", flat=True))
    if len(times) < limit:
        return timedelta(0)
    delay = min(LONGEST_DELAY, timedelta(seconds=2 ** min(len(times) - limit, 10)))
    return times[0] + delay - now
