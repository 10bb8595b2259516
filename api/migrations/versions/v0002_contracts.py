"""Agreements and what comes of them: claims, evidence, determinations, disputes, settlements, payouts."""

from alembic import op

from almoner.api.migrations.statements import append_only, run_for_dialect, run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FACTS = {
    "definition": ["id", "book_id, kind, code, version", "event_id"],
    "agreement": ["id", "book_id, code", "event_id"],
    "agreement_draft": ["agreement_id, version", "event_id"],
    "agreement_move": ["agreement_id, no", "event_id"],
    "agreement_duty": ["agreement_id, party_id"],
    "agreement_party": ["agreement_id, term_party"],
    "agreement_source": ["agreement_id, payer, unit", "book_id, promise, unit"],
    "agreement_signature": ["agreement_id, term_party", "event_id"],
    "amendment": ["id", "agreement_id, code", "event_id"],
    "amendment_approval": ["amendment_id, term_party", "event_id"],
    "amendment_start": ["amendment_id", "agreement_id, ordinal", "event_id"],
    "dataset": ["id", "agreement_id, code", "event_id"],
    "outcome_row": ["dataset_id, no", "agreement_id, person, metric, members, nth, life"],
    "claim": ["id", "agreement_id, code", "event_id"],
    "evidence": ["id", "claim_id, sha256", "event_id"],
    "claim_question": ["id", "claim_id, code", "event_id"],
    "claim_answer": ["question_id", "event_id"],
    "determination": ["id", "claim_id, round, verifier_id", "sha256", "event_id"],
    "decision": ["claim_id, round", "event_id"],
    "waiver": ["claim_id, round, term_party", "event_id"],
    "dispute": ["id", "claim_id, round", "agreement_id, code", "event_id"],
    "frozen": ["dispute_id, payer, unit", "txn_id"],
    "resolution": ["dispute_id", "event_id"],
    "thaw": ["dispute_id, payer, unit", "txn_id"],
    "settlement": ["id", "agreement_id, position", "claim_id, round", "amendment_id", "event_id"],
    "entitlement": ["settlement_id, clause, period, members"],
    "obligation": ["settlement_id, clause, period, members, payer, payee"],
    "payout": ["id", "settlement_id, clause, period, payer, payee"],
    "payout_paid": ["payout_id, n", "txn_id"],
    "payout_wait": ["payout_id, n", "proposal_id"],
    "payout_void": ["payout_id", "event_id"],
}
FUNCTIONS = [
    *("almoner_agreement_fixed", "almoner_agreement_moved", "almoner_amended", "almoner_paid"),
    "almoner_payout_waits",
]


def upgrade() -> None:
    """Build tables and triggers."""
    run_sql("v0002_tables")
    run_for_dialect("v0002_triggers")
    append_only(FACTS)


def downgrade() -> None:
    """Remove them."""
    connection = op.get_bind()
    for table in reversed(FACTS):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    for function in FUNCTIONS if connection.dialect.name == "postgresql" else ():
        connection.exec_driver_sql(f"DROP FUNCTION {function}")
