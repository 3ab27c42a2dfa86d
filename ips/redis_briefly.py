"""Redis for whoever only wants to know how it is: a second for an answer, or none."""

from __future__ import annotations

from django.conf import settings
from redis import Redis

SECONDS = 1.0


def redis_briefly() -> Redis:
    """A connection to be used as a context manager. Raises RedisError where there is no answer in time."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
