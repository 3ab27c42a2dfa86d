"""How long a pull took and how big the image is, from the kubelet's Pulled events. They never decide a verdict.

Three generations of the text (kubernetes#91563, #111772, #121719):

    Successfully pulled image "x" in 4.385568515s
    Successfully pulled image "x" in 1.2s (3.4s including waiting)
    Successfully pulled image "x" in 717ms (718ms including waiting). Image size: 78005565 bytes.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

REMEMBERED = 20_000

_PULLED = re.compile(
    r'^Successfully pulled image "[^"]*" in (?P<took>[0-9hmsnµu.]+)'
    r"(?: \((?P<with_waiting>[0-9hmsnµu.]+) including waiting\))?"
    r"(?:\. Image size: (?P<size>[0-9]{1,18}) bytes\.)?$"
)
_PRESENT = re.compile(r'^Container image "[^"]*" already present on machine')
_CONTAINER = re.compile(r"^spec\.containers\{img([0-9]{1,3})\}$")
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(h|ms|m|s|µs|us|ns)")
_MILLISECONDS = {"h": 3_600_000.0, "m": 60_000.0, "s": 1000.0, "ms": 1.0, "µs": 0.001, "us": 0.001, "ns": 0.000001}


class PullEvent(NamedTuple):
    """What a Pulled event tells of one container: milliseconds and bytes, None where the text has none.

    `waited` is the time in the kubelet's queue before the pull. A kubelet that gives only one figure (before 1.27) has
    that time in `milliseconds`.
    """

    present: bool
    milliseconds: int | None = None
    size: int | None = None
    waited: int | None = None


def milliseconds(duration: str) -> int:
    """A Go duration such as `1m0.809s`, in whole milliseconds."""
    return round(sum(float(number) * _MILLISECONDS[unit] for number, unit in _DURATION.findall(duration)))


def read(message: str) -> PullEvent | None:
    """What the text says, or None when it is another text."""
    if match := _PULLED.match(message):
        took, size = milliseconds(match["took"]), match["size"]
        waited = max(0, milliseconds(match["with_waiting"]) - took) if match["with_waiting"] else None
        return PullEvent(False, took, int(size) if size else None, waited)
    return PullEvent(True) if _PRESENT.match(message) else None


class PullEvents:
    """The last events, by pod uid and container number. The first of a container stands: later ones are re-checks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], PullEvent] = OrderedDict()

    def take(self, event: Mapping[str, Any]) -> None:
        involved = event.get("involvedObject") or {}
        container = _CONTAINER.match(involved.get("fieldPath") or "")
        pulled = read(event.get("message") or "")
        if not container or pulled is None:
            return
        key = (str(involved.get("uid")), int(container[1]))
        with self._lock:
            self._known.setdefault(key, pulled)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def of(self, pod_uid: str, container: int) -> PullEvent | None:
        return self._known.get((pod_uid, container))
