"""Which images have no variant for which nodes, as a task's own pulls have found out."""

from __future__ import annotations

from prewarm.image_results import read
from prewarm.models import Node, NodeResult, NodeStatus, Task

LOOKED_AT = 50  # failed nodes; platforms are few


class MissingVariants:
    """By image index and platform: the node that found nothing there for itself."""

    def __init__(self, found: dict[tuple[int, str], str]) -> None:
        self._found = found

    @classmethod
    def of(cls, task: Task) -> MissingVariants:
        """Read from the task's failed nodes; nothing is asked while there are none."""
        if not task.failed:
            return cls({})
        failed = NodeResult.objects.filter(task=task, status=NodeStatus.FAILED, reason="wrong_platform")
        failed = failed.exclude(started_at=None)  # decided like this themselves
        rows = dict(failed.order_by("-change").values_list("node", "images")[:LOOKED_AT])
        nodes = Node.objects.defer("images").in_bulk(list(rows)) if rows else {}
        return cls(
            {
                (image.index, platform_of(node)): name
                for name, node in nodes.items()
                for image in read(rows[name])
                if image.reason == "wrong_platform" and image.attempt and platform_of(node)
            }
        )

    def on(self, node: Node, images: list[int]) -> dict[int, str]:
        """Those of these images that have nothing for this node, each with words that say how that is known."""
        platform = platform_of(node)
        return {
            index: f"There is no variant for {platform}: {self._found[index, platform]} found none."
            for index in images
            if (index, platform) in self._found
        }


def platform_of(node: Node) -> str:
    """Such as linux/arm64; empty when the node does not tell, as `arm` does not: v6 or v7, which images tell apart."""
    return f"{node.os}/{node.arch}" if node.os and node.arch and node.arch != "arm" else ""
