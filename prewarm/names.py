"""Names: those that Kubernetes accepts, and those IPS computes so that a second attempt finds the first one's work."""

from __future__ import annotations

import hashlib
import re

_PART = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_PART}(?:\.{_PART})*", re.ASCII)


def is_node_name(text: str) -> bool:
    """A DNS-1123 subdomain of at most 253 characters, as node and secret names are; its parts have no limit."""
    return 0 < len(text) <= 253 and _SUBDOMAIN.fullmatch(text) is not None


def pull_job_name(installation: str, task: str, node: str, attempt: int, part: int) -> str:
    """The name of one pull job, the same whoever computes it.

    Kubernetes then refuses a second one for us: no lock of our own. 160 bits of SHA-256 in hexadecimal behind `ips-`:
    44 characters, within the 63 of a label value, which a Job's name becomes.
    """
    text = "\n".join((installation, task, node, str(attempt), str(part)))
    return f"ips-{hashlib.sha256(text.encode()).hexdigest()[:40]}"
