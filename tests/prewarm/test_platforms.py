"""Which images have no variant for which nodes: what one node found is believed of others only where it is certain."""

from __future__ import annotations

import pytest
from django.utils import timezone

from prewarm.image_results import ImageResult, Outcome, write
from prewarm.models import Node, NodeResult
from prewarm.platforms import MissingVariants, platform_of
from tests.prewarm.results import happened
from tests.prewarm.rows import asked, cluster_of

pytestmark = pytest.mark.django_db


def found_by(arch: str) -> MissingVariants:
    """What a task knows once a pull on a node of this processor found no variant."""
    cluster_of("first", arch=arch)
    task = asked()
    tried = write([ImageResult(0, Outcome.FAILED, "wrong_platform", attempt=1)])
    row = happened(task, "first", "failed", "wrong_platform", started_at=timezone.now())
    NodeResult.objects.filter(pk=row.pk).update(images=tried)
    task.refresh_from_db()
    return MissingVariants.of(task)


def node(arch: str) -> Node:
    return Node(name="other", os="linux", arch=arch)


def test_what_one_node_found_is_known_for_all_of_its_platform() -> None:
    missing = found_by("arm64")

    assert "linux/arm64" in missing.on(node("arm64"), [0])[0]
    assert not missing.on(node("amd64"), [0])


@pytest.mark.parametrize("arch", ["arm", ""])
def test_nothing_is_concluded_where_the_word_does_not_tell_the_variant(arch: str) -> None:
    """Nodes of arm v6 and of arm v7 both say `arm`, and an image may have the one and not the other."""
    assert not found_by(arch).on(node(arch), [0])
    assert platform_of(node(arch)) == ""
