"""A claim before its evaluator: what was reported, what it rests on, what it releases, and what was found.

The problem: a finding is a signature under figures, and who signs has to see the money that depends on them.
The page takes one finding per result, shows in words what is going to be signed, and takes the signature of
the evaluator's own key, which never comes here.
"""

import base64
import json
from typing import Any

from ...wire.agreements import AgreementText
from ...wire.claims import ClaimReply, ResultRow
from ...wire.determinations import DeterminationDraft, DeterminationList, DeterminationMade
from ...wire.disputes import DisputeList
from ...wire.payouts import PayoutPreview
from ...wire.questions import QuestionReply
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Refused, Visit
from .front import released
from .questions import place_said, question_sheet, read_questions, show_questions

FIGURES = ("estimate", "standard_error", "low", "high", "level", "sample", "statistic")
VERDICTS = frozenset({"whole", "part", "nothing"})
OPEN = ("claimed", "determined", "in_disagreement", "disputed")


def show_claim(visit: Visit) -> View:
    """Show a claim, and the form of a finding while one is awaited."""
    words = visit.words
    claim = visit.read(ClaimReply, "claim.read")
    agreement = visit.read(AgreementText, "agreement.document")
    preview = visit.find(PayoutPreview, "payout.preview")
    found = visit.read(DeterminationList, "determination.list", limit=50)
    disputes = visit.find(DisputeList, "dispute.list")
    questions = read_questions(visit)
    metrics = agreement.document.terms.metrics
    title = words._("Is it true? Claim %(claim)s", claim=claim.code)
    return View(
        title=title,
        sheets={
            "results": _results(visit, claim),
            "evidence": _evidence(visit, claim),
            "found": _found(visit, found),
            "questions": question_sheet(words, questions),
        },
        more={
            "claim": claim,
            "terms": agreement.document.terms.title,
            "stake": released(visit, preview) if preview else [],
            "basis": preview.basis if preview else "",
            "metrics": {
                name: metrics[name] for name in {one.metric for one in claim.results} if name in metrics
            },
            "awaited": "evaluator" in visit.roles() and claim.state in OPEN,
            "draft": None,
            "disputes": [one for one in disputes.items if one.claim == claim.code] if disputes else [],
            "asked": show_questions(claim, questions),
            "asking": _next_code({one.code for one in questions}),
            "lines": [(str(place), place_said(one)) for place, one in enumerate(claim.results)],
            "chosen_from": [(one.sha256, one.description) for one in claim.evidence or ()],
        },
    )


def _next_code(known: set[str]) -> str:
    return next(name for n in range(1, len(known) + 2) if (name := f"question-{n}") not in known)


def _results(visit: Visit, claim: ClaimReply) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("What was reported"),
        columns=[
            Column(name=words._("Metric")),
            Column(name=words._("Period")),
            Column(name=words._("Of")),
            Column(name=words._("Reported")),
        ],
        rows=[(one.metric, one.period, _of(one), one.value) for one in claim.results],
        empty=words._("This claim reports nothing that you may see."),
    )


def _of(one: ResultRow) -> str:
    return ", ".join(f"{name} {member}" for name, member in sorted(one.of.items()))


def _evidence(visit: Visit, claim: ClaimReply) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("What it rests on"),
        columns=[
            Column(name=words._("Evidence")),
            Column(name=words._("Method")),
            Column(name=words._("Held by")),
            Column(name=words._("Digest (SHA-256)")),
        ],
        rows=[(one.description, one.method, one.held_by, one.sha256) for one in claim.evidence or ()],
        empty=words._("No evidence is on record. A finding needs one: ask the hub to put it on record."),
    )


def _found(visit: Visit, found: DeterminationList) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("What was found before"),
        columns=[
            Column(name=words._("Verifier")),
            Column(name=words._("Round"), kind="number"),
            Column(name=words.p("day", "On"), kind="day"),
            Column(name=words._("Found")),
        ],
        rows=[
            (one.verifier, str(one.round), one.made_on.isoformat(), _said(visit, one.findings))
            for one in found.items
        ],
        empty=words._("Nobody has found anything yet."),
    )


def _said(visit: Visit, findings: list[Any]) -> str:
    told = "; ".join(f"{one.metric} {one.period}: {one.value}" for one in findings)
    return told or visit.words._("Nothing of it holds")


def ask(visit: Visit) -> Done:
    """Ask the claimant."""
    form = visit.form
    claim = visit.read(ClaimReply, "claim.read")
    chosen = {one for one in form.all("lines") if one.isdigit()}
    body: dict[str, object] = {
        "code": form.text("code"),
        "words": form.text("words"),
        "lines": [
            {"metric": one.metric, "period": one.period, "of": one.of}
            for place, one in enumerate(claim.results)
            if str(place) in chosen
        ],
    }
    if form.text("answer_by"):
        body["answer_by"] = form.text("answer_by")
    visit.write(QuestionReply, "question.ask", body)
    return Done(to=visit.address("bench_claim"), said="asked")


def findings_of(visit: Visit, claim: ClaimReply) -> list[dict[str, object]]:
    """Return the findings a form holds, one for each result that holds."""
    form = visit.form
    if form.text("verdict") == "nothing":
        return []
    made = []
    for place, one in enumerate(claim.results):
        value = form.text(f"findings-{place}-value") if form.text("verdict") == "part" else one.value
        if not value:
            continue
        finding: dict[str, object] = {**one.model_dump(), "value": value, "method": form.text("method")}
        if form.text("verdict") == "part":
            finding |= _figures(visit, place)
        made.append(finding)
    return made


def _figures(visit: Visit, place: int) -> dict[str, object]:
    given = {name: visit.form.text(f"findings-{place}-{name}") for name in FIGURES}
    told: dict[str, object] = {name: text for name, text in given.items() if text and name != "sample"}
    if given["sample"].isdigit():
        told["sample"] = int(given["sample"])
    return told


def draft(visit: Visit) -> View:
    """Work out what is to be signed, and show it in words; nothing is kept."""
    if visit.form.text("verdict") not in VERDICTS:
        raise visit.wrong("verdict", visit.words._("Say whether it holds. No answer is chosen before yours."))
    claim = visit.read(ClaimReply, "claim.read")
    body: dict[str, object] = {"findings": findings_of(visit, claim)}
    if visit.form.text("evidence_sha256"):
        body["evidence_sha256"] = visit.form.text("evidence_sha256")
    made = visit.write(DeterminationDraft, "determination.draft", body)
    shown = show_claim(visit)
    said = json.loads(made.payload)["findings"]
    more = {**shown.more, "draft": made, "to_sign": said, "nothing": not said}
    return View(title=shown.title, sheets=shown.sheets, more=more)


def submit(visit: Visit) -> Done | View:
    """Hand in what was signed."""
    payload = visit.form.text("payload")
    try:
        signature = bytes.fromhex(visit.form.text("signature"))
    except ValueError:
        signature = b""
    envelope = {
        "payload": base64.b64encode(payload.encode()).decode(),
        "payloadType": visit.form.text("payload_type"),
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }
    try:
        visit.write(DeterminationMade, "determination.submit", envelope)
    except Refused as refused:
        visit.refused(refused)
        return _again(visit, payload)
    return Done(to=visit.address("bench_claim"), said="found")


def _again(visit: Visit, payload: str) -> View:
    """Show the draft again beside why its signature was refused."""
    shown = show_claim(visit)
    draft = DeterminationDraft(
        payload=payload,
        payload_type=visit.form.text("payload_type"),
        signing_base64=visit.form.text("signing_base64"),
        sha256=visit.form.text("sha256"),
        round=int(visit.form.text("round") or "1"),
    )
    try:
        said = json.loads(payload)["findings"]
    except (ValueError, KeyError, TypeError):
        said = []
    more = {**shown.more, "draft": draft, "to_sign": said, "nothing": not said}
    status = int((visit.problem or {}).get("status", 422))
    return View(title=shown.title, sheets=shown.sheets, more=more, status=status)


PAGES = (
    Page(
        name="bench_claim",
        path="/books/{book}/bench/agreements/{agreement}/claims/{claim}",
        show=show_claim,
        acts={"draft": draft, "submit": submit, "ask": ask},
        said={
            "found": lambda words: words._("Your finding is on record, with your signature."),
            "asked": lambda words: words._("Your question is on record. You see the answer here."),
        },
    ),
)
