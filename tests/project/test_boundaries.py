"""Lines between the parts that imports must not cross."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("ips", "accounts", "prewarm", "webhooks")
VAGUE = {"utils", "util", "helpers", "helper", "services", "service", "common", "core", "manager", "managers", "misc"}


def sources(*parts: str) -> Iterator[Path]:
    for part in parts:
        yield from (path for path in (ROOT / part).rglob("*.py") if "migrations" not in path.parts)


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, and, for `from a import b`, `a.b` too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def importers(module: str, *parts: str) -> set[str]:
    """The files that import a module or anything in it."""
    return {
        str(path.relative_to(ROOT))
        for path in sources(*parts)
        if any(name == module or name.startswith(f"{module}.") for name in imported(path))
    }


def test_only_the_cluster_package_knows_kubernetes():
    found = importers("kubernetes", *PARTS)

    assert found
    assert all(file.startswith("prewarm/cluster/") for file in found)


def test_only_one_file_knows_rq_scheduler():
    assert len(importers("rq_scheduler", *PARTS)) == 1


def test_neither_prewarm_nor_accounts_knows_webhooks():
    assert importers("webhooks", "prewarm", "accounts") == set()


def test_the_simulated_cluster_knows_how_a_reference_is_read_and_nothing_else_of_ips():
    names = {name for path in sources("prewarm/simulator") for name in imported(path)}
    ours = {name for name in names if name.split(".")[0] in {*PARTS, "django"}}

    assert all(name.startswith(("prewarm.simulator", "prewarm.references")) for name in ours)


def test_the_supervisor_does_without_django_and_the_product():
    found = {name for path in sources("ips/supervisor") for name in imported(path)}

    assert not any(name.split(".")[0] in {"django", "rest_framework", "prewarm", "accounts"} for name in found)


def test_names_of_files_say_what_is_inside():
    vague = {path for path in sources(*PARTS, "tests") if VAGUE.intersection([path.stem, path.parent.name])}

    assert vague == set()


def test_nothing_is_pickled():
    for module in ("pickle", "shelve", "marshal"):
        assert importers(module, *PARTS) == set()
