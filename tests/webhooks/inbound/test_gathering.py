"""Pushes of a tag are waited out and make one task, whoever dies or asks twice; what forbids it is told in words."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Tenant
from prewarm import ticking
from prewarm.models import Task
from prewarm.runtime import Runtime
from tests.webhooks.inbound.pushes import event, push, registry_hook, tell, time_passes
from webhooks.inbound import gathering, upkeep
from webhooks.models import Arrival, Gathering, GatheringStatus, HookRule, RegistryHook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_pushes_of_one_tag_are_gathered_until_no_more_follow() -> None:
    registry_hook(rule={"debounce_seconds": 60})
    for digest in "abc":
        push(target={"digest": f"sha256:{digest * 64}"})
    waiting = Gathering.objects.get()

    assert gathering.fire_due(timezone.now()) == 0
    assert (waiting.pushes, waiting.digest) == (3, f"sha256:{'c' * 64}")
    assert time_passes() == 1
    assert Task.objects.count() == 1
    assert Arrival.objects.filter(gatherings=[str(waiting.pk)]).count() == 3


def test_who_pushes_all_the_time_gets_a_task_now_and_then() -> None:
    registry_hook(rule={"debounce_seconds": 60})
    push()
    Gathering.objects.update(since=timezone.now() - timedelta(seconds=601))
    push(target={"digest": f"sha256:{'b' * 64}"})

    assert gathering.fire_due(timezone.now()) == 1


def test_each_tag_and_each_rule_makes_its_own() -> None:
    made = registry_hook()
    HookRule.objects.create(
        hook=made, position=1, repositories="team/app", tags="1.*", debounce_seconds=0, task={"node_names": ["node-1"]}
    )
    push("team/app:1.4", "team/app:2.0")

    assert time_passes() == 3
    assert sorted((task.images[0].rpartition(":")[2], task.target) for task in Task.objects.all()) == [
        ("1.4", "all nodes"),
        ("1.4", "node-1"),
        ("2.0", "all nodes"),
    ]


@pytest.mark.parametrize(
    ("repositories", "tags", "image", "matches"),
    [
        ("**", "*", "app:1", True),
        ("**", "*", "a/b/c:1", True),
        ("team/**", "*", "team/a/b:1", True),
        ("team/**", "*", "team:1", False),
        ("team/*", "*", "team/a/b:1", False),
        ("team/app", "v*", "team/app:v1", True),
        ("team/app", "v*", "team/app:1", False),
        ("team/app", "1.4", "team/app:1.4", True),
        ("team/app", "1.4", "team/app:1.40", False),
        ("team/app-*", "*-rc*", "team/app-web:2-rc1", True),
        ("team/app", "V1", "team/app:v1", False),
    ],
)
def test_a_rule_is_for_what_its_patterns_say(repositories: str, tags: str, image: str, matches: bool) -> None:
    registry_hook(rule={"repositories": repositories, "tags": tags})
    push(image)

    assert Gathering.objects.exists() == matches


def test_the_tick_sees_to_it() -> None:
    registry_hook()
    push()
    upkeep.look_after(timezone.now())

    assert Task.objects.count() == 1


def test_every_tick_does() -> None:
    from prewarm.announce import chores

    assert upkeep.look_after in chores()
    assert ticking.tick and Runtime


class TestForbidden:
    def refused(self) -> Gathering:
        time_passes()
        found = Gathering.objects.get()
        assert (found.status, found.task, Task.objects.filter(trigger="hook").count()) == ("refused", None, 0)
        assert found.message
        return found

    def test_an_image_that_the_tenant_may_not_pull_makes_no_task(self) -> None:
        made = registry_hook()
        push()
        Tenant.objects.filter(pk=made.tenant_id).update(allowed_images=["registry.example.com/others/**"])

        assert self.refused().code == "image_not_allowed"

    def test_a_priority_that_the_tenant_has_no_more_makes_no_task(self) -> None:
        made = registry_hook(rule={"task": {"all_nodes": True, "priority": 9}})
        push()
        Tenant.objects.filter(pk=made.tenant_id).update(max_priority=5)

        assert self.refused().code == "above_max_priority"

    def test_a_form_that_is_understood_no_more_makes_no_task(self) -> None:
        registry_hook(rule={"task": {"all_nodes": True, "speed": 9}})
        push()

        assert "speed" in self.refused().message

    def test_a_rule_that_was_deleted_meanwhile_makes_no_task(self) -> None:
        registry_hook()
        push()
        HookRule.objects.all().delete()

        assert self.refused().code == "rule_is_gone"

    def test_a_hook_that_was_disabled_meanwhile_makes_no_task(self) -> None:
        registry_hook()
        push()
        RegistryHook.objects.update(enabled=False)

        assert self.refused().code == "rule_is_gone"

    def test_one_that_is_refused_holds_up_no_other(self) -> None:
        made = registry_hook()
        push("team/bad:1", "team/good:1")
        Tenant.objects.filter(pk=made.tenant_id).update(denied_images=["registry.example.com/team/bad"])

        assert time_passes() == 2
        assert Task.objects.get().images == ["registry.example.com/team/good:1"]


class TestDyingInBetween:
    def test_whoever_dies_before_the_task_is_committed_leaves_it_to_the_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry_hook()
        push()

        def dies(name: str, about: str = "") -> None:
            if name == "gathering_fired":
                raise KeyboardInterrupt

        monkeypatch.setattr(gathering, "crash_point", dies)
        with pytest.raises(KeyboardInterrupt):
            time_passes()
        assert (Task.objects.count(), Gathering.objects.get().status) == (0, GatheringStatus.WAITING)

        monkeypatch.undo()
        assert (time_passes(), Task.objects.count()) == (1, 1)
        assert (time_passes(), Task.objects.count()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_tell_and_fire_at_once_one_task_comes() -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "default"})
    registry_hook()
    same = {"events": [event()]}
    barrier, statuses = threading.Barrier(6), []

    def tells() -> None:
        try:
            barrier.wait(30)
            statuses.append(tell(same).status_code)
            time_passes()
        finally:
            connection.close()

    threads = [threading.Thread(target=tells) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    time_passes()

    assert statuses == [202] * 6
    assert (Task.objects.count(), Gathering.objects.count()) == (1, 1)
    assert Arrival.objects.filter(outcome="accepted").count() == 1


class TestRetention:
    def test_what_is_over_for_long_is_deleted_and_what_waits_never(self) -> None:
        registry_hook()
        push("team/a:1", "team/b:1")
        time_passes()
        push("team/c:1")
        long_ago = timezone.now() - timedelta(days=31)
        Arrival.objects.update(last_at=long_ago)
        Gathering.objects.filter(status="fired").update(ended_at=long_ago)
        Gathering.objects.filter(status="waiting").update(since=long_ago)
        upkeep.prune(timezone.now())

        assert not Arrival.objects.exists()
        assert [one.image for one in Gathering.objects.all()] == ["registry.example.com/team/c:1"]

    def test_nobody_fills_the_table_with_what_nothing_follows_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upkeep, "MOST_OF_A_HOOK", 2)
        registry_hook()
        push("team/a:1", *(f"others/{number}:1" for number in range(5)))
        upkeep.prune(timezone.now())

        assert sorted(Arrival.objects.values_list("reason", flat=True)) == ["", "no_rule", "no_rule"]
