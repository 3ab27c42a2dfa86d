"""F34: a task is cancelled while the API server is away. The wish is kept, and carried out when it is back."""

from __future__ import annotations

import random

from tests.faults.api_stage import ApiStage, outcomes


def test_f34_a_cancel_while_the_api_server_is_away_is_carried_out_later(api: ApiStage, chance: random.Random) -> None:
    task = api.ask(images=[api.image("hang")], concurrency=chance.randint(2, 8))
    api.until(lambda: len(api.pulling_on(*api.nodes)) >= 2, "pulls")

    with api.proxy.away():
        api.until_it_waits(task, "cluster_unreachable")
        told = api.http.post(f"tasks/{task.pk}/cancel/").raise_for_status().json()
        assert (told["status"], bool(told["cancel_requested_at"])) == ("running", True)
        api.until(
            lambda: not task.node_results.filter(status="pending").exists(), "what was not started to be cancelled"
        )
        assert api.cluster.pods()

    api.end_of(task)
    assert (task.status, outcomes(task).keys()) == ("cancelled", {"cancelled cancelled"})
