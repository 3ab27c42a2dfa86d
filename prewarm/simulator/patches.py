"""PATCH: merge patches, strategic ones treated alike, and JSON patches."""

from __future__ import annotations

from typing import Any

from prewarm.simulator.refusals import Refusal, bad_request

MERGE = ("application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml")
JSON_PATCH = "application/json-patch+json"


def patched(body: Any, patch: Any, kind: str) -> Any:
    """The object with the patch applied. Raises Refusal 400, 415 or 422."""
    if kind in MERGE:
        return merged(body, patch)
    if kind == JSON_PATCH:
        for step in patch:
            body = _stepped(body, step)
        return body
    raise Refusal(415, "UnsupportedMediaType", f"the body of the request was in an unknown format - {kind}")


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, without changing what was there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _stepped(body: Any, step: Any) -> Any:
    operation, path = step.get("op"), [_unescaped(part) for part in str(step.get("path", "")).split("/")[1:]]
    if operation not in ("add", "replace", "remove", "test"):
        raise bad_request(f"json patch: unsupported operation {operation!r}")
    return _changed(body, path, operation, step.get("value"))


def _changed(body: Any, path: list[str], operation: str, value: Any) -> Any:
    if not path:
        if operation == "test" and body != value:
            raise Refusal(422, "Invalid", "the server rejected our request due to an error in our request")
        return body if operation == "test" else value
    key, rest = path[0], path[1:]
    if isinstance(body, list):
        copy = list(body)
        at = len(copy) if key == "-" else int(key)
        if rest or operation in ("replace", "test"):
            copy[at] = _changed(copy[at], rest, operation, value)
        elif operation == "add":
            copy.insert(at, value)
        else:
            del copy[at]
        return copy
    copy_of = dict(body or {})
    if operation == "remove" and not rest:
        if key not in copy_of:
            raise Refusal(422, "Invalid", "the server rejected our request due to an error in our request")
        del copy_of[key]
    else:
        copy_of[key] = _changed(copy_of.get(key), rest, operation, value)
    return copy_of


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
