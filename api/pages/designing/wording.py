"""A brief in words: its stages, prizes and rules as an applicant reads them."""

from decimal import Decimal

from ....challenges.brief import Brief
from ....challenges.phases import Phase
from ....challenges.prizes import (
    AnyPrize,
    Discretionary,
    FinalistsThenGrand,
    FirstToFinish,
    Grand,
    InKindPrize,
    MeasuredProgress,
    Places,
    Pool,
    Staged,
)
from ....finance.dates import instant_text
from ..view import Column, Sheet
from ..words import Words
from .prize_sections import prize_kinds
from .stage_sections import advance_rules, judging_kinds, stage_kinds, tie_rules

WHOLE = 10_000


def stages_sheet(words: Words, brief: Brief) -> Sheet:
    """Return the stages of a brief with their instants, and who goes on."""
    return Sheet(
        title=words._("Stages"),
        columns=[
            Column(name=words._("Stage")),
            Column(name=words._("What happens")),
            Column(name=words._("Opens"), kind="instant"),
            Column(name=words._("Closes"), kind="instant"),
            Column(name=words._("Who judges")),
            Column(name=words._("Who goes on")),
        ],
        rows=[
            (
                one.id,
                stage_kinds(words).get(one.kind, one.kind),
                instant_text(brief.opens(one)),
                instant_text(brief.closes(one)),
                judging_kinds(words).get(one.judging, one.judging),
                _goes_on(words, one),
            )
            for one in brief.phases
        ],
    )


def _goes_on(words: Words, phase: Phase) -> str:
    rule = phase.advances
    if rule is None:
        return words._("It holds nobody back")
    tie = tie_rules(words).get(rule.tie or "", "")
    if rule.rule == "top":
        said = words.n("The best %(count)s", "The best %(count)s", rule.n or 0)
    elif rule.rule == "above_line":
        said = words._("Everybody from %(line)s points on", line=rule.line or "")
    else:
        said = advance_rules(words)[rule.rule]
    return words._("%(rule)s; a tie: %(tie)s", rule=said, tie=tie) if tie else said


def prizes_sheet(words: Words, brief: Brief) -> Sheet:
    """Return the prizes of a brief with what each pays."""
    kinds = prize_kinds(words)
    return Sheet(
        title=words._("Prizes"),
        columns=[
            Column(name=words._("Prize")),
            Column(name=words._("Decided by the stage")),
            Column(name=words._("What it pays")),
        ],
        rows=[
            (kinds.get(one.kind, one.kind), one.phase, prize_line(words, one, brief.unit))
            for one in brief.prizes
        ],
    )


def prize_line(words: Words, prize: AnyPrize, unit: str) -> str:
    """Return what a prize pays, in words."""
    if isinstance(prize, Staged):
        return _staged(words, prize, unit)
    if isinstance(prize, FirstToFinish):
        return words._(
            "%(amount)s for the first to reach %(target)s, until %(day)s",
            amount=words.amount(prize.amount, unit),
            target=str(prize.target),
            day=words.day(prize.deadline),
        )
    if isinstance(prize, Pool | MeasuredProgress):
        return words._("At most %(amount)s in all", amount=words.amount(prize.amount, unit))
    return _ranked(words, prize, unit)


def _ranked(
    words: Words, prize: Places | Grand | FinalistsThenGrand | Discretionary | InKindPrize, unit: str
) -> str:
    """Return what a prize by rank pays, or one that people give."""
    match prize.kind:
        case "places":
            paid = [words.amount(one, unit) for one in prize.by_place]
            return words._("By place, first place first: %(amounts)s", amounts="; ".join(paid))
        case "grand":
            return words._("%(amount)s for the first", amount=words.amount(prize.amount, unit))
        case "finalists_then_grand":
            return words._(
                "%(each)s for each of %(count)s finalists, then %(grand)s for the first",
                each=words.amount(prize.each, unit),
                count=prize.n,
                grand=words.amount(prize.grand, unit),
            )
        case "discretionary":
            most = words.amount(prize.ceiling, unit)
            return words._(
                "At most %(amount)s; chosen by: %(criteria)s", amount=most, criteria=prize.criteria
            )
        case _:
            return prize.description


def _staged(words: Words, prize: Staged, unit: str) -> str:
    """Return what a prize in stages pays to one winner."""
    paid = []
    for one in prize.stages:
        share = words.share(str(Decimal(one.share_bp or 0) / WHOLE))
        pays = words.amount(one.amount, unit) if one.amount else share
        paid.append(
            words._(
                "%(stage)s: %(amount)s for %(target)s by %(day)s",
                stage=one.id,
                amount=pays,
                target=str(one.condition),
                day=words.day(one.due),
            )
        )
    stages = "; ".join(paid)
    if prize.amount:
        return words.n(
            "For %(count)s winner, of %(amount)s: %(stages)s",
            "For each of %(count)s winners, of %(amount)s: %(stages)s",
            prize.winners,
            amount=words.amount(prize.amount, unit),
            stages=stages,
        )
    return words.n(
        "For %(count)s winner: %(stages)s",
        "For each of %(count)s winners: %(stages)s",
        prize.winners,
        stages=stages,
    )
