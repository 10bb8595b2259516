"""Fragments: pieces of a term document that add up.

The problem: one mechanism touches several places of a document: a metric here, an account there, two clauses
and a limit. A ``Fragment`` holds what one mechanism needs, wherever it stands; fragments add up with ``+``,
and ``terms`` closes them into a document. The same name with other content is an error, never a choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from ...finance.documents import canonical_bytes
from ...finance.errors import TermError
from ..terms.document import TermDocument
from .phrases import Expr

Part = Mapping[str, object]
Parts = Mapping[str, Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A piece of a term document.

    Attributes
    ----------
    sets, metrics, params, figures, accounts, splits : mapping
        By name, as in the document.
    clauses, limits : tuple
        In the order in which they are carried out.

    Examples
    --------
    >>> one = Fragment(params={"bid": {"type": "ratio/2", "value": "0.10"}})
    >>> one + one == one
    True
    >>> one + Fragment(params={"bid": {"type": "ratio/2", "value": "0.15"}})
    Traceback (most recent call last):
    ...
    almoner.finance.errors.TermError: params/bid is written twice with different content; give one a new name.
    """

    sets: Parts = field(default_factory=dict)
    metrics: Parts = field(default_factory=dict)
    params: Parts = field(default_factory=dict)
    figures: Parts = field(default_factory=dict)
    accounts: Parts = field(default_factory=dict)
    splits: Parts = field(default_factory=dict)
    clauses: tuple[Part, ...] = ()
    limits: tuple[Part, ...] = ()

    def __add__(self, other: "Fragment") -> "Fragment":
        """Merge two fragments; what both hold alike stands once."""
        return join([self, other])

    def content(self) -> dict[str, object]:
        """Return the fields of the document that are not empty."""
        held = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(part) if isinstance(part, tuple) else dict(part) for name, part in held.items() if part
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a clause pays: who, whom, in which money and on which basis.

    Attributes
    ----------
    payer, payee : str
        A party, a split, a pot, or a set of ``each`` whose members are parties.
    money : str
        Type of what is paid: ``USD/2``.
    basis : str
        ``period``, ``cumulative`` or ``once``.
    each, when, at, two_way, on_decrease, raises, lowers, title
        As in the document.

    Examples
    --------
    >>> Route(payer="city", payee="home", money="USD/2", basis="once").clause("grant", {"op": "obs"})["from"]
    'city'
    """

    payer: str
    payee: str
    money: str
    basis: str
    each: tuple[str, ...] = ()
    when: Expr | None = None
    at: str = ""
    two_way: bool = False
    on_decrease: str = "offset"
    raises: tuple[str, ...] = ()
    lowers: tuple[str, ...] = ()
    title: str = ""

    def clause(self, name: str, amount: Expr) -> Part:
        """Write the clause that pays an amount this way."""
        node: dict[str, object] = {
            "op": "pay",
            "id": name,
            "from": self.payer,
            "to": self.payee,
            "basis": self.basis,
            "amount": amount,
        }
        optional = {
            "each": list(self.each),
            "when": self.when,
            "at": self.at,
            "two_way": self.two_way,
            "on_decrease": "" if self.on_decrease == "offset" else self.on_decrease,
            "raises": list(self.raises),
            "lowers": list(self.lowers),
            "title": self.title,
        }
        return node | {key: value for key, value in optional.items() if value}


def join(parts: Iterable[Fragment]) -> Fragment:
    """Add fragments up, in order.

    Parameters
    ----------
    parts : iterable of Fragment
        Clauses and limits keep this order.

    Raises
    ------
    TermError
        When two parts give one name different content; it says which.

    Examples
    --------
    >>> join([Fragment(limits=({"id": "most"},)), Fragment(limits=({"id": "least"},))]).limits
    ({'id': 'most'}, {'id': 'least'})
    """
    whole = list(parts)
    figures, clauses = _merged(whole, "figures"), _merged(whole, "clauses")
    if both := sorted(figures.keys() & clauses.keys()):
        raise TermError(f"{', '.join(both)} names a figure and a clause; a report could not tell them apart.")
    return Fragment(
        sets=_merged(whole, "sets"),
        metrics=_merged(whole, "metrics"),
        params=_merged(whole, "params"),
        figures=figures,
        accounts=_merged(whole, "accounts"),
        splits=_merged(whole, "splits"),
        clauses=tuple(clauses.values()),
        limits=tuple(_merged(whole, "limits").values()),
    )


def _merged(parts: Sequence[Fragment], kind: str) -> dict[str, Part]:
    known: dict[str, Part] = {}
    for part in parts:
        held = getattr(part, kind)
        rows = [(str(one["id"]), one) for one in held] if isinstance(held, tuple) else held.items()
        for name, content in rows:
            if name in known and known[name] != content:
                raise TermError(
                    f"{kind}/{name} is written twice with different content; give one a new name."
                )
            known.setdefault(name, content)
    return known


def calendar(starts_on: str, ends_on: str, periods: str | Sequence[tuple[str, str]] = ()) -> Part:
    """Write a calendar.

    Parameters
    ----------
    starts_on, ends_on : str
        Dates.
    periods : str or sequence of (str, str)
        A length (``P1Y``), or ids with their last days; nothing: one period, ``term``.

    Examples
    --------
    >>> calendar("2027-01-01", "2028-12-31", "P1Y")["periods"]
    {'every': 'P1Y'}
    """
    spans = {"every": periods} if isinstance(periods, str) else [{"id": a, "ends_on": b} for a, b in periods]
    return {"starts_on": starts_on, "ends_on": ends_on} | ({"periods": spans} if periods else {})


def terms(  # the fields of a document, each once
    *,
    title: str,
    parties: Mapping[str, str | Part],
    calendar: Part,
    rounding: str,
    parts: Sequence[Fragment],
    summary: str = "",
) -> TermDocument:
    """Close fragments into a term document.

    Parameters
    ----------
    parties : mapping
        Id to role, or to ``{"role": …, "name": …}``.
    calendar : mapping
        See :func:`calendar`.
    rounding : str
        Of every rounding that names no other.
    parts : sequence of Fragment
        Clauses and limits keep this order.

    Raises
    ------
    TermError
        When two parts clash, or the document breaks the format.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import Route, metric, obs, rate, unit_price
    >>> route = Route(payer="city", payee="home", money="USD/2", basis="cumulative")
    >>> price = rate("15.12", "USD/2", "night/0")
    >>> document = terms(
    ...     title="Nights in a safe place", rounding="half_even",
    ...     parties={"city": "outcome_payer", "home": "service_provider", "lab": "evaluator"},
    ...     calendar=calendar("2027-01-01", "2027-12-31"),
    ...     parts=[metric("nights", unit="night/0", most="40000", pool="sum"),
    ...            unit_price(name="stay", of=obs("nights"), price=price, unit="night/0", route=route)])
    >>> [clause.id for clause in document.clauses], list(document.metrics)
    (['stay'], ['nights'])
    """
    roles = {name: {"role": of} if isinstance(of, str) else dict(of) for name, of in parties.items()}
    frame: dict[str, object] = {
        "schema": "almoner.term/1",
        "title": title,
        "summary": summary,
        "rounding": rounding,
        "parties": roles,
        "calendar": calendar,
        "clauses": [],
    }
    return TermDocument.read(canonical_bytes(frame | join(parts).content()))
