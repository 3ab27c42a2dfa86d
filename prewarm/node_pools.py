"""Which nodes somebody sees: all of them, or those in the node pools of one's own tenants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from accounts.models import Tenant
from accounts.permissions import Rights
from ips.problems import Invalid
from prewarm import selectors
from prewarm.eligibility import in_pool
from prewarm.models import Node

Pools = frozenset[str]  # selectors; with an empty one among them, all nodes


def pools_of(rights: Rights) -> Pools:
    """The node pools of one's tenants; all nodes for a platform administrator."""
    return frozenset({""} if rights.platform_admin else rights.tenants().values_list("node_pool", flat=True))


def pool_of(tenant: Tenant) -> Pools:
    return frozenset({tenant.node_pool})


def in_any(labels: Mapping[str, str], pools: Collection[str]) -> bool:
    return any(in_pool(labels, pool) for pool in pools)


def names_in(pools: Pools) -> list[str] | None:
    """The nodes in one of these pools; None when that is all of them."""
    if "" in pools:
        return None
    return [name for name, labels in Node.objects.values_list("name", "labels") if in_any(labels, pools)]


def nodes_in(pools: Pools, selector: str = "", columns: Iterable[str] = ("name",)) -> list[Node]:
    """The nodes in one of these pools, by name, that match a selector where one is given; with these columns.

    One statement. Raises Invalid (422, at `selector`) for one that cannot be read.
    """
    wanted = selector_of(selector)
    everywhere = "" in pools
    rows = Node.objects.only(*columns, *([] if everywhere and wanted is None else ["labels"])).order_by("name")
    if everywhere and wanted is None:
        return list(rows)
    return [
        node
        for node in rows
        if (everywhere or in_any(node.labels, pools)) and (wanted is None or wanted.matches(node.labels))
    ]


def selector_of(text: str) -> selectors.Selector | None:
    """None where there is none, which means every node."""
    if not text:
        return None
    try:
        return selectors.parse(text)
    except selectors.InvalidSelector as wrong:
        raise Invalid([{"pointer": "selector", "code": "invalid", "detail": str(wrong)}]) from wrong
