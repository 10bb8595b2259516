"""Tables of the contracts floor, as the migrations build them."""

from sqlalchemy import LargeBinary, MetaData, Text

from ...finance.records.tables import table
from ...finance.records.types import Count, Key

METADATA = MetaData()

AGREEMENT = table(
    "agreement",
    METADATA,
    id=Count,
    book_id=Count,
    fund_id=Count,
    code=Text,
    terms=LargeBinary,
    terms_sha256=LargeBinary,
    unit=Text,
    maximum=Count,
    event_id=Key,
)
AGREEMENT_DUTY = table("agreement_duty", METADATA, agreement_id=Count, party_id=Count, duty=Text)
AGREEMENT_PARTY = table(
    "agreement_party", METADATA, agreement_id=Count, term_party=Text, role=Text, party_id=Count, duty=Text
)
AGREEMENT_SIGNATURE = table(
    "agreement_signature", METADATA, agreement_id=Count, term_party=Text, signature=LargeBinary, event_id=Key
)
AGREEMENT_START = table("agreement_start", METADATA, agreement_id=Count, txn_id=Key)
AGREEMENT_CLOSE = table("agreement_close", METADATA, agreement_id=Count, event_id=Key)
CLAIM = table(
    "claim",
    METADATA,
    id=Count,
    agreement_id=Count,
    code=Text,
    metric=Text,
    period=Text,
    value=Count,
    claimed_by=Count,
    event_id=Key,
)
EVIDENCE = table(
    "evidence",
    METADATA,
    id=Count,
    claim_id=Count,
    sha256=LargeBinary,
    method=Text,
    description=Text,
    event_id=Key,
)
DETERMINATION = table(
    "determination",
    METADATA,
    claim_id=Count,
    agreement_id=Count,
    verifier_id=Count,
    duty=Text,
    evidence_id=Count,
    value=Count,
    body=LargeBinary,
    signature=LargeBinary,
    event_id=Key,
)
SETTLED = table("settled", METADATA, agreement_id=Count, position=Count, claim_id=Count, event_id=Key)
SETTLEMENT = table(
    "settlement",
    METADATA,
    claim_id=Count,
    clause=Text,
    period=Text,
    earned=Count,
    entitled=Count,
    due=Count,
    trace=LargeBinary,
    txn_id=Key,
)
