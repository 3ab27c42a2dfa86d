"""What the kubelet and its runtime say, in the words of the simulated version.

Recorded on 1.20.2 and 1.36.4; a test compares them with the recordings.
"""

from __future__ import annotations

from prewarm.simulator.release import Release

DEADLINE = "Pod was active on the node longer than the specified deadline"
NOT_LOCATED = "The container could not be located when the pod was terminated"
_NANOSECONDS = 1_000_000_000


def duration(seconds: float, release: Release) -> str:
    """A Go duration: to the nanosecond in 1.20, cut to milliseconds since 1.28."""
    nanoseconds = max(1, int(seconds * _NANOSECONDS))
    if release.recent:
        nanoseconds = max(1_000_000, nanoseconds // 1_000_000 * 1_000_000)
    if nanoseconds < _NANOSECONDS:
        return f"{_trimmed(nanoseconds / 1_000_000, 6)}ms"
    minutes, rest = divmod(nanoseconds, 60 * _NANOSECONDS)
    text = f"{_trimmed(rest / _NANOSECONDS, 9)}s"
    if not minutes:
        return text
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"


def _trimmed(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def pulled(image: str, took: float, with_waiting: float, size: int, release: Release) -> str:
    if not release.recent:
        return f'Successfully pulled image "{image}" in {duration(with_waiting, release)}'
    times = f"{duration(took, release)} ({duration(with_waiting, release)} including waiting)"
    return f'Successfully pulled image "{image}" in {times}. Image size: {size} bytes.'


def present(image: str, release: Release) -> str:
    told = f'Container image "{image}" already present on machine'
    return f"{told} and can be accessed by the pod" if release.minor >= 35 else told


def back_off(image: str, cause: str, release: Release) -> str:
    """The message of the waiting state; before 1.32 it forgets the cause."""
    told = f'Back-off pulling image "{image}"'
    return f"{told}: ErrImagePull: {cause}" if release.minor >= 32 else told


def invalid_name(image: str, release: Release) -> str:
    what = "image name" if release.recent else "image reference"
    start = f'Failed to apply default image tag "{image}": couldn\'t parse {what} "{image}": invalid reference format'
    if image == image.lower():
        return start
    bad = (image.partition("/")[2] or image).partition(":")[0]
    which = f"repository name ({bad})" if release.recent else "repository name"
    return f"{start}: {which} must be lowercase"


def never_pulled(image: str) -> str:
    return f'Container image "{image}" is not present with pull policy of Never'


def created(container: str, release: Release) -> str:
    return "Container created" if release.recent else f"Created container {container}"


def started(container: str, release: Release) -> str:
    return "Container started" if release.recent else f"Started container {container}"


def no_such_command(command: str, release: Release) -> str:
    """runc cannot find the command in the image."""
    exec_failed = f'exec: "{command}": stat {command}: no such file or directory{_code(release)}'
    return (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
        f"unable to start container process: {exec_failed}"
    )


def _code(release: Release) -> str:
    """containerd before 2 ends what it cannot name with its code."""
    return "" if release.recent else ": unknown"


def rejected(message: str, release: Release) -> str:
    """The status message of a pod that the kubelet does not admit."""
    return f"Pod was rejected: {message}" if release.recent else f"Pod {message}"


def no_room(what: str, requested: int, used: int, capacity: int) -> str:
    return f"Node didn't have enough resource: {what}, requested: {requested}, used: {used}, capacity: {capacity}"


def wrong_labels(release: Release) -> str:
    failed = "Predicate NodeAffinity failed"
    return f"{failed}: node(s) didn't match Pod's node affinity/selector" if release.recent else failed


def evicted(release: Release) -> str:
    told = "The node was low on resource: ephemeral-storage. "
    return f"{told}Threshold quantity: 10737418240, available: 9841376Ki. " if release.recent else told


def under_pressure() -> str:
    return "The node had condition: [DiskPressure]. "
