"""Tables of the challenges floor, as the migrations build them."""

from sqlalchemy import LargeBinary, MetaData, Text

from ...finance.records.tables import table
from ...finance.records.types import Count, Day, Instant, Key

METADATA = MetaData()

CHALLENGE = table(
    "challenge",
    METADATA,
    id=Count,
    book_id=Count,
    fund_id=Count,
    code=Text,
    judging=Text,
    event_id=Key,
)
BRIEF = table(
    "brief",
    METADATA,
    challenge_id=Count,
    version=Count,
    kind=Text,
    body=LargeBinary,
    body_sha256=LargeBinary,
    reason=Text,
    maker=Text,
    checker=Text,
    effective_at=Instant,
    event_id=Key,
)
CHALLENGE_MOVE = table(
    "challenge_move",
    METADATA,
    challenge_id=Count,
    state=Text,
    reason=Text,
    event_id=Key,
)
NOTICE = table(
    "notice",
    METADATA,
    challenge_id=Count,
    subject=Text,
    recipient=Text,
    delivered_at=Instant,
    event_id=Key,
)
DRAFT = table(
    "draft",
    METADATA,
    challenge_id=Count,
    code=Text,
    revision=Count,
    editor=Text,
    body=LargeBinary,
    saved_at=Instant,
)
ACCORD = table(
    "accord",
    METADATA,
    challenge_id=Count,
    code=Text,
    party=Text,
    bundle_sha256=LargeBinary,
    signer=Text,
    event_id=Key,
)
APPLICATION = table(
    "application",
    METADATA,
    id=Count,
    challenge_id=Count,
    code=Text,
    lead=Text,
    event_id=Key,
)
SUBMISSION = table(
    "submission",
    METADATA,
    application_id=Count,
    challenge_id=Count,
    number=Count,
    phase=Text,
    version=Count,
    body=LargeBinary,
    body_sha256=LargeBinary,
    received_at=Instant,
    event_id=Key,
)
SUBMISSION_PARTY = table(
    "submission_party", METADATA, application_id=Count, number=Count, seq=Count, party=Text
)
WITHDRAWAL = table(
    "withdrawal",
    METADATA,
    application_id=Count,
    reason=Text,
    event_id=Key,
)
APPLICANT_FACT = table(
    "applicant_fact",
    METADATA,
    application_id=Count,
    fact=Text,
    seq=Count,
    value=Text,
    source=Text,
    stated_by=Text,
    evidence=Text,
    evidence_sha256=LargeBinary,
    expires_on=Day,
    state=Text,
    received_at=Instant,
    event_id=Key,
)
CLAUSE_WAIVER = table(
    "clause_waiver",
    METADATA,
    application_id=Count,
    clause=Text,
    effect=Text,
    reason=Text,
    maker=Text,
    checker=Text,
    event_id=Key,
)
FINDING = table(
    "finding",
    METADATA,
    application_id=Count,
    number=Count,
    status=Text,
    body=LargeBinary,
    event_id=Key,
)
IDENTITY_MARK = table(
    "identity_mark",
    METADATA,
    book_id=Count,
    holder=Text,
    kind=Text,
    value=Text,
    organisation=Text,
    verified=Count,
    birth_year=Count,
    source=Text,
    event_id=Key,
)
INTEREST = table(
    "interest",
    METADATA,
    id=Count,
    book_id=Count,
    from_party=Text,
    to_party=Text,
    kind=Text,
    since=Day,
    until=Day,
    declared_by=Text,
    source=Text,
    confidence_bp=Count,
    amount=Text,
    event_id=Key,
)
JUDGE = table(
    "judge",
    METADATA,
    id=Count,
    challenge_id=Count,
    party=Text,
    organisation=Text,
    load_lo=Count,
    load_hi=Count,
    profile=LargeBinary,
    event_id=Key,
)
JUDGE_DECLARATION = table(
    "judge_declaration",
    METADATA,
    judge_id=Count,
    actor=Text,
    kind=Text,
    event_id=Key,
)
RECUSAL = table(
    "recusal",
    METADATA,
    judge_id=Count,
    application_id=Count,
    reason=Text,
    event_id=Key,
)
CONFLICT_OVERRIDE = table(
    "conflict_override",
    METADATA,
    judge_id=Count,
    application_id=Count,
    reason=Text,
    signer=Text,
    event_id=Key,
)
PLAN = table(
    "plan",
    METADATA,
    id=Count,
    challenge_id=Count,
    phase=Text,
    number=Count,
    body=LargeBinary,
    body_sha256=LargeBinary,
    event_id=Key,
)
ASSIGNED = table(
    "assigned",
    METADATA,
    plan_id=Count,
    application_id=Count,
    judge_id=Count,
)
PLAN_PUBLICATION = table(
    "plan_publication",
    METADATA,
    plan_id=Count,
    maker=Text,
    checker=Text,
    reason=Text,
    event_id=Key,
)
ENTRY_OPENING = table(
    "entry_opening",
    METADATA,
    plan_id=Count,
    application_id=Count,
    judge_id=Count,
    opened_at=Instant,
    event_id=Key,
)
JUDGE_READ = table(
    "judge_read",
    METADATA,
    id=Count,
    challenge_id=Count,
    judging=Text,
    application_id=Count,
    finding_number=Count,
    finding=Text,
    phase=Text,
    judge=Text,
    judge_id=Count,
    plan_id=Count,
    rubric=Text,
    revision=Count,
    supersedes_id=Count,
    read_at=Instant,
    event_id=Key,
)
SCORE = table(
    "score",
    METADATA,
    read_id=Count,
    trait=Text,
    steps=Count,
    remark=Text,
)
READ_VOID = table(
    "read_void",
    METADATA,
    read_id=Count,
    reason=Text,
    event_id=Key,
)
CALIBRATION = table(
    "calibration",
    METADATA,
    challenge_id=Count,
    phase=Text,
    number=Count,
    body=LargeBinary,
    body_sha256=LargeBinary,
    event_id=Key,
)
ADVANCEMENT = table(
    "advancement",
    METADATA,
    challenge_id=Count,
    phase=Text,
    number=Count,
    kind=Text,
    body=LargeBinary,
    body_sha256=LargeBinary,
    event_id=Key,
)
BALLOT = table(
    "ballot",
    METADATA,
    challenge_id=Count,
    judge=Text,
    body=LargeBinary,
    event_id=Key,
)
AWARD = table(
    "award",
    METADATA,
    id=Count,
    application_id=Count,
    challenge_id=Count,
    finding_number=Count,
    finding=Text,
    prize=Count,
    part=Text,
    number=Count,
    replaces_id=Count,
    amount=Count,
    unit=Text,
    rule=Text,
    rank=Count,
    reason=Text,
    maker=Text,
    event_id=Key,
)
AWARD_STEP = table(
    "award_step",
    METADATA,
    award_id=Count,
    state=Text,
    actor=Text,
    txn_id=Key,
    event_id=Key,
)
AWARD_END = table(
    "award_end",
    METADATA,
    award_id=Count,
    state=Text,
    reason=Text,
    txn_id=Key,
    event_id=Key,
)
AWARD_PAYMENT = table(
    "award_payment",
    METADATA,
    award_id=Count,
    number=Count,
    amount=Count,
    txn_id=Key,
    event_id=Key,
)
PRIZE_END = table(
    "prize_end",
    METADATA,
    challenge_id=Count,
    prize=Count,
    rest=Count,
    released=Count,
    unit=Text,
    txn_id=Key,
    event_id=Key,
)
APPEAL = table(
    "appeal",
    METADATA,
    id=Count,
    challenge_id=Count,
    application_id=Count,
    ground=Text,
    number=Count,
    body=LargeBinary,
    filed_at=Instant,
    event_id=Key,
)
AWARD_HOLD = table(
    "award_hold",
    METADATA,
    award_id=Count,
    appeal_id=Count,
    event_id=Key,
)
RULING = table(
    "ruling",
    METADATA,
    appeal_id=Count,
    upheld=Count,
    ruled_by=Text,
    reason=Text,
    event_id=Key,
)
PUBLIC_COMMITMENT = table(
    "public_commitment",
    METADATA,
    id=Count,
    book_id=Count,
    code=Text,
    party_id=Count,
    body=LargeBinary,
    body_sha256=LargeBinary,
    event_id=Key,
)
