"""SQL of a revision: read from ``sql/``, spelled for the database at hand, and run statement by statement."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from alembic import op
from sqlalchemy import text

M62 = str(2**62 - 1)
TOKENS: dict[str, dict[str, str]] = {
    "sqlite": {
        "ID": "INTEGER PRIMARY KEY",
        "BIGINT": "INTEGER",
        "SMALLINT": "INTEGER",
        "UUID": "BLOB",
        "BYTES": "BLOB",
        "DAY": "TEXT",
        "INSTANT": "TEXT",
        "STRICT": " STRICT",
        "STRICT_KEYED": " STRICT, WITHOUT ROWID",
        "LEAF_CHECK": "",
        "PAYLOAD_CHECK": "",
        "TXN_IS_ENDED": (
            ",\n  CONSTRAINT txn_is_ended FOREIGN KEY (id) REFERENCES txn_end (txn_id)"
            " DEFERRABLE INITIALLY DEFERRED"
        ),
        "TXN_END": "no INTEGER PRIMARY KEY, txn_id BLOB NOT NULL UNIQUE REFERENCES txn",
        "M62": M62,
    },
    "postgresql": {
        "ID": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "BIGINT": "BIGINT",
        "SMALLINT": "SMALLINT",
        "UUID": "UUID",
        "BYTES": "BYTEA",
        "DAY": "DATE",
        "INSTANT": "TIMESTAMPTZ",
        "STRICT": "",
        "STRICT_KEYED": "",
        "LEAF_CHECK": " CHECK (leaf_sha256 = sha256('\\x00'::bytea || body))",
        "PAYLOAD_CHECK": " CHECK (payload_sha256 = sha256(payload))",
        "TXN_IS_ENDED": "",
        "TXN_END": "no BIGINT GENERATED ALWAYS AS IDENTITY, txn_id UUID PRIMARY KEY REFERENCES txn",
        "M62": M62,
    },
}


def run_sql(name: str) -> None:
    """Run one file of ``sql/``.

    Parameters
    ----------
    name : str
        File name without its ending.
    """
    dialect = op.get_bind().dialect.name
    content = files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    for token, value in TOKENS[dialect].items():
        content = content.replace(f"{{{token}}}", value)
    for statement in content.split("\n;;"):
        if statement.strip():
            op.get_bind().execute(text(statement))


def run_for_dialect(name: str) -> None:
    """Run the file of ``sql/`` that belongs to this database.

    Parameters
    ----------
    name : str
        File name without the database's name and the ending.
    """
    run_sql(f"{name}_{op.get_bind().dialect.name}")


def append_only(tables: Mapping[str, Sequence[str]]) -> None:
    """Refuse every change and deletion of the rows of fact tables.

    On SQLite a trigger per unique key also stops ``INSERT OR REPLACE``, which deletes without firing a
    delete trigger.

    Parameters
    ----------
    tables : Mapping of str to sequence of str
        Table -> its unique keys, each a comma-separated list of columns.
    """
    connection = op.get_bind()
    for table, keys in tables.items():
        if connection.dialect.name == "postgresql":
            run = f"ON {table} FOR EACH {{}} EXECUTE FUNCTION almoner_append_only()"
            connection.exec_driver_sql(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE {run.format('ROW')}"
            )
            connection.exec_driver_sql(f"CREATE TRIGGER kept BEFORE TRUNCATE {run.format('STATEMENT')}")
            continue
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} {refuse}")
        connection.exec_driver_sql(f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} {refuse}")
        for position, key in enumerate(keys):
            same = " AND ".join(f"{column.strip()} = NEW.{column.strip()}" for column in key.split(","))
            taken = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  # names from the revisions
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_once_{position} BEFORE INSERT ON {table} "
                f"WHEN {taken} BEGIN SELECT RAISE(ABORT, '{table} has this {key}'); END"
            )
