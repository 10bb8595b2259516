"""Scores over HTTP: what a judge is to read, what a judge sees of it, and how it was marked."""

from ...challenges import acts
from ...challenges.acts.recusing import find_conflicted
from ...challenges.errors import ChallengeRefused
from ...challenges.phases import SCORED, Phase
from ...challenges.records.briefs import StoredChallenge
from ...challenges.records.reads import list_reads
from ...finance.dates import instant_text
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.applications import ApplicationSeen
from ..wire.calibrations import CalibrationLine
from ..wire.judges import (
    EffectQuery,
    EffectReply,
    EntryToReadLine,
    EntryToReadList,
    OpeningMade,
    OpeningRequest,
    PhaseQuery,
)
from ..wire.scores import (
    ScoreLine,
    ScoreList,
    ScoreMade,
    ScoreRequest,
    ShortageLine,
    ShortageList,
    VoidMade,
    VoidRequest,
    marks_of,
)
from .judges import ONE, owner_of_judge
from .rounds import PHASE, round_of

READ_VOID = {"application": "a-1", "judge": "j-1", "reason": "The wrong file was shown."}


def list_to_read(call: Call, challenge: Code, judge: Code, query: PhaseQuery) -> EntryToReadList:
    """List what a judge is to read in a phase, without entries in conflict by now."""
    pile = acts.list_to_read(call.session, call.book, challenge, query.phase, judge, clock=call.clock)
    read = {
        one.application
        for one in list_reads(call.session, round_of(call, challenge), query.phase)
        if one.stands and one.judge == judge
    }
    if call.own is None:
        barred = _barred(call, round_of(call, challenge), query.phase)
        pile = tuple(one for one in pile if one not in barred)
    rows, after = cut(call, query, pile, lambda one: (one,), name="entry_to_read.list")
    return EntryToReadList(
        items=[EntryToReadLine(application=one, scored=one in read) for one in rows], next=after
    )


def open_entry(call: Call, challenge: Code, judge: Code, body: OpeningRequest) -> OpeningMade:
    """Open an entry as its judge: blinded as the brief says, and put on record."""
    seen = acts.open_entry(
        call.session, call.book, challenge, body.phase, body.application, judge, clock=call.clock
    )
    return OpeningMade(
        judge=judge,
        phase=body.phase,
        application=body.application,
        entry=ApplicationSeen.of(seen.get("application", {})),
    )


def give_score(call: Call, challenge: Code, judge: Code, body: ScoreRequest) -> ScoreMade:
    """Record a judge's complete read of one entry; until the close a new read takes the place of the last."""
    scores = acts.score(
        call.session,
        call.book,
        challenge,
        body.application,
        judge,
        {one.trait: one.mark for one in body.marks},
        clock=call.clock,
        comments={one.trait: one.comment for one in body.marks if one.comment},
    )
    brief = round_of(call, challenge).challenge.brief
    rubrics = (brief.rubric_of(one.id) for one in brief.phases if one.judging in SCORED)
    scale = next(one.scale for one in rubrics if one.id == scores[0].rubric_id)
    return ScoreMade(
        judge=judge,
        application=body.application,
        rubric=scores[0].rubric_id,
        marks=marks_of(scores, scale),
    )


def list_scores(call: Call, challenge: Code, phase: Code, query: PageQuery) -> ScoreList:
    """List the reads of a phase: a judge's own, or all of them after its close."""
    stored = round_of(call, challenge)
    found = stored.challenge.brief.phase(phase)
    if call.own is None:
        _require_closed(stored, found, call)
    barred = _barred(call, stored, phase) if call.own is None else frozenset[str]()
    reads = [
        one
        for one in list_reads(call.session, stored, phase)
        if call.own in {None, one.judge} and one.application not in barred
    ]
    rows, after = cut(
        call, query, reads, lambda one: (one.application, one.judge, one.revision), name="score.list"
    )
    if not rows:
        return ScoreList(items=[], next=None)
    scale = stored.challenge.brief.rubric_of(phase).scale
    return ScoreList(items=[ScoreLine.of(one, scale) for one in rows], next=after)


def read_own_effect(call: Call, challenge: Code, judge: Code, query: EffectQuery) -> EffectReply:
    """Tell a judge, after the close, how the own marks lay against the others' on the same work."""
    own = acts.show_own_effect(call.session, call.book, challenge, query.phase, judge, clock=call.clock)
    return EffectReply.of(query.phase, own)


def void_read(call: Call, challenge: Code, phase: Code, body: VoidRequest) -> VoidMade:
    """Void a read; what is frozen is recomputed without it under the same parameters, and kept beside it."""
    acts.void_read(
        call.session,
        call.book,
        challenge,
        phase,
        body.application,
        body.judge,
        reason=body.reason,
        clock=call.clock,
    )
    frozen = acts.phase_calibrations(call.session, call.book, challenge, phase)
    made = (
        acts.recompute_without_void(call.session, call.book, challenge, phase, clock=call.clock)
        if frozen
        else None
    )
    return VoidMade(
        judge=body.judge,
        application=body.application,
        recomputed=None if made is None else CalibrationLine.of(made),
    )


def list_shortages(call: Call, challenge: Code, phase: Code, query: PageQuery) -> ShortageList:
    """List entries with fewer reads that count than the brief asks for."""
    short = acts.list_short(call.session, call.book, challenge, phase)
    barred = _barred(call, round_of(call, challenge), phase)
    lines = [
        ShortageLine(application=name, missing=count) for name, count in short.items() if name not in barred
    ]
    rows, after = cut(call, query, lines, lambda one: (one.application,), name="shortage.list")
    return ShortageList(items=rows, next=after)


def _barred(call: Call, stored: StoredChallenge, phase: str) -> frozenset[str]:
    """Return the entries with which the caller is in conflict: nothing of them is shown."""
    found = stored.challenge.brief.phase(phase)
    return find_conflicted(call.session, stored, found, call.person, clock=call.clock)


def _require_closed(stored: StoredChallenge, phase: Phase, call: Call) -> None:
    closes = stored.challenge.brief.closes(phase)
    if phase.judging in SCORED and call.now < closes:
        raise ChallengeRefused(
            f"Until {phase.id} closes at {instant_text(closes)} only the judge who gave a score sees it. Ask "
            "again after that.",
            phase=phase.id,
            closes_at=instant_text(closes),
        )


OPERATIONS = (
    Operation(
        name="entry_to_read.list",
        method="GET",
        path=ONE + "/entries",
        handler=list_to_read,
        tag="scores",
        owner=owner_of_judge,
    ),
    Operation(
        name="entry.open",
        method="POST",
        path=ONE + "/openings",
        handler=open_entry,
        tag="scores",
        status=201,
        owner=owner_of_judge,
        examples={"first": {"phase": "panel", "application": "a-1"}},
    ),
    Operation(
        name="score.give",
        method="POST",
        path=ONE + "/scores",
        handler=give_score,
        tag="scores",
        status=201,
        owner=owner_of_judge,
        examples={
            "read": {
                "application": "a-1",
                "marks": [
                    {"trait": "reach", "mark": "3.7", "comment": "Far beyond the city."},
                    {"trait": "proof", "mark": None},
                ],
            }
        },
    ),
    Operation(
        name="score.list",
        method="GET",
        path=PHASE + "/scores",
        handler=list_scores,
        tag="scores",
        narrows=True,
    ),
    Operation(
        name="own_effect.read",
        method="GET",
        path=ONE + "/effect",
        handler=read_own_effect,
        tag="scores",
        owner=owner_of_judge,
    ),
    Operation(
        name="read.void",
        method="POST",
        path=PHASE + "/void-reads",
        handler=void_read,
        tag="scores",
        status=201,
        examples={"wrong file": READ_VOID},
    ),
    Operation(
        name="shortage.list",
        method="GET",
        path=PHASE + "/shortages",
        handler=list_shortages,
        tag="scores",
    ),
)
