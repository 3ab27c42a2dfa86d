"""One pull job that this turn looks after: the receipt, the verdicts so far, and how far its end is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.conf import settings

from prewarm.judge import Judgement, Verdict, judge
from prewarm.models import NodeResult, NodeSlot, Puller, Task
from prewarm.podseen import PodSeen


class Phase(Enum):
    """Where a pull job is in the order of design §2.4."""

    TO_CREATE = "its slot is committed, nothing was sent"
    CREATING = "a create is on its way"
    RUNNING = "it exists, as far as we know"
    ENDING = "its verdicts are decided; it must go"
    GONE = "it was seen gone"


@dataclass(frozen=True)
class Ending:
    """Why a pull job ends now, for those images that have no verdict of their own.

    No reason means that nobody can know: ask again, with a new pull job that is not charged.
    """

    reason: str
    message: str = ""


@dataclass(eq=False)
class Pull:
    """In memory only; all that matters is in the slot, the node result and the cluster."""

    slot: NodeSlot
    result: NodeResult
    task: Task
    phase: Phase
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    ending: Ending | None = None
    taints: tuple[dict[str, Any], ...] | None = None  # the node's, when known
    judged: tuple[PodSeen, Judgement] | None = None  # the last look at the pod, so that none is judged twice
    told: int = 0  # how many images are committed as pulled while others are still awaited
    concluded: bool = False  # the verdicts are committed
    uid_stored: bool = False
    delete_due: float = 0.0  # monotonic; when to ask for its deletion (again)
    creating: bool = False  # a create is on its way, whatever was decided since
    deleting: bool = False  # a delete is on its way
    look_due: float = 0.0  # monotonic; when to believe only a GET
    retry_at: float = 0.0  # monotonic; when to try the create again
    failures: int = 0  # requests in a row that came to nothing
    pod_uid: str = ""
    since: float = field(default_factory=lambda: time.monotonic())

    @classmethod
    def of_slot(cls, slot: NodeSlot, result: NodeResult, task: Task) -> Pull:
        """Take over what another turn left: alive, or judged and only to be seen gone.

        Without a uid, its create may still be on its way from another worker: a 404 says nothing before that is over.
        """
        judged = slot.judged_at is not None
        phase = Phase.ENDING if judged else Phase.RUNNING if slot.uid else Phase.TO_CREATE
        look_due = 0.0 if slot.uid else time.monotonic() + settings.LEASE_MARGIN_SECONDS
        return cls(slot, result, task, phase, concluded=judged, uid_stored=bool(slot.uid), look_due=look_due)

    @property
    def name(self) -> str:
        return self.slot.pull_job

    @property
    def via_job(self) -> bool:
        return self.task.puller == Puller.JOB

    @property
    def images(self) -> list[str]:
        """What containers img0, img1, … pull."""
        return [self.task.images[index] for index in self.slot.images]

    def judge(self, seen: PodSeen) -> Judgement:
        """What this look at the pod tells."""
        if self.judged is None or self.judged[0] is not seen:
            self.judged = seen, judge({"status": seen.status}, self.images)
        return self.judged[1]

    @property
    def pulled(self) -> int:
        return sum(verdict.pulled for verdict in self.verdicts.values())

    @property
    def all_judged(self) -> bool:
        return len(self.verdicts) == len(self.slot.images)

    @property
    def all_pulled(self) -> bool:
        return self.pulled == len(self.slot.images)

    @property
    def undeleted(self) -> bool:
        """Whether it must go, and no delete was sent yet."""
        return self.phase is Phase.ENDING and not self.deleting and not self.delete_due

    def end(self, ending: Ending) -> None:
        """Decide it: no more is expected of this pull job."""
        if self.ending is None:
            self.ending = ending
            if self.phase is not Phase.GONE:
                self.phase = Phase.ENDING
            self.delete_due = 0.0
