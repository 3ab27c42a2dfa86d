"""Programs are told in the way of Standard Webhooks; its own library believes us."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from accounts.audit import By
from prewarm.models import NodeStatus
from tests.prewarm.rows import cluster_of
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import ended, hook, make_due, told, work
from webhooks.keeping import rotate_secret
from webhooks.models import DeliveryStatus
from webhooks.receiver import problem_with
from webhooks.signing import new_secret, secret_problem, signed

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_the_library_verifies_what_arrives(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    delivery = told(webhook)
    work()

    (heard,) = receiver.told
    assert Verifier(webhook.secret).verify(heard.body, heard.headers) == heard.json
    assert heard.headers["webhook-id"] == str(delivery.pk)
    assert abs(int(heard.headers["webhook-timestamp"]) - time.time()) < 60
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 1)


def test_a_body_that_was_changed_on_the_way_is_not_believed(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    told(webhook)
    work()

    (heard,) = receiver.told
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook.secret).verify(heard.body.replace(b"failed", b"passed"), heard.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(new_secret()).verify(heard.body, heard.headers)


def test_while_a_secret_is_changed_the_old_and_the_new_one_verify(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    old = webhook.secret
    new = rotate_secret(webhook, By(None, "test"))
    told(webhook)
    work()

    (heard,) = receiver.told
    assert len(heard.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Verifier(secret).verify(heard.body, heard.headers)


def test_after_the_overlap_only_the_new_one_does(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    old = webhook.secret
    new = rotate_secret(webhook, By(None, "test"), timedelta(seconds=-1))
    told(webhook)
    work()

    (heard,) = receiver.told
    Verifier(new).verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(heard.body, heard.headers)


def test_every_attempt_has_the_same_id_and_body_and_a_time_of_its_own(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    told(webhook)
    receiver.says(500)
    work()
    receiver.says(204)
    make_due()
    work()

    first, second = receiver.told
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    for heard in receiver.told:
        Verifier(webhook.secret).verify(heard.body, heard.headers)


def test_bodies_carry_a_sequence_without_holes(receiver: Receiver) -> None:
    webhook = hook(receiver.url)
    for _ in range(3):
        told(webhook)
    work()

    assert [heard.json["sequence"] for heard in receiver.told] == [1, 2, 3]


def test_the_body_says_what_happened_and_why_it_failed(receiver: Receiver, settings) -> None:
    settings.PUBLIC_URL = "https://ips.example"
    hook(receiver.url, events=["task.failed"])
    cluster_of("node-1", "node-2")
    task = ended_with_two_failures()
    work()

    (heard,) = receiver.told
    data = heard.json["data"]
    assert heard.json["type"] == "task.failed"
    assert data["task"]["id"] == str(task)
    assert data["link"] == f"https://ips.example/tasks/{task}"
    assert [(group["reason"], group["nodes"], group["examples"]) for group in data["failures"]] == [
        ("image_not_found", 2, ["node-1", "node-2"])
    ]
    assert data["failures"][0]["hint"]


def ended_with_two_failures() -> object:
    from prewarm.image_results import ImageResult, Outcome, write
    from prewarm.models import Batch, BatchStatus, NodeResult, Task, TaskStatus

    task = ended(TaskStatus.FAILED)
    Task.objects.filter(pk=task.pk).update(planned_at=timezone.now())
    batch = Batch.objects.create(task=task, number=1, status=BatchStatus.ENDED, due_at=timezone.now())
    failed = ImageResult(0)
    failed.end(Outcome.FAILED, "image_not_found")
    for name in ("node-1", "node-2"):
        NodeResult.objects.create(
            task=task,
            batch=batch,
            node=name,
            status=NodeStatus.FAILED,
            reason="image_not_found",
            images=write([failed]),
            change=1,
        )
    return task.pk


class TestASelector:
    @pytest.fixture(autouse=True)
    def nodes(self) -> None:
        cluster_of("gpu-1", labels={"pool": "gpu"})
        cluster_of("web-1", labels={"pool": "web"})

    @pytest.mark.parametrize(("selector", "heard"), [("pool=gpu", 1), ("pool=db", 0), ("pool!=gpu", 0)])
    def test_picks_tasks_by_their_nodes(self, receiver: Receiver, selector: str, heard: int) -> None:
        from tests.prewarm.rows import asked

        webhook = hook(receiver.url, selector=selector)
        asked(node_selector="pool=gpu")
        work()

        assert len(receiver.told) == heard == webhook.deliveries.count()

    def test_does_not_hold_for_who_names_the_webhook(self, receiver: Receiver) -> None:
        from tests.prewarm.rows import asked

        webhook = hook(receiver.url, selector="pool=db")
        asked(node_selector="pool=gpu", webhooks=[str(webhook.pk)])
        work()

        assert len(receiver.told) == 1


def test_a_body_is_never_bigger_than_twenty_thousand_bytes() -> None:
    from webhooks.letters import MOST_BYTES, compose

    webhook = hook()
    delivery = told(webhook, title="图" * 200)
    text = compose(delivery, 1)

    assert len(text.encode()) <= MOST_BYTES
    assert json.loads(text)["data"]["task"]["title"] == "图" * 200


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=200))
def test_whatever_is_signed_is_verified(key: bytes, body: bytes) -> None:
    secret, now = f"whsec_{base64.b64encode(key).decode()}", int(time.time())
    body = json.dumps(body.hex()).encode()
    headers = {"webhook-id": "a", "webhook-timestamp": str(now), "webhook-signature": signed([secret], "a", now, body)}

    assert Verifier(secret).verify(body, headers) == json.loads(body)
    assert problem_with(headers, body, secret, now) == ""
    assert problem_with(headers, body + b" ", secret, now)
    assert problem_with(headers, body, secret, now + 301)
    assert problem_with(headers | {"webhook-signature": ""}, body, secret, now)


@pytest.mark.parametrize("text", ["", "whsec_", "abc", "whsec_" + "A" * 8, "whsec_!!!!", "whsec_" + "A" * 200])
def test_a_weak_secret_is_refused(text: str) -> None:
    assert secret_problem(text)
    assert secret_problem(new_secret()) == ""
