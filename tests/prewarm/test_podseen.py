"""Of a pod's status is kept what verdicts need, and that tells the same as the whole."""

from __future__ import annotations

from typing import Any

import pytest

from prewarm.judge import judge
from prewarm.podseen import trimmed

ELSE: dict[str, Any] = {"image": "app:1", "restartCount": 0, "lastState": {}, "ready": False, "started": False}
WAITING = {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "x" not found'}}
MISSING = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
STATUSES: dict[str, dict[str, Any]] = {
    "pulled and waiting": {"containerStatuses": [{"name": "img0", "imageID": "", "state": WAITING, **ELSE}]},
    "an image id": {"containerStatuses": [{"name": "img0", "imageID": "sha256:a", "state": {"running": {}}, **ELSE}]},
    "not found": {"containerStatuses": [{"name": "img0", "imageID": "", "state": MISSING, **ELSE}]},
    "evicted": {"phase": "Failed", "reason": "Evicted", "message": "low on disk"},
    "no helper": {"initContainerStatuses": [{"name": "noop", "imageID": "", "state": MISSING, **ELSE}]},
    "unschedulable": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no node"}]},
    "scheduled": {"conditions": [{"type": "PodScheduled", "status": "True"}], "startTime": "2026-11-25T00:00:00Z"},
}


@pytest.mark.parametrize("status", STATUSES.values(), ids=STATUSES.keys())
def test_what_is_kept_is_judged_like_the_whole(status: dict[str, Any]) -> None:
    assert judge({"status": trimmed(status)}, ["app:1"]) == judge({"status": status}, ["app:1"])


def test_what_no_verdict_needs_is_let_go() -> None:
    whole = {"hostIP": "10.0.0.1", "qosClass": "Burstable", **STATUSES["an image id"]}

    assert "10.0.0.1" not in str(trimmed(whole))
    assert trimmed(whole)["containerStatuses"] == [{"name": "img0", "imageID": "sha256:a", "state": {"running": {}}}]
