"""How many statements a MariaDB has been asked, by whomever."""

from __future__ import annotations

import MySQLdb

KINDS = ("select", "insert", "insert_select", "update", "update_multi", "delete", "delete_multi", "replace")


def statements(port: int) -> int:
    """Reads and writes since the server started; SHOW, SET and COMMIT are none."""
    connection = MySQLdb.connect(host="127.0.0.1", port=port, user="root")
    try:
        cursor = connection.cursor()
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Com\\_%'")
        counted = {name.lower(): int(value) for name, value in cursor.fetchall()}
        return sum(counted[f"com_{kind}"] for kind in KINDS)
    finally:
        connection.close()


def create_database(port: int, name: str) -> None:
    connection = MySQLdb.connect(host="127.0.0.1", port=port, user="root")
    try:
        connection.cursor().execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    finally:
        connection.close()
