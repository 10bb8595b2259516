"""Decision and awards at the desk: what the rules give, who proposes, who approves, what is paid."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ....challenges.brief import Brief
from ...wire.awards import (
    AnnouncementMade,
    AwardList,
    AwardMade,
    AwardPaid,
    AwardReply,
    DecisionReply,
    MoneyFreed,
    PrizeSettled,
)
from ...wire.briefs import BriefReply
from ...wire.challenges import ChallengeReply
from ...wire.funds import FundReply
from ..designing.around import crumbs
from ..designing.wording import prize_line
from ..page import Page
from ..states import award_state, challenge_state
from ..view import Column, Done, Sheet, View
from ..visit import Refused, Visit
from ..words import Words

ADDRESS = "/books/{book}/desk/challenges/{challenge}/awards"
MOST = 200
ENDED = {"declined", "lapsed", "reversed"}


def show_awards(visit: Visit) -> View:
    """Show what is decided of the prizes, and what waits for whom."""
    words = visit.words
    challenge = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    awards = visit.read(AwardList, "award.list", limit=MOST).items
    roles = visit.roles()
    runs = bool({"funder", "intermediary"} & roles)
    fund = visit.find(FundReply, "fund.read", fund=challenge.fund)
    decided, refusal = _rules(visit) if runs and challenge.state == "judging" else (None, None)
    me = visit.caller.person if visit.caller else ""
    waiting = [one for one in awards if one.state == "proposed"]
    acts = _acts(words, challenge.state, awards, pays="intermediary" in roles)
    doing = visit.form.text("act") or visit.query.get("do", "")
    sheets = {"awards": awards_sheet(words, brief, awards)}
    if decided is not None:
        sheets["rules"] = _rules_sheet(words, brief, decided)
    more = {
        "challenge": challenge,
        "state": challenge_state(words, challenge.state),
        "prizes": [
            (n, words._("Prize %(number)s: %(pays)s", number=n + 1, pays=prize_line(words, one, brief.unit)))
            for n, one in enumerate(brief.prizes)
        ],
        "awards": awards,
        "waiting": waiting,
        "mine": {_key(one) for one in waiting if one.maker == me},
        **_standing(awards),
        "sums": _sums(awards),
        "refusal": refusal,
        "decided": decided,
        "fund": fund,
        "runs": runs,
        "funder": "funder" in roles,
        "acts": acts,
        "doing": doing if doing in dict(acts) else "",
        "named": partial(_named, words),
        "key": _key,
        "open": challenge.state not in {"settled", "cancelled"},
        "back": crumbs(visit, (challenge.title, visit.address("desk_challenge"))),
    }
    return View(title=words._("Decision and awards"), sheets=sheets, more=more)


def _standing(awards: Sequence[AwardReply]) -> dict[str, list[AwardReply]]:
    """Return the awards that can be paid, ended, or promised."""
    return {
        "payable": [one for one in awards if one.state in {"accepted", "committed"}],
        "ending": [one for one in awards if one.state in {"approved", "accepted"}],
        "acceptable": [one for one in awards if one.state == "accepted"],
    }


def _acts(words: Words, state: str, awards: Sequence[AwardReply], *, pays: bool) -> list[tuple[str, str]]:
    """Return what can be done now, by the name of its form."""
    standing = _standing(awards)
    found = {
        "propose": words._("Propose an award") if state in {"judging", "decided"} else "",
        "promise": words._("Record a promise") if standing["acceptable"] else "",
        "pay": words._("Pay an award") if pays and standing["payable"] else "",
        "end": words._("End an award that is late or wrong") if standing["ending"] else "",
        "announce": words._("Announce the decision") if state == "judging" and awards else "",
        "settle": words._("Settle a prize") if state == "decided" else "",
        "conclude": words._("End the challenge"),
    }
    return [(name, said) for name, said in found.items() if said]


def _named(words: Words, awards: Sequence[AwardReply]) -> list[tuple[str, str]]:
    """Return awards for a choice among them."""
    return [
        (
            _key(one),
            words._(
                "%(winner)s: %(amount)s, paid %(paid)s",
                winner=one.application,
                amount=words.amount(one.amount, one.unit),
                paid=words.amount(one.paid, one.unit),
            ),
        )
        for one in awards
    ]


def _rules(visit: Visit) -> tuple[DecisionReply | None, Mapping[str, Any] | None]:
    """Return what the rules of the brief give, or why they give nothing yet."""
    try:
        return visit.write(DecisionReply, "decision.try", {"tie": {"seed": visit.form.text("seed")}}), None
    except Refused as refused:
        return None, refused.problem


def rule_in_words(words: Words, rule: str) -> str:
    """Return by what rule an award is given, in words."""
    named = {
        "grand": words._("the first"),
        "places": words._("by place"),
        "finalist": words._("a finalist"),
        "staged": words._("in stages"),
        "first_to_finish": words._("the first to finish"),
        "progress": words._("by measured progress"),
        "discretionary": words._("by choice of name"),
        "in_kind": words._("in kind"),
        "pool.ask": words._("share of the pool, by what was asked for"),
        "pool.score": words._("share of the pool, by marks"),
        "pool.ballot": words._("share of the pool, by ballot"),
        "pool.optimiser": words._("share of the pool, by the allocation"),
    }
    return named.get(rule, rule)


def awards_sheet(words: Words, brief: Brief, awards: Sequence[AwardReply]) -> Sheet:
    """Return every award with how far it has come."""
    return Sheet(
        title=words._("Awards"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Prize"), kind="number"),
            Column(name=words._("Amount, %(unit)s", unit=brief.unit), kind="amount"),
            Column(name=words._("Paid, %(unit)s", unit=brief.unit), kind="amount"),
            Column(name=words._("State")),
            Column(name=words.p("award", "Given")),
            Column(name=words._("Why")),
            Column(name=words._("Proposed by")),
        ],
        rows=[
            (
                one.application,
                str(one.prize + 1),
                one.amount,
                one.paid,
                award_state(words, one.state),
                rule_in_words(words, one.rule),
                one.reason,
                one.maker or words._("the rules"),
            )
            for one in awards
        ],
        empty=words._(
            "Nothing is awarded yet. Awards stand here once they are proposed or made by the rules."
        ),
    )


def _rules_sheet(words: Words, brief: Brief, decided: DecisionReply) -> Sheet:
    return Sheet(
        title=words._("What the rules give today"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Prize"), kind="number"),
            Column(name=words._("Amount, %(unit)s", unit=brief.unit), kind="amount"),
            Column(name=words._("Place"), kind="number"),
            Column(name=words._("Why")),
        ],
        rows=[
            (
                one.application,
                str(one.prize + 1),
                one.amount,
                "" if one.rank is None else str(one.rank),
                one.reason,
            )
            for one in decided.awards
        ],
        empty=words._(
            "The rules give nothing yet: no stage that decides a prize has closed and is calibrated."
        ),
    )


def _sums(awards: Sequence[AwardReply]) -> tuple[int, int]:
    standing = [one for one in awards if one.state not in ENDED]
    waiting = sum(one.state == "proposed" for one in standing)
    return waiting, len(standing) - waiting


def _key(one: AwardReply) -> str:
    return f"{one.prize}/{one.application}/{one.part}"


def _which(visit: Visit) -> dict[str, str]:
    prize, _, rest = visit.form.text("award").partition("/")
    application, _, part = rest.rpartition("/")
    return {"prize": prize, "application": application, "part": part}


def decide(visit: Visit) -> Done:
    """Make the awards that the rules give."""
    body = {"tie": {"seed": visit.form.text("seed")}}
    visit.write(DecisionReply, "decision.make", body)
    return Done(to=visit.address("desk_awards"), said="made")


def propose(visit: Visit) -> Done:
    """Propose an award."""
    form = visit.form
    body = {
        "prize": form.whole("prize"),
        "application": form.text("application"),
        "amount": form.text("amount"),
        "rule": form.text("rule", "discretionary"),
        "reason": form.text("reason"),
        "part": form.text("part", "whole"),
        **({"rank": form.whole("rank")} if form.text("rank") else {}),
    }
    visit.write(AwardMade, "award.propose", body)
    return Done(to=visit.address("desk_awards"), said="proposed")


def approve(visit: Visit) -> Done:
    """Approve an award that somebody else proposed."""
    visit.write(AwardMade, "award.approve", **_which(visit))
    return Done(to=visit.address("desk_awards"), said="approved")


def promise(visit: Visit) -> Done:
    """Record that an accepted award is promised: a grant, or a contract signed over its money."""
    visit.write(AwardMade, "award.commit", **_which(visit))
    return Done(to=visit.address("desk_awards"), said="committed")


def pay(visit: Visit) -> Done:
    """Pay an award."""
    body = {"amount": visit.form.text("amount")} if visit.form.text("amount") else {}
    visit.write(AwardPaid, "award.pay", body | {"note": visit.form.text("note")}, **_which(visit))
    return Done(to=visit.address("desk_awards"), said="paid")


def end(visit: Visit) -> Done:
    """End an award that is late or wrong."""
    name = "award.reverse" if visit.form.text("how") == "reverse" else "award.lapse"
    visit.write(AwardMade, name, {"reason": visit.form.text("reason")}, **_which(visit))
    return Done(to=visit.address("desk_awards"), said="ended")


def announce(visit: Visit) -> Done:
    """Announce the decision."""
    visit.write(AnnouncementMade, "announcement.make", {"reason": visit.form.text("reason")})
    return Done(to=visit.address("desk_awards"), said="announced")


def settle(visit: Visit) -> Done:
    """Settle a prize after its appeals."""
    visit.write(PrizeSettled, "prize.settle", prize=visit.form.text("prize"))
    return Done(to=visit.address("desk_awards"), said="settled")


def conclude(visit: Visit) -> Done:
    """End the challenge, or call it off."""
    if visit.form.text("how") == "cancel":
        visit.write(MoneyFreed, "challenge.cancel", {"reason": visit.form.text("reason")})
    else:
        visit.write(MoneyFreed, "challenge.conclude")
    return Done(to=visit.address("desk_awards"), said="over")


AWARDS = Page(
    name="desk_awards",
    path=ADDRESS,
    show=show_awards,
    acts={
        "decide": decide,
        "propose": propose,
        "approve": approve,
        "promise": promise,
        "pay": pay,
        "end": end,
        "announce": announce,
        "settle": settle,
        "conclude": conclude,
    },
    said={
        "made": lambda words: words._("The awards are made as the rules give them."),
        "proposed": lambda words: words._("The award is proposed. Another person approves it."),
        "approved": lambda words: words._("The award is approved, and its money is taken out of the prizes."),
        "committed": lambda words: words._("The award is promised."),
        "paid": lambda words: words._("It is paid."),
        "ended": lambda words: words._("The award has ended; its money is back with the prizes."),
        "announced": lambda words: words._("The decision is announced. Appeals can be filed from now on."),
        "settled": lambda words: words._("The prize is settled."),
        "over": lambda words: words._("The challenge has ended, and what nobody won is free again."),
    },
)
