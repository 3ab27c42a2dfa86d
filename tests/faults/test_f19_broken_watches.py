"""F19: 410, an ERROR in the stream, a watch that ends without a word. Nothing that happened meanwhile is missed."""

from __future__ import annotations

import random
import time

from prewarm.models import NodeSlot
from tests.faults.api_faults import Harm
from tests.faults.api_stage import ALL_AT_ONCE, ApiStage, outcomes


def test_f19_after_410_twice_in_a_row_the_pods_are_listed_once_each(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1)
    api.until_done(task, chance.randint(0, 8))
    begun = time.monotonic()
    with api.proxy.harming(Harm.EXPIRE, "watch", "pods", times=2) as again:
        expired = api.proxy.harm_watches(Harm.EXPIRE, "pods")
        api.until(lambda: again.struck == 2, "the next watches to end in the same way")

    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE
    assert 1 <= api.relists(begun) <= expired + again.struck


def test_f19_what_ended_while_the_watch_was_down_is_seen(api: ApiStage, chance: random.Random) -> None:
    task = api.ask(images=[api.image(seconds=chance.uniform(0.3, 1.5))], puller="job", batch_size=5, concurrency=5)
    api.until(lambda: NodeSlot.objects.exclude(uid="").count() >= 3, "pull jobs")
    with api.proxy.harming(Harm.ANSWER, "watch", "pods", code=503):
        api.proxy.harm_watches(chance.choice([Harm.RESET, Harm.TRUNCATE, None]), "pods")
        api.until(lambda: any(ended(pod) for pod in api.cluster.pods()), "a pull to end unseen")

    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE


def test_f19_watches_that_always_end_at_once_do_not_make_ips_list_without_end(
    api: ApiStage, chance: random.Random
) -> None:
    task = api.ask_slow(0.5)
    api.until_done(task, chance.randint(0, 8))
    begun = time.monotonic()
    with api.proxy.harming(Harm.EXPIRE, "watch"):
        api.proxy.harm_watches(Harm.EXPIRE)
        api.for_a_while(5)
    seconds = time.monotonic() - begun

    for resource in ("pods", "nodes", "events"):
        assert len(api.proxy.lists(resource, begun)) <= 3 * seconds
    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE


def ended(pod: dict[str, object]) -> bool:
    return "CreateContainerConfigError" in str(pod["status"])
