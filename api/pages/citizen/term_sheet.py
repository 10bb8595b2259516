"""A term sheet, to read and to print: terms digest, version, bound, signatures."""

from ...wire.agreements import AgreementReply
from ...wire.term_sheets import TermSheetReply
from ..page import Page
from ..pdf import printed
from ..states import agreement_state
from ..view import Column, Sheet, Shown, View
from ..visit import Visit
from ..words import Words
from .agreement import curve_chart, party_sheet


def show_term_sheet(visit: Visit) -> Shown:
    """Show the terms in force as they are signed, or as PDF."""
    words = visit.words
    found = visit.read(AgreementReply, "agreement.read")
    sheet = visit.read(TermSheetReply, "agreement.sheet")
    charts = {f"curve_{place}": curve_chart(words, one) for place, one in enumerate(sheet.curves)}
    view = View(
        title=words._("Term sheet: %(title)s", title=sheet.title),
        sheets={"bound": bound_sheet(words, sheet), "parties": party_sheet(words, found)},
        charts=charts,
        more={
            "sheet": sheet,
            "agreement": found,
            "state": agreement_state(words, sheet.state),
            "curves": {one.clause: name for one, name in zip(sheet.curves, charts, strict=True)},
            "printable": bool(visit.site.look.chromium),
        },
    )
    return printed(visit, view) if visit.query.get("as") == "pdf" else view


def bound_sheet(words: Words, sheet: TermSheetReply) -> Sheet:
    """Return what the terms cost at most and at least."""
    return Sheet(
        title=words._("What it can cost"),
        columns=[
            Column(name=words._("Currency")),
            Column(name=words._("At most, proven"), kind="amount"),
            Column(name=words._("At least"), kind="amount"),
        ],
        rows=[(one.unit, one.most, one.guaranteed) for one in sheet.amounts],
        empty=words._("Nothing is paid under these terms."),
    )


PAGES = (
    Page(
        name="term_sheet",
        path="/books/{book}/agreements/{agreement}/term-sheet",
        show=show_term_sheet,
        signed_in=False,
    ),
)
