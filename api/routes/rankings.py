"""Rankings over HTTP: places with their doubt, the band around the line, the lot, and who goes on."""

from ...challenges import acts
from ...challenges.ranking import draw
from ...challenges.records.calibrations import list_advancements
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..wire.rankings import (
    AdvancementList,
    AdvancementReply,
    AdvancementRequest,
    BandList,
    BandReply,
    BandRequest,
    DrawReply,
    DrawRequest,
    LotteryCommitmentLine,
    LotteryCommitmentList,
    LotteryCommitmentMade,
    LotteryCommitmentRequest,
    PlacementList,
    PlacementPart,
    PlacementQuery,
    RankedEntry,
    RankingReply,
    told_of,
)
from .rounds import PHASE, is_announced, round_of


def read_ranking(call: Call, challenge: Code, phase: Code, query: PageQuery) -> RankingReply:
    """List the entries of a phase with means and places, without those in conflict with the caller."""
    name = "ranking.read"
    behind = read_cursor(call, query, name)
    found = acts.show_entries(
        call.session,
        call.book,
        challenge,
        phase,
        call.person,
        clock=call.clock,
        after=(int(behind[0]), str(behind[1])) if behind else None,
        limit=query.limit + 1,
    )
    rows, after = page_of(call, query, found.rows, lambda one: (one.place or 0, one.application), name=name)
    return RankingReply.of(found, [RankedEntry.of(row) for row in rows], after)


def list_placements(call: Call, challenge: Code, phase: Code, query: PlacementQuery) -> PlacementList:
    """Rank the entries of a phase by expected rank, with how far each may be off and the band at the line."""
    acts.require_unconflicted(
        call.session, call.book, challenge, person=call.person, phase=phase, clock=call.clock
    )
    found = acts.rank_phase(call.session, call.book, challenge, phase, number=query.calibration)
    return PlacementList(parts=[PlacementPart.of(one) for one in found])


def publish_band(call: Call, challenge: Code, phase: Code, body: BandRequest) -> BandReply:
    """Publish the band around the line, before anybody knows the seed that decides inside it."""
    told = acts.publish_band(
        call.session,
        call.book,
        challenge,
        phase,
        clock=call.clock,
        beacon_source=body.beacon_source,
        beacon_at=body.beacon_at,
    )
    return BandReply.of(phase, told)


def list_bands(call: Call, challenge: Code, phase: Code, query: PageQuery) -> BandList:
    """List the published bands of a phase: their digests at once, their names once it is announced."""
    masked = _hides_names(call, challenge)
    found = list_advancements(call.session, round_of(call, challenge), phase, "band")
    replies = [BandReply.of(phase, told_of(one.body), masked=masked) for one in found]
    rows, after = cut(call, query, enumerate(replies), lambda one: (one[0],), name="band.list")
    return BandList(items=[one for _, one in rows], next=after)


def commit_lottery(
    call: Call, challenge: Code, phase: Code, body: LotteryCommitmentRequest
) -> LotteryCommitmentMade:
    """Publish the digest of a secret from which the seed of a lottery is made, before the first score."""
    acts.commit_lottery(call.session, call.book, challenge, phase, body.commitment, clock=call.clock)
    return LotteryCommitmentMade(phase=phase, commitment=body.commitment)


def list_lottery_commitments(call: Call, challenge: Code, phase: Code) -> LotteryCommitmentList:
    """Return the digest of the secret that a lottery of a phase is bound to, if there is one."""
    found = list_advancements(call.session, round_of(call, challenge), phase, "committed")
    said = [told_of(one.body)["commitment"] for one in found]
    return LotteryCommitmentList(
        items=[LotteryCommitmentLine(phase=phase, commitment=commitment) for commitment in said]
    )


def advance_phase(call: Call, challenge: Code, phase: Code, body: AdvancementRequest) -> AdvancementReply:
    """Decide who goes on from a phase, once, by the rule of the brief."""
    made = acts.advance_phase(
        call.session,
        call.book,
        challenge,
        phase,
        maker=call.person,
        clock=call.clock,
        seed=body.seed(),
        choice=body.choice(),
    )
    return AdvancementReply.of(phase, made)


def list_advancements_of(call: Call, challenge: Code, phase: Code) -> AdvancementList:
    """List who goes on from a phase: the rule and the seed at once, the names once it is announced."""
    masked = _hides_names(call, challenge)
    found = list_advancements(call.session, round_of(call, challenge), phase, "decided")
    return AdvancementList(items=[AdvancementReply.read(phase, one.body, masked=masked) for one in found])


def repeat_draw(_call: Call, body: DrawRequest) -> DrawReply:
    """Draw a lot again from its band, its places and its seed; nothing is stored, and anybody can check."""
    return DrawReply.of(draw(body.members, body.places, body.seed))


def _hides_names(call: Call, challenge: str) -> bool:
    return call.access.masked and not is_announced(call, challenge)


BANDS, GOING_ON = PHASE + "/bands", PHASE + "/advancements"
OPERATIONS = (
    Operation(
        name="ranking.read",
        method="GET",
        path=PHASE + "/ranking",
        handler=read_ranking,
        tag="rankings",
    ),
    Operation(
        name="placement.list",
        method="GET",
        path=PHASE + "/placements",
        handler=list_placements,
        tag="rankings",
    ),
    Operation(
        name="band.publish",
        method="POST",
        path=BANDS,
        handler=publish_band,
        tag="rankings",
        status=201,
        examples={
            "plain": {},
            "with a beacon": {
                "beacon_source": "city beacon, pulse 7",
                "beacon_at": "2027-04-20T12:00:00Z",
            },
        },
    ),
    Operation(name="band.list", method="GET", path=BANDS, handler=list_bands, tag="rankings"),
    Operation(
        name="lottery.commit",
        method="POST",
        path=PHASE + "/lottery-commitments",
        handler=commit_lottery,
        tag="rankings",
        status=201,
        examples={"digest": {"commitment": "5f" * 32}},
    ),
    Operation(
        name="lottery_commitment.list",
        method="GET",
        path=PHASE + "/lottery-commitments",
        handler=list_lottery_commitments,
        tag="rankings",
    ),
    Operation(
        name="phase.advance",
        method="POST",
        path=GOING_ON,
        handler=advance_phase,
        tag="rankings",
        status=201,
        examples={
            "plain": {},
            "by a panel": {
                "panel": {"chosen": ["a-1"], "members": ["j-1", "j-2"], "reason": "It reaches further."}
            },
        },
    ),
    Operation(
        name="advancement.list",
        method="GET",
        path=GOING_ON,
        handler=list_advancements_of,
        tag="rankings",
    ),
    Operation(
        name="draw.repeat",
        method="POST",
        path="/draws",
        handler=repeat_draw,
        tag="rankings",
        keyed=False,
        examples={"one place": {"members": ["a-1", "a-2"], "places": 1, "seed": "5f1c"}},
    ),
)
