"""What a task would do, before it is made."""

from prewarm.preview.answer import preview

__all__ = ["preview"]
