"""What a tenant may pull, with which secrets and on which nodes, whoever asks for it and however."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts import people
from accounts.audit import By
from accounts.models import Tenant
from prewarm.clock import database_now
from prewarm.history import tell_planned
from prewarm.models import Task
from prewarm.planner import choose
from prewarm.sight import Sight
from tests.prewarm.results import end, happened, running
from tests.prewarm.rows import asked, cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
TASKS, LISTS = "/api/v1/tasks/", "/api/v1/image-lists/"
NODES = {"node_names": ["n1"]}


def rule(**wanted: Any) -> Tenant:
    """Give the tenant `default` these rules."""
    return people.change_tenant(Tenant.objects.get(slug="default"), wanted, By(None, "cli:root"))


def ask(client: APIClient, *images: str, **wish: Any) -> Any:
    return client.post(TASKS, {"images": images, **NODES, **wish})


def refused(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


class TestImages:
    def test_without_rules_everything_may_be_pulled(self, as_otto: APIClient) -> None:
        assert ask(as_otto, "nginx:1", "quay.io/a/b:2").status_code == 202

    def test_what_no_pattern_allows_is_refused_by_its_place_with_the_patterns_and_the_remedy(
        self, as_otto: APIClient
    ) -> None:
        rule(allowed_images=["docker.io/library/*", "registry.io/team/**"])

        answer = ask(as_otto, "nginx:1", "nginx:1", "quay.io/a/b:2", "registry.io/team/x:1")

        assert refused(answer) == [("images/2", "image_not_allowed")]
        detail = answer.json()["errors"][0]["detail"]
        assert "quay.io/a/b:2: only docker.io/library/* and registry.io/team/** is allowed" in detail
        assert "ask a platform administrator" in detail

    def test_what_is_denied_is_refused_whatever_is_allowed(self, as_otto: APIClient) -> None:
        rule(allowed_images=["docker.io/**"], denied_images=["docker.io/library/redis", "**:latest"])

        answer = ask(as_otto, "nginx:1", "redis:7", "nginx")

        assert refused(answer) == [("images/1", "image_denied"), ("images/2", "image_denied")]
        assert "docker.io/library/redis is denied" in answer.json()["errors"][0]["detail"]
        assert ask(as_otto, "nginx:1").status_code == 202

    @pytest.mark.parametrize(
        "image",
        [
            "registry.io:443/secret/app:1",
            "REGISTRY.io:443/secret/app:1",
            "registry-1.docker.io/library/redis:7",
            "index.docker.io:443/library/redis:7",
            "Index.Docker.io/library/redis:7",
        ],
    )
    def test_another_way_to_write_the_registry_is_no_way_around(self, as_otto: APIClient, image: str) -> None:
        rule(denied_images=["registry.io/secret/**", "docker.io/library/redis"])

        assert refused(ask(as_otto, image)) == [("images/0", "image_denied")]

    def test_an_empty_list_allows_nothing(self, as_otto: APIClient) -> None:
        rule(allowed_images=[])

        assert refused(ask(as_otto, "nginx:1")) == [("images/0", "image_not_allowed")]

    def test_another_tenant_and_its_preview_have_their_own(self, as_otto: APIClient, as_mallory: APIClient) -> None:
        rule(denied_images=["**"])

        assert ask(as_mallory, "nginx:1", tenant="rivals").status_code == 202
        body = {"images": ["nginx:1"], **NODES}
        assert refused(as_otto.post(f"{TASKS}preview/", body)) == [("images/0", "image_denied")]

    def test_a_platform_administrator_asks_within_the_rules_of_the_tenant(self, as_platform_admin: APIClient) -> None:
        rule(denied_images=["**"])

        assert refused(ask(as_platform_admin, "nginx:1")) == [("images/0", "image_denied")]

    def test_an_image_out_of_a_list_is_refused_at_the_list(self, as_otto: APIClient) -> None:
        ids = [
            as_otto.post(LISTS, {"name": name, "images": [image]}).json()["id"]
            for name, image in (("good", "nginx:1"), ("bad", "redis:7"))
        ]
        rule(denied_images=["docker.io/library/redis"])

        assert refused(ask(as_otto, image_lists=ids)) == [("image_lists/1", "image_denied")]

    def test_at_a_terminal_it_is_refused_by_its_place(self) -> None:
        rule(denied_images=["docker.io/library/redis"])

        with pytest.raises(CommandError, match=r"IMAGE 2: default may not pull docker\.io/library/redis:7"):
            call_command("prewarm", "nginx:1", "redis:7", "--names", "n1", stdout=StringIO(), stderr=StringIO())
        assert not Task.objects.exists()


class TestRetries:
    @pytest.fixture
    def failed(self) -> Task:
        """One image is warm, the other failed."""
        task = running(asked(["nginx:1", "redis:7"], pull_secrets=["regcred"]))
        images = [[0, "pulled", "", 1, 1, None, 1], [1, "failed", "tls_error", None, None, None, 1]]
        happened(task, "n1", "failed", "tls_error", images=images)
        return end(task)

    def test_what_may_not_be_pulled_any_more_is_not_tried_again(self, as_otto: APIClient, failed: Task) -> None:
        rule(denied_images=["docker.io/library/redis"])

        assert refused(as_otto.post(f"{TASKS}{failed.pk}/retry/")) == [("images/1", "image_denied")]
        assert not Task.objects.filter(retry_of=failed).exists()

    def test_an_image_that_is_warm_already_stands_in_no_ones_way(self, as_otto: APIClient, failed: Task) -> None:
        rule(denied_images=["docker.io/library/nginx"])

        assert as_otto.post(f"{TASKS}{failed.pk}/retry/").status_code == 202

    def test_a_secret_that_may_not_be_named_any_more_is_not_used_again(self, as_otto: APIClient, failed: Task) -> None:
        rule(pull_secrets=["other"])

        assert refused(as_otto.post(f"{TASKS}{failed.pk}/retry/")) == [("pull_secrets/0", "pull_secret_not_allowed")]


class TestPullSecrets:
    def test_without_a_rule_any_may_be_named(self, as_otto: APIClient) -> None:
        assert ask(as_otto, "nginx:1", pull_secrets=["anything"]).status_code == 202

    def test_only_those_of_the_tenant_may_be_named(self, as_otto: APIClient) -> None:
        rule(pull_secrets=["regcred", "mirror"])

        assert ask(as_otto, "nginx:1", pull_secrets=["mirror", "regcred"]).status_code == 202
        answer = ask(as_otto, "nginx:1", pull_secrets=["regcred", "admins"])

        assert refused(answer) == [("pull_secrets/1", "pull_secret_not_allowed")]
        assert "It may name regcred and mirror" in answer.json()["errors"][0]["detail"]

    def test_an_empty_list_lets_none_be_named(self, as_otto: APIClient) -> None:
        rule(pull_secrets=[])

        assert refused(ask(as_otto, "nginx:1", pull_secrets=["regcred"])) == [
            ("pull_secrets/0", "pull_secret_not_allowed")
        ]
        assert ask(as_otto, "nginx:1").status_code == 202


class TestNodePool:
    @pytest.fixture(autouse=True)
    def nodes(self) -> None:
        cluster_of("gpu-a", labels={"pool": "gpu", "zone": "a"})
        cluster_of("gpu-b", labels={"pool": "gpu", "zone": "b"})
        cluster_of("cpu-a", labels={"pool": "cpu", "zone": "a"})
        rule(node_pool="pool=gpu")

    def test_all_nodes_are_all_of_the_pool_and_a_selector_never_leads_out_of_it(self) -> None:
        every, zone, other = asked(), asked(node_selector="zone=a"), asked(node_selector="pool=cpu")

        assert [entry.node for entry in choose(every).pull] == ["gpu-a", "gpu-b"]
        assert [entry.node for entry in choose(zone).pull] == ["gpu-a"]
        assert (choose(other).pull, choose(other).over, choose(other).outside) == ([], [], 1)

    def test_a_node_outside_that_is_named_is_skipped_with_the_reason(self) -> None:
        chosen = choose(asked(node_names=["cpu-a", "gone", "gpu-a"]))

        assert [entry.node for entry in chosen.pull] == ["gpu-a"]
        assert [(entry.node, entry.skip) for entry in chosen.over] == [("cpu-a", "outside_pool"), ("gone", "node_gone")]

    def test_the_history_says_how_many_were_left_out(self) -> None:
        task = asked()

        tell_planned(task, database_now(), choose(task).outside)

        assert "1 that match are left out: they are not in default's node pool" in task.events.last().text

    def test_the_preview_shows_the_nodes_of_the_pool_and_says_that_others_are_left_out(
        self, as_otto: APIClient
    ) -> None:
        body = as_otto.post(f"{TASKS}preview/", {"images": ["nginx:1"], "all_nodes": True}).json()

        assert (body["matched"], body["skipped"]) == (2, [])
        assert [node["name"] for node in body["nodes"]] == ["gpu-a", "gpu-b"]
        assert "1 node that would match is not in default's node pool (pool=gpu): it is left out." in body["warnings"]

    def test_the_preview_of_named_nodes_says_which_are_skipped(self, as_otto: APIClient) -> None:
        body = as_otto.post(f"{TASKS}preview/", {"images": ["nginx:1"], "node_names": ["cpu-a", "gpu-a"]}).json()

        assert [(node["name"], node["skipped"]) for node in body["nodes"]] == [
            ("cpu-a", "outside_pool"),
            ("gpu-a", None),
        ]
        assert "ask a platform administrator" in body["skipped"][0]["hint"]

    def test_a_cluster_that_is_too_big_for_a_task_is_not_if_the_pool_is_small(
        self, as_otto: APIClient, settings: Any
    ) -> None:
        settings.MAX_NODES = 2

        assert as_otto.post(TASKS, {"images": ["nginx:1"], "all_nodes": True}).status_code == 202

    def test_members_see_the_nodes_of_their_pools_and_platform_administrators_all(
        self, as_vera: APIClient, as_mallory: APIClient, as_platform_admin: APIClient
    ) -> None:
        counts = [client.get("/api/v1/nodes/").json()["count"] for client in (as_vera, as_mallory, as_platform_admin)]

        assert counts == [2, 3, 3]
        assert as_vera.get("/api/v1/nodes/", {"selector": "pool=cpu"}).json()["count"] == 0

    def test_a_cycle_knows_the_pools_that_there_are(self, as_mallory: APIClient) -> None:
        assert Sight(database_now()).pools == {Tenant.objects.get(slug="default").pk: "pool=gpu"}
