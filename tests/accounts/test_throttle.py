"""Guessing passwords is slow, and nobody can lock somebody else out."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.hashing import one_hash
from accounts.models import SignInAttempt
from tests.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def attempt(password: str = "wrong", name: str = "otto", ip: str = "192.0.2.1"):
    client = APIClient(REMOTE_ADDR=ip)
    return client.post("/api/v1/auth/login/", {"username": name, "password": password})


def test_the_sixth_wrong_password_in_five_minutes_waits():
    person("otto")
    assert [attempt().status_code for _ in range(5)] == [401] * 5

    refused = attempt(PASSWORD)

    assert refused.status_code == 429
    assert refused.data["code"] == "throttled"
    assert 290 <= int(refused["Retry-After"]) <= 300


def test_after_the_time_that_was_told_it_goes_on():
    person("otto")
    for _ in range(5):
        attempt()
    wait = int(attempt()["Retry-After"])

    with time_machine.travel(timezone.now() + timedelta(seconds=wait + 1)):
        assert attempt(PASSWORD).status_code == 200


def test_a_right_password_forgets_the_wrong_ones_before_it():
    person("otto")
    for _ in range(4):
        attempt()
    attempt(PASSWORD)

    assert [attempt().status_code for _ in range(5)] == [401] * 5


def test_an_unknown_name_is_slowed_down_like_a_known_one():
    assert [attempt(name="nobody-at-all").status_code for _ in range(6)] == [401] * 5 + [429]


def test_one_address_may_not_try_many_names():
    answers = [attempt(name=f"user{number}").status_code for number in range(31)]

    assert answers == [401] * 30 + [429]


def test_who_has_a_whole_network_of_ipv6_is_one_address_still():
    answers = [attempt(name=f"user{number}", ip=f"2001:db8:1:2::{number:x}").status_code for number in range(31)]

    assert answers == [401] * 30 + [429]
    assert attempt(name="user0", ip="2001:db8:1:3::1").status_code == 401


def test_an_address_of_ipv4_is_the_same_however_the_socket_tells_it():
    assert [attempt(ip=ip).status_code for ip in ("192.0.2.1", "::ffff:192.0.2.1") * 3] == [401] * 5 + [429]


def test_a_stranger_elsewhere_cannot_lock_the_owner_out():
    person("otto")
    for _ in range(6):
        attempt(ip="198.51.100.7")

    assert attempt(PASSWORD).status_code == 200


def test_guessing_from_many_addresses_makes_each_guess_wait_for_the_last():
    person("otto")
    now = timezone.now()
    SignInAttempt.objects.bulk_create(
        SignInAttempt(username="otto", ip=f"198.51.100.{number}", at=now - timedelta(seconds=number))
        for number in range(55)
    )

    refused = attempt(PASSWORD)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= 60
    with time_machine.travel(now + timedelta(seconds=61)):
        assert attempt(PASSWORD).status_code == 200


def test_who_guesses_from_many_addresses_all_the_time_keeps_nobody_out_where_they_signed_in_before():
    person("otto")
    assert attempt(PASSWORD).status_code == 200
    now = timezone.now()
    SignInAttempt.objects.bulk_create(
        SignInAttempt(username="otto", ip=f"198.51.100.{number}", at=now - timedelta(seconds=number))
        for number in range(60)
    )

    assert attempt(PASSWORD, ip="203.0.113.5").status_code == 429
    assert attempt(PASSWORD).status_code == 200
    assert [attempt().status_code for _ in range(6)] == [401] * 5 + [429]


def test_who_finds_all_busy_has_not_tried():
    person("otto")
    with ExitStack() as busy:
        for _ in range(4):
            busy.enter_context(one_hash())
        assert [attempt(PASSWORD).status_code for _ in range(6)] == [429] * 6

    assert attempt(PASSWORD).status_code == 200
    assert not SignInAttempt.objects.exists()


def test_attempts_are_forgotten_after_an_hour():
    SignInAttempt.objects.create(username="otto", ip=None, at=timezone.now() - timedelta(hours=2))

    attempt()

    assert SignInAttempt.objects.count() == 1


def test_a_client_cannot_choose_its_address():
    for number in range(6):
        client = APIClient(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
        last = client.post("/api/v1/auth/login/", {"username": "otto", "password": "wrong"})

    assert last.status_code == 429


def test_behind_a_trusted_proxy_the_clients_address_counts(settings):
    settings.TRUSTED_PROXIES = ["192.0.2.0/24"]
    for number in range(6):
        client = APIClient(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"203.0.113.9, 10.0.0.{number}")
        last = client.post("/api/v1/auth/login/", {"username": "otto", "password": "wrong"})

    assert last.status_code == 401
    assert set(SignInAttempt.objects.values_list("ip", flat=True)) == {f"10.0.0.{number}" for number in range(6)}
