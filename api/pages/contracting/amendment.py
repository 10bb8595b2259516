"""Amendments at the desk: new terms, what they change and can cost, and then the signatures."""

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from ....contracts.terms.differing import changes_between
from ....contracts.terms.document import TermDocument
from ....finance.documents import canonical_bytes
from ....finance.errors import AlmonerError
from ...problems import problem_of
from ...wire.agreement_amendments import (
    AgreementAmendmentBound,
    AgreementAmendmentMade,
    AgreementAmendmentPreview,
    AgreementAmendmentReply,
)
from ...wire.agreements import AgreementReply, AgreementText
from ...wire.funds import FundReply
from ..page import Page
from ..view import Column, Done, Sheet, View
from ..visit import Refused, Visit
from .agreement import base64_of, terms_of


def show_new(visit: Visit) -> View:
    """Ask for the new terms; show again what they change where that was looked at before."""
    given = _kept(visit)
    return _looked_at(visit, given) if given else _asking(visit, {}, {})


def _kept(visit: Visit) -> dict[str, Any]:
    """Return the amendment that was looked at; an empty one where there is none."""
    try:
        found = json.loads(visit.form.text("amendment", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _asking(visit: Visit, sheets: Mapping[str, Sheet], more: Mapping[str, object]) -> View:
    words = visit.words
    one = visit.read(AgreementReply, "agreement.read")
    text = visit.read(AgreementText, "agreement.document")
    terms = text.amended_terms or text.document.terms
    written = json.dumps(terms.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False)
    return View(
        title=words._("Change its terms: %(title)s", title=one.title),
        sheets=dict(sheets),
        more={
            "one": one,
            "terms": written,
            "mine": _own_names(visit, text),
            "today": visit.site.door.clock().date().isoformat(),
            "code": f"amendment-{len(one.amended) + 1}",
            "seen": None,
            **more,
        },
    )


def _own_names(visit: Visit, text: AgreementText) -> list[tuple[str, str]]:
    """Return the names with money in the agreement in which the visitor speaks."""
    mine = {grant.party for grant in visit.held()}
    return [(name, name) for name, party in text.document.interested.items() if party in mine]


def look(visit: Visit) -> View:
    """Show what the new terms change, and what they can cost; nothing is kept."""
    return _looked_at(visit, _amendment(visit))


def _amendment(visit: Visit) -> dict[str, Any]:
    """Write the amendment that makes the typed terms of those in force."""
    form = visit.form
    sent = form.files.get("file")
    content = sent.content if sent and sent.content else form.text("terms").encode()
    old = terms_of(visit)
    try:
        new = TermDocument.read(content)
    except AlmonerError as error:
        raise _at_terms(error, error.message) from None
    changes = changes_between(old, new)
    if not changes:
        same = TermDocument.refusal([])
        raise _at_terms(same, "These are the terms as they stand. Change what is to be changed.")
    return {
        "schema": "almoner.amendment/1",
        "of": old.digest(),
        "effective_on": form.text("effective_on"),
        "reason": form.text("reason"),
        "changes": [one.model_dump(mode="json") for one in changes],
    }


def _at_terms(error: AlmonerError, message: str) -> Refused:
    """Return a refusal that stands at the field of the terms."""
    problem: dict[str, Any] = problem_of(error)
    found = problem.pop("figures", {}).get("findings", ())
    told = [f"{one['path']}: {one['message']}" for one in found] or [message]
    shown = [{"pointer": "/terms", "code": error.code, "message": "; ".join(told)}]
    return Refused({**problem, "errors": shown})


def _looked_at(visit: Visit, amendment: Mapping[str, Any]) -> View:
    code = visit.form.text("code")
    asked = {"code": code, "amendment": amendment}
    kept = visit.problem
    try:
        seen = visit.write(AgreementAmendmentPreview, "agreement_amendment.preview", asked)
    except Refused:
        if kept is None:
            raise
        return _asking(visit, {}, {})
    more = {
        "seen": seen,
        "amendment": canonical_bytes(dict(amendment)).decode(),
        "about": amendment,
        "signing": {"base64": base64_of(seen.content), "sha256": seen.sha256},
    }
    sheets = {"bounds": bounds_sheet(visit, seen.most), "changes": changes_sheet(visit, seen.changes)}
    return _asking(visit, sheets, more)


def changes_sheet(visit: Visit, changes: list[str]) -> Sheet:
    """Return what changes, place by place."""
    words = visit.words
    return Sheet(
        title=words._("What changes"),
        columns=[Column(name=words._("Change"))],
        rows=[(one,) for one in changes],
        empty=words._("Nothing changes."),
    )


def bounds_sheet(visit: Visit, most: list[AgreementAmendmentBound]) -> Sheet:
    """Return what each payer may have to pay at most, before and after, beside what is free for it."""
    words = visit.words
    one = visit.read(AgreementReply, "agreement.read")
    funds = {source.payer: visit.find(FundReply, "fund.read", fund=source.fund) for source in one.sources}
    return Sheet(
        title=words._("The most it can cost, proven"),
        columns=[
            Column(name=words._("Payer")),
            Column(name=words._("Before"), kind="amount"),
            Column(name=words._("After"), kind="amount"),
            Column(name=words._("Free in the fund"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Is it there?")),
        ],
        rows=[_bound_row(visit, row, funds.get(row.payer)) for row in most],
        empty=words._("These terms pay nothing."),
    )


def _bound_row(visit: Visit, row: AgreementAmendmentBound, fund: FundReply | None) -> tuple[str, ...]:
    words = visit.words
    free = fund.free if fund and fund.unit == row.unit else ""
    more = Decimal(row.after) - Decimal(row.before)
    if more < 0:
        verdict = words._("Set aside that is not needed becomes free")
    elif not more:
        verdict = words._("As before")
    elif not free:
        verdict = words._("Not shown to you")
    elif Decimal(free) >= more:
        verdict = words._("Enough is free")
    else:
        verdict = words._("Too little is free: top it up")
    return (row.payer, row.before, row.after, free, row.unit, verdict)


def make(visit: Visit) -> Done:
    """Make the amendment that was looked at, with a signature."""
    form = visit.form
    body = {
        "code": form.text("code"),
        "by": form.text("by"),
        "amendment": _kept(visit),
        "signature": form.text("signature").lower(),
    }
    visit.write(AgreementAmendmentMade, "agreement_amendment.make", body)
    return Done(to=visit.address("desk_agreement"), said="amended")


def show_made(visit: Visit) -> View:
    """Show an amendment, what it changes and can cost, and who has still to approve it."""
    words = visit.words
    one = visit.read(AgreementAmendmentReply, "agreement_amendment.read")
    text = visit.read(AgreementText, "agreement.document")
    mine = [(name, title) for name, title in _own_names(visit, text) if name in one.missing]
    sheets = {"changes": changes_sheet(visit, one.changes)}
    if not one.in_force:
        asked = {"code": one.code, "amendment": one.amendment.model_dump(mode="json", by_alias=True)}
        seen = visit.write(AgreementAmendmentPreview, "agreement_amendment.preview", asked)
        sheets = {"bounds": bounds_sheet(visit, seen.most), **sheets}
    return View(
        title=words._("Amendment %(code)s", code=one.code),
        sheets=sheets,
        more={
            "made": one,
            "names": mine,
            "signing": base64_of(one.content),
            "sha256": sha256(bytes.fromhex(one.content)).hexdigest(),
        },
    )


def approve(visit: Visit) -> Done:
    """Approve it in one name; with the last approval it is in force."""
    form = visit.form
    body = {"name": form.text("name"), "signature": form.text("signature").lower()}
    visit.write(AgreementAmendmentMade, "agreement_amendment.approve", body)
    return Done(to=visit.address("desk_agreement"), said="amendment-approved")


PAGES = (
    Page(
        name="desk_agreement_amendment",
        path="/books/{book}/desk/agreements/{agreement}/amendment",
        show=show_new,
        acts={"look": look, "make": make},
        uploads=True,
    ),
    Page(
        name="desk_agreement_change",
        path="/books/{book}/desk/agreements/{agreement}/amendments/{amendment}",
        show=show_made,
        acts={"approve": approve},
    ),
)
