"""What the generated OpenAPI document could not know by itself: how one signs in, and what errors look like."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `errors` says where the input is wrong (`images/0`).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class SessionAuthenticationScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.SessionAuthentication"
    name = ["bearer", "cookie"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": "ips_session",
                "description": "Set by auth/login/ with cookie=true; unsafe methods also need the header X-CSRFToken.",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        return [{"bearer": []}, {"cookie": []}]


class StrictFieldsSchema(OpenApiSerializerExtension):
    target_class = "ips.strict_fields.StrictFields"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


def only_v1(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Describe what is promised. drf-spectacular asks this first, and so finds the scheme above as well."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give every operation the problem as its default answer: whatever is not listed is one of those.

    And what no serializer describes: that pages begin with 1, and the 304 of every single thing (ips.entity_tags).
    """
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    answer = {"description": "Any error.", "content": {"application/problem+json": reference}}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            operation["responses"].setdefault("default", answer)
            for parameter in operation.get("parameters", []):
                if parameter["name"] in ("page", "page_size"):
                    parameter["schema"]["minimum"] = 1
        if path.endswith("}/") and "get" in operations:
            operations["get"]["responses"]["304"] = {"description": "It is as `If-None-Match` says."}
    return result
