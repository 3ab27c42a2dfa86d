"""Many rows like one that is there: made by MariaDB itself, so that a hundred thousand take a second."""

from __future__ import annotations

import MySQLdb


def copy_rows(port: int, table: str, like: str, count: int, **changed: str) -> None:
    """Insert so many copies of the rows that `like` names; `changed` are SQL expressions, in which `seq` counts."""
    connection = MySQLdb.connect(host="127.0.0.1", port=port, user="root", database="ips")
    try:
        cursor = connection.cursor()
        cursor.execute(f"SHOW COLUMNS FROM `{table}`")
        columns = [str(row[0]) for row in cursor.fetchall()]
        values = ", ".join(changed.get(column, f"`{column}`") for column in columns)
        names = ", ".join(f"`{column}`" for column in columns)
        cursor.execute(
            f"INSERT INTO `{table}` ({names}) SELECT {values} FROM `{table}` JOIN seq_1_to_{count} WHERE {like}"
        )
        connection.commit()
    finally:
        connection.close()
