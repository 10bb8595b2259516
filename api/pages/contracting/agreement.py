"""One agreement at the funder's desk: what can it cost, is the money there, who has signed, what is due."""

import base64
from collections.abc import Mapping
from decimal import Decimal

from ....contracts.terms.document import TermDocument
from ...wire.agreement_amendments import AgreementAmendmentList
from ...wire.agreements import (
    AgreementMade,
    AgreementReply,
    AgreementText,
    SigningReply,
)
from ...wire.forecasts import TermsForecast
from ...wire.funds import FundReply
from ...wire.payouts import PayoutMade, SettlementMade
from ...wire.terms import TermsBounds, TermsLint, TermsPayments, TermsWording
from ..page import Page
from ..states import agreement_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from . import reading
from .due import due_sheets

BEFORE = ("draft", "proposed")
RUNS = ("active", "suspended", "measured", "terminated")


def show_agreement(visit: Visit) -> View:
    """Show an agreement with its readings and what can be done about it."""
    return _shown(visit, {}, {}, {})


def _shown(
    visit: Visit,
    sheets: Mapping[str, Sheet],
    charts: Mapping[str, object],
    more: Mapping[str, object],
) -> View:
    words = visit.words
    one = visit.read(AgreementReply, "agreement.read")
    text = visit.read(AgreementText, "agreement.document")
    bounds = visit.read(TermsBounds, "agreement.bounds")
    lint = visit.read(TermsLint, "agreement.lint")
    wording = visit.read(TermsWording, "agreement.wording", form="text")
    terms = text.amended_terms or text.document.terms
    running = one.state in RUNS
    amendments = visit.find(AgreementAmendmentList, "agreement_amendment.list") if running else None
    return View(
        title=one.title,
        sheets={
            "money": money_sheet(visit, one),
            "bounds": reading.bounds_sheet(visit, bounds),
            "lint": reading.lint_sheet(visit, lint),
            **(due_sheets(visit) if running else {}),
            **sheets,
        },
        charts=charts,  # type: ignore[arg-type]  # charts of reading
        more={
            "one": one,
            "state": agreement_state(words, one.state),
            "bounds": bounds,
            "wording": wording.wording,
            "terms": terms,
            "metrics": reading.asked_metrics(terms),
            "sound": lint.sound,
            "text_tag": visit.etag(text),
            "read_tag": visit.etag(one),
            "signing": _signing(visit, one),
            "amendments": amendments.items if amendments else [],
            "running": running,
            **more,
        },
    )


def money_sheet(visit: Visit, one: AgreementReply) -> Sheet:
    """Return what each payer may owe beside what is free in its fund."""
    words = visit.words
    rows = []
    for source in one.sources:
        fund = visit.find(FundReply, "fund.read", fund=source.fund)
        free = fund.free if fund and fund.unit == source.unit else ""
        rows.append(
            (
                source.payer,
                source.fund,
                source.most,
                source.encumbered,
                free,
                source.unit,
                _verdict(visit, one, free, source.most),
            )
        )
    return Sheet(
        title=words._("What it can cost, and what is there for it"),
        columns=[
            Column(name=words._("Payer")),
            Column(name=words._("Fund")),
            Column(name=words._("At most"), kind="amount"),
            Column(name=words._("Set aside"), kind="amount"),
            Column(name=words._("Free in the fund"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Is it there?")),
        ],
        rows=rows,
        empty=words._("Nobody pays out of this book."),
    )


def _verdict(visit: Visit, one: AgreementReply, free: str, most: str) -> str:
    words = visit.words
    if one.state not in BEFORE:
        return words._("Set aside when it was signed")
    if not free:
        return words._("Not shown to you")
    return (
        words._("Enough is free")
        if Decimal(free) >= Decimal(most)
        else words._("Too little is free: top it up")
    )


def _signing(visit: Visit, one: AgreementReply) -> Mapping[str, object] | None:
    """Return what the visitor can sign, where a party they act for has not."""
    if one.state != "proposed":
        return None
    mine = {grant.party for grant in visit.held()}
    names = [party.name for party in one.parties if party.party in mine and not party.signed]
    if not names:
        return None
    content = visit.find(SigningReply, "agreement.bytes")
    if content is None:
        return None
    return {"names": names, "base64": base64_of(content.content), "sha256": content.sha256}


def base64_of(digits: str) -> str:
    """Return bytes of hexadecimal digits in base 64, as a file to download takes them."""
    return base64.b64encode(bytes.fromhex(digits)).decode()


def terms_of(visit: Visit) -> TermDocument:
    """Return the terms in force."""
    text = visit.read(AgreementText, "agreement.document")
    return text.amended_terms or text.document.terms


def pay(visit: Visit) -> View:
    """Show what typed results would pay; nothing is kept."""
    case = reading.case_of(visit, terms_of(visit))
    paid = visit.write(TermsPayments, "agreement.pay", {"case": case})
    return _shown(visit, {"paid": reading.payments_sheet(visit, paid)}, {}, {"paid": True})


def simulate(visit: Visit) -> View:
    """Show what many simulated courses would pay; nothing is kept."""
    body = {
        "outcomes": reading.outcomes_of(visit, terms_of(visit)),
        "paths": reading.PATHS,
        "seed": reading.SEED,
    }
    found = visit.write(TermsForecast, "agreement.simulate", body)
    sheets = {"decided": reading.bound_by(visit, found)}
    return _shown(visit, sheets, reading.spread_charts(visit, found), {"simulated": found.paths})


def _moved(visit: Visit, operation: str, said: str, body: object = None, *, tag: str = "") -> Done:
    visit.write(AgreementMade, operation, body, seen=tag or visit.form.text("seen"))
    return Done(to=visit.address("desk_agreement"), said=said)


def propose(visit: Visit) -> Done:
    """Send it to its parties to sign."""
    return _moved(visit, "agreement.propose", "proposed")


def withdraw(visit: Visit) -> Done:
    """Take it back before all have signed."""
    return _moved(visit, "agreement.withdraw", "withdrawn")


def sign(visit: Visit) -> Done:
    """Put a party's signature on record; with the last one, the money is set aside."""
    body = {"name": visit.form.text("name"), "signature": visit.form.text("signature")}
    return _moved(visit, "agreement.sign", "signed", body)


def settle(visit: Visit) -> Done:
    """Settle all that is final."""
    visit.write(SettlementMade, "settlement.make", {})
    return Done(to=visit.address("desk_agreement"), said="settled")


def execute(visit: Visit) -> Done:
    """Carry out a payout that waited for approval."""
    visit.write(PayoutMade, "payout.execute", payout=visit.form.text("payout"))
    return Done(to=visit.address("desk_agreement"), said="paid")


PAGES = (
    Page(
        name="desk_agreement",
        path="/books/{book}/desk/agreements/{agreement}",
        show=show_agreement,
        acts={
            "pay": pay,
            "simulate": simulate,
            "propose": propose,
            "withdraw": withdraw,
            "sign": sign,
            "settle": settle,
            "execute": execute,
        },
        said={
            "drafted": lambda words: words._(
                "The agreement is drafted. Read it five ways before you propose it."
            ),
            "proposed": lambda words: words._("It waits for the signatures of its parties."),
            "withdrawn": lambda words: words._("It is withdrawn. Nobody is bound by it."),
            "signed": lambda words: words._("The signature is on record."),
            "settled": lambda words: words._("All that is final is settled."),
            "done-suspend": lambda words: words._("It is suspended. Nothing is reported or paid meanwhile."),
            "done-resume": lambda words: words._("It goes on."),
            "done-measure": lambda words: words._("All results are in."),
            "done-terminate": lambda words: words._("It is ended. What is decided is still paid."),
            "done-close": lambda words: words._("It is closed. What was set aside is free again."),
            "amended": lambda words: words._("The amendment is made. The others have to approve it."),
            "amendment-approved": lambda words: words._("You approved the amendment. It is on record."),
            "paid": lambda words: words._("The payout is carried out."),
        },
    ),
)
