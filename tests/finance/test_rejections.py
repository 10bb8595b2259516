from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.finance.test_approvals import LATER, agree, ask, propose, transfer

from almoner.finance import acts
from almoner.finance.approvals import Proposal
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import AlreadyExists, Missing, PostingRefused, ProposalRejected
from almoner.finance.posting import post
from almoner.finance.storage import Session

PAID = "It was paid in March."
pytestmark = pytest.mark.usefixtures("funded")


def reject(session: Session, proposal: Proposal, party: str = "giver", reason: str = PAID) -> Proposal:
    return acts.reject(
        session, "main", proposal.id, party=party, reason=reason, key=f"{proposal.key}/no", clock=LATER
    )


def test_a_rejected_proposal_is_neither_approved_nor_carried_out(session: Session) -> None:
    ask(session)
    proposal = agree(session, agree(session, propose(session, transfer("10.00")), "lab"), "giver")
    assert proposal.approved
    said = reject(session, proposal, reason=f"  {PAID} ").rejection
    assert said is not None
    assert (said.party, said.reason, said.rejected_at) == ("giver", PAID, LATER())
    with pytest.raises(ProposalRejected, match=r"giver rejected .* \(It was paid in March.\)") as caught:
        acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    assert (caught.value.figures["party"], caught.value.figures["reason"]) == ("giver", PAID)
    with pytest.raises(ProposalRejected):
        reject(session, proposal, "lab")
    with pytest.raises(PostingRefused, match="its proposal was rejected"):
        post(session, "main", transfer("10.00"), key="p1", clock=LATER, proposal=proposal.id)
    assert acts.list_proposals(session, "main", clock=LATER) == ()
    assert [one.id for one in _rejected(session)] == [proposal.id]
    assert acts.verify(session, "main").findings == ()


def _rejected(session: Session) -> Iterator[Proposal]:
    long_ago, tomorrow = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    assert acts.list_proposals(session, "main", clock=LATER, rejected_since=tomorrow) == ()
    yield from acts.list_proposals(session, "main", clock=LATER, rejected_since=long_ago)


def test_rejected_again_it_stays_as_it_is_and_is_proposed_anew(session: Session) -> None:
    ask(session, quorum=1)
    proposal = propose(session, transfer("10.00"))
    once = reject(session, proposal)
    later = fixed_clock(LATER().replace(year=2027))
    again = acts.reject(session, "main", proposal.id, party="giver", reason=PAID, key="other", clock=later)
    assert again == once
    for party, reason in (("lab", PAID), ("giver", "Another reason.")):
        with pytest.raises(ProposalRejected):
            reject(session, proposal, party, reason)
    assert propose(session, transfer("10.00")) == once
    anew = agree(session, propose(session, transfer("10.00"), key="w2"), "giver")
    assert acts.execute(session, "main", anew.id, key="x2", clock=LATER).id


def test_its_maker_takes_it_back_and_nobody_unknown_or_silent_rejects(session: Session) -> None:
    proposal = propose(session, transfer("10.00"))
    for party, reason, kind in (("nobody", PAID, Missing), ("giver", "  ", ValueError)):
        with pytest.raises(kind):
            reject(session, proposal, party, reason)
    assert not reject(session, proposal, "agent", "A wrong amount.").open


def test_what_was_carried_out_is_not_rejected(session: Session) -> None:
    proposal = propose(session, transfer("10.00"))
    done = acts.execute(session, "main", proposal.id, key="x1", clock=LATER)
    with pytest.raises(AlreadyExists, match="carried out") as caught:
        reject(session, proposal)
    assert caught.value.figures["transaction"] == str(done.id)
