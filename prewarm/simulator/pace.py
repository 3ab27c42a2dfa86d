"""How fast the parts of the simulated cluster turn. The defaults are quicker than real ones where nobody cares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds. The comments name the real values."""

    sandbox: float = 0.05  # making a pod's sandbox; real: some tenths
    relist: float = 0.2  # until the kubelet notices what its containers do; real: 1
    sync: float = 10.0  # between two looks at a pod that does not get on; real: 10 to 15
    back_off: float = 10.0  # first pause after a failed pull, doubling; real: 10
    back_off_most: float = 300.0  # real: 300
    report: float = 2.0  # until a node reports new images; real: up to 40
    heartbeat: float = 300.0  # between two reports of a node; real: 300 when nothing changes
    collect: float = 40.0  # until pods of a node that is gone are removed; real: 40 to 60
    retry_job: float = 1.0  # first pause after a Job's pod was refused, doubling; real: 1
    evict: float = 0.5  # into the pull, on a node that evicts
    bookmark: float = 60.0  # between the bookmarks of a watch; real: about 60
