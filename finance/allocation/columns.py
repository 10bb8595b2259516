"""Columns: what may stand in each section of an allocation problem.

The problem: the same problem comes as rows (people), as columns (programs) and as DataFrames (analysts), and
must be the same problem. Every section is therefore one table, specified once here: its columns, their kinds,
defaults and ranges. ``tables.py`` reads all three forms by this specification and the JSON Schema is written
from it.

Money is in whole minor units of the document's unit, gains in whole millionths of value per 1,000 major
units, shares in basis points.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ..money import MAX_MINOR

Kind = Literal["id", "text", "ids", "int", "word"]
REQUIRED = object()
FULL_BP = 10_000
MICRO = 1_000_000  # millionths in one unit of value
BLOCK = 1000  # gains are per 1,000 major units of money
HORIZON = -1  # a period that stands for all periods together
MAX_PERIODS = 240
MAX_GAIN = 10**15  # a thousand million of value per 1,000 major units
MAX_VALUE = 10**18
MAX_COUNT = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a section.

    Attributes
    ----------
    name : str
        Its name in rows, columns and frames.
    kind : str
        ``id`` (a code), ``text``, ``ids`` (a list of codes), ``int`` or ``word`` (one of ``words``).
    default : object
        Taken where nothing stands; ``REQUIRED`` when something must.
    least, most : int
        Range of an ``int``.
    words : tuple of str
        Choices of a ``word``.
    note : str
        What it means, with its unit.

    Examples
    --------
    >>> Column(name="stock", kind="int", note="units").default is REQUIRED
    True
    """

    name: str
    kind: Kind
    note: str
    default: object = REQUIRED
    least: int = 0
    most: int = MAX_MINOR
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of a problem.

    Attributes
    ----------
    name : str
        Its key in the document.
    key : tuple of str
        Columns that no two rows may share, and by which the rows are sorted.
    columns : tuple of Column
        What may stand in it.
    is_open : bool
        Whether further columns are allowed; they are grouping columns.
    note : str
        What a row says.

    Examples
    --------
    >>> SECTIONS["funds"].key
    ('fund_id', 'period')
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    note: str
    is_open: bool = False

    def column(self, name: str) -> Column:
        """Return one of its columns."""
        return next(column for column in self.columns if column.name == name)


def _id(name: str, note: str, default: object = REQUIRED) -> Column:
    return Column(name=name, kind="id", note=note, default=default)


def _int(
    name: str, note: str, default: object = REQUIRED, *, least: int = 0, most: int = MAX_MINOR
) -> Column:
    return Column(name=name, kind="int", note=note, default=default, least=least, most=most)


def _bp(name: str, note: str, default: object = None) -> Column:
    return _int(name, f"{note} [basis points]", default, most=FULL_BP)


def _period(default: int = 0) -> Column:
    least = min(0, default)
    note = "index of the period" + (", -1 for all periods together" if default == HORIZON else "")
    return _int("period", note, default, least=least, most=MAX_PERIODS - 1)


_WHO = _id("intervention_id", "the intervention")
_MINOR = "[minor units]"

SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        section.name: section
        for section in (
            Section(
                name="rates",
                key=("unit",),
                note="one minor unit of a fund's unit is worth numerator / denominator of the base unit's",
                columns=(
                    _id("unit", "unit of a fund"),
                    _int("numerator", "of the rate", least=1, most=10**12),
                    _int("denominator", "of the rate", least=1, most=10**12),
                ),
            ),
            Section(
                name="metrics",
                key=("metric_id",),
                note="an outcome that counts",
                columns=(
                    _id("metric_id", "the metric"),
                    _int("weight", "value of one unit of outcome", 1, most=MICRO),
                    Column(name="unit", kind="text", note="unit of the outcome", default=""),
                    _int("floor_micro", "least outcome [millionths]", None, most=MAX_VALUE),
                    _int("goal_micro", "outcome aimed at [millionths]", None, most=MAX_VALUE),
                ),
            ),
            Section(
                name="funds",
                key=("fund_id", "period"),
                note="money of a fund in a period",
                columns=(
                    _id("fund_id", "the fund"),
                    _period(),
                    _int("budget_minor", f"new money {_MINOR}"),
                    _int("carry_limit_minor", f"most that may be kept for the next period {_MINOR}", 0),
                    _bp("carry_fee_bp", "part of what is kept that is lost", 0),
                    _id("unit", "unit of its money, when not the base unit", None),
                    _int("unrestricted", "1: it admits everyone", 0, most=1),
                ),
            ),
            Section(
                name="earmarks",
                key=("fund_id", "intervention_id", "column", "value"),
                note="what a fund admits: a named intervention, or a value of a grouping column",
                columns=(
                    _id("fund_id", "the fund"),
                    _id("intervention_id", "an intervention that it admits", None),
                    _id("column", "a grouping column", None),
                    _id("value", "an admitted value in that column", None),
                    _bp("max_share_bp", "most of an award that the fund pays", FULL_BP),
                    _int("match_bp", "most per 10,000 paid by other funds", None, most=MAX_COUNT),
                ),
            ),
            Section(
                name="interventions",
                key=("intervention_id",),
                note="what can be funded; further columns are grouping columns",
                is_open=True,
                columns=(
                    _WHO,
                    Column(name="title", kind="text", note="what people call it", default=""),
                    _int("fixed_minor", f"paid in every funded period, brings nothing by itself {_MINOR}", 0),
                    _int("start_minor", f"paid in the first period of every funded run {_MINOR}", 0),
                    _int("lock", "1: must be funded, -1: must not", 0, least=-1, most=1),
                    Column(
                        name="shape",
                        kind="word",
                        words=("concave", "free"),
                        default="concave",
                        note="concave: gains never rise; free: any, such as S-shaped",
                    ),
                ),
            ),
            Section(
                name="tickets",
                key=("intervention_id", "period"),
                note="bounds of the working money of a funded intervention: award less fixed and start cost",
                columns=(
                    _WHO,
                    _period(),
                    _int("min_minor", f"least {_MINOR}", 0),
                    _int("max_minor", f"most {_MINOR}"),
                ),
            ),
            Section(
                name="response",
                key=("intervention_id", "period", "segment", "metric_id"),
                note="what working money brings, piece by piece",
                columns=(
                    _WHO,
                    _period(),
                    _int("segment", "order of the pieces", 0, most=1000),
                    _int("cap_minor", f"width of the piece {_MINOR}"),
                    _int("gain_micro_per_k", "outcome per 1,000 major units [millionths]", most=MAX_GAIN),
                    _id("metric_id", "the metric, when there are several", None),
                ),
            ),
            Section(
                name="synergies",
                key=("kind", "members"),
                note="what interventions mean for each other, in every period",
                columns=(
                    Column(
                        name="kind",
                        kind="word",
                        words=("bonus", "intensity", "needs", "any_of", "bundle", "overlap", "alternatives"),
                        note="bonus: gained when all are funded; intensity: in proportion to the least; "
                        "needs: the first needs the second; any_of: the first needs one of the rest; "
                        "bundle: all or none; overlap: lost when both are funded; alternatives: at most one",
                    ),
                    _id("first_id", "first member", None),
                    _id("second_id", "second member", None),
                    Column(name="members", kind="ids", note="all members, in order", default=None),
                    _int("value_micro", "value [millionths]", 0, most=MAX_GAIN),
                ),
            ),
            Section(
                name="limits",
                key=("group_kind", "group_id", "period"),
                note="bounds on money, share or number of a group; group * is every group of a kind",
                columns=(
                    _id("group_kind", "a grouping column, or all"),
                    _id("group_id", "a value in it"),
                    _period(HORIZON),
                    _int("floor_minor", f"least {_MINOR}", None),
                    _int("cap_minor", f"most {_MINOR}", None),
                    _bp("floor_share_bp", "least part of all that is spent"),
                    _bp("cap_share_bp", "most of all that is spent"),
                    _int("floor_count", "least funded interventions and periods", None, most=MAX_COUNT),
                    _int("cap_count", "most funded interventions and periods", None, most=MAX_COUNT),
                    _bp("equal_share_bp", "least part of an equal share among the groups of the kind"),
                ),
            ),
            Section(
                name="concentration",
                key=("count", "period"),
                note="the largest awards together get at most a part of all that is spent",
                columns=(
                    _int("count", "how many awards", least=1, most=MAX_COUNT),
                    _period(HORIZON),
                    _bp("share_bp", "most of all that is spent", REQUIRED),
                ),
            ),
            Section(
                name="actors",
                key=("intervention_id", "actor_id"),
                note="the part of an award that an actor receives",
                columns=(
                    _WHO,
                    _id("actor_id", "the actor"),
                    _bp("share_bp", "its part; with one share all parts of the intervention have shares"),
                    _int("low_minor", f"least in a funded period {_MINOR}", 0),
                    _int("high_minor", f"most in a funded period {_MINOR}", None),
                ),
            ),
            Section(
                name="actor_caps",
                key=("actor_id", "period"),
                note="the most an actor can take on in a period, over all interventions",
                columns=(_id("actor_id", "the actor"), _period(), _int("cap_minor", f"most {_MINOR}")),
            ),
            Section(
                name="resources",
                key=("resource_id", "period"),
                note="what is given in kind",
                columns=(
                    _id("resource_id", "the resource"),
                    _period(),
                    _int("stock", "units at hand", most=10**15),
                    _int("price_minor", f"price of one more unit; none: cannot be bought {_MINOR}", None),
                ),
            ),
            Section(
                name="needs",
                key=("intervention_id", "resource_id"),
                note="units of a resource that a funded intervention uses in every funded period",
                columns=(_WHO, _id("resource_id", "the resource"), _int("quantity", "units", most=10**15)),
            ),
            Section(
                name="tranches",
                key=("intervention_id", "period", "ordinal"),
                note="working money is paid in these parts, in this order",
                columns=(
                    _WHO,
                    _period(),
                    _int("ordinal", "order", most=1000),
                    _int("amount_minor", f"size {_MINOR}"),
                    Column(
                        name="state",
                        kind="word",
                        words=("paid", "committed", "open", "waiting"),
                        default="open",
                        note="paid and committed are fixed; open may be given; waiting may not be given yet",
                    ),
                    _id("determination_id", "what it waits or waited for", None),
                ),
            ),
            Section(
                name="evidence",
                key=("intervention_id", "metric_id"),
                note="what verified outcomes say about the effect of an intervention",
                columns=(
                    _WHO,
                    _id("metric_id", "the metric, when there are several", None),
                    _id("pool", "interventions that learn from each other", "all"),
                    Column(
                        name="family",
                        kind="word",
                        words=("beta_binomial", "gamma_poisson", "normal_gamma"),
                        note="successes of trials, events of exposure, or a mean of measurements",
                    ),
                    _int(
                        "total",
                        "successes, events, or the sum of measurements",
                        0,
                        least=-MAX_VALUE,
                        most=MAX_VALUE,
                    ),
                    _int("exposure", "trials, exposure or number of measurements", 0, most=10**15),
                    _int("squares", "sum of squared measurements", 0, most=MAX_VALUE),
                    _int(
                        "expected_micro",
                        "effect that the response is written for [millionths]",
                        least=1,
                        most=MAX_VALUE,
                    ),
                    Column(
                        name="grade",
                        kind="word",
                        words=("A", "B", "C", "D", "E"),
                        default="A",
                        note="strength of the evidence, A the strongest",
                    ),
                ),
            ),
            Section(
                name="previous",
                key=("intervention_id", "period"),
                note="what was awarded before, for a limit on how much may move",
                columns=(_WHO, _period(), _int("amount_minor", f"award {_MINOR}")),
            ),
            Section(
                name="overrides",
                key=("override_id",),
                note="a decision of people that binds the optimizer, with its reason",
                columns=(
                    _id("override_id", "the override"),
                    Column(
                        name="kind",
                        kind="word",
                        words=("fund", "exclude", "at_least", "at_most"),
                        note="fund or exclude an intervention, or bound its award over all periods",
                    ),
                    _WHO,
                    _int("amount_minor", f"bound of at_least and at_most {_MINOR}", None),
                    Column(name="reason", kind="text", note="why"),
                    Column(name="decided_by", kind="text", note="which office decided"),
                ),
            ),
        )
    }
)
