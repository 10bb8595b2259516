"""Judges over HTTP: registered, declared, recused; what ties them to whom."""

from collections.abc import Mapping
from typing import Any

from ...challenges import acts
from ...challenges.acts.judging import find_place
from ...challenges.conflicts import Interest, Mark
from ...challenges.errors import ChallengeRefused, ScoreUnassigned
from ...challenges.judges import Judge
from ...challenges.phases import SCORED
from ...challenges.records import interests as rows
from ...finance.documents import Code
from ...finance.errors import Missing
from ...finance.money import money
from ...finance.records.registry import find_unit
from ..door import Call
from ..errors import Forbidden
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.judges import (
    DeclarationMade,
    DeclarationReply,
    DeclarationRequest,
    DeclaredKind,
    InterestMade,
    InterestRequest,
    JudgeLine,
    JudgeList,
    JudgeMade,
    JudgeRequest,
    MarkMade,
    MarkRequest,
    OverrideMade,
    OverrideRequest,
    RecusalMade,
    RecusalRequest,
)
from .rounds import ROUND, is_announced, round_of

JUDGES = ROUND + "/judges"
ONE = JUDGES + "/{judge}"


def owner_of_judge(_call: Call, judge: str, **_given: object) -> tuple[str, ...]:
    """Return whose a judge's things are: of the judge alone."""
    return (judge,)


def register_judge(call: Call, challenge: Code, body: JudgeRequest) -> JudgeMade:
    """Register a judge of a challenge; registered again with the same particulars, nothing changes."""
    judge = Judge(
        code=body.code,
        organisation=body.organisation or "",
        load=(body.least, body.most),
        attributes=body.attributes,
        languages=body.languages,
        panel=body.panel or "",
    )
    marks = [_mark(judge.code, one) for one in body.marks]
    acts.register_judge(call.session, call.book, challenge, judge, clock=call.clock, marks=marks)
    call.location = f"/books/{call.book}/challenges/{challenge}/judges/{judge.code}"
    return JudgeMade(code=judge.code, organisation=judge.organisation)


def list_judges(call: Call, challenge: Code, query: PageQuery) -> JudgeList:
    """List the judges of a challenge, with how many actors each has yet to declare against."""
    found, after = cut(call, query, _lines(call, challenge), lambda one: (one.code,), name="judge.list")
    return JudgeList(items=found, next=after)


def read_judge(call: Call, challenge: Code, judge: Code) -> JudgeLine:
    """Return one judge as registered."""
    found = next((one for one in _lines(call, challenge) if one.code == judge), None)
    if found is None:
        raise Missing(f"{judge} is not registered for {challenge}.", what="judge", code=judge)
    return found


def declare_mark(call: Call, challenge: Code, judge: Code, body: MarkRequest) -> MarkMade:
    """Put on record by what a judge can be recognised; only others than the judge say that it was checked."""
    rows.find_judge_id(call.session, round_of(call, challenge), judge)
    if body.verified and call.own is not None:
        raise Forbidden("Your own mark is confirmed by somebody else. Send it with verified: false.")
    made = acts.declare_mark(call.session, call.book, _mark(judge, body), clock=call.clock)
    return MarkMade(judge=judge, kind=made.kind, verified=made.verified)


def declare(call: Call, challenge: Code, judge: Code, body: DeclarationRequest) -> DeclarationMade:
    """Declare what ties a judge to each actor of the challenge; "none" has to be said of each."""
    kinds = {one.actor: one.kind for one in body.declarations}
    if len(kinds) != len(body.declarations):
        raise ChallengeRefused("An actor stands twice in the declaration. Say one kind of each.", judge=judge)
    acts.declare(call.session, call.book, challenge, judge, kinds, clock=call.clock)
    return DeclarationMade(judge=judge, undeclared=_undeclared(call, challenge, judge))


def read_declarations(call: Call, challenge: Code, judge: Code) -> DeclarationReply:
    """Return what a judge has declared of each actor, and of whom nothing was said yet.

    Until it is announced, funders and administrators read what was said and not of whom.
    """
    stored = round_of(call, challenge)
    rows.find_judge_id(call.session, stored, judge)
    said = rows.list_declarations(call.session, stored).get(judge, {})
    blind = call.access.role in {"admin", "funder"} and not is_announced(call, challenge)
    pairs = [(None if blind else actor, kind) for actor in sorted(said) for kind in sorted(said[actor])]
    return DeclarationReply(
        judge=judge,
        declarations=[DeclaredKind(actor=actor, kind=kind) for actor, kind in sorted(pairs, key=_said_first)],
        undeclared=None if blind else _undeclared(call, challenge, judge),
    )


def _said_first(pair: tuple[str | None, str]) -> tuple[str, str]:
    actor, kind = pair
    return actor or "", kind


def declare_interest(call: Call, challenge: Code, body: InterestRequest) -> InterestMade:
    """Put on record what ties the caller's party to another; every conflict rule of the book reads it."""
    round_of(call, challenge)
    amount = body.amount and str(money(body.amount.amount, find_unit(call.session, body.amount.unit)))
    made = Interest(
        a=body.party,
        b=body.other,
        kind=body.kind,
        since=body.since,
        until=body.until,
        source=body.source,
        amount=amount or None,
    )
    acts.declare_interest(call.session, call.book, made, by=call.person, clock=call.clock)
    return InterestMade(party=made.a, other=made.b, kind=made.kind, said=str(made))


def recuse(call: Call, challenge: Code, judge: Code, body: RecusalRequest) -> RecusalMade:
    """Step back from an entry, for good; what was scored of it is void at the freeze."""
    _require_place(call, challenge, judge, body.application)
    acts.recuse(
        call.session,
        call.book,
        challenge,
        judge,
        body.application,
        reason=body.reason,
        clock=call.clock,
    )
    return RecusalMade(judge=judge, application=body.application)


def sign_override(call: Call, challenge: Code, judge: Code, body: OverrideRequest) -> OverrideMade:
    """Answer for a pair in spite of a soft conflict, with a reason that is published with the result."""
    acts.override_conflict(
        call.session,
        call.book,
        challenge,
        judge,
        body.application,
        reason=body.reason,
        signer=call.person,
        clock=call.clock,
    )
    return OverrideMade(judge=judge, application=body.application, signer=call.person)


def _require_place(call: Call, challenge: str, judge: str, application: str) -> None:
    """Refuse a recusal from what was never given to the judge, whether or not there is such an entry."""
    stored = round_of(call, challenge)
    phases = [one.id for one in stored.challenge.brief.phases if one.judging in SCORED]
    refused = []
    for phase in phases:
        try:
            find_place(call.session, stored, phase, application, judge)
        except ScoreUnassigned as error:
            refused.append(error)
    if phases and len(refused) == len(phases):
        raise refused[-1]


def _undeclared(call: Call, challenge: str, judge: str) -> list[str]:
    return list(acts.undeclared(call.session, call.book, challenge).get(judge, ()))


def _lines(call: Call, challenge: str) -> list[JudgeLine]:
    left = acts.undeclared(call.session, call.book, challenge)
    known = rows.list_judges(call.session, round_of(call, challenge))
    return [JudgeLine.of(one, len(left.get(one.code, ()))) for one in known]


def _mark(judge: str, given: MarkRequest) -> Mark:
    return Mark(
        holder=judge,
        kind=given.kind,
        value=given.value,
        verified=given.verified,
        source=given.source,
        birth_year=given.birth_year,
        organisation=given.organisation or "",
    )


def _owner_of_interest(_call: Call, body: InterestRequest, **_given: object) -> tuple[str, ...]:
    return (body.party,)


_REASON: Mapping[str, dict[str, Any]] = {"friend": {"application": "a-1", "reason": "A friend leads it."}}
OPERATIONS = (
    Operation(
        name="judge.register",
        method="POST",
        path=JUDGES,
        handler=register_judge,
        tag="judges",
        status=201,
        examples={"reader": {"code": "j-1", "organisation": "school", "most": 10, "languages": ["sw"]}},
    ),
    Operation(name="judge.list", method="GET", path=JUDGES, handler=list_judges, tag="judges"),
    Operation(
        name="judge.read", method="GET", path=ONE, handler=read_judge, tag="judges", owner=owner_of_judge
    ),
    Operation(
        name="judge_mark.declare",
        method="POST",
        path=ONE + "/marks",
        handler=declare_mark,
        tag="judges",
        status=201,
        owner=owner_of_judge,
        examples={"address": {"kind": "email", "value": "reader@school.example"}},
    ),
    Operation(
        name="judge_declaration.make",
        method="POST",
        path=ONE + "/declarations",
        handler=declare,
        tag="judges",
        status=201,
        owner=owner_of_judge,
        examples={"none": {"declarations": [{"actor": "river-trust", "kind": "none"}]}},
    ),
    Operation(
        name="judge_declaration.read",
        method="GET",
        path=ONE + "/declarations",
        handler=read_declarations,
        tag="judges",
        owner=owner_of_judge,
    ),
    Operation(
        name="interest.declare",
        method="POST",
        path=ROUND + "/interests",
        handler=declare_interest,
        tag="judges",
        status=201,
        owner=_owner_of_interest,
        examples={"family": {"party": "j-1", "other": "river-trust", "kind": "family"}},
    ),
    Operation(
        name="recusal.make",
        method="POST",
        path=ONE + "/recusals",
        handler=recuse,
        tag="judges",
        status=201,
        owner=owner_of_judge,
        examples=_REASON,
    ),
    Operation(
        name="override.sign",
        method="POST",
        path=ONE + "/overrides",
        handler=sign_override,
        tag="judges",
        status=201,
        examples={"old": {"application": "a-1", "reason": "They worked together nine years ago."}},
    ),
)
