"""One process of this machine at a time: for building a version, starting a cluster, breaking one in tests."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.machine.places import cache
from tests.cluster.machine.progress import say

_held: set[str] = set()


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Keep other processes out of what has this name; who comes second waits and says so.

    Whoever is inside already may enter again. The lock ends with its process, however that ends.
    """
    if name in _held:
        yield
        return
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process ({name})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _held.add(name)
        try:
            yield
        finally:
            _held.discard(name)
