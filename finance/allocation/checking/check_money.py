"""The rules about money: budgets, what is kept, earmarks, shares, purchases, tickets and tranches.

The problem: every unit of money that is paid must have been there, for that purpose and in that period.
"""

from collections import defaultdict
from collections.abc import Iterator

from ..columns import FULL_BP
from ..problem import rule_id
from ..tables import NONE
from .check_reading import Breach, Reading


def money_breaches(reading: Reading) -> Iterator[Breach]:
    """List the broken rules about money.

    Parameters
    ----------
    reading : Reading
        The document and what is given.
    """
    yield from _budgets(reading)
    yield from _kept(reading)
    yield from _bought(reading)
    yield from _stocks(reading)
    yield from _earmarks(reading)
    yield from _tickets(reading)


def _budgets(reading: Reading) -> Iterator[Breach]:
    budgets = reading.in_base("budget_minor")
    table = reading.document.funds
    fee = dict(zip(table.texts("fund_id"), table.ints("carry_fee_bp").tolist(), strict=True))
    kept = {(row.fund_id, row.period): row.amount_minor for row in reading.allocation.carried}
    used = set(reading.totals.paid) | set(kept)
    for fund, period in sorted(used):
        arrived = kept.get((fund, period - 1), 0) * (FULL_BP - fee[fund]) // FULL_BP
        money = budgets.get((fund, period), 0) + arrived
        paid, keeps = reading.totals.paid[fund, period], kept.get((fund, period), 0)
        if paid + keeps > money:
            also = f" and keeps {reading.shown(keeps)}" if keeps else ""
            yield Breach(
                rule=rule_id("budget", fund, period),
                by_minor=paid + keeps - money,
                message=f"pays {reading.shown(paid)}{also} of {reading.shown(money)}",
            )


def _kept(reading: Reading) -> Iterator[Breach]:
    limits = reading.in_base("carry_limit_minor")
    for row in reading.allocation.carried:
        is_last = row.period == reading.periods - 1
        limit = 0 if is_last else limits.get((row.fund_id, row.period), 0)
        if row.amount_minor > limit:
            after = ", nothing comes after the last period" if is_last else ""
            yield Breach(
                rule=rule_id("carry", row.fund_id, row.period),
                by_minor=row.amount_minor - limit,
                message=f"keeps {reading.shown(row.amount_minor)} of at most {reading.shown(limit)}{after}",
            )


def _bought(reading: Reading) -> Iterator[Breach]:
    table = reading.document.resources
    rows = zip(
        table.texts("resource_id"),
        table.ints("period").tolist(),
        table.ints("price_minor").tolist(),
        strict=True,
    )
    prices = {(thing, period): price for thing, period, price in rows if price != NONE}
    bound = set(reading.document.earmarks.texts("fund_id"))
    for row in reading.allocation.bought:
        rule = rule_id("bought", row.resource_id, row.period, row.fund_id)
        price = prices.get((row.resource_id, row.period))
        if price is None:
            message = f"{row.resource_id} cannot be bought in period {row.period}"
            yield Breach(rule=rule, by_minor=row.amount_minor, message=message)
        elif row.quantity <= 0 or row.amount_minor != row.quantity * price:
            message = (
                f"{row.quantity} at {reading.shown(price)} do not cost {reading.shown(row.amount_minor)}"
            )
            yield Breach(rule=rule, by_minor=abs(row.amount_minor - row.quantity * price), message=message)
        if row.fund_id in bound:
            message = f"{row.fund_id} has earmarks; purchases are paid by funds that admit everyone"
            yield Breach(rule=rule, by_minor=row.amount_minor, message=message)


def _stocks(reading: Reading) -> Iterator[Breach]:
    document, table = reading.document, reading.document.needs
    rows = zip(
        table.texts("intervention_id"),
        table.texts("resource_id"),
        table.ints("quantity").tolist(),
        strict=True,
    )
    used = defaultdict[tuple[str, int], int](int)
    for who, thing, quantity in rows:
        first = reading.at[who] * reading.periods
        for period in range(reading.periods):
            if first + period in reading.funded:
                used[thing, period] += quantity
    stocks = document.resources
    head = zip(
        stocks.texts("resource_id"),
        stocks.ints("period").tolist(),
        stocks.ints("stock").tolist(),
        strict=True,
    )
    held = {(thing, period): stock for thing, period, stock in head}
    for row in reading.allocation.bought:
        at = row.resource_id, row.period
        held[at] = held.get(at, 0) + row.quantity
    for (thing, period), quantity in sorted(used.items()):
        if quantity > held.get((thing, period), 0):
            yield Breach(
                rule=rule_id("stock", thing, period),
                by_minor=0,
                message=f"{quantity} are needed and {held.get((thing, period), 0)} are there",
            )


def _earmarks(reading: Reading) -> Iterator[Breach]:
    """Check that every line is admitted by its fund, and within the part that the fund may pay."""
    admitted = Earmarks(reading)
    astray = defaultdict[str, list[tuple[str, int]]](list)
    for line in reading.allocation.lines:
        if line.fund_id not in admitted.funds:
            continue
        cell = reading.at[line.intervention_id] * reading.periods + line.period
        if not admitted.is_admitted(line.fund_id, line.intervention_id):
            astray[line.fund_id].append((line.intervention_id, line.amount_minor))
            continue
        award = reading.totals.award[cell]
        for above, below in admitted.shares(line.fund_id, line.intervention_id):
            if line.amount_minor * below > above * award:
                most = above * award // below
                yield Breach(
                    rule=rule_id("share", line.fund_id, line.intervention_id),
                    by_minor=line.amount_minor - most,
                    message=f"pays {reading.shown(line.amount_minor)} of the award of {reading.name(cell)}, "
                    f"{reading.shown(award)}; it may pay {reading.shown(most)}",
                )
    for fund, rows in sorted(astray.items()):
        total, names = sum(amount for _, amount in rows), sorted({who for who, _ in rows})
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004 - as many as are read
        yield Breach(
            rule=rule_id("earmark", fund),
            by_minor=total,
            message=f"pays {reading.shown(total)} to {', '.join(names[:5])}{more}, which it does not admit",
        )


class Earmarks:
    """Whom each fund admits and which part of an award it may pay, looked up by name.

    Parameters
    ----------
    reading : Reading
        The document.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.funds = set(reading.document.earmarks.texts("fund_id"))
        self.named = defaultdict[str, set[str]](set)
        self.values = defaultdict[str, dict[str, set[str]]](lambda: defaultdict(set))
        self.parts = defaultdict[tuple[str, str, str], list[tuple[int, int]]](list)
        table = reading.document.earmarks
        rows = zip(
            table.texts("fund_id"),
            table.texts("intervention_id"),
            table.texts("column"),
            table.texts("value"),
            table.ints("max_share_bp").tolist(),
            table.ints("match_bp").tolist(),
            strict=True,
        )
        for fund, who, column, value, share, match in rows:
            if who:
                self.named[fund].add(who)
            else:
                self.values[fund][column].add(value)
            given = [(share, FULL_BP)] if share < FULL_BP else []
            given += [(match, FULL_BP + match)] if match != NONE else []
            if given:
                self.parts[fund, column, who or value] += given

    def _group(self, column: str, who: str) -> str:
        return self.reading.groups[column][self.reading.at[who]]

    def is_admitted(self, fund: str, who: str) -> bool:
        """Say whether a fund with earmarks admits an intervention."""
        if fund in self.named and who not in self.named[fund]:
            return False
        predicates = self.values.get(fund, {})
        return all(self._group(column, who) in values for column, values in predicates.items())

    def shares(self, fund: str, who: str) -> list[tuple[int, int]]:
        """Return the most parts of an award that a fund may pay, as fractions."""
        if not self.parts:
            return []
        found = list(self.parts.get((fund, "", who), ()))
        for column in self.values.get(fund, {}):
            found += self.parts.get((fund, column, self._group(column, who)), ())
        return found


def _tickets(reading: Reading) -> Iterator[Breach]:
    periods, bounds = reading.periods, reading.bounds
    for cell in sorted(reading.funded):
        at, period = divmod(cell, periods)
        rule = rule_id("ticket", reading.who[at], period)
        if not reading.is_open(cell):
            message = f"{reading.name(cell)} is funded; it takes nothing in period {period}"
            yield Breach(rule=rule, by_minor=reading.totals.award[cell], message=message)
            continue
        working, bound = reading.working(cell), bounds[cell]
        if bound.steps is not None and working in bound.steps:
            continue
        if bound.steps is not None:
            allowed = ", ".join(reading.shown(step) for step in bound.steps) or "nothing yet"
            yield Breach(
                rule=rule_id("tranche", reading.who[at], period),
                by_minor=min((abs(working - step) for step in bound.steps), default=working),
                message=f"{reading.name(cell)} gets {reading.shown(working)} of working money; "
                f"its tranches allow {allowed}",
            )
        elif not bound.low <= working <= bound.high:
            most = f"to {reading.shown(bound.high)}" if bound.high >= bound.low else "and cannot be funded"
            yield Breach(
                rule=rule,
                by_minor=max(bound.low - working, working - bound.high),
                message=f"{reading.name(cell)} gets {reading.shown(working)} of working money; "
                f"it takes from {reading.shown(bound.low)} {most}",
            )
