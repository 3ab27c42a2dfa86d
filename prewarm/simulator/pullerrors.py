"""Why a pull fails, in the words of containerd 1.6 (with Kubernetes 1.20) and containerd 2.2 (with 1.36).

Measured on real nodes: not found, unauthorized, no match for platform, connection refused. The rest is put together
from containerd's source.
"""

from __future__ import annotations

from collections.abc import Callable

from prewarm.references import Reference
from prewarm.simulator.images import Image
from prewarm.simulator.release import Release

Text = Callable[["Pull"], str]


class Pull:
    """One attempt: the reference, and what the registry has there. The texts name it as containerd stores it."""

    def __init__(self, reference: Reference, image: Image, release: Release) -> None:
        self.name = reference.stored_name
        self.host = "registry-1.docker.io" if reference.domain == "docker.io" else reference.domain
        self.path = reference.path
        self.tag = reference.digest or reference.tag
        self.image = image
        self.recent = release.recent

    @property
    def url(self) -> str:
        return f"https://{self.host}/v2/{self.path}/manifests/{self.tag}"

    def resolving(self, cause: str, code: str = "Unknown") -> str:
        """The reference could not be resolved."""
        if self.recent:
            text = f'failed to pull and unpack image "{self.name}": failed to resolve image: {cause}'
            return text if code == "Unknown" else f"rpc error: code = {code} desc = {text}"
        start = f'rpc error: code = {code} desc = failed to pull and unpack image "{self.name}"'
        return f'{start}: failed to resolve reference "{self.name}": {cause}'

    def copying(self, cause: str, code: str = "Unknown") -> str:
        """The reference is known; its content could not be fetched or unpacked."""
        text = f'failed to pull and unpack image "{self.name}": {cause}'
        return text if self.recent and code == "Unknown" else f"rpc error: code = {code} desc = {text}"


def _unauthorized(pull: Pull) -> str:
    if pull.recent:
        what = "pull access denied, repository does not exist or may require authorization: authorization failed"
        return pull.resolving(f"{what}: no basic auth credentials")
    status = f"failed with status code [manifests {pull.tag}]: 401 Unauthorized"
    return pull.resolving(f"pulling from host {pull.host} {status}")


def _wrong_platform(pull: Pull) -> str:
    if pull.recent:
        text = f"no match for platform in manifest {pull.image.digest}: not found"
        return f"rpc error: code = NotFound desc = get image config descriptor: {text}"
    return pull.copying("no match for platform in manifest: not found", "NotFound")


def _disk_full(pull: Pull) -> str:
    layer = pull.image.digest
    return pull.copying(
        f"failed to extract layer {layer}: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/"
        f"{int(layer[-4:], 16)}/fs/usr/lib/data: no space left on device: unknown"
    )


def _timeout(pull: Pull) -> str:
    return pull.resolving(f'failed to do request: Head "{pull.url}": dial tcp 203.0.113.10:443: i/o timeout')


def _tls(pull: Pull) -> str:
    failed = "tls: failed to verify certificate: " if pull.recent else ""
    return pull.resolving(
        f'failed to do request: Head "{pull.url}": {failed}x509: certificate signed by unknown authority'
    )


def _rate_limited(pull: Pull) -> str:
    return pull.copying(
        f"failed to copy: httpReadSeeker: failed open: unexpected status code {pull.url}: 429 Too Many Requests - "
        "Server message: toomanyrequests: You have reached your pull rate limit. You may increase the limit by "
        "authenticating and upgrading: https://www.docker.com/increase-rate-limit"
    )


def _unavailable(pull: Pull) -> str:
    if pull.recent:
        return pull.resolving(f"unexpected status from HEAD request to {pull.url}: 503 Service Unavailable")
    return pull.resolving(f"unexpected status code [manifests {pull.tag}]: 503 Service Unavailable")


def _refused(pull: Pull) -> str:
    return pull.resolving(f'failed to do request: Head "{pull.url}": dial tcp {pull.host}: connect: connection refused')


TEXTS: dict[str, Text] = {
    "missing": lambda pull: pull.resolving(f"{pull.name}: not found", "NotFound"),
    "denied": _unauthorized,
    "platform": _wrong_platform,
    "nospace": _disk_full,
    "timeout": _timeout,
    "tls": _tls,
    "ratelimit": _rate_limited,
    "unavailable": _unavailable,
    "flaky": _unavailable,
    "down": _refused,
}
