"""Awards over HTTP: proposed by one person, approved by another, accepted by the winner, paid."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...challenges import acts
from ...challenges.acts import Which
from ...challenges.acts.making import find_award
from ...challenges.awarding import Award
from ...challenges.records.awards import StoredAward, list_stored_awards
from ...challenges.records.submissions import find_application, find_leads
from ...finance.documents import Code
from ...finance.errors import Missing
from ...finance.ledger import Details
from ...finance.money import money
from ...finance.records.registry import find_party_names
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.awards import (
    AwardList,
    AwardMade,
    AwardPaid,
    AwardPaymentRequest,
    AwardReply,
    AwardRequest,
    Part,
    Prize,
)
from ..wire.rounds import ReasonRequest
from .rounds import ROUND, fund_of, is_announced, leads_of, round_of

AWARDS = ROUND + "/awards"
ONE = AWARDS + "/{prize}/{application}/{part}"


def propose_award(call: Call, challenge: Code, body: AwardRequest) -> AwardMade:
    """Propose an award; it takes no money before somebody else approves it."""
    fund = fund_of(call, challenge)
    award = Award(
        application_id=body.application,
        amount=money(body.amount, fund.unit),
        rule=body.rule,
        rank=body.rank,
        reason=body.reason,
        part=body.part,
    )
    made = acts.propose_award(
        call.session, fund, challenge, body.prize, award, maker=call.person, clock=call.clock
    )
    return _made(call, challenge, made)


def approve_award(call: Call, challenge: Code, prize: Prize, application: Code, part: Part) -> AwardMade:
    """Approve a proposed award as somebody else; its amount leaves the prizes for the winner."""
    return _step(call, challenge, acts.approve_award, _which(prize, application, part), actor=call.person)


def accept_award(call: Call, challenge: Code, prize: Prize, application: Code, part: Part) -> AwardMade:
    """Accept an approved award, as the party that leads the application."""
    return _step(call, challenge, acts.accept_award, _which(prize, application, part), actor=call.party)


def commit_award(call: Call, challenge: Code, prize: Prize, application: Code, part: Part) -> AwardMade:
    """Record that an accepted award has become a commitment: a grant, or a contract signed over its money."""
    return _step(call, challenge, acts.commit_award, _which(prize, application, part), actor=call.person)


def decline_award(
    call: Call, challenge: Code, prize: Prize, application: Code, part: Part, body: ReasonRequest
) -> AwardMade:
    """Decline an award, as the party that leads the application; its money goes back to the prizes."""
    return _step(call, challenge, acts.decline_award, _which(prize, application, part), reason=body.reason)


def lapse_award(
    call: Call, challenge: Code, prize: Prize, application: Code, part: Part, body: ReasonRequest
) -> AwardMade:
    """End an award whose winner withdrew, became ineligible or let the time pass."""
    return _step(call, challenge, acts.lapse_award, _which(prize, application, part), reason=body.reason)


def reverse_award(
    call: Call, challenge: Code, prize: Prize, application: Code, part: Part, body: ReasonRequest
) -> AwardMade:
    """End an award that was wrong: its money is reversed, and the record of it stays."""
    return _step(call, challenge, acts.reverse_award, _which(prize, application, part), reason=body.reason)


def pay_award(
    call: Call, challenge: Code, prize: Prize, application: Code, part: Part, body: AwardPaymentRequest
) -> AwardPaid:
    """Pay an accepted award, in full or in part, to the lead of its application out of its commitment."""
    fund, which = fund_of(call, challenge), _which(prize, application, part)
    stored = round_of(call, challenge)
    posted = acts.pay_award(
        call.session,
        fund,
        challenge,
        find_award(call.session, stored, which).award,
        key=call.key,
        clock=call.clock,
        details=Details(on=body.on, note=body.note),
        amount=None if body.amount is None else money(body.amount, fund.unit),
    )
    paid = find_award(call.session, stored, which)
    return AwardPaid(award=AwardReply.of(paid), transaction=str(posted.id))


def list_awards(call: Call, challenge: Code, query: PageQuery) -> AwardList:
    """List awards: all once they are announced; before, to those who run the round, and to each winner."""
    masked = call.access.masked
    rows, after = cut(call, query, _seen(call, challenge), _key, name="award.list")
    leads = _leads(call, challenge, rows)
    items = [AwardReply.of(one, masked=masked, led_by=leads.get(one.award.application_id)) for one in rows]
    return AwardList(items=items, next=after)


def read_award(call: Call, challenge: Code, prize: Prize, application: Code, part: Part) -> AwardReply:
    """Return the award of an application: the one that stands, else the last that ended."""
    found = [
        one
        for one in _seen(call, challenge)
        if (one.prize, one.award.application_id, one.award.part) == (prize, application, part)
    ]
    if not found:
        raise Missing(
            f"{application} has no award of prize {prize} in {challenge} that you may see.",
            what="award",
            code=application,
        )
    shown = max(found, key=lambda one: one.number)
    leads = _leads(call, challenge, [shown])
    return AwardReply.of(shown, masked=call.access.masked, led_by=leads.get(application))


def _seen(call: Call, challenge: str) -> tuple[StoredAward, ...]:
    """Return the awards that the caller may know of by now."""
    if not call.access.masked:
        return acts.show_awards(call.session, call.book, challenge, person=call.person, clock=call.clock)
    stored = round_of(call, challenge)
    rows = list_stored_awards(call.session, stored.id)
    if is_announced(call, challenge):
        return rows
    approved = [one for one in rows if call.party and one.steps]
    return tuple(
        one
        for one in approved
        if find_application(call.session, stored.id, one.award.application_id).lead == call.party
    )


def _leads(call: Call, challenge: str, rows: Sequence[StoredAward]) -> dict[str, str]:
    """Return what the parties that lead the applications are called, once the decision is announced."""
    if not rows or not is_announced(call, challenge):
        return {}
    codes = {one.award.application_id for one in rows}
    leads = find_leads(call.session, round_of(call, challenge).id, codes)
    called = find_party_names(call.session, call.book_id, leads.values())
    return {application: called.get(party, party) for application, party in leads.items()}


def _key(row: StoredAward) -> tuple[int, str, str, int]:
    return row.prize, row.award.application_id, row.award.part, row.number


def _which(prize: int, application: str, part: str) -> Which:
    return Which(prize=prize, application=application, part=part)


def _step(call: Call, challenge: str, act: Callable[..., StoredAward], which: Which, **how: str) -> AwardMade:
    made = act(call.session, fund_of(call, challenge), challenge, which, clock=call.clock, **how)
    return _made(call, challenge, made)


def _made(call: Call, challenge: str, row: StoredAward) -> AwardMade:
    one = row.award
    call.location = (
        f"/books/{call.book}/challenges/{challenge}/awards/{row.prize}/{one.application_id}/{one.part}"
    )
    return AwardMade(award=AwardReply.of(row, masked=call.own is not None))


def _owner(call: Call, challenge: str, application: str, **_given: object) -> tuple[str, ...]:
    return leads_of(call, challenge, application)


def _operation(
    name: str, path: str, handler: Callable[..., Any], examples: Mapping[str, dict[str, Any]]
) -> Operation:
    return Operation(
        name=name,
        method="POST",
        path=path,
        handler=handler,
        tag="awards",
        status=201,
        owner=_owner if name in {"award.accept", "award.decline"} else None,
        examples=examples,
    )


_LATE = {"late": {"reason": "It was not accepted in time."}}
_FIRST = {"prize": 0, "application": "a-1", "amount": "9.00", "rule": "places", "reason": "Rank 1."}
OPERATIONS = (
    _operation("award.propose", AWARDS, propose_award, {"first place": _FIRST}),
    Operation(name="award.list", method="GET", path=AWARDS, handler=list_awards, tag="awards"),
    Operation(name="award.read", method="GET", path=ONE, handler=read_award, tag="awards"),
    _operation("award.approve", ONE + "/approvals", approve_award, {}),
    _operation("award.accept", ONE + "/acceptances", accept_award, {}),
    _operation("award.commit", ONE + "/commitments", commit_award, {}),
    _operation(
        "award.decline", ONE + "/declines", decline_award, {"unwanted": {"reason": "We have the money."}}
    ),
    _operation("award.lapse", ONE + "/lapses", lapse_award, _LATE),
    _operation("award.reverse", ONE + "/reversals", reverse_award, {"wrong": {"reason": "Wrong amount."}}),
    _operation("award.pay", ONE + "/payments", pay_award, {"whole": {}, "part": {"amount": "4.50"}}),
)
