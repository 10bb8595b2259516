"""Rules in plain English: what a rule id says, with the figures of the problem.

The problem: ``floor/region/3/all`` is exact and nobody's language. Every sentence here is made by a template
from the document, so the same rule always reads the same and no figure can differ from the one that binds.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import UNSET

if TYPE_CHECKING:
    from ..problem import AllocationDocument

EVERY = "*"
WHOLE = "all"


def parts_of(rule: str) -> tuple[str, ...]:
    """Split a rule id into its kind and its parts.

    Examples
    --------
    >>> parts_of("budget/pool~12026/0")
    ('budget', 'pool/2026', '0')
    """
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in rule.split("/"))


def share(basis_points: int) -> str:
    """Write a share of 10,000 as a percentage.

    Parameters
    ----------
    basis_points : int [basis points]
        The share.

    Examples
    --------
    >>> share(2500), share(1234)
    ('25 %', '12.34 %')
    """
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %" if rest else f"{whole} %"


class Wording:
    """The sentences of one problem.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 800000}],
    ...   "interventions": [{"intervention_id": "w7", "region": "north", "lock": 1}],
    ...   "limits": [{"group_kind": "region", "group_id": "north", "floor_minor": 90000}]}''')
    >>> say = Wording(problem).sentence
    >>> print(say("budget/pool/0"), say("floor/region/north/all"), say("lock/w7"))
    Fund pool has 8,000.00 USD. region north gets at least 900.00 USD. w7 is locked: it must be funded.
    """

    def __init__(self, document: "AllocationDocument") -> None:
        self.document = document
        self.arrays = document.arrays
        limits = self.arrays.limits
        self.limit_at = {
            (limits.kind[at], limits.group[at], int(limits.period[at])): at for at in range(len(limits))
        }

    def money(self, minor: int) -> str:
        """Write an amount with its unit.

        Parameters
        ----------
        minor : int [minor units]
            The amount.
        """
        text = self.document.amount(abs(int(minor)))
        whole, dot, rest = text.partition(".")
        sign = "-" if minor < 0 else ""
        return f"{sign}{int(whole):,}{dot}{rest} {self.document.unit}"

    def period(self, label: str) -> str:
        """Write " in period …", or nothing where there is only one.

        Parameters
        ----------
        label : str
            Index of the period, ``all`` or ``*``.
        """
        if self.arrays.period_count == 1:
            return ""
        if label in {WHOLE, EVERY}:
            return " over all periods" if label == WHOLE else " in every period"
        return f" in period {self.arrays.periods[int(label)]}"

    def group(self, kind: str, group: str) -> str:
        """Name a group."""
        if group == EVERY:
            return f"every {kind}"
        return "everybody" if kind == WHOLE else f"{kind} {group}"

    def sentence(self, rule: str) -> str:
        """Say what a rule demands.

        Parameters
        ----------
        rule : str
            Rule id; a ``*`` in a part stands for all.
        """
        kind, *parts = parts_of(rule)
        made = SENTENCES.get(kind)
        return made(self, parts) if made is not None else f"Rule {rule} holds."

    def limit(self, parts: list[str]) -> int | None:
        """Return the position of a limit that a rule id names."""
        kind, group, label = parts
        period = UNSET if label == WHOLE else int(label) if label != EVERY else UNSET
        return self.limit_at.get((kind, group, period))

    def members(self, kind: str, group: str) -> list[int]:
        """Return the interventions of a group that has a limit."""
        for (one, other, _), at in self.limit_at.items():
            if (one, other) == (kind, group):
                return [int(who) for who in self.arrays.limits.members.at(at)]
        return []


def _budget(say: Wording, parts: list[str]) -> str:
    fund, label = parts[0], parts[-1] if len(parts) > 1 else EVERY
    arrays = say.arrays
    spans = slice(None) if label == EVERY else int(label)
    if fund == EVERY:
        total = int(np.sum(arrays.budget[:, spans]))
        return f"All {len(arrays.fund_ids)} funds together have {say.money(total)}{say.period(label)}."
    total = int(np.sum(arrays.budget[arrays.fund_ids.index(fund), spans]))
    return f"Fund {fund} has {say.money(total)}{say.period(label)}."


def _earmark(say: Wording, parts: list[str]) -> str:
    arrays, (fund, *group) = say.arrays, parts
    if len(group) == 1:
        return f"No fund admits {parts[1]}." if fund == EVERY else f"Fund {fund} does not admit {parts[1]}."
    if not group:
        return f"Fund {fund} admits only what its earmark names."
    name = say.group(*parts[1:])
    if fund == EVERY:
        return f"Earmarks keep some funds from {name}."
    admits = arrays.eligible[say.members(*parts[1:]), :]
    at = arrays.fund_ids.index(fund)
    if not admits[:, at].any():
        return f"Fund {fund} does not admit {name}."
    payers = [arrays.fund_ids[other] for other in np.flatnonzero(admits.any(axis=0)).tolist()]
    if payers == [fund]:
        return f"Only fund {fund} admits {name}."
    return f"Only funds {', '.join(payers)} admit {name}; {fund} is one of them."


def _share(_: Wording, parts: list[str]) -> str:
    return f"The funds that admit {parts[1]} may not pay the whole of an award to it."


def _amount(word: str, bound: str) -> "Template":
    def said(say: Wording, parts: list[str]) -> str:
        at = say.limit(parts)
        when = say.period(parts[2])
        if at is None:
            limits = say.arrays.limits
            own = [
                each
                for (kind, _, period), each in say.limit_at.items()
                if kind == parts[0] and (period == UNSET) == (parts[2] == WHOLE)
            ]
            total = sum(int(getattr(limits, bound)[each]) for each in own if getattr(limits, bound)[each] > 0)
            return f"Every {parts[0]} gets {word} its {bound}{when}, {say.money(total)} in all."
        value = int(getattr(say.arrays.limits, bound)[at])
        return f"{say.group(*parts[:2])} gets {word} {say.money(value)}{when}."

    return said


def _part(word: str, bound: str) -> "Template":
    def said(say: Wording, parts: list[str]) -> str:
        at = say.limit(parts)
        when = say.period(parts[2])
        if at is None:
            return f"Every {parts[0]} has {word} its share of all that is spent{when}."
        value = share(int(getattr(say.arrays.limits, bound)[at]))
        return f"{say.group(*parts[:2])} gets {word} {value} of all that is spent{when}."

    return said


def _number(word: str, bound: str) -> "Template":
    def said(say: Wording, parts: list[str]) -> str:
        at = say.limit(parts)
        when = say.period(parts[2])
        if at is None:
            return f"Every {parts[0]} has {word} its number of funded interventions{when}."
        value = int(getattr(say.arrays.limits, bound)[at])
        has = len(say.arrays.limits.members.at(at))
        return f"In {say.group(*parts[:2])} {word} {value} of {has} are funded{when}."

    return said


def _lock(say: Wording, parts: list[str]) -> str:
    if parts[0] == EVERY:
        count = int((say.arrays.lock == 1).sum())
        return f"{count} interventions are locked: they must be funded."
    at = say.arrays.intervention_ids.index(parts[0])
    must = "must be funded" if say.arrays.lock[at] == 1 else "must not be funded"
    return f"{parts[0]} is locked: it {must}."


def _ticket(say: Wording, parts: list[str]) -> str:
    arrays = say.arrays
    at = arrays.intervention_ids.index(parts[0])
    cell = at * arrays.period_count + int(parts[1])
    when = say.period(parts[1])
    if not arrays.open[cell]:
        return f"{parts[0]} cannot be funded{when}: it has no ticket there."
    low, high = (int(arrays.fixed[at] + bound[cell]) for bound in (arrays.low, arrays.high))
    return f"{parts[0]} takes from {say.money(low)} to {say.money(high)}{when}, or nothing."


def _tranche(say: Wording, parts: list[str]) -> str:
    return f"The next tranche of {parts[0]} is not open{say.period(parts[1])}: it waits for a determination."


def _stock(say: Wording, parts: list[str]) -> str:
    arrays = say.arrays
    what, period = arrays.resource_ids.index(parts[0]), int(parts[1])
    has = f"There are {int(arrays.stock[what, period])} units of {parts[0]}{say.period(parts[1])}"
    price = int(arrays.price[what, period])
    return (
        f"{has}, and none can be bought." if price == UNSET else f"{has}; one more costs {say.money(price)}."
    )


def _actor(say: Wording, parts: list[str]) -> str:
    actors = say.arrays.actors
    cap = int(actors.cap[actors.ids.index(parts[0]), int(parts[1])])
    return f"{parts[0]} can take on at most {say.money(cap)}{say.period(parts[1])}."


def _override(say: Wording, parts: list[str]) -> str:
    table = say.document.overrides
    at = table.texts("override_id").index(parts[0])
    who, kind = table.texts("intervention_id")[at], table.texts("kind")[at]
    amount = int(table.ints("amount_minor")[at])
    wanted = {
        "fund": f"{who} is funded",
        "exclude": f"{who} is not funded",
        "at_least": f"{who} gets at least {say.money(amount)}",
        "at_most": f"{who} gets at most {say.money(amount)}",
    }[kind]
    return f"Override {parts[0]} of {table.texts('decided_by')[at]}: {wanted}."


def _metric(say: Wording, parts: list[str]) -> str:
    at = say.arrays.metric_ids.index(parts[0])
    return f"{parts[0]} reaches at least {int(say.arrays.metric_floor[at]) / 10**6:,.6g}."


def _concentration(say: Wording, parts: list[str]) -> str:
    for count, bound, period in say.arrays.concentration.tolist():
        if str(count) == parts[0] and (WHOLE if period == UNSET else str(period)) == parts[1]:
            when = say.period(parts[1])
            return f"The {count} largest awards get at most {share(bound)} of all that is spent{when}."
    return f"The {parts[0]} largest awards are bounded{say.period(parts[1])}."


Template = Callable[[Wording, list[str]], str]
SENTENCES: Mapping[str, Template] = {
    "budget": _budget,
    "earmark": _earmark,
    "share": _share,
    "floor": _amount("at least", "floor"),
    "cap": _amount("at most", "cap"),
    "floor-share": _part("at least", "floor_bp"),
    "cap-share": _part("at most", "cap_bp"),
    "floor-count": _number("at least", "floor_count"),
    "cap-count": _number("at most", "cap_count"),
    "needs": lambda _, parts: f"{parts[0]} needs {parts[1]}.",
    "bundle": lambda _, parts: f"{', '.join(parts)} are funded all together or not at all.",
    "any-of": lambda _, parts: f"{parts[0]} needs one of {', '.join(parts[1:])}.",
    "alternatives": lambda _, parts: f"At most one of {', '.join(parts)} is funded.",
    "lock": _lock,
    "ticket": _ticket,
    "tranche": _tranche,
    "stock": _stock,
    "actor": _actor,
    "override": _override,
    "metric": _metric,
    "concentration": _concentration,
    "churn": lambda say, _: f"At most {share(say.arrays.churn_bp)} of the earlier money moves.",
}
