"""What names, labels and annotations may look like (k8s.io/apimachinery, util/validation)."""

from __future__ import annotations

import re
from typing import Any

from prewarm.simulator.refusals import Causes
from prewarm.simulator.release import Release
from prewarm.simulator.resources import NAMESPACES, Resource

Json = dict[str, Any]
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = rf"({_QUALIFIED})?"
_RBAC = re.compile(r"[^/%]+")

NOT_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_NOT_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
NOT_KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    f"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QUALIFIED}')"
)
NOT_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE}')"
)


def subdomain_problem(name: str, release: Release) -> str:
    """Why this is no name of a pod, job or node, or an empty string."""
    if len(name) > 253:
        return too_long(253, release)
    return "" if re.fullmatch(_SUBDOMAIN, name) else _NOT_SUBDOMAIN


def too_long(most: int, release: Release) -> str:
    return f"must be no more than {most} {'bytes' if release.recent else 'characters'}"


def check_name(causes: Causes, resource: Resource, name: str, release: Release) -> None:
    """Names: DNS labels for namespaces, anything without a slash for RBAC, DNS subdomains for the rest."""
    if not name:
        causes.required("metadata.name", "name or generateName is required")
        return
    if resource.group == "rbac.authorization.k8s.io":
        problem = "" if _RBAC.fullmatch(name) else "may not contain '/' or '%'"
    elif resource is NAMESPACES:
        problem = NOT_LABEL if not re.fullmatch(_LABEL, name) else too_long(63, release) if len(name) > 63 else ""
    else:
        problem = subdomain_problem(name, release)
    if problem:
        causes.invalid("metadata.name", name, problem)


def check_labels(causes: Causes, field: str, labels: Any, release: Release) -> None:
    """Keys with an optional DNS prefix, values of at most 63 characters."""
    for key, value in (labels or {}).items():
        prefix, slash, name = key.rpartition("/")
        if slash and not re.fullmatch(_SUBDOMAIN, prefix):
            causes.invalid(field, key, "prefix part " + _NOT_SUBDOMAIN)
        if len(name) > 63:
            causes.invalid(field, key, "name part " + too_long(63, release))
        elif not re.fullmatch(_QUALIFIED, name):
            causes.invalid(field, key, NOT_KEY)
        if len(value) > 63:
            causes.invalid(field, value, too_long(63, release))
        elif not re.fullmatch(_VALUE, value):
            causes.invalid(field, value, NOT_VALUE)
