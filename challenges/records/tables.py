"""Tables of the challenges floor, as the migrations build them."""

from sqlalchemy import LargeBinary, MetaData, Text

from ...finance.records.tables import table
from ...finance.records.types import Count, Instant, Key

METADATA = MetaData()

CHALLENGE = table(
    "challenge",
    METADATA,
    id=Count,
    book_id=Count,
    fund_id=Count,
    code=Text,
    brief=LargeBinary,
    brief_sha256=LargeBinary,
    event_id=Key,
)
APPLICATION = table(
    "application",
    METADATA,
    id=Count,
    challenge_id=Count,
    code=Text,
    lead=Text,
    body=LargeBinary,
    body_sha256=LargeBinary,
    finding=Text,
    received_at=Instant,
    event_id=Key,
)
SCORE = table(
    "score",
    METADATA,
    application_id=Count,
    finding=Text,
    judge=Text,
    trait=Text,
    steps=Count,
    event_id=Key,
)
BALLOT = table("ballot", METADATA, challenge_id=Count, judge=Text, body=LargeBinary, event_id=Key)
AWARD = table(
    "award",
    METADATA,
    application_id=Count,
    challenge_id=Count,
    finding=Text,
    prize=Count,
    amount=Count,
    unit=Text,
    rule=Text,
    rank=Count,
    reason=Text,
    txn_id=Key,
    event_id=Key,
)
