"""A brief in words: its stages, prizes and rules as an applicant reads them."""

from collections.abc import Sequence

from ....challenges.brief import Brief
from ....challenges.eligibility.rules import AllOf, AnyOf, Leaf, Not, RuleTree
from ....challenges.phases import Phase
from ....challenges.prizes import AnyPrize
from ....finance.dates import instant_text
from ..view import Column, Sheet
from ..words import Words
from .money_sections import advance_rules, judging_kinds, stage_kinds, tie_rules
from .prize_sections import prize_kinds


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
        case "in_kind":
            return prize.description
        case _:
            amount = getattr(prize, "amount", None)
            said = words.amount(amount, unit) if amount else ""
            return words._("At most %(amount)s in all", amount=said) if said else words._("In stages")


def rule_lines(words: Words, rule: RuleTree | None) -> list[str]:
    """Return the rules of eligibility, one sentence each."""
    if rule is None:
        return [words._("Everybody may enter.")]
    if isinstance(rule, AllOf):
        return [line for one in rule.rules for line in rule_lines(words, one)]
    return [_said(words, rule)]


def _said(words: Words, rule: RuleTree) -> str:
    match rule:
        case Leaf():
            return _leaf(words, rule)
        case Not():
            return words._("This must not be so: %(rule)s", rule=_said(words, rule.rule))
        case AnyOf():
            return words._("One of these: %(rules)s", rules=_joined(words, rule.rules))
        case _:
            return words._("All of these: %(rules)s", rules=_joined(words, rule.rules))


def _joined(words: Words, rules: Sequence[RuleTree]) -> str:
    return " | ".join(_said(words, one) for one in rules)


def _leaf(words: Words, rule: Leaf) -> str:
    value = ", ".join(str(one) for one in rule.value) if isinstance(rule.value, tuple) else str(rule.value)
    said = words._(
        "%(fact)s %(op)s %(value)s (clause %(clause)s)",
        fact=rule.fact,
        op=rule.op,
        value=value,
        clause=rule.clause,
    )
    if not rule.evidence_asked:
        return said
    asked = ", ".join(rule.evidence_asked)
    return words._(
        "%(rule)s. Documents: %(asked)s, %(days)s days to bring them.",
        rule=said,
        asked=asked,
        days=rule.cure_days,
    )
