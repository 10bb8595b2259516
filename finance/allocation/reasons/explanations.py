"""Why somebody is funded, why not, and what would have to be true.

The problem: people who ask for money are owed a reason that they can check, and one that says how sure it
is. Every sentence here is made by a template from the answer's own prices, and bears one of three words:
``proved`` (arithmetic, or excluded by the certificate), ``priced`` (true at the prices of the answer while
the others stay as they are) and ``re-solved`` (the changed problem was solved).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import Missing
from ..conflict.chains import Forced, forced
from ..conflict.conflicts import find_conflict
from ..conflict.wording import Wording
from ..problem import rule_id
from ..solve import allocate
from .levers import How, Lever, Levers, Solve, needed_besides, resolved, with_lock
from .margins import Margins, exact_break_even, margins_of

if TYPE_CHECKING:
    from ..problem import AllocationDocument
    from ..result import AllocationResult

DEADLINE_S = 10.0
MOST_EXPLAINED = 500
PRICES_ONLY = "Prices alone do not decide between it and others."
IMPOSSIBLE = "Were it funded all the same, no allocation would keep every rule."
EXACT = 1e-9
ORDER = ("release", "effect", "fixed", "ticket", "earmark", "partner", "cap")
NOTHING = "Together with what it needs it would not bring enough even if its own money were free."
TIE = "The order between it and others is not decided by the evidence within the gap of this answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedReason:
    """One sentence and how sure it is.

    Attributes
    ----------
    sentence : str
        The reason, with its figures.
    how : str
        ``proved``, ``priced`` or ``re-solved``.
    rules : tuple of str
        Rule ids that it names.
    """

    sentence: str
    how: How
    rules: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return the reason as JSON values."""
        return {"sentence": self.sentence, "how": self.how, "rules": list(self.rules)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an intervention is funded or not.

    Attributes
    ----------
    intervention_id : str
        Who asks.
    period : int
        Index of the period that the reasons are about.
    is_funded : bool
        Whether it is funded in that period.
    is_tied : bool
        Whether its choice could flip within the gap.
    award_minor : int [minor units]
        What it gets over all periods.
    reasons : tuple of StatedReason
        In the order in which they matter.
    levers : tuple of Lever
        What would have to be true for it to be funded; empty when it is.
    """

    intervention_id: str
    period: int
    is_funded: bool
    is_tied: bool
    award_minor: int
    reasons: tuple[StatedReason, ...]
    levers: tuple[Lever, ...]

    def plain(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        return {
            "intervention_id": self.intervention_id,
            "period": self.period,
            "is_funded": self.is_funded,
            "is_tied": self.is_tied,
            "award_minor": self.award_minor,
            "reasons": [reason.plain() for reason in self.reasons],
            "levers": [lever.plain() for lever in self.levers],
        }

    @property
    def text(self) -> str:
        """The explanation as lines, each with how it was obtained."""
        lines = [f"{reason.sentence} ({reason.how})" for reason in self.reasons]
        if self.levers:
            lines.append("It would be funded if one of these were true:")
            lines += [f"- {lever.sentence} ({lever.how})" for lever in self.levers]
        return "\n".join(lines)


def explain(
    document: "AllocationDocument",
    result: "AllocationResult",
    intervention_id: str,
    *,
    is_resolved: bool = False,
    solve: Solve | None = None,
) -> Explanation:
    """Explain the choice about one intervention.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        Its answer.
    intervention_id : str
        Who asks.
    is_resolved : bool
        Whether every lever is solved for, which takes some solves for each.
    solve : callable, optional
        Solves a changed problem; the default is ``allocate`` with the same gap.

    Raises
    ------
    Missing
        When there is no such intervention.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000},
    ...               {"intervention_id": "w8", "min_minor": 8000, "max_minor": 8000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000},
    ...                {"intervention_id": "w8", "cap_minor": 8000, "gain_micro_per_k": 1000000}]}''')
    >>> explanation = explain(problem, allocate(problem), "w8")
    >>> explanation.is_funded, [lever.sentence for lever in explanation.levers if lever.kind == "effect"]
    (False, ['Its effect is 100 % larger.'])
    """
    if intervention_id not in document.arrays.intervention_ids:
        raise Missing(
            f"There is no intervention {intervention_id} in this problem; its ids are in interventions."
        )
    who = document.arrays.intervention_ids.index(intervention_id)
    about = _About(document, result, margins_of(document, result), forced(document), who)
    reasons, levers = tuple(about.reasons()), about.levers()
    if is_resolved and not about.is_funded:
        again = solve or partial(
            allocate, gap=result.asked_gap, deadline_s=DEADLINE_S, raise_infeasible=False
        )
        more, levers = about.solved(levers, again)
        reasons += more
    return about.told(reasons, levers)


def explain_each(
    document: "AllocationDocument", result: "AllocationResult", *, most: int = MOST_EXPLAINED
) -> tuple[Explanation, ...]:
    """Explain the choice about every intervention, in the order of the problem; nothing is solved for it.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        Its answer.
    most : int [interventions]
        At most so many.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> [(one.intervention_id, one.is_funded) for one in explain_each(problem, allocate(problem))]
    [('w7', True), ('w8', False)]
    """
    margins, known = margins_of(document, result), forced(document)
    found = []
    for who in range(min(most, len(document.arrays.intervention_ids))):
        about = _About(document, result, margins, known, who)
        found.append(about.told(tuple(about.reasons()), about.levers()))
    return tuple(found)


def _solved(
    document: "AllocationDocument", made: Levers, levers: Sequence[Lever], solve: Solve
) -> tuple[Lever, ...]:
    """Keep the levers that work when solved, the smallest of each kind."""
    best: dict[str, Lever] = {}
    for lever in sorted(levers, key=lambda lever: lever.amount):
        key = lever.sentence if lever.kind == "release" else lever.kind
        if key not in best and (found := resolved(document, made, lever, solve)) is not None:
            best[key] = found
    return tuple(sorted(best.values(), key=lambda lever: ORDER.index(lever.kind)))


def _cell(margins: Margins, who: int, periods: int) -> int:
    """Return the period that is worth telling about: the first funded one, or the one nearest to it."""
    cells = np.arange(who * periods, (who + 1) * periods)
    funded = cells[margins.chosen[cells]]
    return int(funded[0]) if len(funded) else int(cells[np.argmax(margins.margin[cells])])


class _About:
    """The reasons about one cell."""

    def __init__(
        self,
        document: "AllocationDocument",
        result: "AllocationResult",
        margins: Margins,
        known: Forced,
        who: int,
    ) -> None:
        self.document, self.result, self.margins, self.known = document, result, margins, known
        self.arrays, self.say = document.arrays, Wording(document)
        self.who, self.cell = who, _cell(margins, who, document.arrays.period_count)
        self.period = self.cell % self.arrays.period_count
        self.block = f"1,000 {document.unit}"
        self.name = self.arrays.intervention_ids[self.who]
        self.is_tied = (self.name, self.period) in result.tie_band
        self.is_funded = bool(margins.chosen[self.cell])

    def told(self, reasons: tuple[StatedReason, ...], levers: tuple[Lever, ...]) -> Explanation:
        """Put the explanation together."""
        return Explanation(
            intervention_id=self.name,
            period=self.period,
            is_funded=self.is_funded,
            is_tied=self.is_tied,
            award_minor=self.result.award_minor(self.name),
            reasons=reasons,
            levers=levers,
        )

    def levers(self) -> tuple[Lever, ...]:
        """List what would have to be true for it to be funded; nothing when it is."""
        if self.is_funded:
            return ()
        return (*self.releases(), *Levers(self.document, self.margins, self.cell).all())

    def reasons(self) -> Iterator[StatedReason]:
        """Give the reasons in the order in which they matter."""
        when = self.say.period(str(self.period))
        if self.margins.chosen[self.cell]:
            award = self.result.award_minor(self.name, self.period)
            yield StatedReason(
                sentence=f"{self.name} is funded with {self.say.money(award)}{when}.", how="proved"
            )
            yield from self._demanded()
            yield from self._worth(award)
        else:
            yield StatedReason(sentence=f"{self.name} is not funded{when}.", how="proved")
            if self.known.off[self.cell]:
                yield from self._rules(self.known.rules((self.cell, False)), "proved")
                return
            yield from self._short()
        yield from self._prices()
        yield from self._certain()

    def solved(
        self, levers: Sequence[Lever], solve: Solve
    ) -> tuple[tuple[StatedReason, ...], tuple[Lever, ...]]:
        """Solve with it funded, and with every lever; return what that shows."""
        made = Levers(self.document, self.margins, self.cell)
        other = solve(with_lock(self.document, self.name))
        found = _solved(self.document, made, (*levers, *self.forced_effect(made, other)), solve)
        return tuple(self.displaced(other)), found

    def displaced(self, other: "AllocationResult") -> Iterator[StatedReason]:
        """Say what would be lost, were it funded all the same."""
        if other.status in {"infeasible", "no_answer"}:
            yield StatedReason(sentence=IMPOSSIBLE, how="re-solved")
            conflict = find_conflict(with_lock(self.document, self.name), check=lambda _: False)
            if conflict is not None:
                own = rule_id("lock", self.name)
                rules = tuple(rule for rule in conflict.rules if rule != own)
                yield from self._rules(rules, "proved")
        else:
            lost = float(max(self.result.value - other.value, Fraction(0)))
            yield StatedReason(
                sentence=f"Were it funded all the same, {lost:.4g} of value would be lost.", how="re-solved"
            )

    def forced_effect(self, made: Levers, other: "AllocationResult") -> Iterator[Lever]:
        """Raise its effect until an answer with it is as good as the one without."""
        if other.status in {"infeasible", "no_answer"}:
            return
        own = Fraction(0)
        for (who, period), award in other.allocation.awards().items():
            if who == self.name:
                own += self._grains(self.who * self.arrays.period_count + period, award, is_start=True)
        lost = self.result.value - other.value
        if own > 0 and lost > 0:
            lever = made.with_effect(lost / own)
            if lever is not None:
                yield lever

    def releases(self) -> Iterator[Lever]:
        """Offer to change the decisions that keep it out."""
        if self.known.off[self.cell]:
            fixer = Levers(self.document, self.margins, self.cell).fixer
            for rule in self.known.rules((self.cell, False)):
                fix = fixer.release(rule)
                if fix is not None:
                    yield Lever(kind="release", sentence=fix.sentence, edits=fix.edits, amount=Fraction(1))

    def _rules(self, rules: tuple[str, ...], how: How) -> Iterator[StatedReason]:
        for rule in rules:
            yield StatedReason(sentence=self.say.sentence(rule), how=how, rules=(rule,))

    def _demanded(self) -> Iterator[StatedReason]:
        if self.known.on[self.cell]:
            yield from self._rules(self.known.rules((self.cell, True)), "proved")

    def _worth(self, award: int) -> Iterator[StatedReason]:
        """Say what it brings by itself and with whom, and per 1,000 of money."""
        own, partners = self._own(award), self._partners()
        joint = float(sum(value for _, value in partners))
        yield StatedReason(sentence=f"Its own effect is worth {own:.6g}.", how="proved")
        for names, value in partners:
            word = "brings" if value >= 0 else "loses"
            yield StatedReason(sentence=f"Together with {names} it {word} {abs(value):.6g}.", how="proved")
        if award:
            rate = (own + joint) * self.arrays.minor_per_block / award
            price = float(self.margins.unit_price[self.cell])
            yield StatedReason(
                sentence=f"That is {rate:.4g} for every {self.block}, where such money is worth {price:.4g}.",
                how="priced",
            )

    def _own(self, award: int) -> float:
        is_start = not self.period or not self.margins.chosen[self.cell - 1]
        return float(self._grains(self.cell, award, is_start=is_start))

    def _grains(self, cell: int, award: int, *, is_start: bool) -> Fraction:
        """Return what an award brings by itself [value units]."""
        start = int(self.arrays.start[self.who]) if is_start else 0
        grains, left = 0, max(0, award - int(self.arrays.fixed[self.who]) - start)
        gains = self.arrays.gain[cell].tolist()
        for width, gain in zip(self.arrays.cap[cell].tolist(), gains, strict=True):
            taken = min(left, width)
            grains, left = grains + taken * gain, left - taken
        return self.arrays.fraction(grains)

    def _partners(self) -> list[tuple[str, float]]:
        """List the synergies with others who are funded, and their value."""
        chosen, periods, ids = self.margins.chosen, self.arrays.period_count, self.arrays.intervention_ids
        found = []
        for at in sorted(set(self.arrays.bonus.owner()[self.arrays.bonus.items == self.who].tolist())):
            others = [who for who in self.arrays.bonus.at(at).tolist() if who != self.who]
            if others and all(chosen[who * periods + self.period] for who in others):
                found.append(
                    (", ".join(ids[who] for who in others), float(self.arrays.bonus_micro[at]) / 10**6)
                )
        for (first, second), micro in zip(
            self.arrays.overlap.tolist(), self.arrays.overlap_micro.tolist(), strict=True
        ):
            other = second if first == self.who else first
            if self.who in {first, second} and chosen[other * periods + self.period]:
                found.append((ids[other], -micro / 10**6))
        return found

    def _short(self) -> Iterator[StatedReason]:
        """Say what it would bring at its best, and at which price of money it would do."""
        besides = needed_besides(self.document, self.margins, self.cell)
        if besides:
            yield StatedReason(sentence=f"It needs {', '.join(besides)}, which is not funded.", how="proved")
        extra, price = float(self.margins.extra[self.cell]), float(self.margins.unit_price[self.cell])
        root = exact_break_even(self.arrays, self.cell, extra) if np.isfinite(extra) else None
        if root is not None and root <= 0:
            yield StatedReason(sentence=NOTHING, how="priced")
        elif root is not None:
            yield StatedReason(
                sentence=f"At its best it would pay {float(root):.6g} for {self.block}; such money is worth "
                f"{price:.6g} where it could come from.",
                how="priced",
            )

    def _prices(self) -> Iterator[StatedReason]:
        """Name the rules that make its money dear, the dearest first."""
        for rule, part in self.margins.parts(self.cell)[:3]:
            if part > 0:
                yield StatedReason(
                    sentence=f"{self.say.sentence(rule)[:-1]}; {self.block} more would bring {part:.4g}.",
                    how="priced",
                    rules=(rule,),
                )

    def _certain(self) -> Iterator[StatedReason]:
        """Say what the other choice would cost at least, or that it is not decided."""
        net, slack = float(self.margins.net[self.cell]), self.margins.slack
        if abs(net) <= slack:
            is_open = slack > EXACT * max(1.0, abs(float(self.result.value)))
            yield StatedReason(sentence=TIE if is_open else PRICES_ONLY, how="proved")
        else:
            other = "Without it" if self.margins.chosen[self.cell] else "With it"
            lost = abs(net) - slack
            yield StatedReason(sentence=f"{other} at least {lost:.4g} of value would be lost.", how="proved")
