"""What would have to be true for somebody to be funded: the smallest single change, lever by lever.

The problem: "you were not good enough" helps nobody. At the prices of the answer it takes only arithmetic
to say by how much an effect would have to be larger, a fixed cost or a least amount smaller, which further
fund would have to admit the intervention, which partner would have to be funded, which cap would have to be
raised. Each lever is a change of the document; whoever asks can have it solved again (``resolved``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..columns import FULL_BP, MAX_GAIN
from ..conflict.edits import Edit, edited
from ..conflict.fixes import Fixer
from ..conflict.wording import parts_of
from .margins import Margins, breakpoints, missing_needs

if TYPE_CHECKING:
    from ..problem import AllocationDocument
    from ..result import AllocationResult

How = Literal["proved", "priced", "re-solved"]
Solve = Callable[["AllocationDocument"], "AllocationResult"]
NANO = 10**9
FINEST = FULL_BP * 100  # a change of an effect is told in millionths
GROWTH = Fraction(3, 2)
NEAR = Fraction(9, 10)  # how near to the smallest change a search goes
STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One change that would get an intervention funded.

    Attributes
    ----------
    kind : str
        ``effect``, ``fixed``, ``ticket``, ``earmark``, ``partner``, ``cap`` or ``release``.
    sentence : str
        The change, with its figures.
    edits : tuple of Edit
        The same as data.
    amount : Fraction
        How large it is: a part of the effect [1], or minor units.
    how : str
        ``priced``: at the prices of the answer. ``re-solved``: the changed problem was solved, and funds it
        or leaves it undecided within the gap.
    """

    kind: str
    sentence: str
    edits: tuple[Edit, ...]
    amount: Fraction
    how: How = "priced"

    def plain(self) -> dict[str, Any]:
        """Return the lever as JSON values."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "edits": [edit.plain() for edit in self.edits],
            "amount": str(self.amount),
            "how": self.how,
        }


class Levers:
    """Makes the levers of one intervention in one period.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    margins : Margins
        The prices of its answer.
    cell : int [cell]
        Position of intervention and period.
    """

    def __init__(self, document: "AllocationDocument", margins: Margins, cell: int) -> None:
        self.document, self.margins, self.cell = document, margins, cell
        self.arrays = document.arrays
        self.fixer = Fixer(document)
        self.who, self.period = divmod(cell, self.arrays.period_count)
        self.name = self.arrays.intervention_ids[self.who]
        self.price = Fraction(round(float(margins.unit_price[cell]) * NANO), NANO)
        extra = float(margins.extra[cell])
        self.extra = Fraction(round(extra * NANO), NANO) if np.isfinite(extra) else None

    def all(self) -> Iterator[Lever]:
        """List the levers that prices know of, in the order in which they are told."""
        if self.extra is None:
            return
        for made in (self.effect, self.fixed, self.ticket, self.earmark, self.partner, self.cap):
            lever = made()
            if lever is not None:
                yield lever

    def _choices(self, *, below: bool = False) -> list[tuple[int, Fraction, Fraction]]:
        """List amounts [minor units], their value and what is missing or left at the price [value units]."""
        fixed, block = int(self.arrays.fixed[self.who]), self.arrays.minor_per_block
        found = []
        for amount, grains in breakpoints(self.arrays, self.cell, below=below):
            value = self.arrays.fraction(grains)
            found.append((amount, value, value + (self.extra or 0) - self.price * (fixed + amount) / block))
        return found

    def effect(self) -> Lever | None:
        """Say by how much more each unit of money would have to bring."""
        parts = [-left / value for _, value, left in self._choices() if value > 0]
        return self.with_effect(min(parts)) if parts and min(parts) > 0 else None

    def with_effect(self, part: Fraction) -> Lever | None:
        """Raise every gain of the intervention by a part.

        Parameters
        ----------
        part : Fraction [1]
            By how much of itself; rounded up to whole millionths.
        """
        part = Fraction(ceil(part * FINEST), FINEST)
        table, edits = self.document.response, list[Edit]()
        rows = zip(
            table.texts("intervention_id"),
            table.ints("period").tolist(),
            table.ints("segment").tolist(),
            table.columns["metric_id"],
            table.ints("gain_micro_per_k").tolist(),
            strict=True,
        )
        for who, period, segment, metric, gain in rows:
            if who == self.name and gain:
                raised = ceil(gain * (1 + part))
                if raised > MAX_GAIN:
                    return None
                key = {"intervention_id": who, "period": period, "segment": segment, "metric_id": metric}
                edits.append(Edit(section="response", key=key, values={"gain_micro_per_k": raised}))
        if not edits:
            return None
        return Lever(
            kind="effect",
            sentence=f"Its effect is {_percent(part)} % larger.",
            edits=tuple(edits),
            amount=part,
        )

    def fixed(self) -> Lever | None:
        """Say by how much its fixed cost would have to be smaller."""
        if self.price <= 0:
            return None
        less = min(-left for _, _, left in self._choices()) * self.arrays.minor_per_block / self.price
        return self.with_fixed(less) if 0 < less <= int(self.arrays.fixed[self.who]) else None

    def with_fixed(self, less: Fraction) -> Lever | None:
        """Lower the fixed cost [minor units]."""
        held, down = int(self.arrays.fixed[self.who]), ceil(less)
        if down > held:
            return None
        money = self.fixer.say.money
        return Lever(
            kind="fixed",
            sentence=f"Its fixed cost is {money(held - down)} instead of {money(held)}.",
            edits=(
                Edit(
                    section="interventions",
                    key={"intervention_id": self.name},
                    values={"fixed_minor": held - down},
                ),
            ),
            amount=Fraction(down),
        )

    def ticket(self) -> Lever | None:
        """Say by how much its least amount would have to be smaller."""
        low = int(self.arrays.low[self.cell])
        points = [(amount, left) for amount, _, left in self._choices(below=True) if amount <= low]
        above = None
        for amount, left in reversed(points):
            if left >= 0:
                if above is None:
                    return None
                far, short = above
                return self.with_ticket(Fraction(low) - amount - (far - amount) * left / (left - short))
            above = (amount, left)
        return None

    def with_ticket(self, less: Fraction) -> Lever | None:
        """Lower the least working money [minor units]."""
        low = int(self.arrays.low[self.cell])
        fix = self.fixer.ticket(self.cell, min(ceil(less), low)) if less > 0 else None
        if fix is None:
            return None
        money = self.fixer.say.money
        new = low - min(ceil(less), low)
        return Lever(
            kind="ticket",
            sentence=f"It can be funded with {money(new)} of working money instead of {money(low)}.",
            edits=fix.edits,
            amount=Fraction(low - new),
        )

    def earmark(self) -> Lever | None:
        """Name the cheapest fund that does not admit it and whose money would be cheap enough."""
        margins, periods = self.margins, self.arrays.period_count
        funds, _ = margins.oracle.split(margins.prices)
        closed = np.flatnonzero(~self.arrays.eligible[self.who]).tolist()
        own = sum(price for rule, price in margins.parts(self.cell) if parts_of(rule)[0] != "budget")
        able = [
            fund
            for fund in closed
            if funds[fund, self.period] + own <= margins.break_even[self.cell]
            and self.arrays.budget[fund, : self.period + 1].any()
        ]
        if not able:
            return None
        fund = min(able, key=lambda each: (float(funds[each, self.period]), each))
        name, price = self.arrays.fund_ids[fund], float(funds[fund, self.cell % periods])
        return Lever(
            kind="earmark",
            sentence=f"Fund {name} admits it; 1,000 {self.document.unit} of that fund are worth {price:.4g}.",
            edits=tuple(self.fixer.admitting(fund, [self.who])),
            amount=Fraction(0),
        )

    def partner(self) -> Lever | None:
        """Name a synergy whose other members are not funded, and that would be enough."""
        chosen, margin, periods = (
            self.margins.chosen,
            float(self.margins.margin[self.cell]),
            self.arrays.period_count,
        )
        best: tuple[float, list[int]] | None = None
        for lists, micro in (
            (self.arrays.bonus, self.arrays.bonus_micro),
            (self.arrays.intensity, self.arrays.intensity_micro),
        ):
            for at in np.flatnonzero(
                np.isin(np.arange(len(lists)), lists.owner()[lists.items == self.who])
            ).tolist():
                others = [who for who in lists.at(at).tolist() if who != self.who]
                out = [who for who in others if not chosen[who * periods + self.period]]
                gain = margin + float(micro[at]) / 10**6
                if out and gain >= 0 and (best is None or (-len(out), gain) > (-len(best[1]), best[0])):
                    best = (gain, out)
        return None if best is None else self.with_partners(best[1])

    def with_partners(self, partners: list[int]) -> Lever:
        """Lock partners in."""
        names = [self.arrays.intervention_ids[who] for who in partners]
        return Lever(
            kind="partner",
            sentence=f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} funded too.",
            edits=tuple(
                Edit(section="interventions", key={"intervention_id": name}, values={"lock": 1})
                for name in names
            ),
            amount=Fraction(len(names)),
        )

    def cap(self) -> Lever | None:
        """Name the cap that costs it most, when its price alone keeps it out."""
        parts = [(rule, price) for rule, price in self.margins.parts(self.cell) if parts_of(rule)[0] == "cap"]
        price = float(self.margins.unit_price[self.cell])
        for rule, part in parts:
            if price - part <= self.margins.break_even[self.cell]:
                needed = int(self.arrays.fixed[self.who]) + int(self.arrays.low[self.cell])
                return self.with_cap(rule, needed)
        return None

    def with_cap(self, rule: str, more: int) -> Lever | None:
        """Raise a cap [minor units]."""
        limit = self.fixer.say.limit(list(parts_of(rule)[1:]))
        if limit is None:
            return None
        fix = self.fixer.bound("cap", limit, max(1, more))
        return Lever(kind="cap", sentence=fix.sentence, edits=fix.edits, amount=Fraction(max(1, more)))


def resolved(document: "AllocationDocument", levers: Levers, lever: Lever, solve: Solve) -> Lever | None:
    """Find the size at which a lever works when the changed problem is solved, or None where it never does.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    levers : Levers
        Of the one who asks.
    lever : Lever
        As priced.
    solve : callable
        Solves a changed problem.
    """

    def works(tried: Lever) -> bool:
        changed = edited(document, tried.edits)
        return is_in(changed, solve(changed), levers.name, solve)

    made = {"effect": levers.with_effect, "fixed": levers.with_fixed, "ticket": levers.with_ticket}.get(
        lever.kind
    )
    if made is None:
        return replace(lever, how="re-solved") if works(lever) else None
    good: Lever | None = None
    bad, tried = Fraction(0), lever
    for _ in range(STEPS):
        if works(tried):
            good = tried
        else:
            bad = tried.amount
        if good is None:
            amount = bad * GROWTH
        elif bad:
            amount = (bad + good.amount) / 2
        else:
            amount = good.amount * NEAR
        following = made(amount)
        if following is None or (good is not None and bad >= good.amount * NEAR):
            break
        tried = following
    return None if good is None else replace(good, how="re-solved")


def _percent(part: Fraction) -> str:
    """Write whole millionths as percent.

    Examples
    --------
    >>> _percent(Fraction(35461, 10**6)), _percent(Fraction(1))
    ('3.5461', '100')
    """
    return f"{float(part * 100):.4f}".rstrip("0").rstrip(".")


def is_in(document: "AllocationDocument", result: "AllocationResult", who: str, solve: Solve) -> bool:
    """Return whether an answer funds somebody, or another one that does is as good within the gap.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        Its answer.
    who : str
        The intervention.
    solve : callable
        Solves a changed problem.
    """
    if who in result.funded:
        return True
    if all(name != who for name, _ in result.tie_band):
        return False
    other = solve(with_lock(document, who))
    return other.status in {"within_gap", "stopped"} and other.bound >= result.value


def with_lock(document: "AllocationDocument", who: str) -> "AllocationDocument":
    """Return the problem in which somebody must be funded.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    who : str
        The intervention.
    """
    lock = Edit(section="interventions", key={"intervention_id": who}, values={"lock": 1})
    return edited(document, [lock])


def needed_besides(document: "AllocationDocument", margins: Margins, cell: int) -> list[str]:
    """Return whom a cell needs and who is not funded.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    margins : Margins
        The prices of its answer.
    cell : int [cell]
        Position of intervention and period.
    """
    arrays = document.arrays
    cells = missing_needs(arrays, margins.chosen, cell, margins.reply.worth)
    return [arrays.intervention_ids[other // arrays.period_count] for other in cells]
