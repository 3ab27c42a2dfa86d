"""Answers that are errors: objects of kind Status, worded as the API server words them."""

from __future__ import annotations

from typing import Any

from prewarm.simulator.resources import Resource

Json = dict[str, Any]


class Refusal(Exception):
    """The API server says no. `details` may name the object, the causes and when to come back."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None, **metadata: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata

    @property
    def retry_after(self) -> int | None:
        seconds = (self.details or {}).get("retryAfterSeconds")
        return int(seconds) if seconds else None

    def status(self) -> Json:
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def _details(resource: Resource, name: str) -> Json:
    return (
        ({"name": name} if name else {})
        | ({"group": resource.group} if resource.group else {})
        | {"kind": resource.plural}
    )


def not_found(resource: Resource, name: str) -> Refusal:
    return Refusal(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def no_such_route() -> Refusal:
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: Resource, name: str) -> Refusal:
    return Refusal(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', _details(resource, name))


def conflict(resource: Resource, name: str, why: str, *, kind: bool = False) -> Refusal:
    """`kind`: name the object by its kind, as the check of preconditions does."""
    what = resource.kind if kind else resource.qualified
    details = _details(resource, name) | ({"kind": resource.kind} if kind else {})
    return Refusal(409, "Conflict", f'Operation cannot be fulfilled on {what} "{name}": {why}', details)


def forbidden(resource: Resource, name: str, why: str) -> Refusal:
    details = _details(resource, name)
    return Refusal(403, "Forbidden", f'{resource.qualified} "{name}" is forbidden: {why}', details)


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def expired(message: str, token: str = "") -> Refusal:
    return Refusal(410, "Expired", message, None, **({"continue": token} if token else {}))


def too_many_requests(seconds: int) -> Refusal:
    message = "the server has received too many requests and has asked us to try again later"
    return Refusal(429, "TooManyRequests", message, {"retryAfterSeconds": seconds})


class Causes:
    """Collects what is wrong with an object, then refuses it as a whole."""

    def __init__(self) -> None:
        self._causes: list[Json] = []

    def add(self, field: str, reason: str, message: str) -> None:
        self._causes.append({"reason": reason, "message": message, "field": field})

    def invalid(self, field: str, value: Any, why: str) -> None:
        shown = f'"{value}"' if isinstance(value, str) else value
        self.add(field, "FieldValueInvalid", f"Invalid value: {shown}: {why}")

    def required(self, field: str, why: str = "") -> None:
        self.add(field, "FieldValueRequired", "Required value" + (f": {why}" if why else ""))

    def duplicate(self, field: str, value: str) -> None:
        self.add(field, "FieldValueDuplicate", f'Duplicate value: "{value}"')

    def unsupported(self, field: str, value: str, supported: tuple[str, ...]) -> None:
        known = ", ".join(f'"{one}"' for one in supported)
        self.add(field, "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {known}')

    def refuse(self, resource: Resource, name: str) -> None:
        """Raise a Refusal (422 Invalid) if anything was added."""
        if not self._causes:
            return
        texts = list(dict.fromkeys(f"{cause['field']}: {cause['message']}" for cause in self._causes))
        kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
        all_of_it = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        details = _details(resource, name) | {"kind": resource.kind, "causes": self._causes}
        raise Refusal(422, "Invalid", f'{kind} "{name}" is invalid: {all_of_it}', details)
