"""The operations that docs/openapi.yaml promises, as Schemathesis asks this application for them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from django.core.wsgi import get_wsgi_application
from django.urls import resolve
from django.utils import timezone
from schemathesis.core.parameters import ParameterLocation

from accounts.models import Session
from accounts.tokens import token_for
from tests.accounts.matrix.things import thing_of
from tests.people import person

ROOT = Path(__file__).parents[2]


def promised() -> dict[str, Any]:
    """The document, signed in to by bearer alone: with a cookie beside it every request would be 400."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    for methods in document["paths"].values():
        for operation in methods.values():
            if "security" in operation:
                operation["security"] = [way for way in operation["security"] if "cookie" not in way]
    return document


def schema() -> schemathesis.BaseSchema:
    config = schemathesis.Config.from_path(Path(__file__).with_name("schemathesis.toml"))
    found = schemathesis.openapi.from_dict(promised(), config=config)
    found.app = get_wsgi_application()
    return found


def new_token() -> str:
    """Of a platform administrator's new session: what was sent before may have ended the last one."""
    root = person("root", platform_admin=True)
    return token_for(Session.objects.create(user=root, expires_at=timezone.now() + timedelta(hours=1)))


def with_real_id(case: schemathesis.Case) -> schemathesis.Case:
    """The same for something that is there, where it asks for something by a good id: any other would be a 404."""
    if case.path_parameters and "id" in case.path_parameters and _is_good(case, ParameterLocation.PATH):
        make = thing_of(resolve(case.formatted_path).view_name)
        thing = make(person("root", platform_admin=True), "default")
        case.path_parameters["id"] = str(thing.pk)
    return case


def _is_good(case: schemathesis.Case, where: ParameterLocation) -> bool:
    component = case.meta.components.get(where) if case.meta else None
    return component is not None and component.mode.is_positive
