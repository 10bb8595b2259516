"""A dispute before its resolver: who says what, what is kept back, and how it ends."""

import hashlib

from ...wire.agreements import AgreementText
from ...wire.claims import ClaimReply
from ...wire.determinations import DeterminationList
from ...wire.disputes import DisputeReply, ResolutionDraft, ResolutionMade
from ..page import Page
from ..states import dispute_state
from ..view import Column, Done, Sheet, View
from ..visit import Refused, Visit


def show_dispute(visit: Visit) -> View:
    """Show a dispute, and to its resolver the form that ends it."""
    words = visit.words
    dispute = visit.read(DisputeReply, "dispute.read")
    claim = visit.read(ClaimReply, "claim.read", claim=dispute.claim)
    found = visit.read(DeterminationList, "determination.list", claim=dispute.claim, limit=50)
    agreement = visit.read(AgreementText, "agreement.document")
    frozen = Sheet(
        title=words._("What is kept back until it ends"),
        columns=[
            Column(name=words._("From")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[(one.payer, one.amount, one.unit) for one in dispute.frozen],
        empty=words._("No money is kept back."),
    )
    names = {one.party for one in visit.held() if one.role == "evaluator"}
    after = [one for one in found.items if one.round > dispute.round]
    return View(
        title=words._("Dispute %(code)s", code=dispute.code),
        sheets={"frozen": frozen},
        more={
            "dispute": dispute,
            "state": dispute_state(words, dispute.outcome),
            "ending": dispute_state(words, visit.form.text("outcome")),
            "claim": claim,
            "resolves": agreement.document.resolver in names and dispute.outcome == "open",
            "findings": [(one.sha256, f"{one.verifier}, {words.day(one.made_on)}") for one in after],
            "draft": None,
        },
    )


def _body(visit: Visit) -> dict[str, object]:
    form = visit.form
    body: dict[str, object] = {"outcome": form.text("outcome"), "reason": form.text("reason")}
    if form.text("determination_sha256") and form.text("outcome") != "upheld":
        body["determination_sha256"] = form.text("determination_sha256")
    return body


def draft(visit: Visit) -> View:
    """Work out what is to be signed; nothing is kept."""
    made = visit.write(ResolutionDraft, "resolution.draft", _body(visit))
    shown = show_dispute(visit)
    digest = hashlib.sha256(made.payload.encode()).hexdigest()
    return View(title=shown.title, sheets=shown.sheets, more={**shown.more, "draft": made, "digest": digest})


def resolve(visit: Visit) -> Done | View:
    """End the dispute as signed."""
    body = _body(visit) | {"signature": visit.form.text("signature")}
    try:
        visit.write(ResolutionMade, "dispute.resolve", body)
    except Refused as refused:
        shown = draft(visit)
        visit.refused(refused)
        status = int(refused.problem["status"])
        return View(title=shown.title, sheets=shown.sheets, more=shown.more, status=status)
    return Done(to=visit.address("bench_dispute"), said="ended")


PAGES = (
    Page(
        name="bench_dispute",
        path="/books/{book}/bench/agreements/{agreement}/disputes/{dispute}",
        show=show_dispute,
        acts={"draft": draft, "resolve": resolve},
        said={"ended": lambda words: words._("The dispute has ended, as you signed.")},
    ),
)
