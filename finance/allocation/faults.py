"""What a schema cannot see in an allocation problem: fields that contradict each other.

The problem: a misspelt region in an earmark does not fail, it quietly leaves money unspent. Everything that
can be wrong between fields is therefore looked for at once, and each finding has the place (JSON pointer)
and the figures.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from ..errors import TooPrecise, UnknownUnit
from ..money import MAX_MINOR, decimal_count, decimal_text
from ..units import currency
from .rows import (
    FULL_BP,
    GAIN_DIGITS,
    AllocationFund,
    AllocationRows,
    GroupLimit,
    Intervention,
    Synergy,
)

MAX_GAIN_MICRO = 10**15  # a thousand million of value per 1,000 major units
MAX_VALUE_MICRO = 10**18
FINEST_GAP = Fraction(1, 100_000)  # the solver's tolerances prove nothing finer
NEEDS_MEMBERS = 2


def faults(document: AllocationRows) -> list[dict[str, str]]:
    """List every fault between the fields of a problem.

    Parameters
    ----------
    document : AllocationRows
        Valid by its schema.

    Returns
    -------
    list of dict
        Each with ``path`` (JSON pointer) and ``message``; empty when the problem can be posed.

    Examples
    --------
    >>> problem = AllocationRows.model_validate_json('''{"schema": "almoner.allocation/1", "unit": "USD",
    ...   "scale": 3, "funds": [{"fund_id": "pool", "budget": "-1"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90",
    ...     "response": [{"up_to": "90", "gain_per_k": "2"}]}]}''')
    >>> [row["path"] for row in faults(problem)]
    ['/scale', '/funds/0/budget']
    """
    findings = _Findings(document.scale)
    _head(findings, document)
    _repeats(findings, document)
    budgets = [_fund(findings, f"/funds/{at}", fund, document) for at, fund in enumerate(document.funds)]
    awards = [
        _intervention(findings, f"/interventions/{at}", row) for at, row in enumerate(document.interventions)
    ]
    for path, total in (("/funds", sum(budgets)), ("/interventions", sum(awards))):
        if total > MAX_MINOR:
            findings.add(path, f"amounts sum to {findings.text(total)}, more than is counted exactly")
    known = {row.intervention_id for row in document.interventions}
    for at, synergy in enumerate(document.synergies):
        _synergy(findings, f"/synergies/{at}", synergy, known)
    values = {pair for row in document.interventions for pair in row.groups.items()}
    for at, limit in enumerate(document.limits):
        _limit(findings, f"/limits/{at}", limit, values)
    return findings.rows


class _Findings:
    """Findings in the order they were made, and readers that add one instead of raising."""

    def __init__(self, scale: int) -> None:
        self.rows: list[dict[str, str]] = []
        self.scale = scale

    def add(self, path: str, message: str) -> None:
        self.rows.append({"path": path, "message": message})

    def text(self, minor: int) -> str:
        return decimal_text(minor, self.scale)

    def money(self, path: str, text: str) -> int:
        """Read an amount of money [minor units]; 0 when it is at fault."""
        return self.count(path, text, self.scale, MAX_MINOR, "amount")

    def count(self, path: str, text: str, digits: int, most: int, what: str) -> int:
        """Read a count of 10**-digits that is not negative; 0 when it is at fault."""
        try:
            count = decimal_count(text, digits, what)
        except TooPrecise as fault:
            self.add(path, str(fault).removesuffix("."))
            return 0
        if count < 0:
            self.add(path, f"{text} is negative")
        elif count > most:
            self.add(path, f"{text} is beyond the limit of {decimal_text(most, digits)}")
        return count if 0 <= count <= most else 0


def _head(findings: _Findings, document: AllocationRows) -> None:
    try:
        digits = currency(document.unit).scale
    except UnknownUnit:
        digits = document.scale
    if digits != document.scale:
        findings.add("/scale", f"{document.unit} has {digits} decimal digits, not {document.scale}")
    if not FINEST_GAP <= document.asked_gap < 1:
        findings.add("/gap", f"{document.gap} is not between {FINEST_GAP} and 1")


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _repeats(findings: _Findings, document: AllocationRows) -> None:
    columns: Sequence[tuple[str, list[str]]] = (
        ("/funds", [fund.fund_id for fund in document.funds]),
        ("/interventions", [row.intervention_id for row in document.interventions]),
        ("/limits", [limit.limit_id for limit in document.limits if limit.limit_id is not None]),
        ("/limits", [f"{limit.group_kind} = {limit.group}" for limit in document.limits]),
    )
    for path, names in columns:
        for name in _twice(names):
            findings.add(path, f"{name} stands twice")


def _fund(findings: _Findings, path: str, fund: AllocationFund, document: AllocationRows) -> int:
    earmark = fund.earmark
    if earmark is not None and not earmark:
        findings.add(f"{path}/earmark", "names no column: write null to admit every intervention")
    elif earmark is not None and not any(
        all(row.groups.get(column) in admitted for column, admitted in earmark.items())
        for row in document.interventions
    ):
        findings.add(f"{path}/earmark", "admits no intervention: compare its columns and values with /groups")
    return findings.money(f"{path}/budget", fund.budget)


def _intervention(findings: _Findings, path: str, row: Intervention) -> int:
    shares = sum(share.share_bp for share in row.actors)
    if shares != FULL_BP:
        findings.add(f"{path}/actors", f"shares sum to {shares} basis points, not {FULL_BP}")
    for name in _twice(share.actor_id for share in row.actors):
        findings.add(f"{path}/actors", f"{name} stands twice")
    fixed = findings.money(f"{path}/fixed", row.fixed)
    minimum = findings.money(f"{path}/minimum", row.minimum)
    maximum = findings.money(f"{path}/maximum", row.maximum)
    if minimum > maximum:
        findings.add(f"{path}/minimum", f"{row.minimum} is above the maximum of {row.maximum}")
    if fixed + maximum == 0:
        findings.add(f"{path}/maximum", "nothing could ever be awarded: fixed and maximum are both zero")
    _response(findings, f"{path}/response", row, maximum)
    return fixed + maximum


def _response(findings: _Findings, path: str, row: Intervention, maximum: int) -> None:
    end, best = 0, MAX_GAIN_MICRO
    for at, segment in enumerate(row.response):
        place = f"{path}/{at}"
        before, end = end, findings.money(f"{place}/up_to", segment.up_to)
        if end <= before:
            findings.add(f"{place}/up_to", f"{segment.up_to} does not rise above {findings.text(before)}")
        gain = findings.count(
            f"{place}/gain_per_k", segment.gain_per_k, GAIN_DIGITS, MAX_GAIN_MICRO, "gain per 1,000"
        )
        if gain > best:
            findings.add(
                f"{place}/gain_per_k",
                f"{segment.gain_per_k} is above the gain before it: gains must never rise",
            )
        best = gain
    if end < maximum:
        findings.add(
            path, f"the last segment ends at {findings.text(end)}, below the maximum of {row.maximum}"
        )


def _synergy(findings: _Findings, path: str, synergy: Synergy, known: set[str]) -> None:
    for at, member in enumerate(synergy.members):
        if member not in known:
            findings.add(f"{path}/members/{at}", f"{member} is no intervention of this document")
    for name in _twice(synergy.members):
        findings.add(f"{path}/members", f"{name} stands twice")
    count = len(synergy.members)
    if synergy.kind == "needs" and count != NEEDS_MEMBERS:
        findings.add(f"{path}/members", f"{count} members: write the one that needs and the one it needs")
    if synergy.kind == "bundle" and count == 1:
        findings.add(f"{path}/members", "one member is no bundle")
    if (synergy.kind == "bonus") != (synergy.value is not None):
        findings.add(f"{path}/value", "exactly a bonus has a value")
    elif synergy.value is not None:
        findings.count(f"{path}/value", synergy.value, GAIN_DIGITS, MAX_VALUE_MICRO, "value")


def _limit(findings: _Findings, path: str, limit: GroupLimit, values: set[tuple[str, str]]) -> None:
    if (limit.group_kind, limit.group) not in values:
        findings.add(f"{path}/group", f"no intervention has {limit.group_kind} = {limit.group}")
    if limit.floor is None and limit.cap is None:
        findings.add(path, "has neither floor nor cap")
    floor = None if limit.floor is None else findings.money(f"{path}/floor", limit.floor)
    cap = None if limit.cap is None else findings.money(f"{path}/cap", limit.cap)
    if floor is not None and cap is not None and floor > cap:
        findings.add(f"{path}/floor", f"{limit.floor} is above the cap of {limit.cap}")
