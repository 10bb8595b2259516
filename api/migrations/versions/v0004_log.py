"""The transparency log: what waits, leaves, nodes and checkpoints."""

from alembic import op

from almoner.api.migrations.statements import append_only, run_for_dialect, run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FACTS = {
    "leaf": ["book_id, idx", "event_id"],
    "node": ["book_id, level, idx"],
    "checkpoint": ["book_id, size"],
}
FUNCTIONS = [
    "almoner_event_waits",
    "almoner_unsealed",
    "almoner_leaf_in_order",
    "almoner_node_of_children",
    "almoner_checkpoint_grows",
]


def upgrade() -> None:
    """Build tables and triggers; every event that is there waits for its leaf."""
    run_sql("v0004_tables")
    run_for_dialect("v0004_triggers")
    append_only(FACTS)


def downgrade() -> None:
    """Remove them; the events stay."""
    connection = op.get_bind()
    postgresql = connection.dialect.name == "postgresql"
    connection.exec_driver_sql("DROP TRIGGER waits ON event" if postgresql else "DROP TRIGGER event_waits")
    for table in ("checkpoint", "node", "leaf", "unsealed"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    for function in FUNCTIONS if postgresql else ():
        connection.exec_driver_sql(f"DROP FUNCTION {function}")
