"""Tables of the ground floor, as the migrations build them.

The problem: the schema's rules (checks, triggers, views) are SQL and live in the migrations; queries need
only names and types. These tables carry no rules of their own, and a test compares them with the migrated
schema on both databases.
"""

from typing import Any

from sqlalchemy import Column, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from .types import Count, Day, Instant, Key

METADATA = MetaData()
VIEWS = MetaData()


def table(name: str, of: MetaData, /, **columns: type[TypeEngine[Any]]) -> Table:
    """Describe a table of the migrated schema by its columns.

    Parameters
    ----------
    name : str
        In the database.
    of : MetaData
        The collection it joins.
    **columns : type
        Column types by name.
    """
    return Table(name, of, *(Column(key, kind()) for key, kind in columns.items()))


UNIT = table("unit", METADATA, code=Text, kind=Text, base_code=Text, scale=Count)
BOOK = table("book", METADATA, id=Count, code=Text, base_unit=Text)
LINE = table("line", METADATA, code=Text, kind=Text)
PARTY = table(
    "party", METADATA, id=Count, book_id=Count, code=Text, name=Text, kind=Text, public_key=LargeBinary
)
FUND = table("fund", METADATA, id=Count, book_id=Count, code=Text, title=Text, unit=Text, draw_rule=Text)
EARMARK = table(
    "earmark",
    METADATA,
    id=Count,
    book_id=Count,
    code=Text,
    wider_id=Count,
    terms=LargeBinary,
    terms_sha256=LargeBinary,
    valid_until=Day,
)
EARMARK_SCOPE = table("earmark_scope", METADATA, wider_id=Count, narrower_id=Count)
ACCOUNT = table(
    "account",
    METADATA,
    id=Count,
    book_id=Count,
    fund_id=Count,
    path=Text,
    unit=Text,
    earmark_id=Count,
    normal=Count,
    floor=Count,
    role=Text,
)
BALANCE = table(
    "balance",
    METADATA,
    account_id=Count,
    normal=Count,
    floor=Count,
    settled_dr=Count,
    settled_cr=Count,
    pending_dr=Count,
    pending_cr=Count,
    encumbered_dr=Count,
    encumbered_cr=Count,
    version=Count,
    last_txn=Key,
)
EVENT = table(
    "event",
    METADATA,
    id=Key,
    book_id=Count,
    kind=Text,
    canon=Count,
    body=LargeBinary,
    leaf_sha256=LargeBinary,
    recorded_at=Instant,
)
TXN = table(
    "txn",
    METADATA,
    id=Key,
    book_id=Count,
    act=Text,
    kind=Text,
    client=Text,
    idem_key=Text,
    request_sha256=LargeBinary,
    effective_on=Day,
    recorded_at=Instant,
    expires_at=Instant,
    refusal=Text,
    parent_id=Key,
    refunds_id=Key,
    corrects_id=Key,
    proposal_id=Key,
)
POSTING = table(
    "posting",
    METADATA,
    txn_id=Key,
    seq=Count,
    account_id=Count,
    layer=Text,
    side=Count,
    line=Text,
    amount=Count,
)
TXN_END = table("txn_end", METADATA, no=Count, txn_id=Key)
CONTRIBUTION = table(
    "contribution",
    METADATA,
    id=Count,
    book_id=Count,
    fund_id=Count,
    party_id=Count,
    code=Text,
    kind=Text,
    unit=Text,
    earmark_id=Count,
    available_until=Day,
    released_from=Count,
    consent_sha256=LargeBinary,
)
LOT = table(
    "lot",
    METADATA,
    account_id=Count,
    contribution_id=Count,
    remaining=Count,
    version=Count,
    last_txn=Key,
    received=Count,
    first_on=Day,
)
DRAW = table("draw", METADATA, txn_id=Key, seq=Count, contribution_id=Count, amount=Count)
VALUATION = table(
    "valuation",
    METADATA,
    id=Key,
    contribution_id=Count,
    contributor_id=Count,
    unit=Text,
    unit_kind=Text,
    value_unit=Text,
    value_kind=Text,
    price_num=Count,
    price_den=Count,
    method=Text,
    haircut_bp=Count,
    valued_by=Count,
    valued_on=Day,
    expires_on=Day,
    evidence_sha256=LargeBinary,
    supersedes_id=Key,
)
FX_RATE = table(
    "fx_rate",
    METADATA,
    id=Key,
    base_unit=Text,
    base_kind=Text,
    quote_unit=Text,
    quote_kind=Text,
    num=Count,
    den=Count,
    as_of=Day,
    source=Text,
)
FX_CONVERSION = table(
    "fx_conversion",
    METADATA,
    txn_id=Key,
    n=Count,
    rate_id=Key,
    num=Count,
    den=Count,
    sold_minor=Count,
    bought_minor=Count,
    rounding=Text,
)
PERIOD = table("period", METADATA, book_id=Count, closed_through=Day, event_id=Key)
PROPOSAL = table(
    "proposal", METADATA, id=Key, book_id=Count, payload=LargeBinary, payload_sha256=LargeBinary, maker=Text
)
APPROVAL = table(
    "approval",
    METADATA,
    proposal_id=Key,
    book_id=Count,
    maker=Text,
    payload_sha256=LargeBinary,
    approver=Text,
    signature=LargeBinary,
    event_id=Key,
)
REJECTION = table(
    "rejection",
    METADATA,
    proposal_id=Key,
    book_id=Count,
    maker=Text,
    payload_sha256=LargeBinary,
    party=Text,
    reason=Text,
    event_id=Key,
)
APPROVAL_POLICY = table(
    "approval_policy",
    METADATA,
    book_id=Count,
    kind=Text,
    unit=Text,
    from_minor=Count,
    quorum=Count,
    since=Instant,
    event_id=Key,
)
TIE = table(
    "tie",
    METADATA,
    id=Count,
    book_id=Count,
    from_id=Count,
    to_id=Count,
    kind=Text,
    since=Day,
    source=Text,
    event_id=Key,
)
TIE_END = table("tie_end", METADATA, tie_id=Count, ended_on=Day, event_id=Key)
UNSEALED = table("unsealed", METADATA, event_id=Key, book_id=Count)
LEAF = table("leaf", METADATA, book_id=Count, idx=Count, event_id=Key, leaf_sha256=LargeBinary)
NODE = table("node", METADATA, book_id=Count, level=Count, idx=Count, sha256=LargeBinary)
CHECKPOINT = table(
    "checkpoint", METADATA, book_id=Count, size=Count, public_key=LargeBinary, note=Text, recorded_at=Instant
)

DELTA = table(
    "delta",
    VIEWS,
    txn_id=Key,
    account_id=Count,
    sd=Count,
    sc=Count,
    pd=Count,
    pc=Count,
    ed=Count,
    ec=Count,
)
LINE_TOTAL = table(
    "line_total", METADATA, account_id=Count, line=Text, total=Count, version=Count, last_txn=Key
)
DAY_TOTAL = table(
    "day_total",
    METADATA,
    account_id=Count,
    effective_on=Day,
    line=Text,
    total=Count,
    version=Count,
    last_txn=Key,
)
DAY_DELTA = table("day_delta", VIEWS, txn_id=Key, account_id=Count, effective_on=Day, line=Text, moved=Count)
LINE_DELTA = table("line_delta", VIEWS, txn_id=Key, account_id=Count, line=Text, moved=Count)
LOT_DELTA = table(
    "lot_delta",
    VIEWS,
    txn_id=Key,
    account_id=Count,
    contribution_id=Count,
    moved=Count,
    received=Count,
    first_on=Day,
)
FAULT = table("fault", VIEWS, txn_id=Key, why=Text)
