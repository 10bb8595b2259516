"""The smallest changes that would make a problem possible, each to one rule.

The problem: "infeasible" leaves people to guess what to give up. For every rule of a clash the least change
that ends it is computed and written twice: as a sentence with its figures, and as edits of the document.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import UNSET
from ..columns import FULL_BP
from ..problem import rule_id
from ..tables import NONE
from .edits import Edit, edited
from .policy_space import Opening, PolicySpace, Rule
from .wording import WHOLE, Wording, parts_of, share

if TYPE_CHECKING:
    from ..problem import AllocationDocument

ROUND = 0.01  # of a minor unit: what a solver's figure may be off


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that makes the problem possible.

    Attributes
    ----------
    rules : tuple of str
        Rule ids that change.
    sentence : str
        What to do, with the figures.
    edits : tuple of Edit
        The same as data; ``apply`` does it.
    amount_minor : int or None [minor units]
        How much money it moves; None where it is not about an amount.
    is_confirmed : bool
        Whether the changed problem was solved, and an allocation found.

    Examples
    --------
    >>> Fix(rules=("lock/w7",), sentence="Release the lock of w7.", edits=(
    ...   Edit(section="interventions", key={"intervention_id": "w7"}, values={"lock": 0}),)).plain()["edits"]
    [{'section': 'interventions', 'key': {'intervention_id': 'w7'}, 'set': {'lock': 0}}]
    """

    rules: tuple[str, ...]
    sentence: str
    edits: tuple[Edit, ...]
    amount_minor: int | None = None
    is_confirmed: bool = False

    def plain(self) -> dict[str, Any]:
        """Return the fix as JSON values."""
        return {
            "rules": list(self.rules),
            "sentence": self.sentence,
            "edits": [edit.plain() for edit in self.edits],
            "amount_minor": self.amount_minor,
        }


def apply(document: "AllocationDocument", fix: Fix, *, is_sound: bool = False) -> "AllocationDocument":
    """Return the document as a fix changes it.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    fix : Fix
        The change.
    is_sound : bool
        Whether the tables are known not to contradict each other after it, as after every fix made here.
    """
    return edited(document, fix.edits, is_sound=is_sound)


class Fixer:
    """Makes fixes for one document.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    """

    def __init__(self, document: "AllocationDocument") -> None:
        self.document = document
        self.arrays = document.arrays
        self.say = Wording(document)

    def by(self, rule: Rule, amount: float) -> Fix | None:
        """Let a rule of the policy space give way.

        Parameters
        ----------
        rule : Rule
            The rule.
        amount : float [units of the rule]
            By how much; rounded up.
        """
        whole = max(1, int(np.ceil(amount * rule.unit - ROUND)))
        place = rule.place
        if rule.kind in {"floor", "cap", "floor-count", "cap-count"}:
            return self.bound(rule.kind, place[0], whole)
        if rule.kind in {"at_least", "at_most"}:
            return self.override(rule, whole)
        if rule.kind == "metric":
            return self.metric(place[0], whole)
        own = {"budget": self.budget, "stock": self.stock, "actor": self.actor}.get(rule.kind)
        return None if own is None else own(place[0], place[1], whole)

    def budget(self, fund: int, period: int, more: int) -> Fix:
        """Raise the money of a fund in a period [minor units of the base unit]."""
        name, table = self.arrays.fund_ids[fund], self.document.funds
        own = _row(table.texts("fund_id"), table.ints("period").tolist(), name, period)
        has = int(self.arrays.budget[fund, period])
        held = 0 if own is None else int(table.ints("budget_minor")[own])
        above, below = self._rate(name)
        units = -((-(has + more) * below) // above)  # rounded up in the fund's own unit
        values: dict[str, object] = {"budget_minor": max(units, held)}
        unit = dict(zip(table.texts("fund_id"), table.texts("unit"), strict=True))[name]
        if own is None and unit:
            values["unit"] = unit
        return Fix(
            rules=(self._rule("budget", name, period),),
            sentence=f"Raise fund {name}{self._when(period)} from {self.say.money(has)} to "
            f"{self.say.money(has + more)}, by {self.say.money(more)}.",
            edits=(Edit(section="funds", key={"fund_id": name, "period": period}, values=values),),
            amount_minor=more,
        )

    def bound(self, kind: str, limit: int, by: int) -> Fix:
        """Lower a floor, or raise a cap [minor units, or funded cells]."""
        limits = self.arrays.limits
        is_floor, is_count = kind.startswith("floor"), kind.endswith("count")
        column = kind.replace("-", "_") + ("" if is_count else "_minor")
        attribute = kind.replace("-", "_")
        has = int(getattr(limits, attribute)[limit])
        new = max(0, has - by) if is_floor else has + by
        group, period = self.say.group(limits.kind[limit], limits.group[limit]), int(limits.period[limit])
        shown = [str(value) if is_count else self.say.money(value) for value in (has, new, abs(new - has))]
        verb = "Lower the floor" if is_floor else "Raise the cap"
        what = " on the number funded" if is_count else ""
        moved = f"from {shown[0]} to {shown[1]}, by {shown[2]}"
        return Fix(
            rules=(self._rule(kind, limits.kind[limit], limits.group[limit], period),),
            sentence=f"{verb}{what} of {group}{self._when(period)} {moved}.",
            edits=(self._limit(limit, {column: new}),),
            amount_minor=None if is_count else abs(new - has),
        )

    def share(self, kind: str, limit: int, new_bp: int) -> Fix:
        """Lower or raise a bound on a group's part of all that is spent [basis points]."""
        limits = self.arrays.limits
        is_floor = kind == "floor-share"
        has = int((limits.floor_bp if is_floor else limits.cap_bp)[limit])
        values: dict[str, object] = {("floor_share_bp" if is_floor else "cap_share_bp"): new_bp}
        if is_floor and self._has_equal_share(limit):
            values["equal_share_bp"] = None
        group, period = self.say.group(limits.kind[limit], limits.group[limit]), int(limits.period[limit])
        verb = "Lower the least" if is_floor else "Raise the most"
        return Fix(
            rules=(self._rule(kind, limits.kind[limit], limits.group[limit], period),),
            sentence=f"{verb} share of {group}{self._when(period)} from {share(has)} to {share(new_bp)}.",
            edits=(self._limit(limit, values),),
        )

    def stock(self, what: int, period: int, more: int) -> Fix:
        """Have more units of a resource."""
        name = self.arrays.resource_ids[what]
        has = int(self.arrays.stock[what, period])
        return Fix(
            rules=(self._rule("stock", name, period),),
            sentence=f"Have {has + more} units of {name}{self._when(period)} instead of {has}.",
            edits=(
                Edit(
                    section="resources",
                    key={"resource_id": name, "period": period},
                    values={"stock": has + more},
                ),
            ),
        )

    def actor(self, actor: int, period: int, more: int) -> Fix:
        """Let an actor take on more [minor units]."""
        name = self.arrays.actors.ids[actor]
        has = int(self.arrays.actors.cap[actor, period])
        return Fix(
            rules=(self._rule("actor", name, period),),
            sentence=f"Let {name} take on {self.say.money(has + more)}{self._when(period)} instead of "
            f"{self.say.money(has)}.",
            edits=(
                Edit(
                    section="actor_caps",
                    key={"actor_id": name, "period": period},
                    values={"cap_minor": has + more},
                ),
            ),
            amount_minor=more,
        )

    def override(self, rule: Rule, by: int) -> Fix:
        """Let an override's amount give way [minor units]."""
        bounds = self.arrays.at_least if rule.kind == "at_least" else self.arrays.at_most
        has = int(bounds[rule.place[0]])
        new = max(0, has - by) if rule.kind == "at_least" else has + by
        name = parts_of(rule.id)[1]
        return Fix(
            rules=(rule.id,),
            sentence=f"Change override {name} from {self.say.money(has)} to {self.say.money(new)}.",
            edits=(Edit(section="overrides", key={"override_id": name}, values={"amount_minor": new}),),
            amount_minor=by,
        )

    def metric(self, metric: int, by: int) -> Fix:
        """Lower a least outcome [millionths]."""
        name, has = self.arrays.metric_ids[metric], int(self.arrays.metric_floor[metric])
        new = max(0, has - by)
        return Fix(
            rules=(self._rule("metric", name),),
            sentence=f"Lower the least {name} from {has / 10**6:,.6g} to {new / 10**6:,.6g}.",
            edits=(Edit(section="metrics", key={"metric_id": name}, values={"floor_micro": new}),),
        )

    def admit(self, space: PolicySpace, fund: int, openings: Sequence[Opening], money: float) -> Fix:
        """Open a fund's earmark to a group, or to what is locked.

        Parameters
        ----------
        space : PolicySpace
            The rules over pools.
        fund : int
            Which fund.
        openings : sequence of Opening
            What it would admit.
        money : float [minor units]
            How much it would pay there, at least.
        """
        limit, pools = openings[0].limit, space.pools
        inside = space.inside(limit) if limit != UNSET else pools.locked > 0
        inside = inside & np.isin(space.home, [opening.signature for opening in openings])
        cells = np.flatnonzero(np.isin(pools.of_cell, np.flatnonzero(inside)))
        if limit == UNSET:
            cells = cells[space.reach.on[cells]]
        who = sorted(set((cells // self.arrays.period_count).tolist()))
        name = self.arrays.fund_ids[fund]
        limits = self.arrays.limits
        group = (
            self.say.group(limits.kind[limit], limits.group[limit])
            if limit != UNSET
            else ", ".join(self.arrays.intervention_ids[at] for at in who[:5])
        )
        parts = () if limit == UNSET else (limits.kind[limit], limits.group[limit])
        more = max(0, int(np.ceil(money - ROUND)))
        return Fix(
            rules=(self._rule("earmark", name, *parts),),
            sentence=f"Let fund {name} pay for {group}; {self.say.money(more)} of its money would go there.",
            edits=tuple(self.admitting(fund, who)),
            amount_minor=more,
        )

    def admit_one(self, fund: int, who: int) -> Fix:
        """Open a fund's earmark to one intervention."""
        name, ident = self.arrays.fund_ids[fund], self.arrays.intervention_ids[who]
        return Fix(
            rules=(self._rule("earmark", name),),
            sentence=f"Let fund {name} pay for {ident}.",
            edits=tuple(self.admitting(fund, [who])),
        )

    def admitting(self, fund: int, who: Sequence[int]) -> Iterator[Edit]:
        """List the earmark rows that a fund needs to admit interventions.

        Parameters
        ----------
        fund : int
            Which fund.
        who : sequence of int
            Positions of interventions.
        """
        table, name = self.document.earmarks, self.arrays.fund_ids[fund]
        rows = zip(
            table.texts("fund_id"),
            table.texts("intervention_id"),
            table.texts("column"),
            table.texts("value"),
            strict=True,
        )
        named, admitted = set[str](), dict[str, set[str]]()
        for owner, intervention, column, value in rows:
            if owner == name:
                if intervention:
                    named.add(intervention)
                else:
                    admitted.setdefault(column, set()).add(value)
        ids = self.arrays.intervention_ids
        if named:
            for at in who:
                if ids[at] not in named:
                    yield Edit(section="earmarks", key={"fund_id": name, "intervention_id": ids[at]})
        place = {ident: at for at, ident in enumerate(self.document.interventions.texts("intervention_id"))}
        for column, values in sorted(admitted.items()):
            groups = self.document.interventions.texts(column)
            for value in sorted({groups[place[ids[at]]] for at in who} - values - {""}):
                yield Edit(section="earmarks", key={"fund_id": name, "column": column, "value": value})

    def amount_of(self, rule: str) -> int:
        """Return the bound of a budget, floor or cap [minor units].

        Parameters
        ----------
        rule : str
            Rule id.
        """
        kind, *parts = parts_of(rule)
        if kind == "budget":
            return int(self.arrays.budget[self.arrays.fund_ids.index(parts[0]), int(parts[1])])
        limit = self.say.limit(parts)
        return 0 if limit is None else int(getattr(self.arrays.limits, kind)[limit])

    def moved(self, rule: str, change: int) -> Edit:
        """Return the edit that moves a budget, floor or cap [minor units].

        Parameters
        ----------
        rule : str
            Rule id.
        change : int [minor units]
            By how much; below zero for less.
        """
        kind, *parts = parts_of(rule)
        new = self.amount_of(rule) + change
        limit = self.say.limit(parts) if kind != "budget" else None
        if limit is not None:
            return self._limit(limit, {f"{kind}_minor": new})
        above, below = self._rate(parts[0])
        key = {"fund_id": parts[0], "period": int(parts[1])}
        return Edit(section="funds", key=key, values={"budget_minor": -(-new * below // above)})

    def ticket(self, cell: int, less: int) -> Fix | None:
        """Let an intervention be funded with less [minor units]."""
        who, period = divmod(cell, self.arrays.period_count)
        low, ident = int(self.arrays.low[cell]), self.arrays.intervention_ids[who]
        tickets = self.document.tickets
        at = _row(tickets.texts("intervention_id"), tickets.ints("period").tolist(), ident, period)
        if at is None or less > low or len(self.arrays.levels.at(cell)):
            return None
        shown = [self.say.money(int(self.arrays.fixed[who]) + amount) for amount in (low - less, low)]
        key = {"intervention_id": ident, "period": period}
        return Fix(
            rules=(self._rule("ticket", ident, period),),
            sentence=f"Let {ident} take {shown[0]}{self._when(period)}; its least is {shown[1]}.",
            edits=(Edit(section="tickets", key=key, values={"min_minor": low - less}),),
            amount_minor=less,
        )

    def size(self, rule: Rule) -> int:
        """Return by how much a rule must give way so that it asks for nothing [units of the rule]."""
        arrays, place = self.arrays, rule.place
        whole = int(arrays.high.sum() + np.repeat(arrays.fixed + arrays.start, arrays.period_count).sum())
        limits = arrays.limits
        amounts = {
            "floor": limits.floor,
            "floor-count": limits.floor_count,
            "at_least": arrays.at_least,
            "metric": arrays.metric_floor,
        }
        if rule.kind in amounts:
            return int(amounts[rule.kind][place[0]])
        counts = {"cap-count": len(arrays.open), "stock": int(arrays.need_quantity.sum()) + 1}
        return counts.get(rule.kind, whole)

    def dropped(self, rule: Rule) -> Fix | None:
        """Let a rule give way so far that it asks for nothing."""
        if rule.kind in {"floor-share", "cap-share"}:
            return self.share(rule.kind, rule.place[0], 0 if rule.kind == "floor-share" else FULL_BP)
        return self.by(rule, self.size(rule) / rule.unit)

    def release(self, rule: str) -> Fix | None:
        """Take a rule of choice away: a lock, an override, a need, a bundle, a choice.

        Parameters
        ----------
        rule : str
            Rule id.
        """
        kind, *parts = parts_of(rule)
        if kind == "lock":
            edit = Edit(section="interventions", key={"intervention_id": parts[0]}, values={"lock": 0})
            return Fix(rules=(rule,), sentence=f"Release the lock of {parts[0]}.", edits=(edit,))
        if kind == "concentration":
            key = {"count": int(parts[0]), "period": UNSET if parts[1] == WHOLE else int(parts[1])}
            edit = Edit(section="concentration", key=key, is_removal=True)
            return Fix(rules=(rule,), sentence=f"Give up the rule: {self.say.sentence(rule)}", edits=(edit,))
        if kind == "churn":
            edit = Edit(section="objective", key={}, values={"churn_bp": None})
            return Fix(rules=(rule,), sentence="Let any part of the earlier money move.", edits=(edit,))
        if kind == "override":
            edit = Edit(section="overrides", key={"override_id": parts[0]}, is_removal=True)
            return Fix(rules=(rule,), sentence=f"Withdraw override {parts[0]}.", edits=(edit,))
        if kind in {"needs", "bundle", "any-of", "alternatives"}:
            edit = Edit(
                section="synergies",
                key={"kind": kind.replace("-", "_"), "members": tuple(parts)},
                is_removal=True,
            )
            said = self.say.sentence(rule).rstrip(".")
            return Fix(rules=(rule,), sentence=f"Give up the rule that {said}.", edits=(edit,))
        return None

    def _limit(self, limit: int, values: dict[str, object]) -> Edit:
        limits = self.arrays.limits
        key = {
            "group_kind": limits.kind[limit],
            "group_id": limits.group[limit],
            "period": int(limits.period[limit]),
        }
        return Edit(section="limits", key=key, values=values)

    def _has_equal_share(self, limit: int) -> bool:
        table, limits = self.document.limits, self.arrays.limits
        wanted = (limits.kind[limit], limits.group[limit], int(limits.period[limit]))
        rows = zip(
            table.texts("group_kind"), table.texts("group_id"), table.ints("period").tolist(), strict=True
        )
        return any(
            row == wanted and equal != NONE
            for row, equal in zip(rows, table.ints("equal_share_bp").tolist(), strict=True)
        )

    def _rate(self, fund: str) -> tuple[int, int]:
        table, rates = self.document.funds, self.document.rates
        unit = next(
            unit
            for name, unit in zip(table.texts("fund_id"), table.texts("unit"), strict=True)
            if name == fund
        )
        pairs = zip(
            rates.texts("unit"),
            zip(rates.ints("numerator").tolist(), rates.ints("denominator").tolist(), strict=True),
            strict=True,
        )
        return dict(pairs).get(unit, (1, 1))

    def _rule(self, kind: str, *parts: object) -> str:
        if kind.startswith(("floor", "cap")):
            parts = (*parts[:2], "all" if parts[2] == UNSET else parts[2])
        return rule_id(kind, *parts)

    def _when(self, period: int) -> str:
        return self.say.period("all" if period == UNSET else str(period))


def _row(names: Sequence[str], periods: Sequence[int], name: str, period: int) -> int | None:
    rows = zip(names, periods, strict=True)
    return next((at for at, row in enumerate(rows) if row == (name, period)), None)
