"""The doors: persons, roles, keys, what was asked, jobs and deliveries."""

from alembic import op

from almoner.api.migrations.row_security import bind_to_book, unbind
from almoner.api.migrations.statements import append_only, run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FACTS = {"command": ["id", "client, idem_key"], "publication": ["book_id, engagement", "event_id"]}
TABLES = (
    *("worker_beat", "delivery", "webhook_endpoint", "upload", "job", "publication", "command", "throttle"),
    *("brief_draft", "page_session", "refresh_token", "api_key", "role_grant", "person"),
)


def upgrade() -> None:
    """Build the tables."""
    run_sql("v0005_tables")
    append_only(FACTS)
    if op.get_bind().dialect.name == "postgresql":
        bind_to_book(op.get_bind())


def downgrade() -> None:
    """Remove them; what the floors below hold stays."""
    if op.get_bind().dialect.name == "postgresql":
        unbind(op.get_bind())
    for table in TABLES:
        op.get_bind().exec_driver_sql(f"DROP TABLE {table}")
