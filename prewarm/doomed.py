"""Which pairs surely fail, by what registries say: they end before anything is pulled for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prewarm.evidence import proven_present
from prewarm.models import Node, NodeView, PullPolicy, Task
from prewarm.platforms import platform_of
from prewarm.registries.finding import Finding

Failed = dict[int, tuple[str, str]]  # by image index: reason and message
AT_ONCE = 200  # nodes with their images


class Doomed:
    """Images that are nowhere to be had, or not for a node's platform. All others may be pulled."""

    def __init__(self, task: Task, findings: Mapping[int, Finding], nodes: Collection[str]) -> None:
        secrets = bool(task.pull_secrets)
        self.missing = {index: one.message for index, one in findings.items() if one.missing(with_secrets=secrets)}
        self._partial = {index: one for index, one in findings.items() if one.all_platforms}
        self._present = self._where_present(task, nodes) if self.missing else {}

    def on(self, node: Node, images: Collection[int]) -> Failed:
        """Those of these images that surely fail there. One that is gone from its registry may be on the node still."""
        platform = platform_of(node)
        failed: Failed = {}
        for index in images:
            if index in self.missing and index not in self._present.get(node.name, ()):
                failed[index] = ("image_not_found", self.missing[index])
            elif index in self._partial and not self._partial[index].runs_on(platform):
                there = ", ".join(self._partial[index].platforms) or "none"
                failed[index] = ("wrong_platform", f"The registry has no variant for {platform}, only: {there}."[:1000])
        return failed

    def _where_present(self, task: Task, nodes: Collection[str]) -> dict[str, set[int]]:
        """By node, the missing images that it surely has all the same."""
        if task.pull_policy == PullPolicy.ALWAYS or not NodeView.load().fresh():
            return {}
        wanted = set(nodes)
        indexes = sorted(self.missing)
        images = [task.images[index] for index in indexes]
        rows = Node.objects.only("name", "ready", "images").iterator(chunk_size=AT_ONCE)
        found = {node.name: {indexes[n] for n in proven_present(node, images)} for node in rows if node.name in wanted}
        return {name: present for name, present in found.items() if present}
