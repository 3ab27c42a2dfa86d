"""From a runtime's words to a reason code: one table, first match wins.

The texts of containerd 1.6 and 2.2 and of the kubelets 1.20 and 1.36 are recorded from real nodes, each with what was
done to provoke it (tests/prewarm/recorded, read by test_recorded.py). Those of CRI-O and Docker are from their sources.
All are matched in lower case.
"""

from __future__ import annotations

import re
from functools import lru_cache

from prewarm.references import InvalidReference, parse

_TEXTS: tuple[tuple[str, str], ...] = (
    ("no match for platform", "wrong_platform"),
    ("no matching manifest", "wrong_platform"),
    ("no image found in (the )?(manifest list|image index)", "wrong_platform"),
    ("exec format error", "wrong_platform"),
    ("no space left on device", "disk_full"),
    ("disk quota exceeded", "disk_full"),
    ("unexpected commit (digest|size)|digest mismatch|does not match (the )?digest", "image_damaged"),
    ("archive/tar:|gzip: invalid|invalid tar header|zstd:|failed to extract layer.* unexpected eof", "image_damaged"),
    ("(unexpected|unsupported) media ?type|media ?type .*(unsupported|no longer supported)", "not_an_image"),
    ("mismatched image rootfs and manifest layers", "not_an_image"),
    ("toomanyrequests|too many requests|rate ?limit|status(: | code )429|429 too many", "rate_limited"),
    ("pull qps exceeded", "rate_limited"),
    ("x509:|certificate|tls: |http: server gave http response to https client", "tls_error"),
    (
        "unauthorized|authentication required|pull access denied|insufficient_scope|no basic auth credentials",
        "unauthorized",
    ),
    ("denied|403 forbidden|401 unauthorized|authorization failed", "unauthorized"),
    (
        "invalid reference format|couldn't parse image|invalidimagename|failed to apply default image tag",
        "invalid_reference",
    ),
    ("manifest unknown|name unknown|repository does not exist|not found", "image_not_found"),
    (
        "no such host|connection refused|connection reset|i/o timeout|network is unreachable|no route to host",
        "registry_unreachable",
    ),
    (r"timeout|timed out|deadline exceeded|\beof\b|dial tcp|server misbehaving|broken pipe", "registry_unreachable"),
    (
        r"status(: | code |code=)5\d\d|\b50[0234] |bad gateway|service unavailable|registryunavailable",
        "registry_unreachable",
    ),
)
# What the kubelet says by the reason alone, whatever the message.
_REASONS = {
    "InvalidImageName": "invalid_reference",
    "RegistryUnavailable": "registry_unreachable",
    "ErrImageNeverPull": "never_pulled",
    "SignatureValidationFailed": "signature_refused",
}
_TABLE = tuple((re.compile(pattern), reason) for pattern, reason in _TEXTS)

# Where messages carry names: in quotes, a tag in brackets (`status code [manifests 1]`), addresses.
_CARRIERS = re.compile(r'"[^"]*"|\[[^\]]*\]|https?://\S+')


def reason_for_pull_error(waiting_reason: str, message: str, image: str) -> str:
    """The reason code for a container that could not get its image.

    Names are taken out first: an image may be called `denied/timeout`, its registry `notfound.example.com`.
    """
    if known := _REASONS.get(waiting_reason):
        return known
    text = _names_of(image).sub(" ", _CARRIERS.sub(" ", message.lower()))
    for pattern, reason in _TABLE:
        if pattern.search(text):
            return reason
    return "pull_failed"


@lru_cache(maxsize=4096)
def _names_of(image: str) -> re.Pattern[str]:
    """Whatever a runtime may call this image or its registry; words without a dot, colon or slash stay words."""
    names = {image}
    try:
        known = parse(image)
    except InvalidReference:
        pass
    else:
        host = known.domain.rpartition(":")[0] or known.domain
        names |= {known.stored_name, known.repository, known.path, known.domain, host}
    distinct = sorted((name.lower() for name in names if re.search("[./:]", name)), key=len, reverse=True)
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, distinct))})(?![\w-])" if distinct else "(?!)")


def reason_for_refusal(status: int, message: str) -> str:
    """The reason code for an API server that refuses to create a pull job (HTTP 403, 422 and the like)."""
    if "exceeded quota" in message or "must specify limits" in message:
        return "quota_denied"
    return "forbidden" if status == 403 else "rejected"
