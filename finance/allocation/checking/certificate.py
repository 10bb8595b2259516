"""Certificates: what an allocation is worth, what none can exceed, and the prices that prove it.

The problem: "near the best possible" is a claim until somebody else can check it. A certificate names the
exact bytes of the problem and of the allocation and holds the prices; value, bound and gap follow from
these by arithmetic, here or with ``verifier.py`` alone. A bound of kind ``solver`` is tighter than the
prices prove and rests on the search of a solver; the bound that the prices prove then stands beside it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, Self

import numpy as np

from ...documents import canonical_bytes
from ...errors import AlmonerError, CertificateRejected, DocumentInvalid
from ..answer import Allocation
from ..arrays import UNSET, ProblemArrays
from ..problem import AllocationDocument, period_label, rule_id
from ..tables import Int
from .check import recheck
from .prices import Multipliers, price_bound

__all__ = ["Certificate", "Multipliers", "certify", "price_bound", "relative_gap", "verify"]

SCHEMA = "almoner.allocation-certificate/1"
TRANSFERS = ("needs", "any_of", "alternatives", "bonus", "intensity", "overlap", "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What is claimed of an allocation, with its proof.

    Attributes
    ----------
    problem_sha256, allocation_sha256 : str
        Digests of the exact bytes.
    value, bound, price_bound : Fraction [value units]
        What it is worth; what none can exceed; what the prices alone prove of that.
    kind : str
        ``prices`` or ``solver``: what the bound rests on.
    prices : Mapping[str, int] [nano value]
        Rule id -> price, per 1,000 major units, unit, or count; without zeros.
    transfers : Mapping[str, tuple of int] [nano value]
        Kind of tie -> index, amount, index, amount and so on; without zeros.
    solver : Mapping[str, str]
        What searched: name, version, options, seed.

    Examples
    --------
    >>> one = Certificate(problem_sha256="0" * 64, allocation_sha256="1" * 64, value=Fraction(4, 25),
    ...                   bound=Fraction(1, 5), price_bound=Fraction(1, 5), kind="prices")
    >>> one.gap
    Fraction(1, 4)
    >>> Certificate.read(one.canonical_bytes()) == one
    True
    """

    problem_sha256: str
    problem_file_sha256: str = ""
    allocation_sha256: str
    value: Fraction
    bound: Fraction
    price_bound: Fraction
    kind: Literal["prices", "solver"]
    prices: Mapping[str, int] = field(default_factory=dict)
    transfers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    solver: Mapping[str, str] = field(default_factory=dict)

    @property
    def gap(self) -> Fraction | None:
        """How far the value is from the bound, relative to the value; none when only the value is 0."""
        return relative_gap(self.value, self.bound)

    def canonical_bytes(self) -> bytes:
        """Write the exact bytes, with the digest of everything else in them."""
        content = self._content()
        digest = hashlib.sha256(canonical_bytes(content)).hexdigest()
        return canonical_bytes({**content, "sha256": digest})

    def digest(self) -> str:
        """Return the SHA-256 of the exact bytes, as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_bytes()).hexdigest()

    def _content(self) -> dict[str, Any]:
        gap = self.gap
        return {
            "schema": SCHEMA,
            "problem_sha256": self.problem_sha256,
            "allocation_sha256": self.allocation_sha256,
            "value": _text(self.value),
            "bound": _text(self.bound),
            "price_bound": _text(self.price_bound),
            "gap": None if gap is None else _text(gap),
            "kind": self.kind,
            "prices": dict(self.prices),
            "transfers": {name: list(flat) for name, flat in self.transfers.items()},
            "solver": dict(self.solver),
        }

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """Read a certificate from its exact bytes.

        Raises
        ------
        DocumentInvalid
            When it is none, or not in its exact form: every byte counts.
        """
        bytes_ = raw.encode() if isinstance(raw, str) else raw
        try:
            content = json.loads(bytes_)
            made = cls(
                problem_sha256=content["problem_sha256"],
                allocation_sha256=content["allocation_sha256"],
                value=Fraction(content["value"]),
                bound=Fraction(content["bound"]),
                price_bound=Fraction(content["price_bound"]),
                kind=content["kind"],
                prices=content["prices"],
                transfers={name: tuple(flat) for name, flat in content["transfers"].items()},
                solver=content["solver"],
            )
            _require_exact(made, bytes_)
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as fault:
            raise DocumentInvalid(
                f"This is no certificate: {fault}. Write the document that `almoner allocate` writes.",
                findings=[{"path": "/", "message": str(fault)}],
            ) from None
        return made


def _require_exact(made: Certificate, raw: bytes) -> None:
    if made.canonical_bytes() != raw:
        raise ValueError("its gap, its digest or its form is not what follows from the rest")


def certify(
    document: AllocationDocument,
    allocation: Allocation,
    multipliers: Multipliers,
    *,
    bound: Fraction | None = None,
    solver: Mapping[str, str] | None = None,
    value: Fraction | None = None,
) -> Certificate:
    """Write the certificate of an allocation.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    allocation : Allocation
        What is given [minor units].
    multipliers : Multipliers
        Prices, best those of the dual solution.
    bound : Fraction, optional
        A solver's bound [value units]; counts when the prices prove less.
    solver : Mapping[str, str], optional
        What searched.
    value : Fraction, optional [value units]
        What ``recheck`` has just returned for this allocation; checked here when absent.

    Returns
    -------
    Certificate

    Raises
    ------
    AllocationRejected
        When the allocation breaks a rule.

    Examples
    --------
    >>> from ..answer import AllocationLine
    >>> document = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> line = AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=8000)
    >>> prices = Multipliers.none(document.arrays)
    >>> prices.budget[0, 0] = 2 * 10**9
    >>> made = certify(document, Allocation.of([line]), prices)
    >>> made.kind, made.gap, made.prices
    ('prices', Fraction(0, 1), {'budget/pool/0': 2000000000})
    """
    value = recheck(document, allocation) if value is None else value
    proven = price_bound(document.arrays, multipliers)
    is_tighter = bound is not None and bound < proven
    return Certificate(
        problem_sha256=document.digest(),
        allocation_sha256=allocation.digest(),
        value=value,
        bound=max(value, bound) if is_tighter and bound is not None else proven,
        price_bound=proven,
        kind="solver" if is_tighter else "prices",
        prices=_prices(document, multipliers),
        transfers=_transfers(multipliers),
        solver=dict(solver or {}),
    )


def verify(problem: bytes, allocation: bytes, certificate: bytes) -> Certificate:
    """Check a certificate against the exact bytes of its problem and its allocation.

    Parameters
    ----------
    problem, allocation, certificate : bytes
        The three files.

    Returns
    -------
    Certificate
        What was verified; with ``kind`` ``solver`` its ``bound`` was not, but its ``price_bound`` was.

    Raises
    ------
    CertificateRejected
        With every reason in ``figures['reasons']``.
    """
    try:
        document = AllocationDocument.read(problem)
        given = Allocation.read(allocation)
        claimed = Certificate.read(certificate)
    except AlmonerError as fault:
        raise _rejected([str(fault)]) from None
    if reasons := list(_reasons(document, given, claimed, allocation)):
        raise _rejected(reasons)
    return claimed


def relative_gap(value: Fraction, bound: Fraction) -> Fraction | None:
    """Return how far a value is from its bound, relative to the value; none when only the value is 0.

    Parameters
    ----------
    value, bound : Fraction [value units]

    Examples
    --------
    >>> relative_gap(Fraction(4), Fraction(5)), relative_gap(Fraction(0), Fraction(0))
    (Fraction(1, 4), Fraction(0, 1))
    """
    if value:
        return (bound - value) / abs(value)
    return None if bound else Fraction(0)


def _reasons(
    document: AllocationDocument, given: Allocation, claimed: Certificate, allocation: bytes
) -> Iterator[str]:
    if claimed.problem_sha256 != document.digest():
        yield "problem_sha256 is of another file"
    if claimed.allocation_sha256 != hashlib.sha256(allocation).hexdigest():
        yield "allocation_sha256 is of another file"
    try:
        value = recheck(document, given)
        if value != claimed.value:
            yield f"the value is {value}, not {claimed.value}"
    except AlmonerError as fault:
        yield str(fault)
    try:
        proven = price_bound(document.arrays, multipliers_of(document, claimed.prices, claimed.transfers))
        if proven != claimed.price_bound:
            yield f"the prices prove {proven}, not {claimed.price_bound}"
    except (ValueError, OverflowError) as fault:
        yield str(fault)
    if claimed.kind not in {"prices", "solver"}:
        yield f"the kind {claimed.kind} is unknown"
    if claimed.kind == "prices" and claimed.bound != claimed.price_bound:
        yield f"the bound {claimed.bound} does not follow from the prices"
    if not claimed.value <= claimed.bound <= claimed.price_bound:
        yield f"the bound {claimed.bound} is not from the value up to what the prices prove"


def _rejected(reasons: list[str]) -> CertificateRejected:
    return CertificateRejected(
        f"The certificate does not hold: {'; '.join(reasons)}. "
        "Do not rely on it; ask for the three files again.",
        reasons=reasons,
    )


def multipliers_of(
    document: AllocationDocument, prices: Mapping[str, int], transfers: Mapping[str, tuple[int, ...]]
) -> Multipliers:
    """Return the prices of a certificate as arrays.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    prices : Mapping[str, int] [nano value]
        Rule id -> price.
    transfers : Mapping[str, tuple of int] [nano value]
        Kind of tie -> index, amount and so on.

    Raises
    ------
    ValueError
        When a rule or index is not in the problem, or a price is no positive whole number.
    """
    made = Multipliers.none(document.arrays)
    places = _places(document)
    for rule, price in prices.items():
        if rule not in places:
            raise ValueError(f"{rule} is no rule of the problem that can have a price")
        name, at = places[rule]
        getattr(made, name).reshape(-1)[at] = _positive(price)
    for name, flat in transfers.items():
        if name not in TRANSFERS or len(flat) % 2:
            raise ValueError(f"transfers of {name} are unknown or lack a number")
        array = getattr(made, name).reshape(-1)
        last = -1
        for at, nano in zip(flat[::2], flat[1::2], strict=True):
            if type(at) is not int or not last < at < len(array):
                raise ValueError(f"{at} is no next index in {name}")
            array[at], last = _positive(nano), at
    return made


def _positive(number: object) -> int:
    if type(number) is not int or number <= 0:
        raise ValueError(f"{number!r} is no positive whole number")
    return number


def _prices(document: AllocationDocument, multipliers: Multipliers) -> dict[str, int]:
    found = {
        rule: int(getattr(multipliers, name).reshape(-1)[at])
        for rule, (name, at) in _places(document).items()
    }
    return {rule: price for rule, price in sorted(found.items()) if price}


def _transfers(multipliers: Multipliers) -> dict[str, tuple[int, ...]]:
    found = {}
    for name in TRANSFERS:
        flat: Int = getattr(multipliers, name).reshape(-1)
        at = np.flatnonzero(flat)
        if len(at):
            found[name] = tuple(np.stack([at, flat[at]], axis=1).ravel().tolist())
    return found


def _places(document: AllocationDocument) -> dict[str, tuple[str, int]]:
    """Say where the price of every rule stands in the arrays."""
    arrays, periods = document.arrays, document.arrays.period_count
    found = dict[str, tuple[str, int]]()
    by_period = (
        ("budget", arrays.fund_ids),
        ("stock", arrays.resource_ids),
        ("actor", arrays.actors.ids),
    )
    for name, ids in by_period:
        for at, one in enumerate(ids):
            for t in range(periods):
                found[rule_id(name, one, t)] = (name, at * periods + t)
    found |= {rule_id("metric", metric): ("metric", at) for at, metric in enumerate(arrays.metric_ids)}
    limits = arrays.limits
    for at in range(len(limits)):
        tail = (limits.kind[at], limits.group[at], period_label(int(limits.period[at])))
        for kind in ("floor", "cap", "floor-share", "cap-share", "floor-count", "cap-count"):
            found[rule_id(kind, *tail)] = (kind.replace("-", "_"), at)
    if arrays.churn_bp != UNSET:
        found[rule_id("churn")] = ("churn", 0)
    return found | dict(_decided(document, arrays))


def _decided(document: AllocationDocument, arrays: ProblemArrays) -> Iterator[tuple[str, tuple[str, int]]]:
    """Name the override that binds each award most, the first by its id."""
    table = document.overrides
    at = {who: place for place, who in enumerate(arrays.intervention_ids)}
    rows = zip(
        table.texts("override_id"),
        table.texts("kind"),
        table.texts("intervention_id"),
        table.ints("amount_minor").tolist(),
        strict=True,
    )
    seen = set[tuple[str, int]]()
    for name, kind, who, amount in rows:
        place = (kind, at[who])
        if kind in {"at_least", "at_most"} and getattr(arrays, kind)[at[who]] == amount and place not in seen:
            seen.add(place)
            yield rule_id("override", name), place


def _text(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"
