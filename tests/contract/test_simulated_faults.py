"""What tests can make the simulated API server do."""

from __future__ import annotations

import time

import httpx
import pytest

from prewarm.simulator.running import Running
from tests.contract.pods import Pods, held
from tests.contract.server import wait_for

NOWHERE = "no-such-node"


def test_the_next_request_of_a_kind_can_be_refused(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "faults", {"verb": "create", "resource": "pods", "code": 503})

    refused = sim_pods.server.http.post(sim_pods.path, json=held("a/x:1", node=NOWHERE))
    others = sim_pods.server.http.get(sim_pods.path)

    assert (refused.status_code, refused.json()["reason"]) == (503, "ServiceUnavailable")
    assert others.status_code == 200
    assert sim_pods.create(held("a/x:1", node=NOWHERE))


def test_too_many_requests_say_when_to_come_back(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "faults", {"code": 429, "retry_after": 7, "times": 1})

    answer = sim_pods.server.http.get(sim_pods.path)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["reason"] == "TooManyRequests"
    assert answer.json()["details"] == {"retryAfterSeconds": 7}


def test_a_quota_can_be_exceeded(sim: Running, sim_pods: Pods) -> None:
    message = 'pods "a" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3'
    sim.control("POST", "faults", {"verb": "create", "resource": "pods", "code": 403, "message": message})

    status = sim_pods.server.refused(sim_pods.path, held("a/x:1", node=NOWHERE))

    assert (status["reason"], status["message"]) == ("Forbidden", message)


def test_a_fault_can_wait_for_its_turn(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "faults", {"verb": "list", "skip": 2, "code": 500})

    answers = [sim_pods.server.http.get(sim_pods.path).status_code for _ in range(4)]

    assert answers == [200, 200, 500, 200]


def test_a_seed_draws_the_same_faults_again(sim: Running, sim_pods: Pods) -> None:
    def draw() -> list[int]:
        sim.control("DELETE", "faults")
        sim.control("POST", "faults", {"verb": "list", "rate": 0.5, "seed": 7, "times": None})
        return [sim_pods.server.http.get(sim_pods.path).status_code for _ in range(20)]

    first, second = draw(), draw()

    assert first == second
    assert set(first) == {200, 500}


def test_a_connection_can_break_before_anything_is_done(sim: Running, sim_pods: Pods) -> None:
    pod = held("a/x:1", node=NOWHERE)
    sim.control("POST", "faults", {"kind": "reset", "verb": "create", "resource": "pods"})

    with pytest.raises(httpx.TransportError):
        sim_pods.server.http.post(sim_pods.path, json=pod)

    assert not sim_pods.exists(pod)


def test_a_connection_can_break_after_it_was_done(sim: Running, sim_pods: Pods) -> None:
    pod = held("a/x:1", node=NOWHERE)
    sim.control("POST", "faults", {"kind": "execute_then_timeout", "verb": "create", "resource": "pods"})

    with pytest.raises(httpx.TransportError):
        sim_pods.server.http.post(sim_pods.path, json=pod)

    assert sim_pods.exists(pod)


def test_an_answer_can_take_its_time(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "faults", {"kind": "delay", "verb": "list", "seconds": 0.3})
    begun = time.monotonic()

    assert sim_pods.server.http.get(sim_pods.path).status_code == 200

    assert time.monotonic() - begun >= 0.3


def test_a_watch_can_be_refused_with_410(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "faults", {"verb": "watch", "resource": "pods", "code": 410})

    answer = sim_pods.server.http.get(sim_pods.path, params={"watch": "1", "timeoutSeconds": "1"})

    assert (answer.status_code, answer.json()["reason"]) == (410, "Expired")


def test_access_can_be_denied(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "access", {"verb": "create", "resource": "pods", "allowed": False})
    review = {"spec": {"resourceAttributes": {"verb": "create", "resource": "pods"}}}

    answer = sim_pods.server.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)

    assert answer["status"]["allowed"] is False


def test_a_fault_that_is_none_is_refused(sim: Running) -> None:
    answer = httpx.post(f"{sim.url}/_sim/faults", json={"kind": "earthquake"})

    assert answer.status_code == 400
    assert "kind must be one of status, delay, reset, execute_then_timeout" in answer.json()["message"]


def test_every_watch_can_be_broken_off(sim: Running, sim_pods: Pods) -> None:
    lines = sim_pods.server.watch(sim_pods.path, 60)
    sim_pods.create(held("a/x:1", node=NOWHERE))
    first = next(lines)

    wait_for(lambda: sim.control("POST", "watches/end")["ended"] >= 1, "the watch to be there")

    assert first["type"] == "ADDED"
    assert list(lines) == []
