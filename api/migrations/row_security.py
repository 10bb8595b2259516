"""PostgreSQL's second wall: a role that is bound to one book, whatever the program above it asks.

The problem: a program that forgets one condition shows one foundation the money of another. The server works
as ``almoner_app``, a role without rights of its own beyond these, and every table that holds a book's rows
shows only those of the book that the transaction was bound to. The owner of the tables (migrations, and a
library embedded in a program of one book) is not bound.

SQLite has no second wall; there the table of rules stands alone.
"""

from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

APP = "almoner_app"
BOUND = "nullif(current_setting('almoner.book_id', true), '')::bigint"
OF_BOOK = (
    *("account", "agreement", "agreement_source", "approval", "approval_policy", "brief_draft"),
    *("challenge", "checkpoint"),
    *(
        "command",
        "contribution",
        "definition",
        "earmark",
        "event",
        "fund",
        "identity_mark",
        "interest",
        "job",
    ),
    *("leaf", "node", "party", "period", "proposal", "public_commitment", "publication", "rejection"),
    *("role_grant", "tie", "txn", "unsealed", "upload", "webhook_endpoint"),
)
OF_PARENT = {
    "accord": "challenge",
    "advancement": "challenge",
    "agreement_draft": "agreement",
    "agreement_duty": "agreement",
    "agreement_move": "agreement",
    "agreement_party": "agreement",
    "agreement_signature": "agreement",
    "amendment": "agreement",
    "amendment_approval": "agreement",
    "amendment_start": "agreement",
    "appeal": "application",
    "applicant_fact": "application",
    "application": "challenge",
    "assigned": "plan",
    "award": "application",
    "award_end": "award",
    "award_hold": "award",
    "award_payment": "award",
    "award_step": "award",
    "balance": "account",
    "ballot": "challenge",
    "brief": "challenge",
    "calibration": "challenge",
    "challenge_move": "challenge",
    "claim": "agreement",
    "claim_answer": "claim",
    "claim_question": "agreement",
    "clause_waiver": "application",
    "conflict_override": "application",
    "dataset": "agreement",
    "day_total": "account",
    "decision": "agreement",
    "delivery": "event",
    "determination": "agreement",
    "dispute": "agreement",
    "draft": "challenge",
    "draw": "contribution",
    "earmark_scope": "earmark:narrower_id",
    "entitlement": "settlement",
    "entry_opening": "event",
    "evidence": "claim",
    "finding": "application",
    "frozen": "agreement",
    "fx_conversion": "txn",
    "judge": "challenge",
    "judge_declaration": "judge",
    "judge_read": "challenge",
    "line_total": "account",
    "lot": "account",
    "notice": "challenge",
    "obligation": "settlement",
    "outcome_row": "agreement",
    "payout": "agreement",
    "payout_paid": "payout",
    "payout_void": "payout",
    "payout_wait": "payout",
    "plan": "challenge",
    "plan_publication": "plan",
    "posting": "account",
    "prize_end": "challenge",
    "read_void": "judge_read:read_id",
    "recusal": "application",
    "resolution": "agreement",
    "ruling": "appeal",
    "score": "judge_read:read_id",
    "settlement": "agreement",
    "submission": "application",
    "submission_party": "application",
    "thaw": "txn",
    "tie_end": "tie",
    "txn_end": "txn",
    "valuation": "contribution",
    "waiver": "agreement",
    "withdrawal": "application",
}
OF_EVERYBODY = ("almoner_version", "fx_rate", "line", "unit")  # the same for every book
OF_THE_DOOR = (
    "api_key",
    "page_session",
    "person",
    "refresh_token",
    "throttle",
    "worker_beat",
)  # outside of books
CHANGED = {
    "account": "id",
    "agreement": "id",
    "application": "id",
    "balance": "",
    "book": "id",
    "brief_draft": "",
    "challenge": "id",
    "day_total": "",
    "delivery": "",
    "fund": "id",
    "job": "",
    "judge": "id",
    "line_total": "",
    "lot": "",
    "payout": "id",
    "proposal": "id",
    "role_grant": "",
    "webhook_endpoint": "",
}  # an empty list of columns changes rows; ``id`` only locks them, as facts refuse every change
DELETED = ("brief_draft", "draft")
PEOPLE = "id, code, name, is_admin, disabled_at"


def bind_to_book(connection: Connection) -> None:
    """Write the policies, make the role where this user may, and give it what it needs."""
    for table in OF_BOOK:
        _policy(connection, table, f"book_id = {BOUND}")
    _policy(connection, "book", f"id = {BOUND}")
    for table, parent in OF_PARENT.items():
        name, _, column = parent.partition(":")
        column = column or f"{name}_id"
        _policy(connection, table, f"EXISTS (SELECT 1 FROM {name} above WHERE above.id = {table}.{column})")  # noqa: S608  # constants
    views = connection.exec_driver_sql("SELECT viewname FROM pg_views WHERE schemaname = current_schema()")
    for (view,) in views.all():
        connection.exec_driver_sql(f'ALTER VIEW "{view}" SET (security_invoker = true)')
    if _make_role(connection):
        _grant(connection)


def unbind(connection: Connection) -> None:
    """Remove the policies and the rights; the role stays, it is the whole server's."""
    for table in (*OF_BOOK, *OF_PARENT, "book"):
        connection.exec_driver_sql(f"DROP POLICY of_book ON {table}")
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    if _make_role(connection):
        connection.exec_driver_sql(f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM {APP}')
        connection.exec_driver_sql(f'REVOKE ALL ON SCHEMA "{schema}" FROM {APP}')


def _policy(connection: Connection, table: str, seen: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"CREATE POLICY of_book ON {table} USING ({seen}) WITH CHECK ({seen})")


def _make_role(connection: Connection) -> bool:
    """Make the role of the whole server, unless it is there; False where this user may not."""
    found = f"SELECT 1 FROM pg_roles WHERE rolname = '{APP}'"  # noqa: S608  # a constant
    if connection.exec_driver_sql(found).first():
        return True
    point = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"CREATE ROLE {APP} NOLOGIN NOBYPASSRLS")
    except ProgrammingError:  # taken this instant by another migration, or not this user's to make
        point.rollback()
        return connection.exec_driver_sql(found).first() is not None
    point.commit()
    return True


def _grant(connection: Connection) -> None:
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    run = connection.exec_driver_sql
    run(f'GRANT USAGE ON SCHEMA "{schema}" TO {APP}')
    for table in (*OF_BOOK, *OF_PARENT, *OF_EVERYBODY, "book"):
        run(f"GRANT SELECT{'' if table in {'almoner_version', 'book'} else ', INSERT'} ON {table} TO {APP}")
    for table, columns in CHANGED.items():
        run(f"GRANT UPDATE{f' ({columns})' if columns else ''} ON {table} TO {APP}")
    for table in DELETED:
        run(f"GRANT DELETE ON {table} TO {APP}")
    run(f"GRANT SELECT ({PEOPLE}) ON person TO {APP}")
    views = run("SELECT viewname FROM pg_views WHERE schemaname = current_schema()").all()
    for (view,) in views:
        run(f'GRANT SELECT ON "{view}" TO {APP}')
