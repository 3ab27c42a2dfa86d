"""Tasks as lists show them: a task may name ten thousand nodes, and lists only say how many."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, IntegerField, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from prewarm.models import Task


class JSONLength(Func):
    """How many entries a JSON list has."""

    function = "JSON_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **context)


def for_lists(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """These tasks with `named_nodes`; the names themselves are not read.

    Their tenants come by a statement of their own: joined, MariaDB begins with the few tenants, and sorts all tasks.
    """
    return (
        tasks.select_related(None)
        .prefetch_related("tenant")
        .defer("node_names")
        .annotate(named_nodes=JSONLength("node_names"))
    )
