"""`manage.py hook` does at a terminal what the API does; the admin shows hooks without their credentials."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AuditEntry
from tests.people import PASSWORD, person
from tests.webhooks.inbound.pushes import event, push, registry_hook, tell, time_passes
from webhooks.models import RegistryHook

pytestmark = pytest.mark.django_db


def typed(*words: str) -> str:
    out = StringIO()
    call_command("hook", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_one_is_made_and_works_with_what_was_printed() -> None:
    path, secret = typed("create", "Registry", "--repositories", "team/**", "--selector", "pool=web").split()

    assert tell({"events": [event()]}, secret, token=path.split("/")[-2]).json()["accepted"] == 1
    assert AuditEntry.objects.get(action="registry_hook.created").actor.startswith("cli:")
    listed = typed("list")
    assert "team/**:*  pool=web" in listed
    assert secret not in listed + typed("--json", "list")


def test_a_new_secret_is_printed() -> None:
    registry_hook()
    secret = typed("rotate", "Registry").strip()

    assert tell({"events": []}, secret).status_code == 202
    assert len(typed("rotate", "Registry", "--token").split()) == 2


def test_what_arrived_is_told() -> None:
    registry_hook()
    push("team/app:1.4", "others/app:1")
    time_passes()

    assert "registry.example.com/team/app:1.4  task " in typed("arrivals", "Registry")
    assert "No rule" in typed("arrivals", "Registry", "--outcome", "ignored")
    assert len(json.loads(typed("--json", "arrivals", "Registry"))) == 2


def test_what_would_be_made_of_a_body_is_told(tmp_path: Path) -> None:
    registry_hook()
    assert "makes a task" in typed("try", "Registry")

    body = tmp_path / "body.json"
    body.write_text(json.dumps({"events": [event("others/app:1")]}))
    with pytest.raises(CommandError, match="No task"):
        typed("try", "Registry", str(body))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "X", "--tenant", "nobody", "--all-nodes"), "no tenant"),
        (("create", "X", "--repositories", "a//b", "--all-nodes"), "repositories"),
        (("rotate", "Nobody"), "no registry hook"),
        (("try", "Registry", "/nowhere"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(words: tuple[str, ...], said: str) -> None:
    registry_hook()
    with pytest.raises(CommandError, match=said):
        typed(*words)


def test_the_admin_shows_hooks_without_their_credentials() -> None:
    person("root", platform_admin=True)
    browser = Client()
    browser.post("/admin/login/", {"username": "root", "password": PASSWORD})
    hook = registry_hook()
    push()
    time_passes()
    shown = ""
    for model in ("registryhook", "hookrule", "arrival", "gathering"):
        page = browser.get(f"/admin/webhooks/{model}/")
        assert page.status_code == 200
        shown += page.content.decode()
    shown += browser.get(f"/admin/webhooks/registryhook/{hook.pk}/change/").content.decode()

    assert "team/app:1.4" in shown
    for secret in (hook.token_hash, hook.secret_hash):
        assert secret not in shown

    browser.post("/admin/webhooks/registryhook/", {"action": "disable", "_selected_action": [str(hook.pk)]})
    assert not RegistryHook.objects.get().enabled
