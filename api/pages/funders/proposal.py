"""A proposal: what is to be approved, who made it, what it does to the balances, and what came of it."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from ...wire.funds import FundReply
from ...wire.ledger import TraceReply, TransactionMade
from ...wire.parties import PartyReply
from ...wire.payouts import PayoutMade, PayoutReply
from ...wire.proposals import ProposalEffects, ProposalFacts, ProposalList, ProposalMade, ProposalReply
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from .telling import (
    amount_of,
    earmark_titles,
    figure_of,
    kind_of,
    own_parties,
    page_of,
    party_names,
    require_desk,
    sentence_of,
)

MOST = 50
UNREAD = frozenset({"legs", "kind", "schema"})


def show_proposal(visit: Visit) -> View:
    """Show a proposal in words, its effect on the balances, and who agreed."""
    require_desk(visit)
    words = visit.words
    one = visit.read(ProposalReply, "proposal.read")
    fund = visit.find(FundReply, "fund.read")
    names, roles, titles = party_names(visit), visit.roles(), earmark_titles(visit)
    title = fund.title if fund else visit.parts["fund"]
    payee = names.get(one.payee, one.payee)
    effects = visit.find(ProposalEffects, "proposal.effects")
    sheets = {"effects": _effects(visit, effects, titles), "approvals": _approvals(visit, one, names)}
    other = _other(visit, one)
    if other is not None:
        sheets["diff"] = _diff(visit, one, other, titles)
    if one.transaction is not None:
        sheets["trail"] = _trail(visit, one.transaction, names, titles)
    number, unit = amount_of(one)
    more = {
        **_rejecting(visit, one, effects, names),
        "proposal": one,
        "sentence": sentence_of(words, one, title, payee),
        "fund_title": title,
        "figure": words.amount(number, unit),
        "payee": payee,
        "maker": names.get(one.maker, one.maker),
        "kind": kind_of(words, one.kind),
        "short": effects is not None and any(line.short for line in effects.items),
        "may_approve": "funder" in roles and one.state == "waiting",
        "may_carry_out": "intermediary" in roles and one.state == "approved",
        "signing": _signing(visit, one) if "funder" in roles else "",
        "effects": effects,
        "agreement_page": _page_about(visit, effects, "desk_agreement"),
        "payout_page": _page_about(visit, effects, "payout") if one.transaction else "",
        "note": _asked(one).get("note", ""),
        "state": _state(visit, one),
    }
    heading = words._(
        "%(kind)s: %(amount)s", kind=kind_of(words, one.kind), amount=words.amount(number, unit)
    )
    return View(title=heading, sheets=sheets, more=more)


def _rejecting(
    visit: Visit, one: ProposalFacts, effects: ProposalEffects | None, names: Mapping[str, str]
) -> dict[str, object]:
    """Return who may still stop it, who stopped it, and whether the payout it was of is proposed again."""
    is_open = one.state in {"waiting", "approved"}
    own = is_open and one.maker in own_parties(visit, "intermediary")
    found: dict[str, object] = {
        "may_reject": is_open and ("funder" in visit.roles() or own),
        "takes_back": own,
        "rejection": one.rejection,
        "rejecter": names.get(one.rejection.party, one.rejection.party) if one.rejection else "",
        "may_repeat": False,
        "followed_by": "",
    }
    if one.rejection and effects and effects.payout:
        place = {"agreement": str(effects.agreement), "payout": str(effects.payout)}
        payout = visit.find(PayoutReply, "payout.read", **place)
        if payout and payout.proposal != one.id:
            found["followed_by"] = visit.address("desk_proposal", proposal=str(payout.proposal))
        elif payout and payout.status == "rejected":
            found["may_repeat"] = "intermediary" in visit.roles()
    return found


def _page_about(visit: Visit, effects: ProposalEffects | None, name: str) -> str:
    """Return the page of the agreement or of the payout that a proposal is of; empty where it is of none."""
    if effects is None or effects.agreement is None:
        return ""
    return page_of(visit, name, agreement=effects.agreement, payout=str(effects.payout))


def _state(visit: Visit, one: ProposalFacts) -> str:
    words = visit.words
    if one.state == "executed":
        return words._("Carried out. Nothing more can be done here.")
    if one.state == "rejected":
        return words._("Rejected, for good. It can neither be approved nor carried out.")
    if one.state == "approved":
        return words._("Approved. It can be carried out, once.")
    return words._(
        "It waits: %(given)s of %(needed)s approvals are given.",
        given=words.number(str(len(one.approvals))),
        needed=words.number(str(one.needed)),
    )


def _asked(one: ProposalFacts) -> Mapping[str, Any]:
    found = json.loads(one.payload)
    return found if isinstance(found, dict) else {}


def _signing(visit: Visit, one: ProposalFacts) -> str:
    """Return what the visitor's party signs, in base64; empty where it has no key."""
    mine = own_parties(visit, "funder")
    party = visit.party or (mine[0] if len(mine) == 1 else "")
    found = visit.find(PartyReply, "party.read", party=party) if party else None
    if found is None or not found.public_key:
        return ""
    return base64.b64encode(bytes.fromhex(one.signing_bytes)).decode()


def _effects(visit: Visit, effects: ProposalEffects | None, titles: Mapping[str, str]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("What it does to the balances"),
        columns=[
            Column(name=words._("Figure")),
            Column(name=words._("Earmark")),
            Column(name=words._("Now"), kind="amount"),
            Column(name=words._("Then"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Remark")),
        ],
        rows=[
            (
                figure_of(words, line.role, line.figure),
                titles.get(line.earmark, line.earmark),
                line.before,
                line.after,
                line.unit,
                words._("Too little: it would be refused") if line.short else "",
            )
            for line in (effects.items if effects else ())
        ],
        empty=words._("It changes no balance any more."),
    )


def _approvals(visit: Visit, one: ProposalFacts, names: Mapping[str, str]) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Who agreed"),
        columns=[
            Column(name=words._("Party")),
            Column(name=words._("When"), kind="instant"),
            Column(name=words._("How")),
        ],
        rows=[
            (
                names.get(given.approver, given.approver),
                given.given_at.isoformat(),
                words._("Signed with its key") if given.signed else words._("Without a key"),
            )
            for given in one.approvals
        ],
        empty=words._("Nobody has agreed yet."),
    )


def _other(visit: Visit, one: ProposalFacts) -> ProposalFacts | None:
    """Find the newest other proposal for the same payee that waits, too."""
    found = visit.find(ProposalList, "proposal.list", limit=MOST)
    like = [
        row
        for row in (found.items if found else ())
        if row.id != one.id and row.payee == one.payee and row.kind == one.kind
    ]
    is_open = one.state in {"waiting", "approved"}
    return max(like, key=lambda row: row.proposed_at, default=None) if is_open else None


def _diff(visit: Visit, one: ProposalFacts, other: ProposalFacts, titles: Mapping[str, str]) -> Sheet:
    words = visit.words
    mine, theirs = _facts(visit, one, titles), _facts(visit, other, titles)
    rows = [
        (name, value, theirs.get(name, "")) for name, value in mine.items() if theirs.get(name, "") != value
    ]
    return Sheet(
        title=words._("Another proposal for the same payee waits, too. This is where they differ"),
        columns=[
            Column(name=words._("What")),
            Column(name=words._("This one")),
            Column(name=words._("The other one")),
        ],
        rows=rows,
        links=[visit.address("desk_proposal", proposal=str(other.id)) for _ in rows],
        empty=words._("They ask for exactly the same. If one of them is enough, do not approve both."),
    )


def _facts(visit: Visit, one: ProposalFacts, titles: Mapping[str, str]) -> dict[str, str]:
    """Return what a person compares of a proposal."""
    words = visit.words
    asked, (number, unit) = _asked(one), amount_of(one)
    earmarks = dict.fromkeys(leg.earmark for leg in one.legs)
    return {
        words._("Amount"): words.amount(number, unit),
        words._("Earmark"): ", ".join(titles.get(code, code) for code in earmarks),
        words._("Counts for the day"): str(asked.get("effective_on") or ""),
        words._("Note"): str(asked.get("note") or ""),
        words._("Proposed by"): one.maker,
    }


def _trail(visit: Visit, transaction: UUID, names: Mapping[str, str], titles: Mapping[str, str]) -> Sheet:
    words = visit.words
    found = visit.find(TraceReply, "fund_transaction.trace", transaction=str(transaction))
    return Sheet(
        title=words._("Whose money it was"),
        columns=[
            Column(name=words._("Giver")),
            Column(name=words._("Contribution"), kind="digest"),
            Column(name=words._("Earmark")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (
                names.get(row.giver, row.giver),
                row.contribution,
                titles.get(row.earmark, row.earmark),
                row.amount,
                row.unit,
            )
            for row in _shares(found)
        ],
        empty=words._("It moved no giver's money."),
    )


def _shares(found: TraceReply | None) -> Iterable[Any]:
    return found.items if found else ()


def approve(visit: Visit) -> Done:
    """Agree to exactly what was shown."""
    form = visit.form
    body = {"payload_sha256": form.text("read"), "signature": form.text("signature").lower()}
    visit.write(ProposalMade, "approval.give", body)
    return Done(to=visit.address("desk_proposal"), said="approved")


def reject(visit: Visit) -> Done:
    """Reject exactly what was shown, and say why."""
    form = visit.form
    visit.write(
        ProposalMade,
        "proposal.reject",
        {"reason": form.text("reason"), "payload_sha256": form.text("read")},
    )
    return Done(to=visit.address("desk_proposal"), said="rejected")


def repeat(visit: Visit) -> Done:
    """Propose anew the payout whose proposal was rejected."""
    place = {"agreement": visit.form.text("agreement"), "payout": visit.form.text("payout")}
    made = visit.write(PayoutMade, "payout.propose", **place)
    return Done(to=visit.address("desk_proposal", proposal=str(made.proposal)), said="proposed")


def carry_out(visit: Visit) -> Done:
    """Post exactly what was approved."""
    form = visit.form
    if form.text("payout"):
        visit.write(
            PayoutMade, "payout.execute", agreement=form.text("agreement"), payout=form.text("payout")
        )
    else:
        visit.write(TransactionMade, "execution.make")
    return Done(to=visit.address("desk_proposal"), said="carried-out")


PAGES = (
    Page(
        name="desk_proposal",
        path="/books/{book}/desk/funds/{fund}/proposals/{proposal}",
        show=show_proposal,
        acts={"approve": approve, "reject": reject, "repeat": repeat, "carry-out": carry_out},
        said={
            "approved": lambda words: words._("You agreed to this proposal. It is on record."),
            "carried-out": lambda words: words._("It is carried out. Below is whose money it was."),
            "rejected": lambda words: words._("You rejected this proposal. Your reason is on record."),
            "proposed": lambda words: words._("It is proposed. Another person has to approve it."),
        },
    ),
)
