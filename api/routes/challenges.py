"""Challenges over HTTP: published with their prizes covered, listed, read."""

from ...challenges import acts
from ...challenges.brief import Brief
from ...challenges.lifecycle import state_at
from ...challenges.records.briefs import StoredChallenge, find_challenge, list_challenges
from ...challenges.records.moves import list_dated_moves
from ...finance.documents import Code
from ...finance.records import registry
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.brief_drafts import drop_brief_draft
from ..wire.base import Amount
from ..wire.challenges import (
    ChallengeLine,
    ChallengeList,
    ChallengeMade,
    ChallengeReply,
    ChallengeRequest,
)
from .brief_examples import BRIEF


def list_all(call: Call, query: PageQuery) -> ChallengeList:
    """List the challenges of the book."""
    codes = [one for one in list_challenges(call.session, call.book) if call.may_list(f"challenge/{one}")]
    rows, after = cut(call, query, codes, lambda code: (code,), name="challenge.list")
    return ChallengeList(items=[_line(call, code) for code in rows], next=after)


def _line(call: Call, code: str) -> ChallengeLine:
    stored = find_challenge(call.session, call.book, code, call.now)
    brief = stored.challenge.brief
    unit = registry.find_unit(call.session, brief.unit)
    return ChallengeLine(
        code=code,
        title=brief.title,
        fund=brief.fund,
        state=state_at(brief, call.now, list_dated_moves(call.session, stored.id)),
        prizes=Amount.of(brief.prize_total(unit)),
    )


def publish(call: Call, body: ChallengeRequest) -> ChallengeMade:
    """Publish a brief and commit the sum of its prizes, or refuse both.

    Published again with the same brief, it stays as it is. Look it over with ``brief.lint`` before.
    """
    brief = Brief.read(body.brief.canonical_bytes())
    fund = registry.find_fund(call.session, call.book, brief.fund)
    made = acts.publish(call.session, fund, brief, clock=call.clock, use=body.use)
    drop_brief_draft(call.session, call.book_id, made.code)
    call.location = f"/books/{call.book}/challenges/{made.code}"
    return ChallengeMade(
        code=made.code,
        fund=made.fund,
        title=made.brief.title,
        version=made.brief.version,
        brief_sha256=made.brief.digest(),
        prizes=Amount.of(made.brief.prize_total(fund.unit)),
    )


def read_challenge(call: Call, challenge: Code) -> ChallengeReply:
    """Return where a challenge stands: state, phases, prizes."""
    stored: StoredChallenge = find_challenge(call.session, call.book, challenge, call.now)
    brief = stored.challenge.brief
    unit = registry.find_unit(call.session, brief.unit)
    state = state_at(brief, call.now, list_dated_moves(call.session, stored.id))
    return ChallengeReply.of(brief, unit, state, call.clock)


OPERATIONS = (
    Operation(
        name="challenge.list",
        method="GET",
        path="/books/{book}/challenges",
        handler=list_all,
        tag="challenges",
        lists=True,
    ),
    Operation(
        name="challenge.publish",
        method="POST",
        path="/books/{book}/challenges",
        handler=publish,
        tag="challenges",
        status=201,
        examples={"clean-water": {"brief": BRIEF}},
    ),
    Operation(
        name="challenge.read",
        method="GET",
        path="/books/{book}/challenges/{challenge}",
        handler=read_challenge,
        tag="challenges",
    ),
)
