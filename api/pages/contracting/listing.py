"""Agreements of a book, and a new one drafted: from a file, or from the terms of a published deal."""

import json
from typing import Any

from ....contracts import casebook
from ....contracts.terms.document import TermDocument
from ....finance.errors import DocumentInvalid, Missing
from ...wire.agreements import AgreementList, AgreementMade
from ...wire.funds import FundList
from ..page import Page
from ..parties import every_party
from ..states import agreement_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit


def show_agreements(visit: Visit) -> View:
    """List the agreements, and offer the ways to draft one."""
    words = visit.words
    cursor = {"cursor": visit.query["cursor"]} if visit.query.get("cursor") else {}
    found = visit.read(AgreementList, "agreement.list", limit=50, **cursor)
    sheet = Sheet(
        title=words._("Agreements"),
        columns=[
            Column(name=words._("Title")),
            Column(name=words._("Code")),
            Column(name=words._("Where it stands")),
        ],
        rows=[(one.title, one.code, agreement_state(words, one.state)) for one in found.items],
        links=[visit.address("desk_agreement", agreement=one.code) for one in found.items],
        empty=words._("There is no agreement yet. Draft the first one below."),
    )
    deal = visit.form.text("deal") or visit.query.get("deal", "")
    drafts = bool({"funder", "intermediary"} & visit.roles())
    more: dict[str, object] = {
        "next": found.next,
        "drafts": drafts,
        "deals": [("", words._("Choose a deal")), *((one, _title(one)) for one in casebook.list_deals())],
        "deal": deal,
        **(_choices(visit, deal) if drafts and deal else {"terms": None}),
    }
    return View(title=words._("Agreements"), sheets={"agreements": sheet}, more=more)


def _title(deal: str) -> str:
    return casebook.read_terms(deal).title


def _terms(deal: str) -> TermDocument:
    if deal not in casebook.list_deals():
        raise Missing(f"There is no published deal {deal!r}.", what="deal", code=deal)
    return casebook.read_terms(deal)


def _choices(visit: Visit, deal: str) -> dict[str, object]:
    """Return what has to be chosen before a deal's terms are an agreement: who is who, whose money."""
    terms = _terms(deal)
    funds = visit.read(FundList, "fund.list", limit=200)
    outside = visit.words._("Pays outside of this book")
    return {
        "terms": terms,
        "parties": [(one.code, one.name) for one in every_party(visit)],
        "funds": [("", outside), *((one.code, f"{one.title}, {one.unit}") for one in funds.items)],
        "payers": sorted({clause.from_ for clause in terms.clauses if hasattr(clause, "from_")}),
    }


def draft(visit: Visit) -> Done:
    """Draft an agreement from a file."""
    sent = visit.form.files.get("file")
    try:
        document = json.loads(sent.content if sent else visit.form.text("document"))
    except ValueError:
        raise DocumentInvalid(
            "This file is no agreement: it is not JSON. Choose the file that holds the document."
        ) from None
    return _drafted(visit, document)


def draft_deal(visit: Visit) -> Done:
    """Draft an agreement from the terms of a published deal."""
    form = visit.form
    terms = _terms(form.text("deal"))
    names = {name: form.text(f"party-{name}") for name in terms.parties}
    funding = [
        {"payer": name.removeprefix("fund-"), "fund": form.text(name)}
        for name in form.fields
        if name.startswith("fund-") and form.text(name)
    ]
    document = {
        "schema": "almoner.agreement/1",
        "terms": json.loads(terms.canonical_bytes()),
        "parties": names,
        "funding": funding,
        "disputes": {"days": int(form.text("days") or "0") if form.text("days").isdigit() else 0},
    }
    return _drafted(visit, document)


def _drafted(visit: Visit, document: Any) -> Done:  # noqa: ANN401  # decoded JSON, checked by the operation
    body = {"code": visit.form.text("code"), "document": document}
    made = visit.write(AgreementMade, "agreement.draft", body)
    return Done(to=visit.address("desk_agreement", agreement=made.code), said="drafted")


PAGES = (
    Page(
        name="desk_agreements",
        path="/books/{book}/desk/agreements",
        show=show_agreements,
        acts={"draft": draft, "draft-deal": draft_deal},
        uploads=True,
    ),
)
