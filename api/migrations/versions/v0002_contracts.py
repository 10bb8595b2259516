"""Agreements, claims, evidence, determinations and settlements."""

from alembic import op

from almoner.api.migrations.statements import append_only, run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FACTS = {
    "agreement": ["id", "book_id, code", "event_id"],
    "agreement_duty": ["agreement_id, party_id"],
    "agreement_party": ["agreement_id, term_party"],
    "agreement_signature": ["agreement_id, term_party", "event_id"],
    "agreement_start": ["agreement_id", "txn_id"],
    "agreement_close": ["agreement_id", "event_id"],
    "claim": ["id", "agreement_id, code", "event_id"],
    "evidence": ["id", "claim_id, sha256", "event_id"],
    "determination": ["claim_id", "event_id"],
    "settled": ["agreement_id, position", "claim_id", "event_id"],
    "settlement": ["claim_id, clause, period", "txn_id"],
}


def upgrade() -> None:
    """Build the tables."""
    run_sql("v0002_tables")
    append_only(FACTS)


def downgrade() -> None:
    """Remove them."""
    for table in reversed(FACTS):
        op.get_bind().exec_driver_sql(f"DROP TABLE {table}")
