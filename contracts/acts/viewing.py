"""A portfolio read from the rows: what agreements may cost, have earned, were paid, and still keep aside."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ...finance.accounts import Promise, obligation
from ...finance.errors import Missing
from ...finance.money import Money, zero
from ...finance.records import entries, registry
from ...finance.storage import Session
from ...finance.units import Unit
from ..agreement import Source, frozen_promise
from ..outcomes.document import OutcomesDocument
from ..portfolio_rows import MEASURES, PortfolioRow
from ..records import agreements, settlements
from ..records.agreements import StoredAgreement
from ..settlement import KEPT_ASIDE
from ..settling import Books
from ..terms.pay import KeyName
from .paying import waiting_promise
from .showing import clause_units, show_payouts

if TYPE_CHECKING:
    from ..forecast import Spread

BINDING = ("active", "suspended", "measured", "terminated", "closed")
PATHS = 10_000
CHUNK = 500
OPEN_BACK = ("owed", "part_returned")
Kept = Mapping[tuple[str, str], tuple[tuple[str, Money], ...]]  # fund, path -> what is left by earmark


@dataclass(frozen=True, slots=True)
class _Entry:
    """One amount of one measure, under its key."""

    payer: str
    measure: str
    amount: Money
    window: str = ""
    period: str = ""


def portfolio(
    session: Session,
    book: str,
    *,
    outcomes: Mapping[str, OutcomesDocument] | None = None,
    paths: int = PATHS,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> tuple[PortfolioRow, ...]:
    """Return where all agreements of a book stand that everybody has signed.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book : str
        Code of the book.
    outcomes : Mapping of str to OutcomesDocument or None
        Outcome models by agreement, for a forecast of what each payer pays over the whole term under the
        newest terms.
    paths : int [paths]
        Drawn for each forecast.
    seed : int [seed]
        The same seed gives the same forecast.
    only : collection of str or None
        Codes of the agreements to look at; all of the book without it.

    Returns
    -------
    tuple of PortfolioRow
        By agreement, payer, fund, window and period; no amount stands in two rows.

    Raises
    ------
    Missing
        When there is no such book, or a model is given for an agreement that nobody is bound by.
    OutcomesInvalid
        When a model does not fit the terms.
    """
    codes = [one for one in agreements.list_agreements(session, book) if only is None or one in only]
    found = (agreements.find_agreement(session, book, code) for code in codes)
    stored = [one for one in found if one.agreement.state in BINDING]
    models = dict(outcomes or {})
    _require_bound(models, [one.agreement.code for one in stored])
    kept = _kept(session, book)
    rows: list[PortfolioRow] = []
    for one in stored:
        entries_of = [*_standing(session, one), *_moved(session, one), *_kept_aside(session, one, kept)]
        spreads = _forecast(one, models.get(one.agreement.code), paths, seed)
        rows += _rows(one, entries_of, spreads)
    return tuple(rows)


def portfolio_flows(
    session: Session,
    book: str,
    outcomes: Mapping[str, OutcomesDocument],
    *,
    paths: int = PATHS,
    seed: int = 0,
) -> tuple["Spread", ...]:
    """Forecast what the agreements of a book pay together in each year, as far as they have a model.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book : str
        Code of the book.
    outcomes : Mapping of str to OutcomesDocument
        Outcome models by agreement.
    paths : int [paths]
        Drawn for each agreement; they are taken to have nothing to do with each other.
    seed : int [seed]
        The same seed gives the same forecast.

    Raises
    ------
    Missing
        When a model is given for an agreement that nobody is bound by.
    OutcomesInvalid
        When a model does not fit the terms.
    """
    from ..forecast import forecast_together  # noqa: PLC0415  # only who gives models needs its libraries

    known = agreements.list_agreements(session, book)
    found = (agreements.find_agreement(session, book, code) for code in outcomes if code in known)
    stored = {one.agreement.code: one for one in found if one.agreement.state in BINDING}
    _require_bound(outcomes, list(stored))
    terms = {code: (one.lineage.overlaid.program, outcomes[code]) for code, one in stored.items()}
    return forecast_together(terms, paths=paths, seed=seed)


def _require_bound(models: Mapping[str, OutcomesDocument], codes: Sequence[str]) -> None:
    strange = sorted(set(models) - set(codes))
    if strange:
        raise Missing(
            f"There are outcome models for {', '.join(strange)}, and no such agreement binds anybody here. "
            f"Agreements: {', '.join(codes) or 'none'}.",
            what="agreement",
            code=strange[0],
        )


def _kept(session: Session, book: str) -> Kept:
    """Read what every promise of the book still holds, by fund and account."""
    found: dict[tuple[str, str], list[tuple[str, Money]]] = {}
    for row in entries.list_balances(session, registry.find_book_id(session, book)):
        if row.account.role == "obligation" and row.outstanding:
            place = (row.account.fund, row.account.path)
            found.setdefault(place, []).append((row.account.earmark, row.outstanding))
    return {place: tuple(parts) for place, parts in found.items()}


def _standing(session: Session, stored: StoredAgreement) -> Iterator[_Entry]:
    """List the most of each payer, and what each key has earned and is entitled to."""
    for source in stored.agreement.sources:
        yield _Entry(source.payer, "liability", source.maximum)
    yield from _outside(stored)
    books = settlements.read_books(session, stored.id)
    by_clause, plans = clause_units(stored), {one.id: one for one in stored.lineage.overlaid.program.clauses}
    pots = {one.id for one in stored.lineage.overlaid.program.accounts if one.pot}
    payers = _payers(books)
    for (clause, period, members), (earned, entitled) in books.standing.items():
        plan = plans[clause]
        if plan.basis == "note" or plan.payee in pots:
            continue
        unit, paying = by_clause[clause], payers.get((clause, period, members), {})
        alone = next(iter(paying)) if len(paying) == 1 else plan.payer
        yield _Entry(alone, "earned", Money(minor=earned, unit=unit), period=period)
        owed = paying if sum(paying.values()) == entitled and paying else {alone: entitled}
        for payer, amount in owed.items():
            yield _Entry(payer, "entitled", Money(minor=amount, unit=unit), period=period)


def _outside(stored: StoredAgreement) -> Iterator[_Entry]:
    """Prove the most of payers whose money no fund of the book keeps."""
    paying = {one.payer for one in stored.lineage.overlaid.program.clauses if one.basis != "note"}
    if paying <= set(stored.funds):
        return
    units = {unit.code: unit for unit in clause_units(stored).values()}
    for (payer, code), most in stored.lineage.prove().payers.items():
        if payer not in stored.funds and most:
            yield _Entry(payer, "liability", Money(minor=most, unit=units[code]))


def _payers(books: Books) -> Mapping[KeyName, Mapping[str, int]]:
    """Sum what each payer is obligated to, by key."""
    sums: dict[KeyName, dict[str, int]] = {}
    for (clause, period, members, payer, _), amount in books.legs.items():
        of_key = sums.setdefault((clause, period, members), {})
        of_key[payer] = of_key.get(payer, 0) + amount
    return sums


def _moved(session: Session, stored: StoredAgreement) -> Iterator[_Entry]:
    """List what funds paid and got back, by the earmarks that bore it, and what is owed back."""
    payouts = [one for one in show_payouts(session, stored) if one.route == "fund"]
    borne = _borne(session, [txn for one in payouts for txn in one.transactions])
    for one in payouts:
        measure = "paid" if one.direction == "out" else "returned"
        for txn in one.transactions:
            for window, amount in borne[txn]:
                yield _Entry(one.payer, measure, amount, window, one.period)
        if one.direction == "back" and one.status in OPEN_BACK:
            yield _Entry(one.payer, "owed_back", one.amount - one.done, period=one.period)


def _borne(session: Session, transactions: Sequence[UUID]) -> Mapping[UUID, tuple[tuple[str, Money], ...]]:
    """Return which earmarks bore each transaction."""
    found: dict[UUID, tuple[tuple[str, Money], ...]] = {}
    for start in range(0, len(transactions), CHUNK):
        for txn, legs in entries.find_legs(session, transactions[start : start + CHUNK]).items():
            found[txn] = tuple(
                (leg.account.earmark, leg.amount)
                for leg in legs
                if leg.account.role == "pool" and leg.layer == "S"
            )
    return found


def _kept_aside(session: Session, stored: StoredAgreement, kept: Kept) -> Iterator[_Entry]:
    """List what funds keep for what may become due, for what waits, and for what is disputed."""
    frozen = settlements.find_frozen(session, stored.id)
    for source in stored.agreement.sources:
        for window, amount in kept.get(_place(stored, source, source.promise), ()):
            yield _Entry(source.payer, "encumbered", amount, window)
        held = _windows(stored, source, kept)
        window = held[0] if len(held) == 1 else ""
        for (_, period, _, payer, _), minor in frozen.items():
            if payer == source.payer:
                amount = Money(minor=minor, unit=source.maximum.unit)
                yield _Entry(payer, "frozen", amount, window, period)
    sources = {one.payer: one for one in stored.agreement.sources}
    for one in show_payouts(session, stored):
        if one.status in KEPT_ASIDE and one.proposal is not None:
            promise = waiting_promise(sources[one.payer].promise, one.id)
            for window, amount in kept.get(_place(stored, sources[one.payer], promise), ()):
                yield _Entry(one.payer, "waiting", amount, window, one.period)


def _place(stored: StoredAgreement, source: Source, promise: str) -> tuple[str, str]:
    fund = stored.funds[source.payer]
    return fund.code, obligation(fund.code, fund.unit, Promise("agreement", promise)).path


def _windows(stored: StoredAgreement, source: Source, kept: Kept) -> tuple[str, ...]:
    """Return the earmarks that bear what is frozen of one payer."""
    fund, start = _place(stored, source, frozen_promise(source.promise, ""))
    places = (parts for (code, path), parts in kept.items() if code == fund and path.startswith(start))
    return tuple(dict.fromkeys(window for parts in places for window, _ in parts))


def _forecast(
    stored: StoredAgreement, model: OutcomesDocument | None, paths: int, seed: int
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Return mean and P95 of what each payer pays, by payer and unit."""
    if model is None:
        return {}
    from ..forecast import forecast  # noqa: PLC0415  # only who gives models needs its libraries

    found = forecast(stored.lineage.overlaid.program, model, paths=paths, seed=seed)
    return {
        (one.party, one.unit): (one.figures["mean"], one.figures["p95"])
        for one in found.spreads
        if one.what == "pays" and not one.when
    }


def _rows(
    stored: StoredAgreement,
    listed: Iterable[_Entry],
    spreads: Mapping[tuple[str, str], tuple[str, str]],
) -> Iterator[PortfolioRow]:
    """Sum amounts by key, and put what is forecast of a payer beside its liability."""
    sums: dict[tuple[str, str, str, Unit], dict[str, Money]] = {}
    for one in listed:
        unit = one.amount.unit
        row = sums.setdefault((one.payer, one.window, one.period, unit), dict.fromkeys(MEASURES, zero(unit)))
        row[one.measure] += one.amount
    funds = {one.payer: one.fund for one in stored.agreement.sources}
    for (payer, window, period, unit), row in sorted(sums.items(), key=_order):
        row["remaining"] = row["encumbered"] + row["waiting"] + row["frozen"]
        whole = not window and not period
        mean, high = spreads.get((payer, unit.code), ("", "")) if whole else ("", "")
        yield PortfolioRow(
            agreement=stored.agreement.code,
            state=stored.agreement.state,
            payer=payer,
            fund=funds.get(payer, ""),
            window=window,
            period=period,
            forecast_mean=mean,
            forecast_p95=high,
            **row,
        )


def _order(item: tuple[tuple[str, str, str, Unit], object]) -> tuple[str, str, str, str]:
    (payer, window, period, unit), _ = item
    return payer, unit.code, period, window
