"""An agreement: what is paid for what."""

from collections.abc import Iterable, Mapping

from ....contracts.terms.wording import TITLES
from ...charts.chart import Chart
from ...charts.payoff import PayoffPoint, PayoffStretch, PayoffWords, draw_payoff
from ...wire.agreements import AgreementReply
from ...wire.claims import ClaimLine, ClaimList, ResultRow
from ...wire.parties import TieList, TieReply
from ...wire.payouts import PayoutLine, PayoutList
from ...wire.publications import PublicationMade
from ...wire.term_sheets import PayoffCurve, SheetChapter, TermSheetReply
from ..page import Page
from ..states import agreement_state, claim_state, party_role, payout_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words
from .fund import is_published

SHOWN, MOST = 25, 200
PRIVATE = frozenset({"draft", "proposed", "withdrawn"})


def show_agreement(visit: Visit) -> View:
    """Show what an agreement pays for, as words, as figures and as a curve; and what it has paid."""
    words = visit.words
    found = visit.read(AgreementReply, "agreement.read")
    sheet = visit.read(TermSheetReply, "agreement.sheet")
    payouts = visit.find(PayoutList, "payout.list", limit=SHOWN, cursor=visit.query.get("payouts", ""))
    claims = visit.find(ClaimList, "claim.list", limit=SHOWN, cursor=visit.query.get("claims", ""))
    names = names_in(found)
    sheets = {
        "payouts": payout_sheet(visit, payouts.items if payouts else (), names),
        "parties": party_sheet(words, found),
        "sources": source_sheet(words, found),
    }
    if claims is not None:
        sheets["claims"] = claim_sheet(words, claims.items, names)
    ties = visit.find(TieList, "tie.list", limit=MOST)
    if ties is not None:
        sheets["ties"] = tie_sheet(words, ties.items, names)
    charts = {f"curve_{place}": curve_chart(words, one) for place, one in enumerate(sheet.curves)}
    return View(
        title=found.title,
        sheets=sheets,
        charts=charts,
        more={
            "agreement": found,
            "sheet": sheet,
            "clauses": [clause for chapter in chapters_on(sheet, "clauses") for clause in chapter.entries],
            "limits": chapters_on(sheet, "limits"),
            "state": agreement_state(words, found.state),
            "curves": {one.clause: name for one, name in zip(sheet.curves, charts, strict=True)},
            "later_payouts": payouts.next if payouts else None,
            "later_claims": claims.next if claims else None,
            "may_publish": "funder" in visit.roles()
            and found.state not in PRIVATE
            and not is_published(visit, f"agreement/{found.code}"),
        },
    )


def publish_agreement(visit: Visit) -> Done:
    """Let everybody read this agreement."""
    visit.write(PublicationMade, "publication.agreement")
    return Done(to=visit.address("agreement"), said="published")


def chapters_on(sheet: TermSheetReply, kind: str) -> list[SheetChapter]:
    """Return the sections of a term sheet of a kind, such as ``clauses`` or ``limits``."""
    return [one for one in sheet.sections if one.title == TITLES[kind]]


def curve_chart(words: Words, one: PayoffCurve) -> Chart:
    """Draw what a clause pays over the one number it depends on."""
    return draw_payoff(
        words._("What %(clause)s pays", clause=one.title),
        words._(
            "What is paid over: %(metric)s. The dashed lines are the most and the least; a full circle holds "
            "the edge, an open one does not.",
            metric=one.metric,
        ),
        (one.counted, one.unit),
        [
            PayoffStretch(
                points=tuple(PayoffPoint(value=point.value, amount=point.amount) for point in line.points),
                opens=line.opens,
                closes=line.closes,
            )
            for line in one.stretches
        ],
        PayoffWords(
            observed=words._("Observed, %(unit)s"),
            paid=words._("Paid, %(unit)s"),
            edge=words._("Edge"),
            including=words._("including"),
            excluding=words._("up to, excluding"),
            most=words._("at most %(amount)s %(unit)s"),
            least=words._("at least %(amount)s %(unit)s"),
            axis=words._("observed, %(unit)s"),
        ),
    )


def party_sheet(words: Words, found: AgreementReply) -> Sheet:
    """Return who has which part."""
    said = {True: words._("signed"), False: words._("not signed yet"), None: ""}
    whole = found.state not in PRIVATE
    return Sheet(
        title=words._("Who has which part"),
        columns=[
            Column(name=words._("Party")),
            Column(name=words._("In the agreement")),
            Column(name=words.p("agreement", "Part")),
            Column(name=words._("Signature")),
        ],
        rows=[
            (one.called, one.name, party_role(words, one.role), said[True if whole else one.signed])
            for one in found.parties
        ],
    )


def source_sheet(words: Words, found: AgreementReply) -> Sheet:
    """Return what each payer may have to pay, and what is set aside for it."""
    return Sheet(
        title=words._("Whose money it is"),
        columns=[
            Column(name=words._("Fund")),
            Column(name=words._("Payer")),
            Column(name=words._("At most"), kind="amount"),
            Column(name=words._("Set aside now"), kind="amount"),
            Column(name=words._("Currency")),
        ],
        rows=[(one.fund, one.payer, one.most, one.encumbered, one.unit) for one in found.sources],
        empty=words._("No fund pays for this agreement."),
    )


def tie_sheet(words: Words, ties: Iterable[TieReply], names: Mapping[str, str]) -> Sheet:
    """Return the ties that are declared between parties of an agreement."""
    kinds = {
        "owns": words._("owns"),
        "controls": words._("controls"),
        "belongs_to": words._("belongs to"),
        "works_for": words._("works for"),
        "supplies": words._("supplies"),
        "family": words._("is related to"),
    }
    return Sheet(
        title=words._("Declared ties between them"),
        columns=[
            Column(name=words._("Party")),
            Column(name=words._("Tie")),
            Column(name=words._("To")),
            Column(name=words._("Since"), kind="day"),
            Column(name=words._("Until"), kind="day"),
            Column(name=words._("Who says so")),
        ],
        rows=[
            (
                names[one.from_party],
                kinds.get(one.kind, one.kind),
                names[one.to_party],
                one.since.isoformat(),
                one.until.isoformat() if one.until else "",
                one.source,
            )
            for one in ties
            if {one.from_party, one.to_party} <= names.keys()
        ],
        empty=words._("No tie between the parties is declared."),
    )


def names_in(found: AgreementReply) -> dict[str, str]:
    """Return what the parties of an agreement are called, by their codes in the book."""
    return {one.party: one.called for one in found.parties}


def payout_sheet(visit: Visit, payouts: Iterable[PayoutLine], names: Mapping[str, str]) -> Sheet:
    """Return payouts, each with the way to its trail."""
    words, rows = visit.words, list(payouts)
    return Sheet(
        title=words._("Payouts"),
        columns=[
            Column(name=words._("Clause")),
            Column(name=words._("Period")),
            Column(name=words._("Paid to")),
            Column(name=words._("Claim")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Currency")),
            Column(name=words._("State")),
        ],
        rows=[
            (
                one.clause,
                one.period,
                names.get(one.party or "", one.payee),
                one.claim or "",
                f"-{one.amount}" if one.direction == "back" else one.amount,
                one.unit,
                payout_state(words, one.status),
            )
            for one in rows
        ],
        links=[visit.address("payout", payout=str(one.id)) for one in rows],
        empty=words._("Nothing was due yet. A payout appears here when a result is checked and settled."),
    )


def claim_sheet(words: Words, claims: Iterable[ClaimLine], names: Mapping[str, str]) -> Sheet:
    """Return claims with what was decided of them."""
    return Sheet(
        title=words._("Claims"),
        columns=[
            Column(name=words._("Claim")),
            Column(name=words._("Claimed by")),
            Column(name=words._("Claimed")),
            Column(name=words._("Found")),
            Column(name=words._("State")),
        ],
        rows=[
            (
                one.code,
                names.get(one.claimed_by, one.claimed_by),
                results(one.results),
                results(one.decided),
                claim_state(words, one.state),
            )
            for one in claims
        ],
        empty=words._("Nothing is claimed yet. Those who do the work claim their results."),
    )


def results(rows: Iterable[ResultRow], most: int = 4) -> str:
    """Return results in one line.

    Parameters
    ----------
    rows : iterable of ResultRow
        What was claimed or found.
    most : int [results]
        How many are named; an ellipsis stands for the rest.

    Examples
    --------
    >>> results([ResultRow(metric="nights", value="412")])
    'nights 412'
    """
    told = [f"{one.metric} {one.value}" for one in rows]
    return ", ".join(told[:most]) + (" …" if len(told) > most else "")


PAGES = (
    Page(
        name="agreement",
        path="/books/{book}/agreements/{agreement}",
        show=show_agreement,
        acts={"publish": publish_agreement},
        said={"published": lambda words: words._("Everybody may read this agreement from now on.")},
        signed_in=False,
    ),
)
