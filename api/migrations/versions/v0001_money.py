"""The money core: ledger, funds, contributions, lots, gifts in kind."""

from alembic import op

from almoner.api.migrations.statements import append_only, run_for_dialect, run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = {
    "unit": ["code"],
    "book": ["id", "code"],
    "line": ["code"],
    "party": ["id", "book_id, code"],
    "fund": ["id", "book_id, code"],
    "earmark": ["id", "book_id, code"],
    "earmark_scope": ["wider_id, narrower_id"],
    "account": ["id", "book_id, path, unit, earmark_id"],
    "event": ["id"],
    "period": ["book_id, closed_through"],
    "proposal": ["id"],
    "approval": ["proposal_id, approver", "event_id"],
    "rejection": ["proposal_id", "event_id"],
    "approval_policy": ["book_id, kind, unit, from_minor, since", "event_id"],
    "txn": ["id", "book_id, client, idem_key", "proposal_id"],
    "posting": ["txn_id, seq"],
    "txn_end": ["no", "txn_id"],
    "contribution": ["id", "book_id, code"],
    "draw": ["txn_id, seq, contribution_id"],
    "fx_rate": ["id", "base_unit, quote_unit, as_of, source"],
    "fx_conversion": ["txn_id, n"],
    "valuation": ["id", "supersedes_id"],
    "tie": ["id", "from_id, to_id, kind, since", "event_id"],
    "tie_end": ["tie_id", "event_id"],
}
VIEWS = [
    *("fault", "fault_approval", "approval_asked", "fault_child", "fault_fx", "fault_lot", "fault_leg"),
    *("day_delta", "line_delta", "lot_delta", "delta"),
]
TABLES = [
    *("tie_end", "tie"),
    *(
        "valuation",
        "fx_conversion",
        "fx_rate",
        "draw",
        "day_total",
        "line_total",
        "lot",
        "contribution",
        "posting",
        "txn_end",
        "txn",
    ),
    *(
        "approval_policy",
        "rejection",
        "approval",
        "proposal",
        "period",
        "event",
        "balance",
        "account",
        "earmark_scope",
    ),
    *("earmark", "fund", "party", "line", "book", "unit"),
]
FUNCTIONS = [
    *("almoner_append_only", "almoner_moved_by_end", "almoner_account_opened", "almoner_earmark_opened"),
    *("almoner_still_open", "almoner_txn_ended", "almoner_period_closed", "almoner_write", "almoner_of_book"),
    *("almoner_policy_set", "almoner_proposal_open"),
]


def upgrade() -> None:
    """Build tables, views and triggers."""
    run_sql("v0001_tables")
    run_sql("v0001_faults")
    run_for_dialect("v0001_triggers")
    append_only(FACTS)


def downgrade() -> None:
    """Remove everything."""
    connection = op.get_bind()
    for view in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW {view}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE txn DROP CONSTRAINT txn_is_ended")
    else:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in TABLES:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    if connection.dialect.name == "postgresql":
        for function in FUNCTIONS:
            connection.exec_driver_sql(f"DROP FUNCTION {function}")
