"""Forms: how a fund prints its statement, as a small versioned document.

The problem: every fund publishes its statement in its own lines, order and words, and with a program per fund
the printed figures drift from the ledger. A ``StatementForm`` says in JSON which rows are printed: each row
adds and takes ledger lines, earlier rows, the opening balance, or figures that somebody else reported. A
filled form is refused by nobody: ``difference`` compares its closing row with the ledger's own, ``unplaced``
names every ledger line with money on it that no row prints.

Figures are exact. A form that prints whole dollars rounds each figure once, so printed rows may miss their
printed sum by one; the published statements do so too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .documents import Code, Document, Text
from .errors import DocumentInvalid, Missing
from .findings import Findings, finding, repeated
from .ledger import LINES
from .money import Money, Rounding, decimal_text, round_quotient, zero
from .sheets import Column, Section, Sheet
from .statements import Statement

MAX_ROWS = 200
RowName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Term = Annotated[str, StringConstraints(pattern=r"^(opening|(line|row|reported)/[a-z][a-z0-9_]{0,59})$")]


class FormShare(Document):
    """One row as percent of another.

    Attributes
    ----------
    part, whole : str
        Names of earlier rows.
    digits : int [digits]
        Decimals printed.

    Examples
    --------
    >>> FormShare.read('{"part": "balance", "whole": "contributions"}').digits
    1
    """

    part: RowName
    whole: RowName
    digits: Annotated[int, Field(ge=0, le=6)] = 1


class FormRow(Document):
    """One printed row of a form.

    Attributes
    ----------
    name : str
        Unique in the form.
    label : str
        What is printed beside the figure.
    part : str
        Heading under which it stands.
    adds, takes : tuple of str
        ``line/LINE`` of the ledger, ``row/NAME`` of an earlier row, ``reported/NAME`` for a figure from
        outside, or ``opening``. Sources and uses count positive, a refund as a negative use.
    share : FormShare or None
        Instead of a sum: one row as percent of another.
    is_total : bool
        Printed as a sum.
    """

    name: RowName
    label: Text
    part: Text
    adds: tuple[Term, ...] = ()
    takes: tuple[Term, ...] = ()
    share: FormShare | None = None
    is_total: bool = False


class StatementForm(Document):
    """How a fund prints its statement of sources and uses, one version of it.

    Attributes
    ----------
    code : str
        Name of the form.
    version : int [number]
        Counts up; a printed statement names it.
    title, source : str
        For people, and where the form was published.
    printed_digits : int or None [digits]
        Decimals printed; None for all of the unit's.
    rounding : str
        How an exact figure becomes a printed one.
    closing : str
        The row that states the closing balance.
    rows : tuple of FormRow
        In printed order.

    Examples
    --------
    >>> published_form("unpbf", 1).rows[0].adds
    ('line/contribution',)
    """

    schema_: Literal["almoner.statement_form/1"] = Field(alias="schema", default="almoner.statement_form/1")
    code: Code
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Text
    source: Text
    printed_digits: Annotated[int, Field(ge=0, le=9)] | None = None
    rounding: Rounding = "half_even"
    closing: RowName
    rows: Annotated[tuple[FormRow, ...], Field(min_length=1, max_length=MAX_ROWS)]

    def findings(self, at: str = "") -> Findings:
        """List rows that stand twice, print nothing, or refer to what is not there yet."""
        found = [
            finding(f"{at}/rows/{place}/name", f"the row {self.rows[place].name!r} stands twice")
            for place in repeated([row.name for row in self.rows])
        ]
        known: set[str] = set()
        for place, row in enumerate(self.rows):
            here = f"{at}/rows/{place}"
            if (row.share is None) != bool(row.adds or row.takes):
                found.append(finding(here, "give a sum (adds, takes) or a share: one of both"))
            names = [term[4:] for term in (*row.adds, *row.takes) if term.startswith("row/")]
            names += [row.share.part, row.share.whole] if row.share else []
            found += [finding(here, f"no earlier row {name!r}") for name in names if name not in known]
            lines = [term[5:] for term in (*row.adds, *row.takes) if term.startswith("line/")]
            found += [finding(here, f"no ledger line {one!r}") for one in lines if _kind(one) == "internal"]
            if row.share is None:
                known.add(row.name)
        if self.closing not in known:
            found.append(finding(f"{at}/closing", f"no row of figures is named {self.closing!r}"))
        return found

    @property
    def reported(self) -> tuple[str, ...]:
        """The names of figures that must come from outside the ledger."""
        terms = (term for row in self.rows for term in (*row.adds, *row.takes))
        return tuple(dict.fromkeys(term[9:] for term in terms if term.startswith("reported/")))


def _kind(line: str) -> str:
    return LINES.get(line, "internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledRow:
    """One row of a filled form.

    Attributes
    ----------
    row : FormRow
        Its label and place.
    exact, printed : Money or None
        The figure to the minor unit, and as printed; None where a figure from outside is missing, and for a
        share.
    percent : str
        A share, as decimal text; empty for a figure.
    """

    row: FormRow
    exact: Money | None
    printed: Money | None
    percent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """A statement in a fund's own form.

    Attributes
    ----------
    form : StatementForm
        The form.
    statement : Statement
        The statement it prints.
    rows : tuple of FilledRow
        In printed order.
    """

    form: StatementForm
    statement: Statement
    rows: tuple[FilledRow, ...]

    def __getitem__(self, name: str) -> FilledRow:
        """Return a row by its name."""
        return next(one for one in self.rows if one.row.name == name)

    @property
    def difference(self) -> Money:
        """The form's closing row less the ledger's own closing balance; zero when the form is whole."""
        closing = self[self.form.closing].exact
        return (
            zero(self.statement.closing.unit) if closing is None else closing
        ) - self.statement.ledger_closing

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Ledger lines with money on them that no row prints."""
        terms = {term for row in self.form.rows for term in (*row.adds, *row.takes)}
        return tuple(row.line for row in self.statement.lines if f"line/{row.line}" not in terms)


def published_form(code: str, version: int) -> StatementForm:
    """Return a form that comes with the library.

    Parameters
    ----------
    code : str
        ``unpbf``: the UN Peacebuilding Fund.
    version : int [number]
        Which version of it.

    Raises
    ------
    Missing
        When there is none; the message lists those there are.

    Examples
    --------
    >>> published_form("unpbf", 2).reported
    ('refunds_in_transit', 'po_expenditure')
    """
    folder = files(__package__).joinpath("forms")
    there = sorted(one.name.removesuffix(".json") for one in folder.iterdir() if one.name.endswith(".json"))
    name = f"{code}.{version}"
    if name not in there:
        raise Missing(
            f"There is no form {name}. Forms: {', '.join(there)}; or give a file.", what="form", code=name
        )
    return StatementForm.read(folder.joinpath(f"{name}.json").read_bytes())


def fill_form(
    form: StatementForm, statement: Statement, reported: Mapping[str, Money] | None = None
) -> FilledForm:
    """Fill a form from a statement.

    Parameters
    ----------
    form : StatementForm
        How it is printed.
    statement : Statement
        From ``acts.make_statement``.
    reported : Mapping of str to Money
        Figures from outside the ledger, by name; a row that needs a missing one stays empty.

    Raises
    ------
    DocumentInvalid
        When a figure is given that the form does not ask for.

    Examples
    --------
    >>> from almoner import money
    >>> from almoner.finance.statements import StatementLine
    >>> nothing, gift = money("0", "USD"), money("5.40", "USD")
    >>> made = Statement(fund="water", after=None, through=None, opening=nothing, closing=gift,
    ...                  lines=(StatementLine(line="contribution", amount=gift),), ledger_closing=gift)
    >>> filled = fill_form(published_form("unpbf", 1), made)
    >>> filled["agent_balance"].printed, filled["agent_balance_share"].percent, filled.difference
    (Money('5 USD'), '100.0', Money('0.00 USD'))
    """
    given = dict(reported or {})
    for name in given:
        if name not in form.reported:
            asked = ", ".join(form.reported) or "none"
            raise DocumentInvalid(
                f"The form {form.code} takes no figure {name!r}. Figures it takes from outside: {asked}.",
                got=name,
            )
    figures: dict[str, Money | None] = {"opening": statement.opening}
    figures |= {f"line/{name}": statement.amount(name) for name in LINES}
    figures |= {f"reported/{name}": given.get(name) for name in form.reported}
    rows = []
    for row in form.rows:
        exact = None if row.share else _sum(row, figures, zero(statement.opening.unit))
        figures[f"row/{row.name}"] = exact
        rows.append(
            FilledRow(
                row=row,
                exact=exact,
                printed=None if exact is None else _printed(form, exact),
                percent=_percent(row.share, figures) if row.share else "",
            )
        )
    return FilledForm(form=form, statement=statement, rows=tuple(rows))


def _sum(row: FormRow, figures: Mapping[str, Money | None], start: Money) -> Money | None:
    total = start
    for terms, sign in ((row.adds, 1), (row.takes, -1)):
        for term in terms:
            figure = figures[term]
            if figure is None:
                return None
            total = total + figure if sign == 1 else total - figure
    return total


def _printed(form: StatementForm, exact: Money) -> Money:
    unit = exact.unit
    if form.printed_digits is None or form.printed_digits >= unit.scale:
        return exact
    count = round_quotient(exact.minor, 10 ** (unit.scale - form.printed_digits), form.rounding)
    return Money(minor=count, unit=replace(unit, scale=form.printed_digits))


def _percent(share: FormShare, figures: Mapping[str, Money | None]) -> str:
    part, whole = figures[f"row/{share.part}"], figures[f"row/{share.whole}"]
    if part is None or whole is None or whole.minor <= 0:
        return ""
    count = round_quotient(part.minor * 100 * 10**share.digits, whole.minor, "half_even")
    return decimal_text(count, share.digits)


def form_sheet(filled: FilledForm) -> Sheet:
    """Return a filled form as a sheet: a section per heading, figures as printed.

    Parameters
    ----------
    filled : FilledForm
        From ``fill_form``.
    """
    statement, form = filled.statement, filled.form
    columns = (
        Column("name", is_printed=False),
        Column("label"),
        Column("amount", "amount"),
        Column("percent", "figure"),
    )
    parts: dict[str, list[FilledRow]] = {}
    for one in filled.rows:
        parts.setdefault(one.row.part, []).append(one)
    return Sheet(
        kind="form",
        title=form.title,
        about=(
            ("fund", statement.fund),
            ("form", f"{form.code}/{form.version}"),
            ("unit", statement.opening.unit.code),
            ("after", None if statement.after is None else statement.after.isoformat()),
            ("through", None if statement.through is None else statement.through.isoformat()),
            ("unplaced", ", ".join(filled.unplaced) or None),
        ),
        sections=tuple(
            Section(
                name=part,
                columns=columns,
                rows=tuple((one.row.name, one.row.label, one.printed, one.percent or None) for one in rows),
                sums=tuple(place for place, one in enumerate(rows) if one.row.is_total),
            )
            for part, rows in parts.items()
        ),
        totals=(("difference", filled.difference),),
    )
