"""Asks for every cell of one route, and leaves nothing behind."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.http import HttpResponse
from django.urls import reverse

from accounts.matrix import Permission, Who, permission_for
from accounts.routes import METHODS, Route
from tests.accounts.matrix.callers import Caller
from tests.accounts.matrix.specified import LET_IN, About, specified
from tests.accounts.matrix.things import body_of, colleague, thing_of

REFUSALS = frozenset({401, 403, 404, 405})
IN_A_TENANT = (About.OURS, About.THEIRS, About.MISSING)


@dataclass(frozen=True)
class Told:
    """All that a caller learns, to the byte; every request has the same id."""

    status: int
    content: bytes
    headers: dict[str, str]


class Walk:
    """The cells of one route. `wrong` says in words which are not as the file says."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.keys = re.findall(r"\(\?P<(\w+)>|<(?:\w+:)?(\w+)>", route.pattern)
        self.has_id = bool(self.keys)
        self.things: dict[tuple[About, str], Model] = {}
        self.cells = 0
        self.wrong: list[str] = []

    def methods(self) -> tuple[str, ...]:
        """All of them where the API answers what it does not know in its own words."""
        return METHODS if self.route.pattern.startswith("api/") else self.route.methods

    def by(self, caller: Caller) -> None:
        for method in self.methods():
            permission = permission_for(method, self.route.name) if method in self.route.methods else None
            told = {about: self.cell(method, caller, permission, about) for about in self.abouts(method, permission)}
            self.tell_alike(f"{method} {self.route.name} by {caller.name}", told)

    def abouts(self, method: str, permission: Permission | None) -> Iterator[About]:
        """What can be named in this request."""
        if self.has_id:
            yield from (About.OURS, About.THEIRS, About.MISSING)
            if permission and permission.who in (Who.OWNER, Who.OWNER_OR_ADMIN):
                yield About.OWN
        elif permission and permission.role and method != "GET":
            yield from IN_A_TENANT
        else:
            yield About.NOTHING

    def cell(self, method: str, caller: Caller, permission: Permission | None, about: About) -> tuple[int, Told]:
        """What the file says, and what was answered."""
        thing = self.thing(caller, about) if self.has_id and about != About.MISSING else None
        expected = specified(permission, caller, about, in_path=self.has_id)
        if permission is None and self.is_open():
            expected = 405
        if about == About.OWN and expected == LET_IN and hasattr(thing, "tenant") and not caller.roles:
            expected = 404  # of a tenant that one has left
        with transaction.atomic():
            before = thing and rows(thing)
            told = self.ask(method, caller, about, thing, permission)
            self.cells += 1
            found = told.status if told.status in REFUSALS else LET_IN
            cell = f"{method} {self.route.name} by {caller.name} about {about.value}"
            if found != expected:
                self.wrong.append(f"{cell}: {told.status}, and the file says {expected}")
            if expected != LET_IN and thing and rows(thing) != before:
                self.wrong.append(f"{cell}: it was refused, and changed something")
            transaction.set_rollback(True)
        return expected, told

    def is_open(self) -> bool:
        """Whether the route asks nobody who he is."""
        found = [permission_for(method, self.route.name) for method in self.route.methods]
        return any(permission.who == Who.ANYONE for permission in found if permission)

    def thing(self, caller: Caller, about: About) -> Model:
        """What the id names; made once, since no cell leaves anything behind."""
        place = (about, caller.name if about == About.OWN else "")
        if place not in self.things:
            tenant = next(iter(caller.roles), "default") if about == About.OWN else about.value
            owner = caller.user if about == About.OWN and caller.user else colleague(tenant)
            self.things[place] = thing_of(self.route.name)(owner, tenant)
        return self.things[place]

    def ask(
        self, method: str, caller: Caller, about: About, thing: Model | None, permission: Permission | None
    ) -> Told:
        body: dict[str, Any] = {}
        if about in IN_A_TENANT and not self.has_id and permission:
            slug = "nothing" if about == About.MISSING else about.value
            body = {**body_of(f"{method} {self.route.name}"), "tenant": slug}
        send = getattr(caller.client, method.lower())
        answer: HttpResponse = send(self.path(thing), body, format="json", headers={"X-Request-ID": "the-same"})
        return Told(answer.status_code, answer.getvalue(), dict(answer.items()))

    def path(self, thing: Model | None) -> str:
        if self.route.name == "ui":
            return "/"
        if not self.has_id:
            return reverse(self.route.name)
        numbers = "[0-9]{1" in self.route.pattern
        missing = 10**9 if numbers else uuid.uuid4()
        ((name, other),) = self.keys
        return reverse(self.route.name, kwargs={name or other: thing.pk if thing else missing})

    def tell_alike(self, what: str, told: dict[About, tuple[int, Told]]) -> None:
        """What one may not see is told like what does not exist, to the byte."""
        missing = told.get(About.MISSING)
        for about, (expected, answer) in told.items():
            if missing and expected == missing[0] in (401, 403, 404) and answer != missing[1]:
                self.wrong.append(f"{what}: {about.value} is told in other words than what does not exist")


def rows(thing: Model) -> list[dict[str, Any]]:
    return list(type(thing)._default_manager.filter(pk=thing.pk).values())
