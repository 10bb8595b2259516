"""Our agreements: what is paid for what, what we have reported with which evidence, and how it stands."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal

from ....contracts.funding import member_parties
from ....contracts.terms.compiled import compile_terms
from ....contracts.terms.document import TermDocument
from ...wire.agreements import AgreementMade, AgreementReply, AgreementText, SigningReply
from ...wire.claims import ClaimList, ClaimMade, ClaimReply, EvidenceMade
from ...wire.datasets import DatasetList
from ...wire.disputes import DisputeList, DisputeReply, WaiverMade
from ...wire.payouts import PayoutList, PayoutPreview
from ...wire.questions import QuestionReply
from ...wire.terms import TermsWording
from ..bench.questions import question_sheet, read_questions, show_questions
from ..forms import Form
from ..page import Page
from ..states import agreement_state, claim_state, payout_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit
from ..words import Words
from .disputing import dispute_sheet, find_disputable, kept_back
from .overview import period_said

PATH = "/books/{book}/hub/agreements/{agreement}"


def show_agreement(visit: Visit) -> View:
    """Show what an agreement pays for, what was reported under it, and how that stands."""
    words = visit.words
    agreement = visit.read(AgreementReply, "agreement.read")
    text = visit.read(AgreementText, "agreement.document")
    terms = text.amended_terms or text.document.terms
    wording = visit.find(TermsWording, "agreement.wording")
    claims = visit.find(ClaimList, "claim.list")
    payouts = visit.find(PayoutList, "payout.list")
    datasets = visit.find(DatasetList, "dataset.list")
    mine = [one for one in agreement.parties if one.party in _parties(visit)]
    unsigned = [one for one in mine if agreement.state == "proposed" and one.name in agreement.missing]
    sheets = {
        "claims": _claim_sheet(visit, claims),
        "payouts": _payout_sheet(visit, payouts),
    }
    signing = visit.read(SigningReply, "agreement.bytes") if unsigned else None
    waiting = datasets.items if datasets else []
    wanted = visit.query.get("dataset", "")
    taken = next((one for one in datasets.items if one.code == wanted), None) if datasets else None
    more = {
        "agreement": agreement,
        "terms": terms,
        "wording": wording.wording if wording else "",
        "metrics": [(name, one.title) for name, one in terms.metrics.items()],
        "periods": [(one, one) for one in periods_of(terms)],
        "sets": sets_of(terms),
        "state": agreement_state(words, agreement.state),
        "mine": mine,
        "unsigned": unsigned,
        "bytes": signing,
        "content_base64": b64encode(bytes.fromhex(signing.content)).decode() if signing else "",
        "file_options": [
            ("", words._("figures as typed below")),
            *((one.code, words._("the file %(name)s", name=one.code)) for one in waiting),
        ],
        "taken": taken,
        "waiting_datasets": waiting,
        "proposed": _next_code(claims),
        "figures": _figures(payouts),
        "may": agreement.state == "active" and (bool(mine) or _is_member(visit, text)),
    }
    return View(title=agreement.title, sheets=sheets, more=more)


def _parties(visit: Visit) -> frozenset[str]:
    return frozenset(one.party for one in visit.held() if one.role == "hub")


def _is_member(visit: Visit, text: AgreementText) -> bool:
    """Tell whether the visitor's organisation is one of those a clause pays as members of a set."""
    program = compile_terms(text.amended_terms or text.document.terms)
    return bool(_parties(visit) & {*member_parties(text.document, program)})


def periods_of(terms: TermDocument) -> list[str]:
    """Return the periods by which results are reported; none where they are for the whole term.

    Parameters
    ----------
    terms : TermDocument
        In force.
    """
    return [name for name, _ in compile_terms(terms).periods] if terms.calendar.periods else []


def sets_of(terms: TermDocument) -> list[tuple[str, str]]:
    """Return the sets for whose members something is counted, with their titles.

    Parameters
    ----------
    terms : TermDocument
        In force.
    """
    named = dict.fromkeys(name for one in terms.metrics.values() for name in one.per)
    return [(name, terms.sets[name].title) for name in named]


def _next_code(claims: ClaimList | None) -> str:
    known = {one.code for one in claims.items} if claims else set()
    return next(name for n in range(1, len(known) + 2) if (name := f"report-{n}") not in known)


def _figures(payouts: PayoutList | None) -> Mapping[str, tuple[str, str]]:
    """Return what was paid and what waits, by unit."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for one in payouts.items if payouts else ():
        paid, waiting = sums.get(one.unit, (Decimal(0), Decimal(0)))
        if one.direction == "out" and one.status == "paid":
            paid += Decimal(one.amount)
        elif one.direction == "out" and one.status in {"waiting", "rejected"}:
            waiting += Decimal(one.amount)
        sums[one.unit] = (paid, waiting)
    return {unit: (f"{paid:f}", f"{waiting:f}") for unit, (paid, waiting) in sums.items()}


def _claim_sheet(visit: Visit, claims: ClaimList | None) -> Sheet:
    words = visit.words
    items = claims.items if claims else []
    return Sheet(
        title=words._("What you have reported"),
        columns=[
            Column(name=words._("Report")),
            Column(name=words._("Results")),
            Column(name=words._("State")),
            Column(name=words._("Final on"), kind="day"),
        ],
        rows=[
            (
                one.code,
                "; ".join(
                    f"{row.metric} {period_said(words, row.period)}: {row.value}" for row in one.results[:3]
                ),
                claim_state(words, one.state),
                one.final_on.isoformat() if one.final_on else "",
            )
            for one in items
        ],
        links=[visit.address("hub_claim", claim=one.code) for one in items],
        empty=words._("Nothing was reported yet. Report results below, or hand in a file of them."),
    )


def _payout_sheet(visit: Visit, payouts: PayoutList | None) -> Sheet:
    words = visit.words
    items = payouts.items if payouts else []
    return Sheet(
        title=words._("Money under this agreement"),
        columns=[
            Column(name=words._("Clause")),
            Column(name=words._("Report")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("State")),
        ],
        rows=[
            (one.clause, one.claim or "", one.amount, one.unit, payout_state(words, one.status))
            for one in items
        ],
        links=[visit.address("payout", payout=str(one.id)) for one in items],
        empty=words._("No money moved yet. It does once a report is found to hold and is settled."),
    )


def report(visit: Visit) -> Done:
    """Report results: of a file that was taken over, or figures as typed."""
    form = visit.form
    dataset = form.text("dataset")
    body: dict[str, object] = {"code": form.text("code")}
    if dataset:
        body["dataset"] = dataset
    else:
        body["results"] = [_typed(form)]
    made = visit.write(ClaimMade, "claim.make", body)
    return Done(to=visit.address("hub_claim", claim=made.code), said="reported")


def _typed(form: Form) -> dict[str, object]:
    named = {name: form.text(f"results-0-{name}") for name in ("metric", "value", "period", "on")}
    start = "results-0-of-"
    of = {name.removeprefix(start): form.text(name) for name in form.fields if name.startswith(start)}
    row: dict[str, object] = {name: text for name, text in named.items() if text or name == "value"}
    members = {name: text for name, text in of.items() if text}
    return {**row, "of": members} if members else row


def sign(visit: Visit) -> Done:
    """Sign the agreement with the party's own key."""
    body = {"name": visit.form.text("name"), "signature": visit.form.text("signature").lower()}
    visit.write(AgreementMade, "agreement.sign", body)
    return Done(to=visit.address("hub_agreement"), said="signed")


def show_claim(visit: Visit) -> View:
    """Show a claim: what was reported, on what evidence, how it stands, and what it is worth."""
    words = visit.words
    claim = visit.read(ClaimReply, "claim.read")
    agreement = visit.read(AgreementReply, "agreement.read")
    worth = visit.find(PayoutPreview, "payout.preview")
    questions = read_questions(visit)
    text = visit.find(AgreementText, "agreement.document")
    found = visit.find(DisputeList, "dispute.list", limit=200)
    raised = found.items if found else []
    names = [one.name for one in agreement.parties if one.party in _parties(visit)]
    results = Sheet(
        title=words._("Results"),
        columns=[
            Column(name=words._("What is counted")),
            Column(name=words._("Period")),
            Column(name=words._("Reported"), kind="text"),
            Column(name=words._("Found"), kind="text"),
        ],
        rows=_result_rows(words, claim, _titles(text)),
        empty=words._("No result is shown here."),
    )
    evidence = Sheet(
        title=words._("Evidence"),
        columns=[
            Column(name=words._("What it is")),
            Column(name=words._("How it was made")),
            Column(name=words._("Held by")),
            Column(name=words._("Digest (SHA-256)"), kind="digest"),
        ],
        rows=[(one.description, one.method, one.held_by, one.sha256) for one in claim.evidence or []],
        empty=words._("There is no evidence yet. An evaluator needs some: add it below."),
    )
    more = {
        "claim": claim,
        "agreement": agreement,
        "state": claim_state(words, claim.state),
        "worth": [one for one in worth.totals if one.party in _parties(visit)] if worth else [],
        "basis": worth.basis if worth else "",
        "open": claim.state in {"claimed", "determined", "in_disagreement", "disputed"},
        "asked": show_questions(claim, questions),
        "unanswered": [(one.code, one.words) for one in questions if one.answer is None],
        "proofs": [(one.sha256, one.description) for one in claim.evidence or []],
        "disputable": find_disputable(visit, claim, text.document, names, raised) if text else None,
        "tried": None,
    }
    disputes = dispute_sheet(visit, [one for one in raised if one.claim == claim.code])
    sheets = {
        "results": results,
        "evidence": evidence,
        "questions": question_sheet(words, questions),
        "disputes": disputes,
    }
    return View(title=claim.code, sheets=sheets, more=more)


def _titles(text: AgreementText | None) -> Mapping[str, str]:
    terms = (text.amended_terms or text.document.terms) if text else None
    return {name: one.title for name, one in terms.metrics.items()} if terms else {}


def _result_rows(
    words: Words, claim: ClaimReply, titles: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    found = {(row.metric, row.period, str(row.of)): row.value for row in claim.decided}
    return [
        (
            ", ".join([titles.get(row.metric, row.metric), *row.of.values()]),
            period_said(words, row.period),
            row.value,
            found.get((row.metric, row.period, str(row.of)), ""),
        )
        for row in claim.results
    ]


def attach(visit: Visit) -> Done:
    """Put evidence on record by its digest; the file stays where it is."""
    form = visit.form
    sent = form.files.get("file")
    digest = hashlib.sha256(sent.content).hexdigest() if sent else form.text("sha256").lower()
    body = {
        "sha256": digest,
        "method": form.text("method"),
        "description": form.text("description") or (sent.name if sent else ""),
        "held_by": form.text("held_by"),
    }
    visit.write(EvidenceMade, "evidence.attach", body)
    return Done(to=visit.address("hub_claim"), said="attached")


def answer(visit: Visit) -> Done:
    """Answer what an evaluator asked."""
    form = visit.form
    body = {"words": form.text("words"), "evidence_sha256": list(form.all("resting_on"))}
    visit.write(QuestionReply, "question.answer", body, question=form.text("question") or "none")
    return Done(to=visit.address("hub_claim"), said="answered")


def _dispute_body(visit: Visit) -> dict[str, str]:
    named = ("code", "name", "grounds", "statement", "evidence_sha256")
    given = {name: visit.form.text(name) for name in named}
    return {name: text for name, text in given.items() if text or name in {"grounds", "statement"}}


def look_over(visit: Visit) -> View:
    """Try a dispute without raising it, and say what it would keep back."""
    tried = visit.write(DisputeReply, "dispute.raise", _dispute_body(visit), dry_run=True)
    shown = show_claim(visit)
    more = {**shown.more, "tried": tried, "kept": kept_back(visit.words, tried)}
    return View(title=shown.title, sheets=shown.sheets, more=more)


def dispute(visit: Visit) -> Done:
    """Dispute what was found; what depends on it is kept back."""
    visit.write(DisputeReply, "dispute.raise", _dispute_body(visit))
    return Done(to=visit.address("hub_claim"), said="disputed")


def waive(visit: Visit) -> Done:
    """Give up the right to dispute it, so that it is final sooner."""
    visit.write(WaiverMade, "dispute.waive", {"name": visit.form.text("name") or None})
    return Done(to=visit.address("hub_claim"), said="waived")


PAGES = (
    Page(
        name="hub_agreement",
        path=PATH,
        show=show_agreement,
        acts={"report": report, "sign": sign},
        said={
            "signed": lambda words: words._("You have signed. The agreement is in force once everybody has."),
            "taken": lambda words: words._("The file is taken over. Report it below, so that it is paid on."),
        },
    ),
    Page(
        name="hub_claim",
        path=f"{PATH}/claims/{{claim}}",
        show=show_claim,
        acts={
            "attach": attach,
            "answer": answer,
            "look-over": look_over,
            "dispute": dispute,
            "waive": waive,
        },
        said={
            "reported": lambda words: words._("Your report is on record. Add the evidence it rests on."),
            "attached": lambda words: words._("The evidence is on record by its digest. Keep the file."),
            "answered": lambda words: words._("Your answer is on record. Who asked sees it."),
            "disputed": lambda words: words._(
                "It is disputed. What depends on it is kept back until it ends."
            ),
            "waived": lambda words: words._("You gave up your right to dispute it."),
        },
        uploads=True,
    ),
)
