"""A payout: why this amount, whose money it was, and proof that the log holds it."""

from collections.abc import Iterable, Mapping

from ....finance.errors import Missing
from ...charts.chart import Chart
from ...charts.figures import number, plain
from ...charts.trail import Giver, TrailWords, draw_trail
from ...charts.waterfall import Movement, draw_waterfall
from ...wire.agreements import AgreementReply
from ...wire.claims import EvidenceRow
from ...wire.determinations import DeterminationLine
from ...wire.payouts import SettledLine
from ...wire.trails import PayoutTrailReply, TrailGift
from ..page import Page
from ..states import payout_state
from ..view import Column, Sheet, Shown, View
from ..visit import Visit
from ..words import Words
from .agreement import names_in, results
from .fund import waterfall_words
from .proofs import proof_file, proofs_of


def show_payout(visit: Visit) -> Shown:
    """Show a payout's trail from the givers to the log, or its proof as a file."""
    words = visit.words
    trail = visit.read(PayoutTrailReply, "payout.trail")
    proofs = proofs_of(visit, trail)
    if visit.query.get("as") == "proof":
        file = proof_file(visit, proofs)
        if file is None:
            raise Missing("There is no proof of this payout that you may see.", what="proof")
        return file
    agreement = visit.read(AgreementReply, "agreement.read")
    payout = trail.payout
    names = names_in(agreement)
    payee = names.get(payout.party or "", payout.payee)
    charts = {}
    if gifts := borne(trail.contributions):
        charts["trail"] = trail_chart(words, gifts, trail, payee)
    steps = [chart for one in trail.clause.amounts if (chart := step_chart(words, one)) is not None]
    charts.update({f"steps_{place}": chart for place, chart in enumerate(steps)})
    said = {"amount": words.amount(payout.amount, payout.unit), "payee": payee}
    back = payout.direction == "back"
    return View(
        title=words._("Why %(amount)s came back from %(payee)s", **said)
        if back
        else words._("Why %(amount)s went to %(payee)s", **said),
        sheets={
            "contributions": contribution_sheet(words, trail.contributions),
            "amounts": amount_sheet(words, trail.clause.amounts),
            "workings": working_sheet(words, trail.clause.amounts),
            "determinations": determination_sheet(words, trail.determinations, names),
            "evidence": evidence_sheet(words, trail.evidence),
        },
        charts=charts,
        more={
            "trail": trail,
            "payout": payout,
            "payee": payee,
            "names": names,
            "back": back,
            "agreement": agreement,
            "state": payout_state(words, payout.status),
            "steps": [name for name in charts if name.startswith("steps_")],
            "proofs": proofs,
            "checked": [one for one in proofs if one.document],
            "claimed": results(trail.claim.results) if trail.claim else "",
        },
    )


def borne(gifts: Iterable[TrailGift]) -> list[Giver]:
    """Return what each contribution bore, after what came back, without regard to its direction.

    Examples
    --------
    >>> from uuid import UUID
    >>> gift = {"contribution": "g-1", "giver": None, "earmark": "water", "unit": "USD",
    ...         "transaction": UUID(int=0)}
    >>> borne([TrailGift(amount="5.00", **gift), TrailGift(amount="-1.00", **gift)])[0].amount
    '4.00'
    """
    rows = list(gifts)
    names = dict.fromkeys(one.giver or one.contribution for one in rows)
    found = []
    for name in names:
        amounts = [one.amount for one in rows if (one.giver or one.contribution) == name]
        total = plain(sum((number(text) for text in amounts), start=number(0)), *amounts)
        if number(total):
            found.append(Giver(label=name, amount=total.lstrip("-")))
    return found


def trail_chart(words: Words, gifts: list[Giver], trail: PayoutTrailReply, payee: str) -> Chart:
    """Draw whose money a payout was."""
    payout = trail.payout
    total = plain(sum((number(one.amount) for one in gifts), start=number(0)), *(one.amount for one in gifts))
    return draw_trail(
        words._("The contributions behind it"),
        words._("Each contribution and what it bore of this payout, in %(unit)s.", unit=payout.unit),
        payout.unit,
        gifts,
        Giver(
            label=words._("clause %(clause)s", clause=payout.clause),
            amount=total,
        ),
        payee,
        TrailWords(
            stage=words._("Stage"),
            who=words._("Who or what"),
            amount=words._("Amount, %(unit)s"),
            source=words._("from"),
            payment=words._("payment"),
            target=words._("to"),
            paid_to=words._("to %(payee)s"),
            untraced=words._("not traced"),
        ),
    )


def step_chart(words: Words, one: SettledLine) -> Chart | None:
    """Draw how an amount came about; None where nothing was cut, or not by amounts that add up."""
    earned, entitled, due = (number(text) for text in (one.earned, one.entitled, one.due))
    cuts = [cut for cut in one.cuts if number(cut.amount) > 0]
    if earned < 0 or earned - sum(number(cut.amount) for cut in cuts) != entitled or due > entitled:
        return None
    if not cuts and entitled == due:
        return None
    before = plain(entitled - due, one.entitled, one.due)
    steps = [
        Movement(label=words._("Earned by the results"), amount=one.earned, kind="start"),
        *(
            Movement(label=words._("Cut by %(limit)s", limit=cut.by), amount=cut.amount, kind="down")
            for cut in cuts
        ),
        Movement(label=words._("Entitled in all"), amount=one.entitled, kind="total"),
    ]
    if number(before):
        steps.append(Movement(label=words._("Due by earlier settlements"), amount=before, kind="down"))
        steps.append(Movement(label=words._("Due now"), amount=one.due, kind="total"))
    return draw_waterfall(
        words._("How the amount came about: %(clause)s, %(period)s", clause=one.clause, period=one.period),
        words._("From what was earned to what is due, in %(unit)s.", unit=one.unit),
        one.unit,
        steps,
        waterfall_words(words),
    )


def contribution_sheet(words: Words, gifts: Iterable[TrailGift]) -> Sheet:
    """Return the contributions that bore a payout; givers for those who see them."""
    rows = list(gifts)
    named = any(one.giver for one in rows)
    return Sheet(
        title=words._("Contributions"),
        columns=[
            Column(name=words._("Contribution")),
            *([Column(name=words._("Given by"))] if named else []),
            Column(name=words._("Restriction")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Currency")),
        ],
        rows=[
            (one.contribution, *((one.giver or "",) if named else ()), one.earmark, one.amount, one.unit)
            for one in rows
        ],
        empty=words._("No contribution bore it yet: it was not paid out of a fund, or not paid yet."),
    )


def amount_sheet(words: Words, amounts: Iterable[SettledLine]) -> Sheet:
    """Return what was earned, cut, entitled and due."""
    return Sheet(
        title=words._("The amount"),
        columns=[
            Column(name=words._("Clause")),
            Column(name=words._("Period")),
            Column(name=words._("Earned"), kind="amount"),
            Column(name=words._("Cut by limits")),
            Column(name=words._("Entitled"), kind="amount"),
            Column(name=words._("Due"), kind="amount"),
            Column(name=words._("Currency")),
        ],
        rows=[
            (
                one.clause,
                one.period,
                one.earned,
                ", ".join(
                    words._("%(limit)s: %(amount)s", limit=cut.by, amount=words.number(cut.amount))
                    for cut in one.cuts
                ),
                one.entitled,
                one.due,
                one.unit,
            )
            for one in amounts
        ],
        empty=words._("Amounts of single persons are not shown."),
    )


def working_sheet(words: Words, amounts: Iterable[SettledLine]) -> Sheet:
    """Return every operation of the clause as it was carried out."""
    return Sheet(
        title=words._("Step by step"),
        columns=[
            Column(name=words._("Step")),
            Column(name=words._("Operation")),
            Column(name=words._("From")),
            Column(name=words._("Result")),
        ],
        rows=[
            (str(place), row.op, ", ".join(row.inputs), row.value)
            for one in amounts
            for place, row in enumerate(one.workings, start=1)
        ],
    )


def determination_sheet(words: Words, found: Iterable[DeterminationLine], names: Mapping[str, str]) -> Sheet:
    """Return who found what, when, and by which method."""
    return Sheet(
        title=words._("Who checked it"),
        columns=[
            Column(name=words._("Checked by")),
            Column(name=words._("Day"), kind="day"),
            Column(name=words._("Round"), kind="number"),
            Column(name=words._("Found")),
            Column(name=words._("Method")),
            Column(name=words._("Evidence digest"), kind="digest"),
        ],
        rows=[
            (
                names.get(one.verifier, one.verifier),
                one.made_on.isoformat(),
                str(one.round),
                results(one.findings),
                ", ".join(dict.fromkeys(row.method for row in one.findings)),
                one.evidence_sha256,
            )
            for one in found
        ],
        empty=words._("Nobody had to check a result: the calendar or an amendment made it due."),
    )


def evidence_sheet(words: Words, evidence: Iterable[EvidenceRow] | None) -> Sheet:
    """Return the evidence by its digests."""
    return Sheet(
        title=words._("Evidence"),
        columns=[
            Column(name=words._("What")),
            Column(name=words._("Method")),
            Column(name=words._("Held by")),
            Column(name=words._("Digest"), kind="digest"),
        ],
        rows=[(one.description, one.method, one.held_by, one.sha256) for one in (evidence or ())],
        empty=words._("There is no evidence on record.")
        if evidence is not None
        else words._(
            "Evidence may show persons; it is shown to those who take part. Its digest stands above."
        ),
    )


PAGES = (
    Page(
        name="payout",
        path="/books/{book}/agreements/{agreement}/payouts/{payout}",
        show=show_payout,
        signed_in=False,
    ),
)
