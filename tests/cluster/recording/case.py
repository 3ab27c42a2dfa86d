"""One thing that can happen to a pull, how it is provoked, and until when it is watched."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]
Condition = Callable[[Json], bool]
Change = Callable[[Json], None]


def unchanged(pod: Json) -> None:
    """Most pods are what IPS makes."""


def containers_of(status: Json) -> list[Json]:
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def waits_for(*reasons: str) -> Condition:
    """Until every one of these reasons is seen, each on some container."""

    def holds(status: Json) -> bool:
        seen = {((entry.get("state") or {}).get("waiting") or {}).get("reason") for entry in containers_of(status)}
        return set(reasons) <= seen

    return holds


def all_wait_for(reason: str) -> Condition:
    def holds(status: Json) -> bool:
        waiting = [((entry.get("state") or {}).get("waiting") or {}).get("reason") for entry in containers_of(status)]
        return bool(waiting) and set(waiting) == {reason}

    return holds


def has_phase(phase: str) -> Condition:
    return lambda status: status.get("phase") == phase


def unschedulable(status: Json) -> bool:
    return any(one["type"] == "PodScheduled" and one["status"] == "False" for one in status.get("conditions") or ())


def either(*conditions: Condition) -> Condition:
    return lambda status: any(condition(status) for condition in conditions)


failed_pull = waits_for("ImagePullBackOff")
after_pull = waits_for("CreateContainerConfigError")


@dataclass(frozen=True)
class Case:
    """`name` is the recording's, `how` says in words what was done. `change` is applied to the pod that IPS makes.

    A case must show itself within so many `seconds`, and is watched for `linger` more.
    """

    name: str
    how: str
    images: tuple[str, ...]
    until: Condition = failed_pull
    node: str = "node1"
    helper: str = ""
    policy: str = "IfNotPresent"
    secrets: tuple[str, ...] = ()
    deadline: int = 600
    scheduled: bool = False
    change: Change = unchanged
    unrestricted: bool = False
    seconds: float = 90
    linger: float = 0


def again(case: Case, images: tuple[str, ...] = (), how: str = "the same image once more, in a new pod") -> Case:
    """What the node does with an image that it could not pull a moment ago."""
    ends = either(failed_pull, after_pull)
    return replace(case, name=f"{case.name}-again", how=how, images=images or case.images, until=ends)
