"""Challenges, applications, scores, ballots and awards."""

from alembic import op

from almoner.api.migrations.statements import append_only, run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FACTS = {
    "challenge": ["id", "book_id, code", "event_id"],
    "application": ["id", "challenge_id, code", "event_id"],
    "score": ["application_id, judge, trait"],
    "ballot": ["challenge_id, judge", "event_id"],
    "award": ["application_id, prize", "txn_id", "event_id"],
}


def upgrade() -> None:
    """Build the tables."""
    run_sql("v0003_tables")
    append_only(FACTS)


def downgrade() -> None:
    """Remove them."""
    for table in reversed(FACTS):
        op.get_bind().exec_driver_sql(f"DROP TABLE {table}")
