"""Progress over HTTP: feedback, ratings, leaderboards, results, public commitments, the map."""

from collections.abc import Collection
from datetime import date

from ...challenges import acts
from ...challenges.lifecycle import events_at
from ...challenges.records.briefs import find_challenge, list_challenges
from ...challenges.records.moves import list_dated_moves
from ...challenges.register import PublicCommitment
from ...challenges.visibility import shows
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import cut
from ..wire.feedback import FeedbackReply, FeedbackSeen
from ..wire.progress import (
    CommitmentQuery,
    CommitmentReply,
    LandscapeQuery,
    LandscapeReply,
    LeaderboardList,
    LeaderboardQuery,
    LeaderboardReply,
    ProgressLine,
    ProgressList,
    ProgressListQuery,
    ProgressQuery,
    PublicCommitmentLine,
    PublicCommitmentList,
    PublicCommitmentRequest,
    RatingsList,
    RatingsReply,
)
from .applications import phase_of
from .entrants import bundle_of, eyes_of, viewer_of
from .judge_names import pseudonym_key
from .rounds import is_announced

HERE = "/books/{book}/challenges/{challenge}"
STAFF = frozenset({"funder", "intermediary"})
AUDIENCES = {"funder": "funder", "intermediary": "chair"}
_PROMISE = {
    "schema": "almoner.commitment/1",
    "code": "c-1",
    "party": "foundation",
    "title": "Five million for water",
    "made_on": "2026-01-10",
    "by": "2028-12-31",
    "source": "statement at the opening",
    "promise": {"kind": "money", "amount": "5000000.00", "unit": "USD", "fund": "water"},
}


def read_feedback(call: Call, challenge: Code, phase: Code, application: Code) -> FeedbackReply:
    """Return what an application is told of its result in a phase, as far as the brief shows it by now.

    Judges stand under pseudonyms, others in each packet.
    """
    packet = acts.show_feedback(
        call.session,
        call.book,
        challenge,
        phase,
        application,
        key=pseudonym_key(call, challenge),
        viewer=viewer_of(call),
        person="" if call.own is not None else eyes_of(call),
        clock=call.clock,
    ).get("feedback", {})
    return FeedbackReply(
        code=application,
        phase=phase,
        seen_as=viewer_of(call),
        feedback=FeedbackSeen.model_validate(packet),
    )


def list_ratings(call: Call, challenge: Code, query: ProgressQuery) -> RatingsList:
    """Return what verified results say about each hub, and how sure that is."""
    found = acts.rate_hubs(
        call.session,
        call.book,
        challenge,
        as_of=_day(call, query.as_of),
        half_life_months=query.half_life_months or None,
    )
    return RatingsList(items=[RatingsReply.of(one) for one in found], next=None)


def list_leaders(call: Call, challenge: Code, query: LeaderboardQuery) -> LeaderboardList:
    """Return where the hubs of a challenge stand, with how sure every place is.

    Whoever runs the round sees them always, others once the brief shows ``/leaderboard`` to them, and
    everybody once the decision is announced: before, they would tell who has entered.
    """
    if not _shows_leaders(call, challenge):
        return LeaderboardList(shown=False, items=[], next=None)
    found = acts.leaderboard(
        call.session,
        call.book,
        challenge,
        as_of=_day(call, query.as_of),
        places=query.places,
        half_life_months=query.half_life_months or None,
    )
    return LeaderboardList(shown=True, items=[LeaderboardReply.of(one) for one in found], next=None)


def _shows_leaders(call: Call, challenge: str) -> bool:
    stored = find_challenge(call.session, call.book, challenge, call.now)
    if call.access.role in STAFF or acts.is_announced(call.session, stored, call.clock):
        return True
    brief = stored.challenge.brief
    phase = phase_of(call, brief, None)
    return shows(
        "/leaderboard",
        brief.rules_of(phase),
        phase=phase,
        viewer="public",
        events=events_at(brief, call.now, list_dated_moves(call.session, stored.id)),
    )


def list_progress(call: Call, challenge: Code, query: ProgressListQuery) -> ProgressList:
    """List how far hubs have come towards the goal, by every determination; a hub sees its own.

    Everybody sees them where they see the leaderboard.
    """
    found = acts.hub_progress(call.session, call.book, challenge, as_of=_day(call, query.as_of))
    whole = call.own is None and not call.access.masked
    rows = (
        found if whole or _shows_leaders(call, challenge) else [one for one in found if one.hub == call.own]
    )
    page, after = cut(
        call,
        query,
        rows,
        lambda one: (one.family, one.hub, one.on.isoformat(), one.source, one.metric),
        name="progress.list",
    )
    return ProgressList(items=[ProgressLine.of(one) for one in page], next=after)


def commit(call: Call, body: PublicCommitmentRequest) -> CommitmentReply:
    """Promise something in public, in the name of one's own party; it is never changed."""
    promised = PublicCommitment.read(body.commitment.canonical_bytes())
    made = acts.commit_publicly(call.session, call.book, promised, clock=call.clock)
    return CommitmentReply(sha256=made.digest(), commitment=made)


def list_commitments(call: Call, query: CommitmentQuery) -> PublicCommitmentList:
    """List who promised what in public by when, and what verified facts say of it."""
    found = acts.public_register(call.session, call.book, as_of=_day(call, query.as_of), party=query.party)
    page, after = cut(call, query, found, lambda one: (one.commitment.code,), name="public-commitment.list")
    return PublicCommitmentList(items=[PublicCommitmentLine.of(one) for one in page], next=after)


def read_landscape(call: Call, query: LandscapeQuery) -> LandscapeReply:
    """Draw who works with whom, as the caller's role may see it; nothing decides by it.

    What the audience may not see is taken away before anything is counted.
    """
    audience = AUDIENCES.get(call.access.role, "public")
    blind = () if audience == "chair" else _blind(call)
    drawn = acts.landscape(
        call.session, call.book, audience=audience, as_of=_day(call, query.as_of), blind=blind
    )
    return LandscapeReply.of(drawn)


def _blind(call: Call) -> list[str]:
    """Return the challenges of which it is not announced who won."""
    codes = list_challenges(call.session, call.book)
    return [code for code in codes if not is_announced(call, code)]


def _day(call: Call, asked: date | None) -> date:
    return asked or call.now.date()


def _promising(_call: Call, body: PublicCommitmentRequest, **_: object) -> Collection[str]:
    return (body.commitment.party,)


OPERATIONS = (
    Operation(
        name="feedback.read",
        method="GET",
        path=f"{HERE}/phases/{{phase}}/feedback/{{application}}",
        handler=read_feedback,
        tag="feedback",
        owner=bundle_of,
    ),
    Operation(name="rating.list", method="GET", path=f"{HERE}/ratings", handler=list_ratings, tag="progress"),
    Operation(
        name="leaderboard.list",
        method="GET",
        path=f"{HERE}/leaderboards",
        handler=list_leaders,
        tag="progress",
    ),
    Operation(
        name="progress.list",
        method="GET",
        path=f"{HERE}/progress",
        handler=list_progress,
        tag="progress",
        narrows=True,
    ),
    Operation(
        name="public-commitment.make",
        method="POST",
        path="/books/{book}/public-commitments",
        handler=commit,
        tag="public-commitments",
        status=201,
        owner=_promising,
        examples={"money": {"commitment": _PROMISE}},
    ),
    Operation(
        name="public-commitment.list",
        method="GET",
        path="/books/{book}/public-commitments",
        handler=list_commitments,
        tag="public-commitments",
    ),
    Operation(
        name="landscape.read",
        method="GET",
        path="/books/{book}/landscape",
        handler=read_landscape,
        tag="progress",
    ),
)
