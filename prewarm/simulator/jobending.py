"""How a Job can end, and what its status says then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prewarm.simulator.clock import now
from prewarm.simulator.release import Release

Json = dict[str, Any]


@dataclass(frozen=True)
class Ending:
    """One way to end: a reason and a message for the conditions, and an event."""

    good: bool
    reason: str
    message: str

    @property
    def event(self) -> tuple[str, str, str]:
        """Kind, reason and message."""
        return ("Normal", "Completed", "Job completed") if self.good else ("Warning", self.reason, self.message)

    def aim(self, release: Release) -> list[Json]:
        """What recent controllers say before the pods are accounted for."""
        if not release.recent:
            return []
        return [_condition("SuccessCriteriaMet" if self.good else "FailureTarget", self.reason, self.message)]

    def conditions(self, release: Release) -> list[Json]:
        """The last conditions."""
        kind = "Complete" if self.good else "Failed"
        if self.good and not release.recent:
            return [_condition(kind)]
        return [*self.aim(release), _condition(kind, self.reason, self.message)]


COMPLETED = Ending(True, "CompletionsReached", "Reached expected number of succeeded pods")
TOO_MANY_FAILURES = Ending(False, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
TOO_LATE = Ending(False, "DeadlineExceeded", "Job was active longer than specified deadline")


def finished(job: Json) -> bool:
    """Whether the Job has ended."""
    return any(condition["type"] in ("Complete", "Failed") for condition in job["status"].get("conditions") or ())


def _condition(kind: str, reason: str = "", message: str = "") -> Json:
    at = now()
    condition = {"type": kind, "status": "True", "lastProbeTime": at, "lastTransitionTime": at}
    return condition | ({"reason": reason, "message": message} if reason else {})
