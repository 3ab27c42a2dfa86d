"""From the words of runtimes and API servers to a reason, where nothing was recorded: other runtimes, odd names."""

from __future__ import annotations

import pytest

from prewarm.classify import reason_for_pull_error, reason_for_refusal
from prewarm.reasons import REASONS

IMAGE = "127.0.0.1:5000/a/x:1"
UNPACK = f'failed to pull and unpack image "{IMAGE}"'
OLD = f"rpc error: code = Unknown desc = {UNPACK}: "

TEXTS = [
    # containerd, what is not recorded (see test_recorded.py)
    (
        f'{OLD}failed to resolve reference "{IMAGE}": pull access denied, repository does not exist or may require '
        "authorization: server message: insufficient_scope: authorization failed",
        "unauthorized",
    ),
    (
        f'{OLD}failed to resolve reference "{IMAGE}": failed to do request: Head "https://127.0.0.1:5000/v2/a/x/'
        'manifests/1": http: server gave HTTP response to HTTPS client',
        "tls_error",
    ),
    (f"{OLD}failed to copy: read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", "registry_unreachable"),
    (
        f'{UNPACK}: failed to resolve image: failed to do request: Head "https://127.0.0.1:5000/v2/": tls: failed to '
        "verify certificate: x509: certificate has expired or is not yet valid",
        "tls_error",
    ),
    (f"{UNPACK}: context deadline exceeded", "registry_unreachable"),
    (f"{UNPACK}: write /x: disk quota exceeded", "disk_full"),
    (
        f"{UNPACK}: failed to extract layer sha256:{'a' * 64}: mount callback failed on /x: unexpected EOF",
        "image_damaged",
    ),
    # CRI-O
    (f"reading manifest 1 in {IMAGE}: manifest unknown", "image_not_found"),
    (
        f"initializing source docker://{IMAGE}: reading manifest 1 in 127.0.0.1:5000/a/x: name unknown",
        "image_not_found",
    ),
    ("reading manifest 1 in docker.io/a/x: requested access to the resource is denied", "unauthorized"),
    ("unable to retrieve auth token: invalid username/password: unauthorized: incorrect username", "unauthorized"),
    ('choosing image instance: no image found in image index for architecture "s390x", OS "linux"', "wrong_platform"),
    ("choosing image instance: no image found in manifest list for architecture arm64", "wrong_platform"),
    (
        "pinging container registry 127.0.0.1:5000: received unexpected HTTP status: 502 Bad Gateway",
        "registry_unreachable",
    ),
    ("pinging container registry: dial tcp 10.0.0.1:443: i/o timeout", "registry_unreachable"),
    # Docker
    ("Error response from daemon: manifest for x:1 not found: manifest unknown: manifest unknown", "image_not_found"),
    (
        "Error response from daemon: no matching manifest for linux/arm64/v8 in the manifest list entries",
        "wrong_platform",
    ),
    (
        "Error response from daemon: pull access denied for x, repository does not exist or may require "
        "'docker login': denied: requested access to the resource is denied",
        "unauthorized",
    ),
    (
        "Error response from daemon: Get https://127.0.0.1:5000/v2/: unauthorized: authentication required",
        "unauthorized",
    ),
    # the kubelet
    ("pull QPS exceeded", "rate_limited"),
    (
        'Failed to apply default image tag "Bad//Name": couldn\'t parse image reference "Bad//Name": invalid reference '
        "format: repository name must be lowercase",
        "invalid_reference",
    ),
    (
        'Failed to apply default image tag "Bad//Name": couldn\'t parse image name "Bad//Name": invalid reference '
        "format: repository name (/Name) must be lowercase",
        "invalid_reference",
    ),
    ("403 Forbidden", "unauthorized"),
    ("something nobody has ever seen", "pull_failed"),
    ("", "pull_failed"),
]


@pytest.mark.parametrize(("message", "reason"), TEXTS, ids=[f"{row[1]}: …{row[0][-40:]}" for row in TEXTS])
def test_a_runtimes_words_mean_a_reason(message: str, reason: str) -> None:
    assert reason_for_pull_error("ErrImagePull", message, IMAGE) == reason


@pytest.mark.parametrize("image", [IMAGE, "not", "a", "denied"])
@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        ("InvalidImageName", "invalid_reference"),
        ("RegistryUnavailable", "registry_unreachable"),
        ("SignatureValidationFailed", "signature_refused"),
        ("ErrImageNeverPull", "never_pulled"),
    ],
)
def test_some_words_of_the_kubelet_say_it_all(waiting: str, reason: str, image: str) -> None:
    assert reason_for_pull_error(waiting, "not found", image) == reason


CONFUSING = [
    "denied/timeout",
    "denied/timeout:unauthorized",
    "timeout.denied.example.com/x509:429",
    "toomanyrequests.example.com:5000/eof/no-such-host:503",
    "unauthorized",
    "denied",
    "timeout:5xx",
    "a",
    "e",
    "certificate.tls/not-found",
]


@pytest.mark.parametrize("image", CONFUSING)
def test_an_image_may_have_any_name(image: str) -> None:
    full = image if "." in image.split("/", 1)[0] else f"docker.io/{image if '/' in image else f'library/{image}'}"
    missing = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": failed to resolve reference '
        f'"{full}": {full}: not found'
    )
    newer = f'failed to pull and unpack image "{full}": failed to resolve image: {full}:latest: not found'
    strange = f"{image}: something nobody has ever seen in {full}"

    assert reason_for_pull_error("ErrImagePull", missing, image) == "image_not_found"
    assert reason_for_pull_error("ErrImagePull", newer, image) == "image_not_found"
    if "/" in image:
        assert reason_for_pull_error("ErrImagePull", strange, image) == "pull_failed"


@pytest.mark.parametrize(
    ("image", "message", "reason"),
    [
        (
            "a/b:denied",
            "pulling from host h failed with status code [manifests denied]: 404 Not Found",
            "image_not_found",
        ),
        ("a/b:503", "pulling from host h failed with status code [manifests 503]: 404 Not Found", "image_not_found"),
        ("notfound.io/x", "dial tcp: lookup notfound.io on 10.0.0.10:53: no such host", "registry_unreachable"),
        ("denied.io:5000/x", "dial tcp: lookup denied.io on 10.0.0.10:53: no such host", "registry_unreachable"),
        ("typeof.io/x", "lookup typeof.io: strange", "pull_failed"),
        ("a", "authentication required", "unauthorized"),
        ("not", "docker.io/library/not:latest: not found", "image_not_found"),
        ("Bad//Name", "context deadline exceeded", "registry_unreachable"),
        (
            "h/x",
            "unexpected status from HEAD request to https://h/v2/denied/manifests/1: 500 Internal",
            "registry_unreachable",
        ),
    ],
)
def test_tags_hosts_and_addresses_in_a_message_are_no_causes(image: str, message: str, reason: str) -> None:
    assert reason_for_pull_error("ErrImagePull", message, image) == reason


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (
            403,
            'pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5',
            "quota_denied",
        ),
        (403, 'pods "x" is forbidden: failed quota: small: must specify limits.cpu for: img0', "quota_denied"),
        (403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true', "forbidden"),
        (403, 'pods is forbidden: User "system:serviceaccount:ips:ips" cannot create resource "pods"', "forbidden"),
        (422, 'Pod "x" is invalid: spec.containers[0].image: Required value', "rejected"),
        (400, "the API server does not like it", "rejected"),
    ],
)
def test_a_refusal_of_the_api_server_means_a_reason(status: int, message: str, reason: str) -> None:
    assert reason_for_refusal(status, message) == reason


def test_every_reason_is_in_the_table() -> None:
    assert {reason for _, reason in TEXTS} <= REASONS.keys()
