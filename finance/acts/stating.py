"""Statements of a fund: what came and went, and what became of one donor's money."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from ..accounts import Account, memo
from ..errors import DocumentInvalid
from ..funds import PooledFund
from ..in_kind import Valuation
from ..ledger import LINES
from ..money import Money, zero
from ..records import entries, registry, turnover, valuations
from ..records.audit import AnyRow
from ..statements import DonorStatement, EarmarkRemainder, InKindGift, Statement, StatementLine
from ..storage import Session
from ..units import Unit
from .tracing import told_uses


def make_statement(
    session: Session,
    fund: PooledFund,
    *,
    after: date | None = None,
    through: date | None = None,
    unit: Unit | None = None,
) -> Statement:
    """Return sources and uses of a fund over the days ``(after, through]``, in one currency.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    after, through : date or None
        None means from the beginning, or to the end.
    unit : Unit or None
        The fund's own when None. For all of them in one, see ``translation.translate``.

    Raises
    ------
    DocumentInvalid
        When the span ends before it begins.
    """
    require_span(after, through)
    shown = unit or fund.unit
    book_id = registry.find_book_id(session, fund.book)
    before = held = 0
    sums: dict[str, int] = {}
    for row in turnover.sum_movements(session, book_id, fund.code, shown, (after, through)):
        if row.role == "cash":
            held -= int(row.total)
        elif row.earlier:
            before += int(row.total)
        else:
            sums[row.line] = int(row.total)
    opening = Money(minor=before, unit=shown)
    lines = tuple(
        StatementLine(
            line=name, amount=Money(minor=sums[name] if kind == "source" else -sums[name], unit=shown)
        )
        for name, kind in LINES.items()
        if kind != "internal" and sums.get(name)
    )
    closing = opening
    for line in lines:
        closing = closing + line.amount if LINES[line.line] == "source" else closing - line.amount
    return Statement(
        fund=fund.code,
        after=after,
        through=through,
        opening=opening,
        closing=closing,
        lines=lines,
        ledger_closing=Money(minor=held, unit=shown),
    )


def require_span(after: date | None, through: date | None) -> None:
    """Refuse a span that ends before it begins.

    Raises
    ------
    DocumentInvalid
        With both days.
    """
    if after is not None and through is not None and through < after:
        raise DocumentInvalid(
            f"A span cannot begin after {after} and end with {through}: give days in their order.",
            after=after.isoformat(),
            through=through.isoformat(),
        )


def donor_statement(
    session: Session,
    fund: PooledFund,
    giver: str,
    unit: Unit | None = None,
    *,
    through: date | None = None,
) -> DonorStatement:
    """Return what one donor gave to a fund and every payment its money became part of, in one currency.

    What was exchanged is a use in the currency sold, and a negative use in the one bought.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    giver : str
        Code of the donor.
    unit : Unit or None
        The fund's own when None.
    through : date or None
        Last day counted; None for all there is.

    Raises
    ------
    Missing
        When there is no such party.
    """
    book_id = registry.find_book_id(session, fund.book)
    registry.find_party_id(session, book_id, giver)
    shown = unit or fund.unit
    rows = list(entries.list_draws(session, book_id, entries.of_giver(fund.code, giver)))
    cash = [row for row in rows if row.unit == shown.code]
    seen = told_uses(session, (row for row in cash if through is None or row.effective_on <= through))
    nothing = zero(shown)
    remainders: dict[str, Money] = {}
    for (_, earmark), minor in _left(cash, through).items():
        remainders[earmark] = remainders.get(earmark, nothing) + Money(minor=minor, unit=shown)
    return DonorStatement(
        fund=fund.code,
        giver=giver,
        through=through,
        pledged=_memo(session, book_id, memo(fund.code, shown, f"pledged/{giver}", 1), through),
        receivable=_memo(session, book_id, memo(fund.code, shown, f"receivable/{giver}", 1), through),
        deposited=sum((-row.amount for row in seen if row.line == "contribution"), start=nothing),
        uses=tuple(row for row in seen if row.line != "contribution"),
        remainders=tuple(
            EarmarkRemainder(earmark=code, amount=left) for code, left in sorted(remainders.items())
        ),
        in_kind=_gifts(session, book_id, rows, through),
    )


def _memo(session: Session, book_id: int, account: Account, through: date | None) -> Money:
    """Return what a memo account says at the end of a day."""
    found = turnover.list_turnovers(
        session, book_id, path=account.path, unit=account.unit.code, earmark=account.earmark, on=through
    )
    return sum((one.turnover.balance for one in found), start=zero(account.unit))


def _left(rows: Iterable[AnyRow], through: date | None) -> dict[tuple[str, str], int]:
    """Return what each lot had left at the end of a day, by contribution and earmark, in minor units.

    A lot says what is left now; what was drawn later is put back.
    """
    lots: dict[tuple[str, str], int] = {}
    later: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        lot = row.code, row.earmark
        lots[lot] = int(row.remaining or 0)
        if through is not None and row.effective_on > through:
            later[lot] += row.side * row.amount
    return {lot: left + later[lot] for lot, left in lots.items()}


def _gifts(
    session: Session, book_id: int, rows: Sequence[AnyRow], through: date | None
) -> tuple[InKindGift, ...]:
    """Return gifts in kind, each in its own unit, with the valuation that stood on the day."""
    units = {code: registry.find_unit(session, code) for code in {row.unit for row in rows}}
    goods = [row for row in rows if units[row.unit].kind == "in_kind"]
    roots = {row.code: row.root for row in goods}
    remaining: dict[str, int] = defaultdict(int)
    for (code, _), left in _left(goods, through).items():
        remaining[roots[code]] += left
    given: dict[str, int] = defaultdict(int)
    first: dict[str, AnyRow] = {}
    for row in goods:
        if row.line == "in_kind_given" and (through is None or row.effective_on <= through):
            given[row.root] -= row.side * row.amount
            first.setdefault(row.root, row)
    worth = {
        code: _in_force([row.valuation for row in chain], through)
        for code, chain in valuations.find_valuations(session, book_id, first).items()
    }
    return tuple(
        InKindGift(
            contribution=code,
            earmark=row.earmark,
            given=Money(minor=given[code], unit=units[row.unit]),
            remaining=Money(minor=remaining[code], unit=units[row.unit]),
            valuation=worth.get(code),
        )
        for code, row in first.items()
    )


def _in_force(chain: Sequence[Valuation], through: date | None) -> Valuation | None:
    """Return the last valuation of a chain that counted on a day; without a day the last, expired or not."""
    if through is None:
        return chain[-1]
    begun = [row for row in chain if row.valued_on <= through]
    if not begun or (begun[-1].expires_on is not None and through >= begun[-1].expires_on):
        return None
    return begun[-1]
