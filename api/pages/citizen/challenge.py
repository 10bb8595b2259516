"""A challenge: its goal, its rules, who leads."""

from collections.abc import Iterator

from ....challenges.brief import Brief
from ....challenges.prizes.shared import PrizeBase
from ....finance.money import decimal_text
from ...charts.chart import Chart
from ...charts.leaders import LeaderMark, LeaderWords, draw_leaders
from ...wire.awards import AwardList
from ...wire.briefs import BriefReply, BriefVersionList
from ...wire.challenges import ChallengeReply
from ...wire.progress import LeaderboardList, LeaderboardReply, ProgressList
from ...wire.rankings import AdvancementList, AdvancementReply, LotteryCommitmentList, RankingReply
from ..page import Page
from ..states import challenge_state, prize_kind
from ..view import Column, Sheet, View
from ..visit import Visit
from ..words import Words

SHOWN = 50


def show_challenge(visit: Visit) -> View:
    """Show goal, rules, dates, standing and awards of a challenge."""
    words = visit.words
    found = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    versions = visit.read(BriefVersionList, "brief.versions", limit=SHOWN)
    boards = visit.find(LeaderboardList, "leaderboard.list")
    progress = visit.find(ProgressList, "progress.list", limit=SHOWN)
    awards = visit.find(AwardList, "award.list", limit=SHOWN, cursor=visit.query.get("awards", ""))
    sheets = {
        "timeline": timeline_sheet(words, found),
        "prizes": prize_sheet(words, brief),
        "rubric": rubric_sheet(words, brief),
        "progress": progress_sheet(words, progress),
        "awards": award_sheet(words, awards),
        "versions": version_sheet(words, versions),
        **score_sheets(visit, brief),
    }
    charts = {}
    for place, board in enumerate(boards.items if boards else ()):
        charts[f"board_{place}"] = leader_chart(words, board)
        sheets[f"board_{place}"] = leader_sheet(words, board)
    return View(
        title=found.title,
        sheets=sheets,
        charts=charts,
        more={
            "challenge": found,
            "brief": brief,
            "state": challenge_state(words, found.state),
            "is_shown": boards is not None and boards.shown,
            "boards": [name for name in sheets if name.startswith("board_")],
            "scores": [name for name in sheets if name.startswith("scores_")],
            "open_now": next((one for one in found.phases if one.is_open), None),
            "later": awards.next if awards else None,
            "lots": lots_of(visit, brief),
        },
    )


def lots_of(visit: Visit, brief: Brief) -> list[tuple[str, list[str], list[AdvancementReply]]]:
    """Return each phase whose ties a lot decides, with the digests that bind it and the lots drawn."""
    found = []
    for phase in brief.phases:
        if phase.advances is None or phase.advances.tie != "lottery":
            continue
        bound = visit.find(LotteryCommitmentList, "lottery_commitment.list", phase=phase.id)
        made = visit.find(AdvancementList, "advancement.list", phase=phase.id)
        drawn = [one for one in (made.items if made else ()) if one.lot_seed]
        found.append((phase.id, [one.commitment for one in bound.items] if bound else [], drawn))
    return found


def timeline_sheet(words: Words, found: ChallengeReply) -> Sheet:
    """Return the phases with their instants."""
    return Sheet(
        title=words._("Dates"),
        columns=[
            Column(name=words._("Phase")),
            Column(name=words._("Opens"), kind="instant"),
            Column(name=words._("Closes"), kind="instant"),
            Column(name=words._("Now")),
        ],
        rows=[
            (
                phase_kind(words, one.kind, one.id),
                one.opens_at.isoformat(),
                one.closes_at.isoformat(),
                words._("open") if one.is_open else "",
            )
            for one in found.phases
        ],
    )


def phase_kind(words: Words, kind: str, code: str) -> str:
    """Return what a phase is called, with its code."""
    named = {
        "readiness": words._("Readiness"),
        "registration": words._("Registration"),
        "application": words._("Applications"),
        "review": words._("Review"),
        "development": words._("Development"),
        "delivery": words._("Delivery"),
        "decision": words._("Decision"),
        "appeal": words._("Appeals"),
    }.get(kind, kind)
    return words._("%(kind)s (%(code)s)", kind=named, code=code)


def prize_sheet(words: Words, brief: Brief) -> Sheet:
    """Return what can be won, and how it is divided."""
    return Sheet(
        title=words._("Prizes"),
        columns=[
            Column(name=words._("Prize")),
            Column(name=words._("Decided in")),
            Column(name=brief.unit, kind="amount"),
        ],
        rows=[
            (prize_kind(words, one.kind), one.phase, amount)
            for one in brief.prizes
            for amount in prize_amounts(one)
        ],
    )


def prize_amounts(prize: PrizeBase) -> tuple[str, ...]:
    """Return the amounts that a prize states, one to a row; one empty where it states none.

    Examples
    --------
    >>> from almoner.challenges.prizes.divided import Pool
    >>> prize_amounts(Pool.read('{"kind": "pool", "phase": "vote", "amount": "9.00", "split": "ballot"}'))
    ('9.00',)
    """
    by_place = getattr(prize, "by_place", ())
    if by_place:
        return tuple(by_place)
    single = (getattr(prize, name, None) for name in ("amount", "ceiling", "cash_cost"))
    return (next((one for one in single if one is not None), ""),)


def rubric_sheet(words: Words, brief: Brief) -> Sheet:
    """Return what a panel scores by."""
    rubrics = brief.all_rubrics
    return Sheet(
        title=words._("What judges score"),
        columns=[
            Column(name=words._("Trait")),
            Column(name=words._("Weight"), kind="share"),
            Column(name=words._("What the points mean")),
        ],
        rows=[
            (
                trait.title,
                decimal_text(trait.weight_bp, 4),
                " · ".join(
                    words._("%(low)s to %(high)s: %(text)s", low=one.lo, high=one.hi, text=one.text)
                    for one in trait.anchors
                ),
            )
            for rubric in rubrics
            for trait in rubric.traits
        ],
        empty=words._("No panel scores here: what is measured or voted decides."),
    )


def leader_chart(words: Words, board: LeaderboardReply) -> Chart:
    """Draw where the hubs stand, with how sure every place is."""
    return draw_leaders(
        words._("How far each has come: %(family)s", family=board.family),
        words._(
            "From baseline to target by verified results. The line is where it lies in nine of ten draws; an "
            "open dot cannot be told from the line between winning and not."
        ),
        [
            LeaderMark(
                label=one.hub,
                note=f"{one.place}.",
                value=one.rating,
                low=one.low,
                high=one.high,
                open=one.side == "band",
            )
            for one in board.rows
        ],
        LeaderWords(
            who=words._("Who"),
            place=words._("Place"),
            reached=words._("Reached, %%"),
            low=words._("At least, %%"),
            high=words._("At most, %%"),
            baseline=words._("baseline"),
            target=words._("target"),
        ),
    )


def leader_sheet(words: Words, board: LeaderboardReply) -> Sheet:
    """Return places with their interval and the tie band."""
    sides = {"in": words._("surely inside"), "band": words._("tied at the line"), "out": words._("outside")}
    return Sheet(
        title=words._("Standing: %(family)s", family=board.family),
        columns=[
            Column(name=words._("Who")),
            Column(name=words._("Place"), kind="number"),
            Column(name=words._("Expected place"), kind="number"),
            Column(name=words._("Best"), kind="number"),
            Column(name=words._("Worst"), kind="number"),
            Column(name=words.p("ranking", "Line")),
            Column(name=words._("Reached"), kind="share"),
            Column(name=words._("Verified results"), kind="number"),
            Column(name=words._("Pending"), kind="number"),
        ],
        rows=[
            (
                one.hub,
                str(one.place),
                one.expected_rank,
                str(one.rank_low),
                str(one.rank_high),
                sides.get(one.side, ""),
                one.rating,
                str(one.results),
                str(one.pending),
            )
            for one in board.rows
        ],
        empty=words._("No result is verified yet."),
    )


def progress_sheet(words: Words, found: ProgressList | None) -> Sheet:
    """Return results with their state of verification."""
    states = {"final": words._("verified"), "pending": words._("not final yet")}
    return Sheet(
        title=words._("Progress by result"),
        columns=[
            Column(name=words._("Who")),
            Column(name=words._("Metric")),
            Column(name=words._("Reached"), kind="share"),
            Column(name=words._("Give or take"), kind="share"),
            Column(name=words._("Day"), kind="day"),
            Column(name=words._("State")),
        ],
        rows=[
            (one.hub, one.metric, one.value, one.standard_error, one.on.isoformat(), states[one.state])
            for one in (found.items if found else ())
        ],
        empty=words._("No result is shown yet. Results are shown once the rules of the challenge say so."),
    )


def award_sheet(words: Words, found: AwardList | None) -> Sheet:
    """Return awards with what was paid of them."""
    return Sheet(
        title=words._("Awards"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Led by")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Paid"), kind="amount"),
            Column(name=words._("Currency")),
            Column(name=words._("Why")),
        ],
        rows=[
            (one.application, one.led_by or "", one.amount, one.paid, one.unit, one.reason)
            for one in (found.items if found else ())
        ],
        empty=words._("No award is announced yet. They are listed here once the decision is announced."),
    )


def version_sheet(words: Words, versions: BriefVersionList) -> Sheet:
    """Return the versions of the brief: the first, and each amendment."""
    return Sheet(
        title=words._("Amendments"),
        columns=[
            Column(name=words._("Version")),
            Column(name=words._("Title")),
            Column(name=words._("Counts from"), kind="instant"),
            Column(name=words._("Now")),
            Column(name=words._("Digest"), kind="digest"),
        ],
        rows=[
            (
                str(one.version),
                one.title,
                one.effective_at.isoformat(),
                words._("in force") if one.in_force else "",
                one.sha256,
            )
            for one in versions.items
        ],
    )


def score_sheets(visit: Visit, brief: Brief) -> dict[str, Sheet]:
    """Return raw and calibrated scores by panel phase, for those who may see them."""
    return dict(_score_sheets(visit, brief))


def _score_sheets(visit: Visit, brief: Brief) -> Iterator[tuple[str, Sheet]]:
    panels = [one.id for one in brief.phases if one.judging in {"panel", "applicants"}]
    for place, phase in enumerate(panels[:3]):
        found = visit.find(RankingReply, "ranking.read", phase=phase, limit=SHOWN)
        if found is not None and found.items:
            yield f"scores_{place}", _scores(visit.words, phase, found)


def _scores(words: Words, phase: str, found: RankingReply) -> Sheet:
    return Sheet(
        title=words._("Scores in %(phase)s", phase=phase),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Reads"), kind="number"),
            Column(name=words._("Raw mean"), kind="number"),
            Column(name=words._("Calibrated"), kind="number"),
            Column(name=words._("Place"), kind="number"),
        ],
        rows=[
            (
                one.application,
                str(one.reads),
                one.raw_mean or "",
                one.level or "",
                str(one.place) if one.place is not None else "",
            )
            for one in found.items
        ],
    )


PAGES = (
    Page(
        name="challenge",
        path="/books/{book}/challenges/{challenge}",
        show=show_challenge,
        signed_in=False,
    ),
)
