"""Challenges: briefs, applications, judges, reads, calibrations, awards and appeals."""

from alembic import op

from almoner.api.migrations.statements import append_only, run_for_dialect, run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FACTS = {
    "challenge": ["id", "event_id", "book_id, code"],
    "brief": ["event_id", "challenge_id, version"],
    "challenge_move": ["event_id", "challenge_id, state"],
    "notice": ["event_id", "challenge_id, subject, recipient"],
    "accord": ["event_id", "challenge_id, code, party, bundle_sha256"],
    "application": ["id", "event_id", "challenge_id, code"],
    "submission": ["event_id", "application_id, number"],
    "submission_party": ["application_id, number, party", "application_id, number, seq"],
    "withdrawal": ["application_id", "event_id"],
    "applicant_fact": ["event_id", "application_id, fact, seq"],
    "clause_waiver": ["event_id", "application_id, clause, effect"],
    "finding": ["event_id", "application_id, number"],
    "identity_mark": ["event_id", "book_id, holder, kind, value, organisation, verified"],
    "interest": ["id", "event_id"],
    "judge": ["id", "event_id", "challenge_id, party"],
    "judge_declaration": ["judge_id, actor, kind"],
    "recusal": ["event_id", "judge_id, application_id"],
    "conflict_override": ["event_id", "judge_id, application_id"],
    "plan": ["id", "event_id", "challenge_id, phase, number"],
    "assigned": ["plan_id, application_id, judge_id"],
    "plan_publication": ["plan_id", "event_id"],
    "entry_opening": ["event_id", "plan_id, application_id, judge_id"],
    "judge_read": ["id", "supersedes_id", "event_id", "application_id, phase, judge, revision"],
    "score": ["read_id, trait"],
    "read_void": ["read_id", "event_id"],
    "calibration": ["event_id", "challenge_id, phase, number"],
    "advancement": ["event_id", "challenge_id, phase, number"],
    "ballot": ["event_id", "challenge_id, judge"],
    "award": ["id", "replaces_id", "event_id", "application_id, prize, part, number"],
    "award_step": ["txn_id", "event_id", "award_id, state"],
    "award_end": ["award_id", "txn_id", "event_id"],
    "award_payment": ["txn_id", "event_id", "award_id, number"],
    "prize_end": ["txn_id", "event_id", "challenge_id, prize"],
    "appeal": ["id", "event_id", "application_id, number"],
    "award_hold": ["award_id, appeal_id"],
    "ruling": ["appeal_id", "event_id"],
    "public_commitment": ["id", "event_id", "book_id, code"],
}
FUNCTIONS = [
    "almoner_award_in_place",
    "almoner_still_in",
    "almoner_read_in_place",
    "almoner_award_prize",
    "almoner_award_step",
    "almoner_award_payment",
    "almoner_award_end",
    "almoner_prize_end",
]


def upgrade() -> None:
    """Build the tables."""
    run_sql("v0003_tables")
    run_for_dialect("v0003_triggers")
    append_only(FACTS)


def downgrade() -> None:
    """Remove them."""
    op.get_bind().exec_driver_sql("DROP TABLE draft")
    for table in reversed(FACTS):
        op.get_bind().exec_driver_sql(f"DROP TABLE {table}")
    for function in FUNCTIONS if op.get_bind().dialect.name == "postgresql" else ():
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {function}")
