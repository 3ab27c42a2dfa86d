"""When pods come, are pulled and go: the sampler, which watches the API server anyway, with a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.sampler import Sampler


class Watching(Sampler):
    """From its making on. Times are those of time.perf_counter, taken when the watch told."""

    def __init__(self, kubeconfig: Path) -> None:
        self._news = threading.Condition()
        self.first_at = 0.0
        self.last_pulled_at = 0.0
        self.made_pods = 0
        self.pulled_pods = 0  # or gone without
        self.first_of: dict[str, float] = {}  # by task:…
        super().__init__(kubeconfig)

    def until_made(self, count: int, seconds: float) -> None:
        """Wait until so many pods have been made. Raises TimeoutError."""
        self._until(lambda: self.made_pods >= count, f"{count} pods to be made", seconds)

    def until_pulled(self, count: int, seconds: float) -> None:
        """Wait until the images of so many pods are on their nodes. Raises TimeoutError."""
        self._until(lambda: self.pulled_pods >= count, f"{count} pods to be pulled", seconds)

    def until_empty(self, seconds: float) -> None:
        """Wait until every pod that was ever seen is gone. Raises TimeoutError."""
        self._until(lambda: len(self._gone) >= len(self._seen), "all pods to be gone", seconds)

    def has_pulled(self, uid: str) -> bool:
        """Whether this pod was seen, and its images are on the node or it is gone."""
        return uid in self._seen and uid not in self._pulling

    def now(self, name: str) -> int:
        """How many pods are pulling there: `tenant:…`, `task:…`."""
        return self._now[name]

    def quiet(self, seconds: float) -> int:
        """Wait until no pod has been made for so long; how many there were."""
        with self._news:
            while True:
                made = self.made_pods
                if not self._news.wait_for(lambda made=made: self.made_pods > made, seconds):
                    return made

    def _enter(self, uid: str, where: list[str]) -> None:
        super()._enter(uid, where)
        with self._news:
            self.first_at = self.first_at or time.perf_counter()
            self.made_pods += 1
            for name in where:
                if name.startswith("task:"):
                    self.first_of.setdefault(name, time.perf_counter())
            self._news.notify_all()

    def _leave(self, uid: str, *, gone: bool = True) -> None:
        pulling = uid in self._pulling
        super()._leave(uid, gone=gone)
        with self._news:
            if pulling:
                self.last_pulled_at = time.perf_counter()
                self.pulled_pods += 1
            self._news.notify_all()

    def _until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        with self._news:
            if not self._news.wait_for(condition, seconds):
                raise TimeoutError(f"waited {seconds:g} s for {what}: {self.made_pods} made, {self.pulled_pods} pulled")
