"""Where a webhook may not lead: looked at when it is kept, and again, by what its name resolves to, at every try."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from pytest_django import Settings

from ips.outbound import Guard
from tests.webhooks.receivers import Receiver
from tests.webhooks.rows import hook, make_due, told, work
from webhooks.models import DeliveryStatus, Webhook

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks/"
WRITTEN = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://redis/",
    "ftp://hear.example/",
    "file:///etc/passwd",
    "http://user:secret@hear.example/",
    "http://hear.example/#x",
    "http://hear.example:22/",
    "http://①②⑦.0.0.1/",
    "http://hear.example/\r\nHost: x",
    "http://hear.example\\@x/",
    "//hear.example/",
    "hear.example",
    "http://[::1%25eth0]/",
    "http://224.0.0.1/",
    "http://[2002:7f00:1::]/",
    "http://[64:ff9b::a9fe:a9fe]/",
]


@pytest.mark.parametrize("url", WRITTEN)
def test_is_refused_at_its_field(as_ada, settings: Settings, url: str) -> None:
    settings.OUTBOUND_PRIVATE = []
    answer = as_ada.post(URL, {"name": "Ops", "kind": "generic", "url": url})

    assert answer.status_code == 422, url
    assert [error["pointer"] for error in answer.json()["errors"]] == ["url"]
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("kind", ["slack", "dingtalk"])
def test_a_chats_address_is_the_vendors(as_ada, settings: Settings, kind: str) -> None:
    settings.CHAT_HOSTS = []
    answer = as_ada.post(URL, {"name": "Ops", "kind": kind, "url": "https://hear.example/"})

    assert answer.status_code == 422
    assert "IPS_CHAT_HOSTS" in answer.json()["errors"][0]["detail"]


def test_a_name_that_leads_inside_by_the_time_of_the_try_is_refused_then(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: good when it was kept, ours when it is asked; the address that was looked at is the one asked."""
    answers = iter([[ip_address("127.0.0.1")], [ip_address("169.254.169.254")]])
    guard = Guard(tuple(Guard.of_settings().listed), resolver=lambda *_: next(answers))
    monkeypatch.setattr(Guard, "of_settings", classmethod(lambda cls: guard))
    webhook = hook(receiver.url.replace("127.0.0.1", "hear.example"))
    first = told(webhook)
    work()
    second = told(webhook)
    make_due()
    work()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status, second.code) == (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, "refused")
    assert len(receiver.told) == 1


def test_one_bad_address_among_good_ones_refuses_the_name(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [ip_address("127.0.0.1"), ip_address("fd00:ec2::254")]
    guard = Guard(Guard.of_settings().listed, resolver=lambda *_: both)
    monkeypatch.setattr(Guard, "of_settings", classmethod(lambda cls: guard))
    delivery = told(hook(receiver.url.replace("127.0.0.1", "hear.example")))
    work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, receiver.told) == (DeliveryStatus.FAILED, "refused", [])


def test_a_redirect_inward_is_not_followed(receiver: Receiver) -> None:
    with Receiver() as inside:
        receiver.says(307, Location=inside.url)
        delivery = told(hook(receiver.url))
        work()

        delivery.refresh_from_db()
        assert (delivery.status, delivery.code, inside.told) == (DeliveryStatus.FAILED, "http_307", [])


def test_a_private_address_that_nobody_listed_is_refused_when_it_is_tried(
    receiver: Receiver, settings: Settings
) -> None:
    settings.OUTBOUND_PRIVATE = ["10.0.0.0/8"]
    delivery = told(hook(receiver.url))
    work()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.code, receiver.told) == (DeliveryStatus.FAILED, "refused", [])
    assert "IPS_OUTBOUND_PRIVATE" in delivery.message
