"""What a stranger types at a terminal is done, or refused with what to type instead; nothing is silently left out."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Tenant
from prewarm.models import Policy, Schedule
from tests.prewarm.policies import policy_of
from tests.prewarm.schedule_rows import schedule
from tests.webhooks.inbound.pushes import registry_hook
from webhooks.models import RegistryHook, Webhook

pytestmark = pytest.mark.django_db


def typed(*words: str) -> str:
    """What is said, wherever to."""
    out = StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as error:
        typed(*words)
    assert error.value.returncode == 2
    return str(error.value)


@pytest.mark.parametrize(
    "more", [["nginx"], ["--all-nodes"], ["--selector", "a=b"], ["--node", "n1"], ["--list", "web"]]
)
def test_a_form_is_the_whole_task(more: list[str], tmp_path: object) -> None:
    assert "--form" in refused("schedule", "create", "Nightly", "0 2 * * *", *more, "--form", "task.json")


@pytest.mark.parametrize("more", [["--workloads", "app=web"], ["--kind", "Job"]])
def test_workloads_are_chosen_of_namespaces_that_are_followed(more: list[str]) -> None:
    assert "--follow" in refused("policy", "create", "web", "nginx", "--all-nodes", *more)
    assert not Policy.objects.exists()


def test_a_name_that_two_tenants_have_is_told_from_one_that_nobody_has() -> None:
    for tenant in ("one", "two"):
        schedule(tenant=tenant)
        policy_of(tenant=tenant)
        team = Tenant.objects.get(slug=tenant)
        RegistryHook.objects.create(tenant=team, name="Registry", kind="harbor", token_hash=tenant, secret_hash="x")
        Webhook.objects.create(tenant=team, name="chat", kind="generic", url="https://chat.example.com/")

    for words in (
        ("schedule", "show", "nightly"),
        ("policy", "show", "web"),
        ("hook", "arrivals", "Registry"),
        ("webhook", "test", "chat"),
    ):
        assert "more than one" in refused(*words) and "id" in refused(*words)
        assert "There is no" in refused(*words[:2], "nobody")
        assert "more than one" not in refused(*words[:2], "nobody")


def test_a_schedule_shows_what_it_asks_for_what_it_does_about_earlier_tasks_and_that_all_are_paused() -> None:
    schedule(overlap="replace", starting_deadline_seconds=600)
    said = typed("schedule", "show", "nightly")
    assert "nginx:1.27 on all nodes" in said
    assert "an earlier task is replaced" in said and "600 s late" in said

    assert "none of default fires" in typed("schedule", "pause-all")
    assert "All schedules of the tenant are paused." in typed("schedule", "show", "nightly")
    assert "all paused" in typed("schedule", "list")
    assert "fire again" in typed("schedule", "resume-all", "--tenant", "default")
    assert "paused" not in typed("schedule", "list")
    assert Schedule.objects.get().paused_at is None


def test_a_preview_says_whose_clocks_it_tells() -> None:
    said = typed("schedule", "preview", "30 2 * * *", "--time-zone", "Europe/Berlin", "--viewer", "Asia/Tokyo")

    assert said.splitlines()[1].split() == ["Europe/Berlin", "Asia/Tokyo"]


def test_a_policy_that_nobody_has_looked_at_yet_says_so() -> None:
    policy_of()

    assert "not checked yet" in typed("policy", "list") and "of 0" not in typed("policy", "list")
    said = typed("policy", "show", "web")
    assert "not checked yet" in said and "warm" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hook", "arrivals", "Registry", "--last", "-1"), "--last"),
        (("hook", "arrivals", "Registry", "--last", "0"), "--last"),
        (("hook", "rotate", "Registry", "--hours", "999"), "overlap_hours"),
        (("hook", "rotate", "Registry", "--hours", "-1"), "overlap_hours"),
        (("webhook", "redeliver", "chat", "--hours", "nan"), "--hours"),
        (("webhook", "redeliver", "chat", "--hours", "-5"), "--hours"),
        (("webhook", "redeliver", "chat", "--hours", "1e300"), "--hours"),
        (("hook", "create", "R", "--registry", "https://registry.example.com", "--all-nodes"), "host:port"),
    ],
    ids=str,
)
def test_numbers_and_hosts_that_make_no_sense_are_refused_in_words(words: tuple[str, ...], said: str) -> None:
    made = registry_hook()
    Webhook.objects.create(tenant=made.tenant, name="chat", kind="generic", url="https://chat.example.com/")

    assert said in refused(*words)


def test_addresses_are_whole_or_it_is_said_what_is_missing(settings: Settings) -> None:
    settings.PUBLIC_URL = ""
    create = ("hook", "create", "Registry", "--all-nodes")
    assert "IPS_PUBLIC_URL" in typed(*create)
    assert "IPS_PUBLIC_URL" in typed("coverage", "nginx", "--badge")

    settings.PUBLIC_URL = "https://ips.example.com"
    assert "IPS_PUBLIC_URL" not in typed("coverage", "nginx", "--badge")


def test_a_trial_without_a_body_says_that_it_is_an_example() -> None:
    registry_hook()

    assert "example" in typed("hook", "try", "Registry")
