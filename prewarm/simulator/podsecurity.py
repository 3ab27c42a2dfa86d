"""Pod Security "restricted", as far as a pull job can break it (k8s.io/pod-security-admission, policy/check_*.go)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
ENFORCE_LABEL = "pod-security.kubernetes.io/enforce"
_SAFE_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)


def violations(level: str, spec: Json) -> str:
    """What the level forbids about this pod, in the API server's words; an empty string if nothing."""
    if level not in ("baseline", "restricted"):
        return ""
    found = [
        _host_namespaces(spec),
        _forbidden(spec, "privileged", lambda context: bool(context.get("privileged")), "privileged"),
        _volumes(spec, level),
    ]
    if level == "restricted":
        found += [_escalation(spec), _capabilities(spec), _not_root(spec), _root_user(spec), _seccomp(spec)]
    return ", ".join(filter(None, found))


def _containers(spec: Json) -> list[Json]:
    return [*(spec.get("initContainers") or ()), *spec["containers"]]


def _context(container: Json) -> Json:
    return container.get("securityContext") or {}


def _named(containers: list[Json]) -> str:
    names = ", ".join(f'"{container["name"]}"' for container in containers)
    return f"container{'' if len(containers) == 1 else 's'} {names}"


def _host_namespaces(spec: Json) -> str:
    used = ", ".join(f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key))
    return f"host namespaces ({used})" if used else ""


def _forbidden(spec: Json, title: str, bad: Callable[[Json], bool], field: str) -> str:
    guilty = [container for container in _containers(spec) if bad(_context(container))]
    return f"{title} ({_named(guilty)} must not set securityContext.{field}=true)" if guilty else ""


def _volumes(spec: Json, level: str) -> str:
    for volume in spec.get("volumes") or ():
        kinds = [key for key in volume if key != "name"] or ["emptyDir"]
        if level == "restricted" and not set(kinds) <= _SAFE_VOLUMES:
            return f'restricted volume types (volume "{volume["name"]}" uses restricted volume type "{kinds[0]}")'
        if "hostPath" in kinds:
            return f'hostPath volumes (volume "{volume["name"]}")'
    return ""


def _escalation(spec: Json) -> str:
    guilty = [one for one in _containers(spec) if _context(one).get("allowPrivilegeEscalation") is not False]
    if not guilty:
        return ""
    must = "must set securityContext.allowPrivilegeEscalation=false"
    return f"allowPrivilegeEscalation != false ({_named(guilty)} {must})"


def _capabilities(spec: Json) -> str:
    guilty = [
        one for one in _containers(spec) if "ALL" not in ((_context(one).get("capabilities") or {}).get("drop") or ())
    ]
    if not guilty:
        return ""
    return f'unrestricted capabilities ({_named(guilty)} must set securityContext.capabilities.drop=["ALL"])'


def _not_root(spec: Json) -> str:
    if (spec.get("securityContext") or {}).get("runAsNonRoot") is True:
        guilty = [one for one in _containers(spec) if _context(one).get("runAsNonRoot") is False]
        must = "must not set securityContext.runAsNonRoot=false"
        return f"runAsNonRoot != true ({_named(guilty)} {must})" if guilty else ""
    guilty = [one for one in _containers(spec) if _context(one).get("runAsNonRoot") is not True]
    must = "must set securityContext.runAsNonRoot=true"
    return f"runAsNonRoot != true (pod or {_named(guilty)} {must})" if guilty else ""


def _root_user(spec: Json) -> str:
    guilty = [one for one in _containers(spec) if _context(one).get("runAsUser") == 0]
    if (spec.get("securityContext") or {}).get("runAsUser") == 0:
        return "runAsUser=0 (pod must not set runAsUser=0)"
    return f"runAsUser=0 ({_named(guilty)} must not set runAsUser=0)" if guilty else ""


def _seccomp(spec: Json) -> str:
    def profile(context: Json) -> str:
        return str((context.get("seccompProfile") or {}).get("type") or "")

    good = ("RuntimeDefault", "Localhost")
    if profile(spec.get("securityContext") or {}) in good:
        return ""
    guilty = [one for one in _containers(spec) if profile(_context(one)) not in good]
    must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return f"seccompProfile (pod or {_named(guilty)} {must})" if guilty else ""
