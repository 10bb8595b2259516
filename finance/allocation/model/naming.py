"""Names of columns and rows, and what a dual means: from a model back to the rules of the problem.

The problem: a matrix has numbers where people have rules. Names are made only for those who ask; every row
that comes from a rule of the document bears its rule id, and one function turns duals into prices.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from ..arrays import ProblemArrays, Ragged
from ..problem import period_label, rule_id
from .layout import Layout
from .sheet import Float

Side = Literal["low", "high"]
Blocks = Mapping[str, slice]
MICRO = 1_000_000
DUST = 1e-9  # duals below this are none [solver units]
PER_MONEY = frozenset(
    {"budget", "limit", "limit_least", "limit_most", "actor", "at_least", "at_most", "churn", "share"}
)


def block_of(blocks: Blocks, number: int) -> tuple[str, int]:
    """Return the block of a column or row and the place in it.

    Parameters
    ----------
    blocks : Mapping of str to slice
        Of a model.
    number : int [column or row]
        Its position.

    Examples
    --------
    >>> block_of({"funded": slice(0, 2), "money": slice(2, 5)}, 3)
    ('money', 1)
    """
    name = next(name for name, place in blocks.items() if place.start <= number < place.stop)
    return name, number - blocks[name].start


def column_of(lay: Layout, columns: Blocks, kind: str, key: tuple[str | int, ...]) -> int:
    """Return the column of a choice or an amount.

    Parameters
    ----------
    lay : Layout
        Of the model.
    columns : Mapping of str to slice
        Blocks of columns.
    kind : str
        ``funded``, ``start`` or ``carry``; of any other block, the key is the place in it.
    key : tuple
        Intervention or fund, and the index of the period when there are several.
    """
    arrays = lay.arrays
    if kind not in {"funded", "start", "carry"}:
        return int(columns[kind].start) + int(key[0])
    name, period = str(key[0]), int(key[1]) if len(key) > 1 else 0
    if kind == "carry":
        found = int(lay.carry[arrays.fund_ids.index(name), period])
    else:
        at = int(lay.at[arrays.intervention_ids.index(name) * arrays.period_count + period])
        found = at if at < 0 else int((lay.y if kind == "funded" else lay.start)[at])
    if found < 0:
        raise KeyError(f"{kind} of {name} in period {period} is not open: the model has no column for it")
    return found


def row_rule(lay: Layout, rows: Blocks, number: int, side: Side = "high") -> str:
    """Return the rule that a row comes from, an empty text when it only holds the model together.

    Parameters
    ----------
    lay : Layout
        Of the model.
    rows : Mapping of str to slice
        Blocks of rows.
    number : int [row]
        Its position.
    side : str
        Which bound: a floor or a cap.
    """
    block, place = block_of(rows, number)
    if block.startswith("concentration_"):
        count, _, period = lay.arrays.concentration[int(block.rpartition("_")[2])].tolist()
        return rule_id("concentration", count, period_label(period))
    rule = RULES.get(block)
    return "" if rule is None else rule(lay, place, side)


def prices(lay: Layout, rows: Blocks, row_dual: Float) -> Mapping[str, float]:
    """Return what more of every right-hand side is worth, by rule.

    Floors have negative prices: more of them costs. Duals of a problem with whole numbers mean nothing.

    Parameters
    ----------
    lay : Layout
        Of the model.
    rows : Mapping of str to slice
        Blocks of rows.
    row_dual : float array [solver units]
        Of the minimisation.

    Returns
    -------
    Mapping of str to float
        Value per 1,000 major units for rules about money, else per unit of what is bounded.
    """
    units = lay.units
    found: dict[str, float] = {}
    for block, place in rows.items():
        factor = units.value / MICRO
        if block in PER_MONEY or block.startswith("concentration_"):
            factor *= units.block / units.money
        for number in range(place.start, place.stop):
            dual = float(row_dual[number])
            rule = row_rule(lay, rows, number, "low" if dual > 0 else "high") if abs(dual) > DUST else ""
            if rule:
                lot = (
                    float(lay.lot[(number - place.start) // lay.arrays.period_count])
                    if block == "stock"
                    else 1.0
                )
                found[rule] = found.get(rule, 0.0) - dual * factor / lot
    return found


def _cell(kind: str) -> "Rule":
    def rule(lay: Layout, place: int, _: Side) -> str:
        who, when = divmod(int(lay.keys[kind][place, 0]), lay.arrays.period_count)
        return rule_id(kind, lay.arrays.intervention_ids[who], when)

    return rule


def _limit(suffix: str) -> "Rule":
    def rule(lay: Layout, place: int, side: Side) -> str:
        block = {"": "limit", "-count": "limit_count"}.get(suffix)
        if block is None:
            block = "limit_least" if suffix == "floor-share" else "limit_most"
        at = int(lay.keys[block][place, 0])
        limits = lay.arrays.limits
        kind = suffix if suffix.endswith("share") else ("floor" if side == "low" else "cap") + suffix
        return rule_id(kind, limits.kind[at], limits.group[at], period_label(int(limits.period[at])))

    return rule


def _grid(kind: str, names: str) -> "Rule":
    def rule(lay: Layout, place: int, _: Side) -> str:
        at, period = divmod(place, lay.arrays.period_count)
        return rule_id(kind, getattr(lay.arrays, names)[at], period)

    return rule


def _members(kind: str, lists: Callable[[ProblemArrays], Ragged], block: str) -> "Rule":
    def rule(lay: Layout, place: int, _: Side) -> str:
        held = lists(lay.arrays).at(int(lay.keys[block][place, 0]))
        return rule_id(kind, *(lay.arrays.intervention_ids[at] for at in held.tolist()))

    return rule


def _needs(lay: Layout, place: int, _: Side) -> str:
    return lay.arrays.needs_rule[int(lay.keys["needs"][place, 0])]


def _share(lay: Layout, place: int, _: Side) -> str:
    fund, who = lay.keys["share"][place].tolist()
    return rule_id("share", lay.arrays.fund_ids[fund], lay.arrays.intervention_ids[who])


def _actor(lay: Layout, place: int, _: Side) -> str:
    at, period = divmod(int(lay.keys["actor"][place, 0]), lay.arrays.period_count)
    return rule_id("actor", lay.arrays.actors.ids[at], period)


def _part(block: str) -> "Rule":
    def rule(lay: Layout, place: int, _: Side) -> str:
        who, actor = lay.keys[block][place].tolist()
        return rule_id("part", lay.arrays.intervention_ids[who], lay.arrays.actors.ids[actor])

    return rule


def _metric(lay: Layout, place: int, _: Side) -> str:
    return rule_id("metric", lay.arrays.metric_ids[int(lay.keys["metric"][place, 0])])


def _override(block: str) -> "Rule":
    def rule(lay: Layout, place: int, _: Side) -> str:
        return rule_id("override", block, lay.arrays.intervention_ids[int(lay.keys[block][place, 0])])

    return rule


def _churn(_: Layout, __: int, ___: Side) -> str:
    return "churn"


Rule = Callable[[Layout, int, Side], str]
RULES: Mapping[str, Rule] = {
    "budget": _grid("budget", "fund_ids"),
    "stock": _grid("stock", "resource_ids"),
    "ticket": _cell("ticket"),
    "tranche": _cell("tranche"),
    "share": _share,
    "limit": _limit(""),
    "limit_count": _limit("-count"),
    "limit_least": _limit("floor-share"),
    "limit_most": _limit("cap-share"),
    "needs": _needs,
    "any_of": _members("any-of", lambda arrays: arrays.any_of, "any_of"),
    "alternatives": _members("alternatives", lambda arrays: arrays.alternatives, "alternatives"),
    "actor": _actor,
    "part_low": _part("part_low"),
    "part_high": _part("part_high"),
    "metric": _metric,
    "at_least": _override("at_least"),
    "at_most": _override("at_most"),
    "churn": _churn,
}
