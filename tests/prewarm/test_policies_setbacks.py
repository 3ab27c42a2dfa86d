"""What a policy makes of tasks that came to nothing, of clocks that were ahead, and of nodes that are none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from prewarm.models import OwnPull, PolicyNode, Task, TaskStatus
from tests.prewarm.policies import a_minute_later, ends, nodes_with, policy_of, run
from tests.prewarm.test_policies_passes import missing, pause_is_over

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
DAY = timedelta(days=1)


def test_a_task_that_ended_before_it_was_planned_is_tried_again_after_a_pause() -> None:
    nodes_with(names=("n1",))
    policy = policy_of(recheck_seconds=3600)
    task = run(policy)
    assert task
    now = timezone.now()
    Task.objects.filter(pk=task.pk).update(status=TaskStatus.CANCELLED, reason="cancelled", finished_at=now)

    assert run(policy) is None

    told = missing(policy)["n1"]["nginx:1.27"]
    assert (told["reason"], told["tries"]) == ("cancelled", 0)
    assert policy.due_at < now + timedelta(seconds=90)
    pause_is_over(policy)
    a_minute_later(policy)
    assert run(policy) is not None


def test_what_is_skipped_time_and_again_is_no_pull_that_failed() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    for _ in range(4):
        task = run(policy)
        assert task
        ends(task, "disk_full", skipped=True)
        assert run(policy) is None
        told = missing(policy)["n1"]["nginx:1.27"]
        assert (told["reason"], told["tries"], policy.state) == ("disk_full", 0, "gap")
        pause_is_over(policy)
        a_minute_later(policy)


def test_after_clocks_were_set_back_what_fails_is_still_tried_with_growing_pauses() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task, "image_not_found")
    run(policy)
    for row in PolicyNode.objects.filter(policy=policy):
        row.gaps = [[*gap[:5], 1, gap[6] + 86_400_000, *gap[7:]] for gap in row.gaps]
        row.save()
    a_minute_later(policy)

    task = run(policy)
    assert task
    ends(task, "image_not_found")
    run(policy)

    assert missing(policy)["n1"]["nginx:1.27"]["tries"] == 2


@pytest.mark.parametrize("cut", [False, True], ids=["a whole list", "a cut list"])
def test_a_pull_that_lies_a_day_ahead_proves_nothing(cut: bool) -> None:
    nodes_with(names=("n1",), **({"images": [], "marks": b""} if cut else {}))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task)
    run(policy)
    assert policy.state == "covered"
    OwnPull.objects.update(at=timezone.now() + DAY)

    run(policy)

    assert (policy.state, policy.warm) == ("gap", 0)


def test_a_policy_that_no_node_matches_says_so_and_raises_no_alarm() -> None:
    nodes_with(names=("n1",))
    policy = policy_of(all_nodes=False, node_selector="pool=gpu")

    assert run(policy) is None

    assert (policy.nodes, policy.state, policy.problem) == (0, "covered", "No node matches it now.")
