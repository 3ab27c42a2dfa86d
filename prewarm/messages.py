"""The words of runtimes and registries, kept once per task however many nodes they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from prewarm.models import Message, Task

AT_ONCE = 1000  # of 1 KB each: a statement stays under 4 MB, whatever has to be escaped


def message_ids(task: Task, texts: Collection[str]) -> dict[str, int]:
    """Ids by the hash of the text; what is not kept yet is written."""
    if not texts:
        return {}
    rows = [Message(task=task, hash=text_hash(text), text=text) for text in sorted(texts)]
    Message.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)
    known = Message.objects.filter(task=task, hash__in=[row.hash for row in rows])
    return dict(known.values_list("hash", "pk"))


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
