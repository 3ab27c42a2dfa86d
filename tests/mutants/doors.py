"""Every line that keeps somebody out, each opened once: in the code, and in permissions.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = "accounts/permissions.yaml"
WEAKER_WHO = {
    "platform admin": "admin",
    "admin": "operator",
    "operator": "viewer",
    "viewer": "signed in",
    "owner": "owner or admin",
    "owner or admin": "signed in",
    "signed in": "anyone",
}
WEAKER_KEY = {"none": "manage", "manage": "tasks", "tasks": "read"}
# The columns that say whose something is, in every file that asks for `Rights`, and whether a session is alive.
ALIVE = "accounts/models/session.py"
SCOPES = re.compile(r"tenant(_id)?(__in)?|owner|user|memberships__\w+")
LIVES = re.compile(r"ended_at|expires_at__gt|user__is_active")
# Where somebody is refused: a condition that ends in a refusal, or a call whose only work it is.
GUARDED = (
    "accounts/admin/people.py",
    "accounts/authentication.py",
    "accounts/idempotency.py",
    "accounts/key_check.py",
    "accounts/people.py",
    "accounts/permissions.py",
    "prewarm/submit.py",
    "prewarm/task_request.py",
)
GUARDS = re.compile(r"_?refuse_\w*|_not_oneself|check_(precedence|images|pull_secrets)|take")
REFUSALS = re.compile(
    r"AuthenticationFailed|Problem\(4|_role_too_low|_no_membership|_key_too_small|own_account|last_platform_admin"
)


@dataclass(frozen=True)
class Mutant:
    """One file with one door open."""

    file: str
    line: int
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.what}"


def all_mutants(root: Path) -> list[Mutant]:
    found = list(of_the_file((root / FILE).read_text(encoding="utf-8")))
    for file in dict.fromkeys((*scoped(root), ALIVE, *GUARDED)):
        source = (root / file).read_text(encoding="utf-8")
        edits = dict.fromkeys(edits_of(file, ast.parse(source), finds="Rights" in source or file == ALIVE))
        found += [edit.applied(file, source) for edit in edits]
    return found


def scoped(root: Path) -> list[str]:
    files = sorted(path for part in ("accounts", "prewarm", "webhooks") for path in (root / part).rglob("*.py"))
    return [str(path.relative_to(root)) for path in files if re.search(r"\bRights\b", path.read_text(encoding="utf-8"))]


def of_the_file(text: str) -> Iterator[Mutant]:
    """Each permission for one role less, and for one scope less."""
    lines = text.splitlines(keepends=True)
    name, who = "", ""
    for number, line in enumerate(lines):
        name = line.partition(":")[0] if re.match(r"[a-z]", line) else name
        field, _, value = line.strip().partition(": ")
        who = value if field == "who" else who
        weaker = {"who": WEAKER_WHO, "key": WEAKER_KEY}.get(field, {}).get(value)
        if line.startswith("  ") and weaker and who != "anyone":
            changed = [*lines[:number], f"  {field}: {weaker}\n", *lines[number + 1 :]]
            yield Mutant(FILE, number + 1, f"{name}: {field} {value} → {weaker}", "".join(changed))


@dataclass(frozen=True)
class Edit:
    """What stands between two places of a file, replaced."""

    start: tuple[int, int]
    end: tuple[int, int]
    what: str
    new: str

    def applied(self, file: str, source: str) -> Mutant:
        lines = [line.encode() for line in source.splitlines(keepends=True)]
        offsets = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
        begin, end = (offsets[line - 1] + column for line, column in (self.start, self.end))
        whole = source.encode()
        return Mutant(file, self.start[0], self.what, (whole[:begin] + self.new.encode() + whole[end:]).decode())


def edits_of(file: str, tree: ast.Module, *, finds: bool) -> Iterator[Edit]:
    if file == ALIVE:
        tree = ast.Module([node for node in ast.walk(tree) if getattr(node, "name", "") == "alive"], [])  # type: ignore[misc]
    for node in ast.walk(tree):
        if finds and isinstance(node, ast.Call):
            yield from without_scope(node, LIVES if file == ALIVE else SCOPES)
        if file in GUARDED and isinstance(node, ast.If) and refuses(node.body[-1]):
            yield replaced(node.test, "False", f"if {ast.unparse(node.test)} → False")
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and GUARDS.fullmatch(called(node.value)):
            yield replaced(node, "pass", f"{ast.unparse(node)} → pass")
        if file == "accounts/permissions.py" and isinstance(node, ast.FunctionDef):
            yield from without_conditions(node)
        if finds and isinstance(node, ast.IfExp) and "platform_admin" in ast.unparse(node.test):
            yield replaced(node, ast.unparse(node.body), f"{ast.unparse(node)} → {ast.unparse(node.body)}")


def without_scope(call: ast.Call, columns: re.Pattern[str]) -> Iterator[Edit]:
    """A filter without one of the columns that say whose it is; tenants without the least role; rows of all tenants."""
    if called(call) in ("filter", "Q"):
        for keyword in call.keywords:
            if keyword.arg and (columns.fullmatch(keyword.arg) or "tenant_id" in ast.unparse(keyword.value)):
                left = [ast.unparse(other) for other in (*call.args, *call.keywords) if other is not keyword]
                new = f"{ast.unparse(call.func)}({', '.join(left)})"
                yield replaced(call, new, f"{called(call)}: without {ast.unparse(keyword)}")
    if called(call) == "tenants" and call.args:
        yield replaced(call, f"{ast.unparse(call.func)}()", f"{ast.unparse(call)} → every role")
    if called(call) == "among":
        yield replaced(call, ast.unparse(call.args[0]), f"{ast.unparse(call)} → every tenant's")


def without_conditions(function: ast.FunctionDef) -> Iterator[Edit]:
    """A question that is always answered yes, and a conjunction without each of its parts."""
    for node in ast.walk(function):
        asks = isinstance(function.returns, ast.Name) and function.returns.id == "bool"
        if asks and isinstance(node, ast.Return) and isinstance(node.value, ast.Compare | ast.BoolOp):
            yield replaced(node.value, "True", f"{function.name}: {ast.unparse(node.value)} → True")
        conditions = [node.value] if asks and isinstance(node, ast.Return) else getattr(node, "ifs", [])
        for condition in conditions:
            if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And):
                for part in condition.values:
                    yield replaced(part, "True", f"{function.name}: {ast.unparse(part)} → True")


def refuses(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        return bool(REFUSALS.search(ast.unparse(statement)))
    return isinstance(statement, ast.Return) and ast.unparse(statement) in (
        "return False",
        "return None",
        "return Tenant.objects.none()",
    )


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def replaced(node: ast.expr | ast.stmt, new: str, what: str) -> Edit:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return Edit((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset), what, new)
