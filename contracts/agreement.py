"""Agreements: terms, the parties bound to them, and their signatures.

The problem: a contract that not everybody signed gets paid, and the signed text differs from the paid one.
An ``Agreement`` names its terms by digest and each party of the terms by its code in the book; every party
signs the same bytes. It moves one way::

    proposed -> signed by each party -> active (maximum liability encumbered) -> closed
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..finance.documents import canonical_bytes
from ..finance.errors import TermError
from ..finance.money import Money
from .terms.document import TermDocument

AgreementState = Literal["proposed", "active", "closed"]
EVALUATOR = "evaluator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Terms between named parties, in one fund.

    Attributes
    ----------
    book, fund, code : str
        Where it stands.
    terms : TermDocument
        What was agreed.
    parties : Mapping of str to str
        Party of the terms -> code of the party in the book.
    maximum : Money
        The most it can cost, proven from the terms.
    state : str
        ``proposed``, ``active`` or ``closed``.
    signed : tuple of str
        Parties of the terms that have signed.
    """

    book: str
    fund: str
    code: str
    terms: TermDocument
    parties: Mapping[str, str]
    maximum: Money
    state: AgreementState
    signed: tuple[str, ...]

    @property
    def evaluators(self) -> tuple[str, ...]:
        """Codes of the parties that verify."""
        return tuple(self.parties[name] for name in self.terms.roles(EVALUATOR))

    def signing_bytes(self) -> bytes:
        """Return the exact bytes that every party signs."""
        return agreement_bytes(self.code, self.terms, self.parties, self.maximum)


def agreement_bytes(code: str, terms: TermDocument, parties: Mapping[str, str], maximum: Money) -> bytes:
    """Return the exact bytes that every party of an agreement signs.

    Parameters
    ----------
    code : str
        Of the agreement.
    terms : TermDocument
        Enters by its digest.
    parties : Mapping of str to str
        Party of the terms -> code of the party.
    maximum : Money
        The most it can cost.
    """
    return canonical_bytes(
        {
            "agreement": code,
            "maximum": maximum.text,
            "parties": dict(parties),
            "schema": "almoner.agreement/1",
            "terms_sha256": terms.digest(),
            "unit": maximum.unit.code,
        }
    )


def require_parties(terms: TermDocument, parties: Mapping[str, str]) -> None:
    """Refuse bindings that leave a party of the terms out, or name one that is not there.

    Raises
    ------
    TermError
        With every difference.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> require_parties(TermDocument.read(EXAMPLE), {"city": "denver", "home": "shelter", "lab": "institute"})
    """
    faults = [
        {"path": f"/parties/{name}", "message": "nobody is bound to this party"}
        for name in terms.parties
        if name not in parties
    ]
    faults += [
        {"path": f"/parties/{name}", "message": "the terms have no such party"}
        for name in parties
        if name not in terms.parties
    ]
    if faults:
        raise TermError(
            "The agreement does not bind the parties of its terms: "
            + "; ".join(f"{row['path']}: {row['message']}" for row in faults)
            + ".",
            findings=faults,
        )
