"""What of a changed OpenAPI document breaks clients that were written for the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
JSON = "application/json"


def breaks(old: Document, new: Document) -> list[str]:
    """Each in a sentence: a path, method, parameter or field that is gone, and what is asked for that was not."""
    return sorted(set(Comparison(old, new).all()))


class Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new

    def all(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            for method, operation in methods.items():
                name = f"{method.upper()} {path}"
                now = self.new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{name} is gone"
                    continue
                yield from self.parameters(name, operation, now)
                yield from self.bodies(name, operation, now)
                yield from self.answers(name, operation, now)

    def parameters(self, name: str, old: Document, new: Document) -> Iterator[str]:
        before = {one["name"]: one for one in old.get("parameters", [])}
        now = {one["name"]: one for one in new.get("parameters", [])}
        for gone in before.keys() - now.keys():
            yield f"{name}: the parameter {gone} is gone"
        for wanted, one in now.items():
            if one.get("required") and not before.get(wanted, {}).get("required"):
                yield f"{name}: the parameter {wanted} has to be there"
            if wanted in before:
                yield from self.asked(f"{name}: {wanted}", before[wanted]["schema"], one["schema"])

    def bodies(self, name: str, old: Document, new: Document) -> Iterator[str]:
        before, now = (one.get("requestBody", {}).get("content", {}).get(JSON) for one in (old, new))
        if before and now:
            yield from self.asked(f"{name}: body", before["schema"], now["schema"])
        elif now:
            yield f"{name}: a body has to be there"

    def answers(self, name: str, old: Document, new: Document) -> Iterator[str]:
        for status, answer in old["responses"].items():
            before = answer.get("content", {}).get(JSON)
            if status not in new["responses"]:
                yield f"{name}: {status} is gone"
            elif before:
                now = new["responses"][status].get("content", {}).get(JSON, {"schema": {}})
                yield from self.told(f"{name}: {status}", before["schema"], now["schema"], frozenset())

    def asked(self, where: str, old: Document, new: Document) -> Iterator[str]:
        """What may be sent: less of it, or more that must be."""
        old, new = self.read(self.old, old), self.read(self.new, new)
        for gone in old.get("properties", {}).keys() - new.get("properties", {}).keys():
            yield f"{where}: {gone} is not taken any more"
        for wanted in set(new.get("required", [])) - set(old.get("required", [])):
            yield f"{where}: {wanted} has to be there"
        yield from kinds(where, old, new)
        if lost := set(old.get("enum", [])) - set(new.get("enum", old.get("enum", []))):
            yield f"{where}: {', '.join(map(str, sorted(lost, key=str)))} is not taken any more"
        for name, field in old.get("properties", {}).items():
            if name in new.get("properties", {}):
                yield from self.asked(f"{where}/{name}", field, new["properties"][name])
        if "items" in old and "items" in new:
            yield from self.asked(f"{where}/*", old["items"], new["items"])

    def told(self, where: str, old: Document, new: Document, above: frozenset[str]) -> Iterator[str]:
        """What is answered: less of it, or of another kind."""
        if (reference := str(old.get("$ref", ""))) and reference in above:
            return
        above |= {reference}
        old, new = self.read(self.old, old), self.read(self.new, new)
        yield from kinds(where, old, new)
        for name, field in old.get("properties", {}).items():
            if name not in new.get("properties", {}):
                yield f"{where}: {name} is not told any more"
            else:
                yield from self.told(f"{where}/{name}", field, new["properties"][name], above)
        if "items" in old and "items" in new:
            yield from self.told(f"{where}/*", old["items"], new["items"], above)

    def read(self, document: Document, schema: Document) -> Document:
        """The schema behind a reference."""
        for one in schema.get("allOf", []):
            schema = {**self.read(document, one), **{key: value for key, value in schema.items() if key != "allOf"}}
        if "$ref" in schema:
            return self.read(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        return schema


def kinds(where: str, old: Document, new: Document) -> Iterator[str]:
    before, now = old.get("type"), new.get("type")
    if before and now and before != now:
        yield f"{where} was {before} and is {now}"
