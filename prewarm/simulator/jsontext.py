"""JSON in and out: orjson where it is installed, the standard library otherwise."""

from __future__ import annotations

import json
from typing import Any

try:
    import orjson
except ImportError:  # the simulator alone needs nothing but aiohttp

    def dumps(value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(text: bytes) -> Any:
        return json.loads(text)

else:

    def dumps(value: Any) -> bytes:
        return orjson.dumps(value)

    def loads(text: bytes) -> Any:
        return orjson.loads(text)
