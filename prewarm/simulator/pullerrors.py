"""Why a pull fails, in the words of containerd 1.6 (with Kubernetes 1.20) and containerd 2.2 (with 1.36).

Recorded from real nodes; a test compares them with the recordings.
"""

from __future__ import annotations

import hashlib
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
        self.address = self.host if ":" in self.host else "203.0.113.10:443"
        self.path = reference.path
        self.tag = reference.digest or reference.tag
        self.image = image
        self.recent = release.recent

    @property
    def url(self) -> str:
        return f"https://{self.host}/v2/{self.path}/manifests/{self.tag}"

    @property
    def layer(self) -> str:
        """The digest of the only layer that anybody speaks of."""
        return f"sha256:{hashlib.sha256(self.image.digest.encode()).hexdigest()}"

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
    if not pull.recent:
        return _status(pull, "401 Unauthorized")
    what = "pull access denied, repository does not exist or may require authorization: authorization failed"
    return pull.resolving(f"{what}: no basic auth credentials")


def _status(pull: Pull, status: str) -> str:
    """The registry answers the question for the manifest with an error."""
    if pull.recent:
        return pull.resolving(f"unexpected status from HEAD request to {pull.url}: {status}")
    return pull.resolving(f"pulling from host {pull.host} failed with status code [manifests {pull.tag}]: {status}")


def _wrong_platform(pull: Pull) -> str:
    if pull.recent:
        text = f"no match for platform in manifest {pull.image.digest}: not found"
        return f"rpc error: code = NotFound desc = get image config descriptor: {text}"
    return pull.copying("no match for platform in manifest: not found", "NotFound")


def _disk_full(pull: Pull) -> str:
    ingest = f"/var/lib/containerd/io.containerd.content.v1.content/ingest/{pull.layer.partition(':')[2]}"
    return pull.copying(f"failed to copy: write {ingest}/data: no space left on device")


def _damaged(pull: Pull) -> str:
    found = f"unexpected commit digest {pull.image.digest}, expected {pull.layer}: failed precondition"
    return pull.copying(f'failed commit on ref "layer-{pull.layer}": {found}', "FailedPrecondition")


def _timeout(pull: Pull) -> str:
    dial = f'failed to do request: Head "{pull.url}": dial tcp {pull.address}: i/o timeout'
    return pull.resolving(dial, "Unknown" if pull.recent else "DeadlineExceeded")


def _tls(pull: Pull) -> str:
    failed = "tls: failed to verify certificate: " if pull.recent else ""
    return pull.resolving(
        f'failed to do request: Head "{pull.url}": {failed}x509: certificate signed by unknown authority'
    )


def _rate_limited(pull: Pull) -> str:
    """At a layer: the manifest was still given."""
    url = f"https://{pull.host}/v2/{pull.path}/blobs/{pull.layer}"
    said = "toomanyrequests: You have reached your pull rate limit."
    status = (
        f"status from GET request to {url}: 429 Too Many Requests\n{said}"
        if pull.recent
        else f"status code {url}: 429 Too Many Requests - Server message: {said}"
    )
    return pull.copying(f"failed to copy: httpReadSeeker: failed open: unexpected {status}")


def _unavailable(pull: Pull) -> str:
    return _status(pull, "503 Service Unavailable")


def _refused(pull: Pull) -> str:
    dial = f"dial tcp {pull.address}: connect: connection refused"
    return pull.resolving(f'failed to do request: Head "{pull.url}": {dial}')


TEXTS: dict[str, Text] = {
    "missing": lambda pull: pull.resolving(f"{pull.name}: not found", "NotFound"),
    "denied": _unauthorized,
    "platform": _wrong_platform,
    "nospace": _disk_full,
    "damaged": _damaged,
    "timeout": _timeout,
    "tls": _tls,
    "ratelimit": _rate_limited,
    "unavailable": _unavailable,
    "flaky": _unavailable,
    "down": _refused,
}
