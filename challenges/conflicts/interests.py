"""Interests: what ties one party to another, from when to when, who says so, and how sure it is.

The problem: "I have no conflict" is one box on a form, and nobody can tell afterwards what was asked. An
interest is one statement of one of sixteen kinds between two parties. It was declared by somebody, recorded
in a book, or inferred from rows that are named; nothing else can become a conflict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from ...finance.ties import Tie, TieKind

InterestKind = Literal[
    "employee",
    "officer",
    "director",
    "agent",
    "ownership",
    "other_financial_interest",
    "family",
    "financial_relationship",
    "co_applicant",
    "collaborator",
    "adviser_student",
    "same_organisation",
    "competitor",
    "personal",
    "evaluator_paid_by_outcome",
    "administrator",
]
Provenance = Literal["declared", "recorded", "inferred"]
INTEREST_KINDS: tuple[InterestKind, ...] = get_args(InterestKind)
PROVENANCES: tuple[Provenance, ...] = get_args(Provenance)
WORDS: Mapping[str, str] = {
    "employee": "is employed by",
    "officer": "is an officer of",
    "director": "is a director of",
    "agent": "is an agent of",
    "ownership": "owns",
    "other_financial_interest": "has a financial interest in",
    "family": "is family of",
    "financial_relationship": "has a financial relationship with",
    "co_applicant": "applied together with",
    "collaborator": "worked or published together with",
    "adviser_student": "is adviser or student of",
    "same_organisation": "is of the same organisation as",
    "competitor": "competes with",
    "personal": "has a personal relationship with",
    "evaluator_paid_by_outcome": "evaluates, paid by the outcome,",
    "administrator": "administers",
}
MEMBERSHIP: frozenset[str] = frozenset(
    {"employee", "officer", "director", "agent", "ownership", "same_organisation"}
)
OCCURRING: frozenset[str] = frozenset({"co_applicant", "collaborator", "financial_relationship"})
OF_TIE: Mapping[TieKind, InterestKind] = {
    "owns": "ownership",
    "controls": "ownership",
    "belongs_to": "ownership",
    "works_for": "employee",
    "supplies": "financial_relationship",
    "family": "family",
}
SURE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """One statement about two parties.

    Attributes
    ----------
    a, b : str
        Codes; the first is employed by, owns, advises, pays (and so on) the second.
    kind : str
        One of the sixteen ``INTEREST_KINDS``.
    since, until : date or None
        First and last day on which it holds; None when it has held always, and when it lasts.
    provenance : str
        ``declared`` by somebody, ``recorded`` in a book, or ``inferred`` from rows.
    source : str
        Who declared it, which record, which rows.
    confidence_bp : int [basis points]
        How sure it is; 10,000 is certain.
    amount : str or None
        What moved or is held, with its unit, for example ``500.00 USD``.
    via : str
        The one party or fund between both through which money moved; empty when nobody is between.

    Examples
    --------
    >>> str(Interest(a="j-1", b="river-trust", kind="employee", since=date(2026, 1, 1)))
    'j-1 is employed by river-trust since 2026-01-01 (declared: own statement)'
    """

    a: str
    b: str
    kind: InterestKind
    since: date | None = None
    until: date | None = None
    provenance: Provenance = "declared"
    source: str = "own statement"
    confidence_bp: int = SURE_BP
    amount: str | None = None
    via: str = ""

    def __post_init__(self) -> None:
        if self.kind not in INTEREST_KINDS:
            raise ValueError(f"no interest is of kind {self.kind!r}: use one of {', '.join(INTEREST_KINDS)}")
        if self.provenance not in PROVENANCES:
            raise ValueError(f"an interest is {', '.join(PROVENANCES)}, not {self.provenance!r}")
        if not self.a or not self.b or self.a == self.b:
            raise ValueError(f"an interest holds between two parties, not {self.a!r} and {self.b!r}")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError(f"an interest cannot end on {self.until}, before it begins on {self.since}")
        if not 0 <= self.confidence_bp <= SURE_BP:
            raise ValueError(
                f"confidence is 0 to {SURE_BP} basis points, not {self.confidence_bp}: 10000 is certain"
            )

    def __str__(self) -> str:
        """Say it in words."""
        words = [self.a, WORDS[self.kind], self.b]
        if self.amount:
            words.append(f"({self.amount})")
        if self.via:
            words.append(f"through {self.via}")
        if self.since:
            words.append(f"since {self.since}")
        if self.until:
            words.append(f"until {self.until}")
        return f"{' '.join(words)} ({self.provenance}: {self.source})"

    def other(self, code: str) -> str:
        """Return who stands at the other end."""
        return self.b if code == self.a else self.a


def interest_of_tie(tie: Tie) -> Interest:
    """Read a tie that a book declares as an interest.

    Parameters
    ----------
    tie : Tie
        Declared between two parties of the book. ``belongs_to`` joins both into one group, as ``owns`` does.

    Examples
    --------
    >>> interest_of_tie(Tie(kind="works_for", from_party="ana", to_party="river-trust",
    ...                     since=date(2026, 1, 1), source="register")).kind
    'employee'
    """
    return Interest(
        a=tie.from_party,
        b=tie.to_party,
        kind=OF_TIE[tie.kind],
        since=tie.since,
        until=tie.until,
        provenance="recorded",
        source=tie.source,
    )
