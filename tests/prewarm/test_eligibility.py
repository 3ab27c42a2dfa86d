"""Which nodes are skipped before anything is created there."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from prewarm.eligibility import LEAVING, skip_reason
from prewarm.models import Node


def node(**values: Any) -> Node:
    """A good node, but for these values."""
    good = {"name": "n1", "uid": "u", "ready": True, "os": "linux", "seen_at": timezone.now(), "disk_bytes": 10**12}
    return Node(**{**good, **values})


def tainted(*keys: str) -> list[dict[str, str]]:
    return [{"key": key, "effect": "NoSchedule"} for key in keys]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, ""),
        ({"os": "windows"}, "wrong_os"),
        ({"os": ""}, ""),
        ({"ready": False}, "node_unready"),
        ({"unschedulable": True}, "node_cordoned"),
        ({"disk_pressure": True}, "no_disk_headroom"),
        ({"disk_bytes": 1}, "no_disk_headroom"),
        ({"disk_bytes": 0}, ""),
        ({"taints": [{"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"}]}, "node_unready"),
        ({"taints": [{"key": "node.kubernetes.io/pid-pressure", "effect": "NoSchedule"}]}, "node_unready"),
        ({"taints": [{"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"}]}, ""),
        ({"taints": tainted("gpu", "dedicated")}, ""),
    ],
)
def test_a_node_is_skipped_for_a_reason(values: dict[str, Any], reason: str) -> None:
    assert skip_reason(node(**values), include_cordoned=False) == reason


@pytest.mark.parametrize("key", sorted(LEAVING))
def test_a_node_that_is_about_to_be_removed_is_left_alone(key: str) -> None:
    assert skip_reason(node(taints=tainted("other", key)), include_cordoned=True) == "node_leaving"


def test_a_cordoned_node_is_pulled_on_when_asked_for() -> None:
    assert skip_reason(node(unschedulable=True), include_cordoned=True) == ""


@pytest.mark.parametrize("values", [{"ready": False}, {"disk_pressure": True}, {"os": "windows"}])
def test_but_not_when_something_else_is_wrong_with_it(values: dict[str, Any]) -> None:
    assert skip_reason(node(unschedulable=True, **values), include_cordoned=True) != ""


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"os": "windows", "ready": False}, "wrong_os"),
        ({"taints": tainted("karpenter.sh/disrupted"), "ready": False}, "node_leaving"),
        ({"ready": False, "unschedulable": True}, "node_unready"),
        ({"unschedulable": True, "disk_pressure": True}, "node_cordoned"),
    ],
)
def test_of_several_causes_the_one_that_lasts_longest_is_told(values: dict[str, Any], reason: str) -> None:
    assert skip_reason(node(**values), include_cordoned=False) == reason


def test_how_much_disk_is_enough_is_a_setting(settings: Settings) -> None:
    settings.DISK_HEADROOM_BYTES = 1000

    assert skip_reason(node(disk_bytes=999), include_cordoned=False) == "no_disk_headroom"
    assert skip_reason(node(disk_bytes=1000), include_cordoned=False) == ""
