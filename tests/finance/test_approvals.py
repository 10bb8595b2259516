from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise, cash, pool
from almoner.finance.approvals import ApprovalPolicy, Proposal
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import (
    AlmonerError,
    AlreadyExists,
    InsufficientFunds,
    KeyReused,
    Missing,
    NotApproved,
    PolicyBackdated,
    SamePerson,
    SignatureInvalid,
)
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg, Transaction
from almoner.finance.parties import Party
from almoner.finance.posting import hold, post, reverse, settle
from almoner.finance.records.tables import APPROVAL, EVENT, PROPOSAL, TXN
from almoner.finance.requests import request_bytes, request_digest, reversal_bytes
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Session

USD, EUR = currency("USD"), currency("EUR")
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LATER = fixed_clock(NOW + timedelta(days=1))
SECRET = bytes(range(32))


def usd(amount: str) -> Money:
    return money(amount, "USD")


def transfer(amount: str, *, line: str = "transfer", kind: str = "transfer", payee: str = "hub") -> Draft:
    return Draft(
        kind=kind,
        effective_on=None,
        legs=(
            Leg(account=pool("water", USD), side=1, amount=usd(amount), line=line),
            Leg(account=cash("water", USD), side=-1, amount=usd(amount), line=line),
        ),
        payee=payee,
    )


def ask(
    session: Session,
    least: str = "10.00",
    quorum: int = 2,
    *,
    kind: str = "transfer",
    after: timedelta = timedelta(seconds=1),
) -> None:
    policy = ApprovalPolicy(kind=kind, least=usd(least), quorum=quorum, since=NOW + after)
    key = f"{kind}/{least}/{after}"
    acts.set_policy(session, "main", policy, key=key, clock=fixed_clock(NOW))


def propose(session: Session, draft: Draft, key: str = "w1", maker: str = "agent") -> Proposal:
    return acts.propose(session, "main", draft, maker=maker, key=key, clock=LATER)


def agree(session: Session, proposal: Proposal, *approvers: str) -> Proposal:
    for approver in approvers:
        key = f"{proposal.key}/{approver}"
        proposal = acts.approve(session, "main", proposal.id, approver=approver, key=key, clock=LATER)
    return proposal


def counted(session: Session) -> tuple[int, ...]:
    return tuple(
        session.scalar(select(func.count()).select_from(table)) or 0
        for table in (TXN, EVENT, PROPOSAL, APPROVAL)
    )


@pytest.mark.usefixtures("funded")
def test_what_needs_approval_is_refused_without_it_with_the_figures(session: Session) -> None:
    ask(session)
    before = counted(session)
    with pytest.raises(NotApproved, match="needs 2 approvals and has 0") as caught:
        post(session, "main", transfer("10.00"), key="p1", clock=LATER)
    assert caught.value.code == "duty.not_approved"
    assert dict(caught.value.figures) == {
        "kind": "transfer",
        "key": "p1",
        "have": 0,
        "need": 2,
        "proposal": None,
    }
    assert counted(session) == before
    post(session, "main", transfer("9.99"), key="p1", clock=LATER)


def test_an_act_under_a_policy_is_refused_like_any_posting(session: Session, funded: PooledFund) -> None:
    ask(session)
    with pytest.raises(NotApproved):
        acts.spend(session, funded, "hub", usd("10.00"), line="transfer", key="p1", clock=LATER)
    assert acts.position(session, funded).free == usd("150.00")


@pytest.mark.usefixtures("funded")
def test_a_proposal_is_carried_out_once_it_is_approved(session: Session) -> None:
    ask(session)
    proposal = propose(session, transfer("10.00"))
    assert (proposal.needed, proposal.approved, proposal.open, proposal.kind) == (2, False, True, "transfer")
    assert proposal.digest() == request_digest(transfer("10.00"))
    with pytest.raises(NotApproved, match="needs 2 approvals and has 0"):
        acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    assert [one.approver for one in agree(session, proposal, "lab").approvals] == ["lab"]
    with pytest.raises(NotApproved, match="has 1") as caught:
        acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    assert caught.value.figures["proposal"] == str(proposal.id)
    assert agree(session, proposal, "giver").approved
    done = acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    assert done.effective_on == LATER().date()
    assert [draw.minor for draw in done.legs[0].draws] == [667, 333]
    assert acts.find_proposal(session, "main", proposal.id, clock=LATER).transaction == done.id
    again = acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    assert (again.id, again.replayed) == (done.id, True)
    assert acts.verify(session, "main").findings == ()


@pytest.mark.usefixtures("funded")
def test_a_proposal_is_carried_out_only_once(session: Session) -> None:
    ask(session, quorum=1)
    proposal = agree(session, propose(session, transfer("10.00")), "lab")
    done = acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    with pytest.raises(AlreadyExists, match="carried out") as caught:
        acts.execute(session, "main", proposal.id, key="x2", clock=LATER)
    assert caught.value.figures["transaction"] == str(done.id)
    with pytest.raises(AlreadyExists, match="carried out"):
        agree(session, proposal, "giver")
    assert agree(session, proposal, "lab").transaction == done.id


@pytest.mark.usefixtures("funded")
def test_a_key_that_posted_something_else_carries_nothing_out(session: Session) -> None:
    post(session, "main", transfer("10.00"), key="p1", clock=LATER)
    proposal = propose(session, transfer("10.00"))
    with pytest.raises(KeyReused):
        acts.execute(session, "main", proposal.id, key="p1", clock=LATER)
    assert acts.find_proposal(session, "main", proposal.id, clock=LATER).open


@pytest.mark.usefixtures("funded")
def test_a_draft_beside_the_proposal_is_not_what_was_approved(session: Session) -> None:
    ask(session, quorum=1)
    proposal = agree(session, propose(session, transfer("10.00")), "lab")
    with pytest.raises(NotApproved, match="has 0"):
        post(session, "main", transfer("11.00"), key="p1", clock=LATER, proposal=proposal.id)
    with pytest.raises(AlmonerError, match="asks for something else"):
        post(session, "main", transfer("1.00"), key="p1", clock=LATER, proposal=proposal.id)
    assert acts.find_proposal(session, "main", proposal.id, clock=LATER).open


@pytest.mark.usefixtures("funded")
def test_maker_and_payee_do_not_approve(session: Session) -> None:
    proposal = propose(session, transfer("10.00"))
    for party, did in (("agent", "made this proposal"), ("hub", "is paid by it")):
        with pytest.raises(SamePerson, match=did):
            agree(session, proposal, party)
    with pytest.raises(Missing, match="no party"):
        agree(session, proposal, "nobody")
    with pytest.raises(Missing, match="no party"):
        propose(session, transfer("10.00"), key="w2", maker="nobody")
    with pytest.raises(Missing, match="no proposal"):
        acts.approve(session, "main", UUID(int=7), approver="lab", key="a", clock=LATER)
    with pytest.raises(Missing, match="no proposal"):
        acts.execute(session, "main", UUID(int=7), key="x", clock=LATER)
    assert acts.find_proposal(session, "main", proposal.id, clock=LATER).approvals == ()


@pytest.mark.usefixtures("funded")
def test_a_party_with_a_key_signs_and_its_signature_counts_for_one_proposal(session: Session) -> None:
    acts.register_party(session, "main", Party(code="board", name="Board", public_key=public_key(SECRET)))
    first, second = (propose(session, transfer("10.00"), key=key) for key in ("w1", "w2"))
    assert (first.payload, first.id != second.id) == (second.payload, True)
    signed = sign_bytes(SECRET, first.signing_bytes())

    def approve(proposal: Proposal, approver: str, signature: bytes | None) -> Proposal:
        key = f"{proposal.key}/{approver}"
        return acts.approve(
            session, "main", proposal.id, approver=approver, key=key, clock=LATER, signature=signature
        )

    for proposal, approver, signature in (
        (first, "board", None),
        (first, "board", bytes(64)),
        (first, "board", sign_bytes(SECRET, first.payload)),
        (second, "board", signed),
        (first, "lab", signed),
    ):
        with pytest.raises(SignatureInvalid):
            approve(proposal, approver, signature)
    assert approve(first, "board", signed).approvals[0].signature == signed
    assert acts.verify(session, "main").findings == ()


@pytest.mark.usefixtures("funded")
def test_asked_again_everything_stays_as_it_is(session: Session) -> None:
    ask(session)
    proposal = agree(session, propose(session, transfer("10.00")), "lab")
    before = counted(session)
    ask(session)
    assert agree(session, propose(session, transfer("10.00")), "lab") == proposal
    later = fixed_clock(LATER() + timedelta(days=1))
    again = acts.approve(session, "main", proposal.id, approver="lab", key="other", clock=later)
    assert (again, counted(session)) == (proposal, before)
    with pytest.raises(KeyReused):
        propose(session, transfer("11.00"))
    with pytest.raises(KeyReused):
        acts.approve(session, "main", proposal.id, approver="giver", key="w1/lab", clock=LATER)
    assert counted(session) == before


@pytest.mark.usefixtures("funded")
def test_a_refused_execution_leaves_the_proposal_open(session: Session) -> None:
    proposal = propose(session, transfer("1000.00"))
    with pytest.raises(InsufficientFunds):
        acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    assert acts.list_proposals(session, "main", clock=LATER) == (proposal,)


def test_what_is_open_is_listed_oldest_first(session: Session, funded: PooledFund) -> None:
    ask(session, quorum=1)
    assert acts.list_proposals(session, "main", clock=LATER) == ()
    small = propose(session, transfer("1.00"), key="small")
    next_day = fixed_clock(LATER() + timedelta(days=1))
    large = acts.propose(session, "main", transfer("10.00"), maker="agent", key="large", clock=next_day)
    assert [one.needed for one in acts.list_proposals(session, "main", clock=LATER)] == [0, 1]
    acts.execute(session, "main", small.id, key="x1", clock=LATER)
    assert acts.list_proposals(session, "main", clock=LATER) == (large,)
    assert acts.position(session, funded).free == usd("149.00")


@pytest.mark.usefixtures("funded")
def test_a_reversal_needs_a_proposal_of_its_own(session: Session) -> None:
    paid = post(session, "main", transfer("10.00"), key="p1", clock=fixed_clock(NOW))
    ask(session)
    with pytest.raises(NotApproved, match="This reversal needs 2"):
        reverse(session, "main", paid.id, key="r1", clock=LATER)
    undo = acts.propose_reversal(session, "main", paid.id, maker="agent", key="u1", clock=LATER)
    assert (undo.kind, undo.needed) == ("reversal", 2)
    with pytest.raises(SamePerson, match="is paid by it"):
        agree(session, undo, "hub")
    agree(session, undo, "lab", "giver")
    undone = acts.execute(session, "main", undo.id, key="r1", clock=LATER)
    assert (undone.act, undone.parent) == ("reverse", paid.id)
    assert acts.verify(session, "main").findings == ()
    with pytest.raises(Missing):
        acts.propose_reversal(session, "main", UUID(int=7), maker="agent", key="u2", clock=LATER)


def test_what_each_act_drafts_is_what_it_posts(session: Session, funded: PooledFund) -> None:
    well = Promise("commitment", "well")
    clock = fixed_clock(NOW)

    def carry_out(draft: Draft, key: str) -> UUID:
        proposal = propose(session, draft, key=key)
        return acts.execute(session, "main", proposal.id, key=key, clock=clock).id

    spent = carry_out(acts.draft_spend(session, funded, "hub", usd("10.00"), line="transfer"), "p1")
    again = acts.spend(session, funded, "hub", usd("10.00"), line="transfer", key="p1", clock=clock)
    assert (again.id, again.replayed) == (spent, True)
    kept = carry_out(acts.draft_reserve(session, funded, well, usd("20.00")), "e1")
    again = acts.reserve(session, funded, well, usd("20.00"), key="e1", clock=clock)
    assert (again.id, again.replayed) == (kept, True)
    paid = carry_out(acts.draft_pay_reserved(session, funded, well, usd("5.00"), "hub"), "p2")
    again = acts.pay_reserved(session, funded, well, usd("5.00"), "hub", key="p2", clock=clock)
    assert (again.id, again.replayed) == (paid, True)
    back = carry_out(acts.draft_refund(session, funded, "hub", spent, usd("3.00")), "b1")
    again = acts.refund(session, funded, "hub", spent, usd("3.00"), key="b1", clock=clock)
    assert (again.id, again.replayed) == (back, True)
    assert acts.verify(session, "main").findings == ()


def test_what_an_act_was_refused_is_proposed_and_found_by_the_same_act_again(
    session: Session, funded: PooledFund
) -> None:
    well = Promise("commitment", "well")
    acts.reserve(session, funded, well, usd("20.00"), key="e1", clock=fixed_clock(NOW))
    ask(session, kind="payout", quorum=1)

    def pay() -> Transaction:
        return acts.pay_reserved(session, funded, well, usd("10.00"), "hub", key="p1", clock=LATER)

    with pytest.raises(NotApproved) as caught:
        pay()
    refusal = caught.value
    proposal = acts.propose_refused(session, "main", refusal, maker="agent", key="w1", clock=LATER)
    agree(session, proposal, "lab")
    done = acts.execute(session, "main", proposal.id, key=str(refusal.figures["key"]), clock=LATER)
    again = pay()
    assert (again.id, again.replayed) == (done.id, True)
    assert acts.promised(session, funded, well) == usd("10.00")
    lost = NotApproved(refusal.message, **refusal.figures)
    with pytest.raises(ValueError, match="draft it again"):
        acts.propose_refused(session, "main", lost, maker="agent", key="w2", clock=LATER)


@pytest.mark.usefixtures("funded")
def test_a_hold_is_proposed_and_carried_out_as_one(session: Session) -> None:
    ask(session, quorum=1)
    draft, until = transfer("10.00"), LATER() + timedelta(days=3)
    with pytest.raises(NotApproved):
        hold(session, "main", draft, key="h1", clock=LATER, expires_at=until)
    proposal = acts.propose(session, "main", draft, maker="agent", key="w1", clock=LATER, expires_at=until)
    with pytest.raises(NotApproved):
        acts.execute(session, "main", proposal.id, key="h1", clock=LATER)
    agree(session, proposal, "lab")
    held = acts.execute(session, "main", proposal.id, key="h1", clock=LATER)
    assert (held.act, held.expires_at) == ("pending", until)
    again = hold(session, "main", draft, key="h1", clock=LATER, expires_at=until)
    assert (again.id, again.replayed) == (held.id, True)
    assert settle(session, "main", held.id, key="s1", clock=LATER).parent == held.id
    assert acts.verify(session, "main").findings == ()


@pytest.mark.usefixtures("funded")
def test_a_refused_reversal_is_proposed(session: Session) -> None:
    paid = post(session, "main", transfer("10.00"), key="p1", clock=fixed_clock(NOW))
    ask(session)
    with pytest.raises(NotApproved) as caught:
        reverse(session, "main", paid.id, key="r1", clock=LATER)
    undo = acts.propose_refused(session, "main", caught.value, maker="agent", key="w1", clock=LATER)
    assert undo.payload == reversal_bytes(paid.id)


@pytest.mark.usefixtures("funded")
def test_the_latest_policy_of_a_band_counts(session: Session) -> None:
    def needed(amount: str, days: int = 2) -> int:
        clock = fixed_clock(NOW + timedelta(days=days))
        return acts.needed(session, "main", transfer(amount), clock)

    ask(session, "10.00", 1)
    ask(session, "50.00", 3)
    ask(session, "50.00", 2, after=timedelta(days=1))
    ask(session, "50.00", 0, after=timedelta(days=3))
    assert [needed(amount) for amount in ("9.99", "10.00", "49.99", "50.00")] == [0, 1, 1, 2]
    assert [needed("50.00", days) for days in (0, 1, 2, 3)] == [0, 2, 2, 1]


@pytest.mark.usefixtures("funded")
def test_a_policy_looks_ahead(session: Session) -> None:
    post(session, "main", transfer("10.00"), key="p1", clock=LATER)
    with pytest.raises(PolicyBackdated, match="before now"):
        ask(session, after=timedelta(seconds=-1))
    before = counted(session)
    with pytest.raises(PolicyBackdated, match="needs more approvals than it has"):
        ask(session)
    assert counted(session) == before
    ask(session, "10.01")
    since = NOW + timedelta(seconds=1)
    policy = ApprovalPolicy(kind="transfer", least=usd("10.01"), quorum=1, since=since)
    with pytest.raises(AlreadyExists, match="asks for 2 approvals"):
        acts.set_policy(session, "main", policy, key="other", clock=fixed_clock(NOW))


def tampered(session: Session, table: str, statement: str) -> tuple[str, ...]:
    """Drop the guards of a table, as only the owner of the database can, change it, verify, and undo it."""
    point = session.begin_nested()
    sqlite = session.get_bind().dialect.name == "sqlite"
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
    if not sqlite:
        names = "SELECT tgname FROM pg_trigger WHERE tgrelid = :table ::regclass AND NOT tgisinternal"
        session.execute(text("ALTER TABLE approval DROP CONSTRAINT approval_check"))
        for one in ("payload_check", "payload_sha256_check"):
            session.execute(text(f"ALTER TABLE proposal DROP CONSTRAINT IF EXISTS proposal_{one}"))
        session.execute(text("ALTER TABLE proposal DROP CONSTRAINT IF EXISTS proposal_check"))
    for name in session.scalars(text(names), {"table": table}).all():
        session.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}")))
    session.execute(text(statement))
    found = acts.verify(session, "main").findings
    point.rollback()
    return found


def test_verify_compares_what_was_approved_with_what_was_posted(session: Session, funded: PooledFund) -> None:
    acts.register_party(session, "main", Party(code="board", name="Board", public_key=public_key(SECRET)))
    draft = acts.draft_spend(session, funded, "hub", usd("10.00"), line="transfer")
    proposal = propose(session, draft)
    signature = sign_bytes(SECRET, proposal.signing_bytes())
    acts.approve(session, "main", proposal.id, approver="board", key="a", clock=LATER, signature=signature)
    acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    undo = propose(session, transfer("20.00"), key="w2")
    acts.execute(session, "main", undo.id, key="x2", clock=LATER)
    session.flush()
    assert acts.verify(session, "main").findings == ()
    spelled = "X'{}'" if session.get_bind().dialect.name == "sqlite" else "'\\x{}'"
    other = spelled.format(request_bytes(transfer("11.00")).hex())
    mine = f"maker = 'agent' AND payload = {spelled.format(proposal.payload.hex())}"
    swapped = f"payload = {other} WHERE {mine}"
    unsigned = f"signature = {spelled.format('00' * 64)}"
    for table, change, said in (
        ("proposal", swapped, "does not fit its digest"),
        ("proposal", swapped, "is not what the proposal"),
        ("approval", unsigned, "signature does not fit"),
        ("approval", "signature = NULL", "its row differs from its event"),
        ("approval", "approver = 'lab'", "its row differs from its event"),
    ):
        found = tampered(session, table, f"UPDATE {table} SET {change}")  # noqa: S608  # constants
        assert [one for one in found if said in one], (change, found)
    assert acts.verify(session, "main").findings == ()


bands = st.tuples(
    st.sampled_from(("transfer", "payout", "lunch")),
    st.sampled_from((0, 1, 500, 1000)),
    st.integers(0, 3),
    st.integers(0, 3),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.lists(bands, max_size=5, unique_by=lambda one: (one[0], one[1], one[3])),
    kind=st.sampled_from(("transfer", "payout", "lunch")),
    line=st.sampled_from(("transfer", "payout")),
    amount=st.sampled_from(("0.01", "4.99", "5.00", "9.99", "10.00")),
    agreed=st.integers(0, 3),
    hour=st.integers(0, 4),
)
@pytest.mark.usefixtures("funded")
def test_the_database_asks_for_as_many_approvals_as_the_library_says(
    session: Session,
    rules: list[tuple[str, int, int, int]],
    kind: str,
    line: str,
    amount: str,
    agreed: int,
    hour: int,
) -> None:
    draft = transfer(amount, line=line, kind=kind)
    clock = fixed_clock(NOW + timedelta(hours=hour))
    point = session.begin_nested()
    for number, (covered, least, quorum, since) in enumerate(rules):
        policy = ApprovalPolicy(
            kind=covered,
            least=Money(minor=least, unit=USD),
            quorum=quorum,
            since=NOW + timedelta(hours=since),
        )
        acts.set_policy(session, "main", policy, key=f"y{number}", clock=fixed_clock(NOW))
    proposal = agree(session, propose(session, draft), *("lab", "giver", "other")[:agreed])
    need = acts.needed(session, "main", draft, clock)
    if agreed >= need:
        acts.execute(session, "main", proposal.id, key="x1", clock=clock)
    else:
        with pytest.raises(NotApproved) as caught:
            acts.execute(session, "main", proposal.id, key="x1", clock=clock)
        assert (caught.value.figures["have"], caught.value.figures["need"]) == (agreed, need)
    point.rollback()
