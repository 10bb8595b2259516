"""A claim at the desk of those with money in it: what was found, what it pays, and how to dispute it."""

from ....contracts.agreement import GROUNDS
from ...wire.agreements import AgreementReply
from ...wire.claims import ClaimReply
from ...wire.determinations import DeterminationList
from ...wire.disputes import DisputeReply, WaiverMade
from ...wire.payouts import PayoutPreview, SettlementMade
from ..bench.questions import question_sheet, read_questions, show_questions
from ..page import Page
from ..states import claim_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words


def grounds_in_words(words: Words) -> list[tuple[str, str]]:
    """Return why a finding can be disputed."""
    told = {
        "data_error": words._("The data are wrong"),
        "method_not_followed": words._("The agreed method was not followed"),
        "conflict_of_interest": words._("The verifier was not independent"),
        "fraud": words._("Fraud"),
        "late_evidence": words._("New evidence came late"),
        "disagreement": words._("We see it differently"),
    }
    return [(name, told[name]) for name in GROUNDS]


def show_claim(visit: Visit) -> View:
    """Show a claim with what it pays, and what those with money in it can do."""
    words = visit.words
    claim = visit.read(ClaimReply, "claim.read")
    agreement = visit.read(AgreementReply, "agreement.read")
    preview = visit.find(PayoutPreview, "payout.preview")
    found = visit.read(DeterminationList, "determination.list", limit=50)
    questions = read_questions(visit)
    mine = {grant.party for grant in visit.held()}
    legs = Sheet(
        title=words._("What settling it moves"),
        columns=[
            Column(name=words._("Clause")),
            Column(name=words._("Period")),
            Column(name=words._("From")),
            Column(name=words._("To")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (one.clause, one.period, one.payer, one.payee, one.amount, one.unit)
            for one in (preview.legs if preview else ())
        ],
        empty=words._("As it stands, it moves no money."),
    )
    findings = Sheet(
        title=words._("What was found"),
        columns=[
            Column(name=words._("Verifier")),
            Column(name=words._("Metric")),
            Column(name=words._("Period")),
            Column(name=words._("Found")),
            Column(name=words._("Method")),
        ],
        rows=[
            (one.verifier, row.metric, row.period, row.value, row.method)
            for one in found.items
            for row in one.findings
        ],
        empty=words._("Nobody has found anything yet."),
    )
    return View(
        title=words._("Claim %(claim)s", claim=claim.code),
        sheets={"legs": legs, "findings": findings, "questions": question_sheet(words, questions)},
        more={
            "claim": claim,
            "asked": show_questions(claim, questions),
            "stands": claim_state(words, claim.state),
            "agreement": agreement,
            "grounds": grounds_in_words(words),
            "party": [one.name for one in agreement.parties if one.party in mine],
            "intermediary": "intermediary" in visit.roles(),
        },
    )


def dispute(visit: Visit) -> Done:
    """Dispute what was found; what depends on it is kept back."""
    form = visit.form
    body = {"code": form.text("code"), "grounds": form.text("grounds"), "statement": form.text("statement")}
    if form.text("evidence_sha256"):
        body["evidence_sha256"] = form.text("evidence_sha256")
    visit.write(DisputeReply, "dispute.raise", body)
    return Done(to=visit.address("desk_claim"), said="disputed")


def waive(visit: Visit) -> Done:
    """Give up the right to dispute it, so that it is final sooner."""
    visit.write(WaiverMade, "dispute.waive", {})
    return Done(to=visit.address("desk_claim"), said="waived")


def settle(visit: Visit) -> Done:
    """Settle this claim."""
    visit.write(SettlementMade, "settlement.make", {"claim": visit.parts["claim"]})
    return Done(to=visit.address("desk_claim"), said="settled")


PAGES = (
    Page(
        name="desk_claim",
        path="/books/{book}/desk/agreements/{agreement}/claims/{claim}",
        show=show_claim,
        acts={"dispute": dispute, "waive": waive, "settle": settle},
        said={
            "disputed": lambda words: words._(
                "It is disputed. What depends on it is kept back until it ends."
            ),
            "waived": lambda words: words._("You gave up your right to dispute it."),
            "settled": lambda words: words._("It is settled."),
        },
    ),
)
