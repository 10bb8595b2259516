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


def _table(name: str, /, *, of: MetaData = METADATA, **columns: type[TypeEngine[Any]]) -> Table:
    return Table(name, of, *(Column(key, kind()) for key, kind in columns.items()))


UNIT = _table("unit", code=Text, kind=Text, base_code=Text, scale=Count)
BOOK = _table("book", id=Count, code=Text, base_unit=Text)
LINE = _table("line", code=Text, kind=Text)
PARTY = _table("party", id=Count, book_id=Count, code=Text, name=Text, kind=Text, public_key=LargeBinary)
FUND = _table("fund", id=Count, book_id=Count, code=Text, title=Text, unit=Text, draw_rule=Text)
EARMARK = _table(
    "earmark",
    id=Count,
    book_id=Count,
    code=Text,
    wider_id=Count,
    terms=LargeBinary,
    terms_sha256=LargeBinary,
    valid_until=Day,
)
EARMARK_SCOPE = _table("earmark_scope", wider_id=Count, narrower_id=Count)
ACCOUNT = _table(
    "account",
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
BALANCE = _table(
    "balance",
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
EVENT = _table(
    "event",
    id=Key,
    book_id=Count,
    kind=Text,
    canon=Count,
    body=LargeBinary,
    leaf_sha256=LargeBinary,
    recorded_at=Instant,
)
TXN = _table(
    "txn",
    id=Key,
    book_id=Count,
    act=Text,
    kind=Text,
    client=Text,
    idem_key=Text,
    request_sha256=LargeBinary,
    effective_on=Day,
    recorded_at=Instant,
    parent_id=Key,
)
POSTING = _table(
    "posting", txn_id=Key, seq=Count, account_id=Count, layer=Text, side=Count, line=Text, amount=Count
)
TXN_END = _table("txn_end", no=Count, txn_id=Key)
CONTRIBUTION = _table(
    "contribution",
    id=Count,
    book_id=Count,
    fund_id=Count,
    party_id=Count,
    code=Text,
    unit=Text,
    earmark_id=Count,
    kind=Text,
)
LOT = _table("lot", account_id=Count, contribution_id=Count, remaining=Count, version=Count, last_txn=Key)
DRAW = _table("draw", txn_id=Key, seq=Count, contribution_id=Count, amount=Count)
VALUATION = _table(
    "valuation",
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
    evidence_sha256=LargeBinary,
)

DELTA = _table(
    "delta",
    of=VIEWS,
    txn_id=Key,
    account_id=Count,
    sd=Count,
    sc=Count,
    pd=Count,
    pc=Count,
    ed=Count,
    ec=Count,
)
LOT_DELTA = _table("lot_delta", of=VIEWS, txn_id=Key, account_id=Count, contribution_id=Count, moved=Count)
FAULT = _table("fault", of=VIEWS, txn_id=Key, why=Text)
