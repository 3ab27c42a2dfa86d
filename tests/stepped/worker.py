"""Workers that run only while the test lets them, statement by statement: they may be left standing, or die, anywhere.

A worker is a thread with a database connection, a holder's name, a stream and a sender of its own, like a process. Only
one thread runs at a time. It stands still only outside of transactions, where a real one would let others go on too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections
from django.utils.functional import cached_property

from prewarm.cluster import Watched
from prewarm.podstream import PodStream
from prewarm.runtime import Runtime
from prewarm.sender import Sender
from prewarm.simulator.store import Change
from prewarm.turn import Turn
from tests.stepped.clock import Clock
from tests.stepped.cluster import Client, SteppedCluster


class Died(BaseException):
    """`kill -9`, as far as rows and memory can tell."""


class SteppedStream(PodStream):
    """A pod stream that hears of a change when the test tells it to."""

    def __init__(self, runtime: SteppedRuntime) -> None:
        super().__init__(runtime.cluster, runtime.installation, runtime.stopping)
        self._world = runtime.world
        self._heard_up_to = 0
        self.relist()

    def start(self) -> None:
        """There are no threads."""

    def wait(self, seconds: float) -> bool:
        if seconds > 0 and not self._changed:
            self._world.pass_time(seconds)
        return bool(self._changed)

    def relist(self) -> None:
        """The watch broke, or its version was too old: a whole list."""
        self._heard_up_to = len(self._world.changes)
        self._take_list()
        self._steady_since = time.monotonic()

    def untold(self) -> int:
        return len(self._world.changes) - self._heard_up_to

    def hear(self, most: int, *, again: int = 0) -> None:
        """The next lines of the watch; before them the last ones `again`, as after a restart from an older version."""
        first = max(0, self._heard_up_to - again)
        last = min(len(self._world.changes), self._heard_up_to + most)
        self._heard_up_to = last
        for change in self._world.changes[first:last]:
            if self._is_ours(change):
                self._take_line(Watched(change.kind, change.object))
        self._heard = time.monotonic()

    def _is_ours(self, change: Change) -> bool:
        name, _, value = self._selector.partition("=")
        return bool((change.object["metadata"].get("labels") or {}).get(name) == value)


class Requests:
    """In place of the sender's threads: what was sent, and is neither done nor answered."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)


class Stopping(threading.Event):
    """A wait passes the world's time."""

    def __init__(self, world: SteppedCluster) -> None:
        super().__init__()
        self._world = world

    def wait(self, timeout: float | None = None) -> bool:
        self._world.pass_time(timeout or 0.0)
        return self.is_set()


class SteppedRuntime(Runtime):
    def __init__(self, world: SteppedCluster, holder: str) -> None:
        super().__init__()
        self.holder = holder
        self.world = world
        self.stopping = Stopping(world)
        self.requests = Requests()

    @cached_property
    def cluster(self) -> Client:
        return Client(self.world)

    @cached_property
    def stream(self) -> SteppedStream:
        return SteppedStream(self)

    @cached_property
    def sender(self) -> Sender:
        sender = Sender(self.cluster, self.installation, self.stream.wake)
        sender._pool.shutdown()
        sender._pool = self.requests
        return sender


class Worker:
    """`work` lets it go on; `standing` says that it stands in the middle of a cycle."""

    def __init__(self, world: SteppedCluster, clock: Clock, holder: str) -> None:
        self.runtime = SteppedRuntime(world, holder)
        self.standing = False
        self.dead = False
        self._clock = clock
        self._turn: Turn | None = None
        self._left = 0  # statements until it stands still or dies; 0: none do
        self._mortal = False
        self._move: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._live, name=holder, daemon=True)
        self._thread.start()

    def work(self, statements: int = 0) -> None:
        """One cycle of a turn, or what is left of one; after so many statements it stands still (0: it does not)."""
        self._run(statements, mortal=False, move=self._cycle)

    def hand_back(self) -> None:
        """End the turn as SIGTERM and the end of its time do."""
        if not self.standing:
            self._run(0, mortal=False, move=self._end)

    def die(self, statements: int = 0, requests: int = 0) -> None:
        """Die where it stands, or before one of the next statements, be it inside a transaction.

        Of the requests in its queue the first ones still reach the API server.
        """
        if statements or self.standing:
            self._run(statements, mortal=True, move=self._cycle)
        if not self.dead:
            self._run(0, mortal=True, move=None)
        self._thread.join()
        for request in self.runtime.requests.waiting[:requests]:
            request()

    def answered(self, number: int) -> None:
        """One of the requests under way reaches the API server, and its answer comes back."""
        if waiting := self.runtime.requests.waiting:
            waiting.pop(number % len(waiting))()

    def _run(self, statements: int, *, mortal: bool, move: Callable[[], None] | None) -> None:
        self._left, self._mortal = statements, mortal
        if not self.standing:
            self._move = move
        self._go.release()
        self._back.acquire()
        if self._error:
            raise self._error

    def _live(self) -> None:
        try:
            with connection.execute_wrapper(self._statement):
                while move := self._next():
                    move()
                    self._back.release()
        except Died:
            pass
        except BaseException as error:
            self._error = error
        finally:
            connections.close_all()
            self.dead = True
            self.standing = False
            self._back.release()

    def _next(self) -> Callable[[], None] | None:
        self._go.acquire()
        return self._move

    def _cycle(self) -> None:
        self._turn = self._turn or Turn(self.runtime)
        if not self._turn.step():
            self._turn = None

    def _end(self) -> None:
        if self._turn:
            self._turn.flush()
            self._turn.hand_back_all()
            self._turn = None

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        db = context["connection"]
        if self._left:
            self._left -= 1
            if not self._left and self._mortal:
                raise Died
            if not self._left and db.in_atomic_block:
                self._left = 1  # a little later: it holds locks now
            elif not self._left:
                self._stand()
        return self._clock.execute(execute, sql, params, many, context)

    def _stand(self) -> None:
        self.standing = True
        self._back.release()
        self._go.acquire()
        self.standing = False
        if self._mortal:
            raise Died
