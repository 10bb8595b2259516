"""Appeals over HTTP: filed by an applicant, ruled on by a judge from outside, approved by a second person."""

from dataclasses import replace

from ...challenges import acts
from ...challenges.acts import ProposedRuling, Ruling
from ...challenges.acts.appealing import require_independent
from ...challenges.errors import AppealRefused
from ...challenges.records.appeals import StoredAppeal, find_appeal, list_appeals, list_panel
from ...finance.documents import Code
from ...finance.errors import Missing
from ..door import NOT_HERE, Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.appeals import (
    AppealList,
    AppealMade,
    AppealReply,
    AppealRequest,
    Number,
    RulingMade,
    RulingRequest,
)
from ..wire.rounds import RankTieRequest
from .judge_names import unveiled, veiled
from .rounds import ROUND, fund_of, inputs_of, leads_of, round_of

APPEALS = ROUND + "/appeals"
ONE = APPEALS + "/{application}/{number}"
RULINGS = ONE + "/rulings"


def file_appeal(call: Call, challenge: Code, body: AppealRequest) -> AppealMade:
    """File an appeal; the awards that its remedy would change are held, all others proceed.

    An applicant names a judge whose read is to be taken out by the pseudonym of its feedback.
    """
    application = body.appeal.application
    appeal = unveiled(call, round_of(call, challenge), body.appeal)
    frozen = acts.appeal(
        call.session,
        fund_of(call, challenge),
        challenge,
        appeal,
        clock=call.clock,
        inputs=inputs_of(call, challenge, body.tie),
    )
    filed = list_appeals(call.session, round_of(call, challenge).id)
    number = next(one.number for one in filed if one.appeal == appeal)
    call.location = f"/books/{call.book}/challenges/{challenge}/appeals/{application}/{number}"
    return AppealMade.of(application, number, frozen)


def list_appeals_of(call: Call, challenge: Code, query: PageQuery) -> AppealList:
    """List appeals with their rulings: all to those who run the round, to a hub its own."""
    _require_outside(call, challenge)
    found = [
        one
        for one in list_appeals(call.session, round_of(call, challenge).id)
        if call.own is None or call.own in leads_of(call, challenge, one.appeal.application)
    ]
    rows, after = cut(call, query, found, lambda one: (one.id,), name="appeal.list")
    return AppealList(items=[_reply(call, challenge, one) for one in rows], next=after)


def read_appeal(call: Call, challenge: Code, application: Code, number: Number) -> AppealReply:
    """Return an appeal, its ruling, and rulings that wait for a second person."""
    _require_outside(call, challenge)
    found = find_appeal(call.session, round_of(call, challenge).id, application, number)
    return _reply(call, challenge, found)


def make_ruling(
    call: Call, challenge: Code, application: Code, number: Number, body: RulingRequest
) -> RulingMade:
    """Rule on an appeal as a judge from outside; upheld, it waits until somebody else approves it."""
    if body.upheld:
        proposed = ProposedRuling(
            application=application,
            number=number,
            ruled_by=call.party,
            person=call.person,
            reason=body.reason,
            tie=body.tie_break(),
        )
        proposal = acts.propose_ruling(
            call.session, fund_of(call, challenge), challenge, proposed, clock=call.clock
        )
        return RulingMade(application=application, number=number, state="proposed", proposal=proposal)
    require_independent(
        call.session, round_of(call, challenge), (call.person,), application, clock=call.clock
    )
    ruling = Ruling(
        application=application,
        number=number,
        upheld=False,
        ruled_by=call.party,
        checker="",
        reason=body.reason,
    )
    ruled = acts.rule(
        call.session,
        fund_of(call, challenge),
        challenge,
        ruling,
        clock=call.clock,
        inputs=inputs_of(call, challenge, body.tie),
    )
    return RulingMade.of(application, number, ruled, state="dismissed")


def approve_ruling(
    call: Call, challenge: Code, application: Code, number: Number, ruling: Number
) -> RulingMade:
    """Approve a ruling that upholds an appeal: wrong awards are reversed and the right ones made."""
    proposed = acts.find_proposed(call.session, call.book, challenge, application, number, ruling)
    found = find_appeal(call.session, round_of(call, challenge).id, application, number)
    if found.upheld is not None:
        raise AppealRefused(f"Appeal {number} of {application} is ruled on already.", application=application)
    tie = RankTieRequest(seed=proposed.tie.seed, orders=proposed.tie.decided)
    ruled = acts.approve_ruling(
        call.session,
        fund_of(call, challenge),
        challenge,
        proposed,
        checker=call.person,
        clock=call.clock,
        inputs=inputs_of(call, challenge, tie),
    )
    return RulingMade.of(application, number, ruled, state="upheld")


def _require_outside(call: Call, challenge: str) -> None:
    """Answer a judge of the panel as if there were no appeals: they are ruled on by others."""
    if call.access.role == "judge" and call.party in list_panel(call.session, round_of(call, challenge).id):
        raise Missing(NOT_HERE)


def _reply(call: Call, challenge: str, one: StoredAppeal) -> AppealReply:
    if call.own is not None:
        return AppealReply.of(replace(one, appeal=veiled(call, challenge, one.appeal)))
    application = one.appeal.application
    return AppealReply.of(
        one, acts.list_proposed(call.session, call.book, challenge, application, one.number)
    )


def _owner(call: Call, challenge: str, application: str, **_given: object) -> tuple[str, ...]:
    return leads_of(call, challenge, application)


def _appellant(call: Call, challenge: str, body: AppealRequest) -> tuple[str, ...]:
    return leads_of(call, challenge, body.appeal.application)


OPERATIONS = (
    Operation(
        name="appeal.file",
        method="POST",
        path=APPEALS,
        handler=file_appeal,
        tag="appeals",
        status=201,
        owner=_appellant,
        examples={
            "wrong sum": {
                "appeal": {
                    "application": "a-1",
                    "ground": "arithmetic",
                    "statement": "The mean of the second panel is wrong.",
                    "remedies": [{"kind": "recompute"}],
                }
            }
        },
    ),
    Operation(
        name="appeal.list",
        method="GET",
        path=APPEALS,
        handler=list_appeals_of,
        tag="appeals",
        narrows=True,
    ),
    Operation(name="appeal.read", method="GET", path=ONE, handler=read_appeal, tag="appeals", owner=_owner),
    Operation(
        name="ruling.make",
        method="POST",
        path=RULINGS,
        handler=make_ruling,
        tag="appeals",
        status=201,
        examples={"dismissed": {"upheld": False, "reason": "The panel was told in time."}},
    ),
    Operation(
        name="ruling.approve",
        method="POST",
        path=RULINGS + "/{ruling}/approvals",
        handler=approve_ruling,
        tag="appeals",
        status=201,
    ),
)
