"""Tables of the contracts floor, as the migrations build them."""

from sqlalchemy import LargeBinary, MetaData, Text

from ...finance.records.tables import table
from ...finance.records.types import Count, Day, Key

METADATA = MetaData()

DEFINITION = table(
    "definition",
    METADATA,
    id=Count,
    book_id=Count,
    kind=Text,
    code=Text,
    version=Count,
    body=LargeBinary,
    sha256=LargeBinary,
    event_id=Key,
)
AGREEMENT = table("agreement", METADATA, id=Count, book_id=Count, code=Text, event_id=Key)
AGREEMENT_DRAFT = table(
    "agreement_draft",
    METADATA,
    agreement_id=Count,
    version=Count,
    body=LargeBinary,
    sha256=LargeBinary,
    terms_sha256=LargeBinary,
    event_id=Key,
)
AGREEMENT_MOVE = table(
    "agreement_move",
    METADATA,
    agreement_id=Count,
    no=Count,
    state=Text,
    from_no=Count,
    from_state=Text,
    event_id=Key,
)
AGREEMENT_DUTY = table("agreement_duty", METADATA, agreement_id=Count, party_id=Count, duty=Text)
AGREEMENT_PARTY = table(
    "agreement_party", METADATA, agreement_id=Count, term_party=Text, role=Text, party_id=Count, duty=Text
)
AGREEMENT_SOURCE = table(
    "agreement_source",
    METADATA,
    agreement_id=Count,
    book_id=Count,
    payer=Text,
    unit=Text,
    fund_id=Count,
    promise=Text,
    maximum=Count,
)
AGREEMENT_SIGNATURE = table(
    "agreement_signature", METADATA, agreement_id=Count, term_party=Text, signature=LargeBinary, event_id=Key
)
AMENDMENT = table(
    "amendment",
    METADATA,
    id=Count,
    agreement_id=Count,
    code=Text,
    maker=Text,
    body=LargeBinary,
    sha256=LargeBinary,
    signature=LargeBinary,
    event_id=Key,
)
AMENDMENT_APPROVAL = table(
    "amendment_approval",
    METADATA,
    amendment_id=Count,
    agreement_id=Count,
    maker=Text,
    term_party=Text,
    signature=LargeBinary,
    event_id=Key,
)
AMENDMENT_START = table(
    "amendment_start", METADATA, amendment_id=Count, agreement_id=Count, ordinal=Count, event_id=Key
)
DATASET = table(
    "dataset",
    METADATA,
    id=Count,
    agreement_id=Count,
    code=Text,
    size=Count,
    sha256=LargeBinary,
    source_sha256=LargeBinary,
    body=LargeBinary,
    event_id=Key,
)
OUTCOME_ROW = table(
    "outcome_row",
    METADATA,
    dataset_id=Count,
    agreement_id=Count,
    no=Count,
    person=LargeBinary,
    metric=Text,
    period=Text,
    members=Text,
    achieved_on=Text,
    quantity=Count,
    nth=Count,
    life=Count,
)
CLAIM = table(
    "claim",
    METADATA,
    id=Count,
    agreement_id=Count,
    active_no=Count,
    active_state=Text,
    code=Text,
    body=LargeBinary,
    sha256=LargeBinary,
    claimed_by=Count,
    dataset_id=Count,
    event_id=Key,
)
EVIDENCE = table(
    "evidence",
    METADATA,
    id=Count,
    claim_id=Count,
    sha256=LargeBinary,
    media_type=Text,
    method=Text,
    description=Text,
    held_by=Text,
    event_id=Key,
)
CLAIM_QUESTION = table(
    "claim_question",
    METADATA,
    id=Count,
    claim_id=Count,
    agreement_id=Count,
    code=Text,
    asked_by=Count,
    duty=Text,
    body=LargeBinary,
    answer_by=Day,
    event_id=Key,
)
CLAIM_ANSWER = table(
    "claim_answer",
    METADATA,
    question_id=Count,
    claim_id=Count,
    answered_by=Count,
    body=LargeBinary,
    event_id=Key,
)
DETERMINATION = table(
    "determination",
    METADATA,
    id=Count,
    claim_id=Count,
    agreement_id=Count,
    round=Count,
    verifier_id=Count,
    duty=Text,
    evidence_id=Count,
    body=LargeBinary,
    sha256=LargeBinary,
    signature=LargeBinary,
    event_id=Key,
)
DECISION = table(
    "decision",
    METADATA,
    claim_id=Count,
    round=Count,
    agreement_id=Count,
    body=LargeBinary,
    decided_on=Day,
    open_until=Day,
    event_id=Key,
)
WAIVER = table(
    "waiver", METADATA, claim_id=Count, round=Count, agreement_id=Count, term_party=Text, event_id=Key
)
DISPUTE = table(
    "dispute",
    METADATA,
    id=Count,
    claim_id=Count,
    agreement_id=Count,
    round=Count,
    code=Text,
    grounds=Text,
    raised_by=Text,
    statement=Text,
    evidence_sha256=LargeBinary,
    event_id=Key,
)
FROZEN = table(
    "frozen",
    METADATA,
    dispute_id=Count,
    agreement_id=Count,
    payer=Text,
    unit=Text,
    amount=Count,
    body=LargeBinary,
    txn_id=Key,
)
RESOLUTION = table(
    "resolution",
    METADATA,
    dispute_id=Count,
    agreement_id=Count,
    outcome=Text,
    resolver_id=Count,
    duty=Text,
    reason=Text,
    body=LargeBinary,
    signature=LargeBinary,
    event_id=Key,
)
THAW = table("thaw", METADATA, dispute_id=Count, payer=Text, unit=Text, txn_id=Key)
SETTLEMENT = table(
    "settlement",
    METADATA,
    id=Count,
    agreement_id=Count,
    position=Count,
    cause=Text,
    claim_id=Count,
    round=Count,
    amendment_id=Count,
    as_of=Day,
    event_id=Key,
)
ENTITLEMENT = table(
    "entitlement",
    METADATA,
    settlement_id=Count,
    clause=Text,
    period=Text,
    members=Text,
    earned=Count,
    entitled=Count,
    due=Count,
    cuts=LargeBinary,
    trace=LargeBinary,
)
OBLIGATION = table(
    "obligation",
    METADATA,
    settlement_id=Count,
    clause=Text,
    period=Text,
    members=Text,
    payer=Text,
    payee=Text,
    due=Count,
)
PAYOUT = table(
    "payout",
    METADATA,
    id=Key,
    settlement_id=Count,
    agreement_id=Count,
    clause=Text,
    period=Text,
    payer=Text,
    payee=Text,
    payee_id=Count,
    unit=Text,
    amount=Count,
    direction=Text,
    route=Text,
)
PAYOUT_PAID = table(
    "payout_paid", METADATA, payout_id=Key, direction=Text, n=Count, whole=Count, amount=Count, txn_id=Key
)
PAYOUT_WAIT = table("payout_wait", METADATA, payout_id=Key, n=Count, proposal_id=Key)
PAYOUT_VOID = table("payout_void", METADATA, payout_id=Key, event_id=Key)
