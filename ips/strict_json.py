"""JSON in, read strictly: what two readers could understand differently is refused, and so is what could hurt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without duplicate keys, NaN, half characters, NUL, or nesting deeper than 32."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            value = json.loads(
                stream.read().decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant
            )
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except RecursionError:
            raise _too_deep() from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from None
        _look_through(value)
        return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key {twice[:60]!r} appears twice in one object.")
    return found


def _refuse_constant(name: str) -> Any:
    raise ParseError(f"{name} is not JSON.")


def _look_through(value: Any) -> None:
    # Not recursive: what is looked for here is what would exhaust the stack.
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            _refuse_unstorable(item)
        elif isinstance(item, dict | list):
            if depth > MAX_DEPTH:
                raise _too_deep()
            inner = [*item.keys(), *item.values()] if isinstance(item, dict) else item
            waiting.extend((part, depth + 1) for part in inner)


def _refuse_unstorable(text: str) -> None:
    # Half a surrogate pair is legal in JSON and impossible in a database, and so, in some, is NUL.
    if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
        raise ParseError("A text holds a character that cannot be stored (NUL or half a surrogate pair).")


def _too_deep() -> ParseError:
    return ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
