"""Facts about an applicant, each with who says so: declared, recorded, confirmed; and until when it holds.

The problem: a registration number typed into a form, the same number in our own register, and the register's
extract seen by somebody are three different things. What a document confirmed settles a fact; what we
recorded ourselves stands unless the applicant says otherwise; what an applicant declares stands alone only
where no document is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .values import FactValue, same_value

FactSource = Literal["declared", "recorded", "confirmed"]
Reason = Literal[
    "compared", "missing", "unreadable", "expired", "unconfirmed", "contradiction", "waived", "not_cured"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactStatement:
    """One statement of one fact.

    Attributes
    ----------
    value : bool, int or str
        Decimals and days as strings.
    source : str
        ``declared`` by the applicant; ``recorded`` in our register or ledger; ``confirmed`` by a document
        that somebody has seen.
    evidence : str or None
        Kind of that document.
    expires_on : date or None
        The first day on which it no longer holds.

    Examples
    --------
    >>> FactStatement(value="ngo", source="declared").expires_on is None
    True
    """

    value: FactValue
    source: FactSource
    evidence: str | None = None
    expires_on: date | None = None

    def __post_init__(self) -> None:
        if type(self.value) not in {bool, int, str}:
            raise TypeError(f"a fact is true or false, a whole number or a text, not {self.value!r}")


Statements = FactValue | Sequence[FactStatement]
FactBase = Mapping[str, Statements]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactStanding:
    """What counts of all that was said about one fact.

    Attributes
    ----------
    value : bool, int, str or None
        The value that counts; ``None`` when none does.
    fault : str or None
        Why none counts: ``missing``, ``expired``, ``unconfirmed`` or ``contradiction``.
    said : str
        What was said, for the reason.
    """

    value: FactValue | None
    fault: Reason | None
    said: str


_MISSING = FactStanding(value=None, fault="missing", said="is not stated")


def standing_of(statements: Statements | None, as_of: date | None, *, confirm: bool) -> FactStanding:
    """Find what counts of all that was said about one fact.

    A bare value counts as it is: the caller vouches for it. Of statements of one source the last counts.

    Parameters
    ----------
    statements : bool, int, str, sequence of FactStatement or None
        All that was said.
    as_of : date or None
        On which day; needed when a statement expires.
    confirm : bool
        Whether a declaration alone is too little.

    Raises
    ------
    ValueError
        When a statement expires and no day is given.

    Examples
    --------
    >>> ours = FactStatement(value="firm", source="recorded")
    >>> theirs = FactStatement(value="ngo", source="declared")
    >>> standing_of([ours, theirs], None, confirm=False).said
    "is declared as 'ngo' and recorded as 'firm'"
    """
    if statements is None:
        return _MISSING
    if isinstance(statements, bool | int | str):
        return _stands(statements)
    last = {one.source: one for one in statements}
    confirmed = last.get("confirmed")
    if confirmed is not None:
        return _run_out(confirmed) if _expired(confirmed, as_of) else _stands(confirmed.value)
    valid = {source: one for source, one in last.items() if not _expired(one, as_of)}
    if last and not valid:
        return _run_out(next(reversed(last.values())))
    return _unproven(valid.get("declared"), valid.get("recorded"), confirm=confirm)


def _unproven(
    declared: FactStatement | None, recorded: FactStatement | None, *, confirm: bool
) -> FactStanding:
    """Weigh what we recorded against what the applicant declares, where nobody has seen a document."""
    if recorded is not None:
        if declared is not None and not same_value(declared.value, recorded.value):
            said = f"is declared as {declared.value!r} and recorded as {recorded.value!r}"
            return FactStanding(value=None, fault="contradiction", said=said)
        return _stands(recorded.value)
    if declared is None:
        return _MISSING
    if confirm:
        said = f"is declared as {declared.value!r}, not confirmed"
        return FactStanding(value=None, fault="unconfirmed", said=said)
    return _stands(declared.value)


def _expired(statement: FactStatement, as_of: date | None) -> bool:
    if statement.expires_on is None:
        return False
    if as_of is None:
        raise ValueError(f"{statement.value!r} expires on {statement.expires_on}: say as of which day")
    return statement.expires_on <= as_of


def _stands(value: FactValue) -> FactStanding:
    return FactStanding(value=value, fault=None, said=f"is {value!r}")


def _run_out(statement: FactStatement) -> FactStanding:
    said = f"was {statement.value!r} until {statement.expires_on}"
    return FactStanding(value=None, fault="expired", said=said)
