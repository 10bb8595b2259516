"""Results files: what was found under a deal, where each figure comes from, and what was really paid.

The problem: recomputing a published deal needs its inputs in one place, each with its source, beside the
payment that was printed. A ``DealResults`` document stands beside the deal's terms in the casebook.
"""

from importlib.resources import files
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document, Text, UnitCode
from ..finance.errors import AlmonerError, Missing, TermError
from ..finance.parties import Party, PartyKind
from .terms.document import WHOLE_TERM, TermDocument

Label = Literal["published", "derived", "invented"]


class NamedParty(Document):
    """A party of a deal, as printed."""

    code: Code
    name: Text
    kind: PartyKind = "organisation"

    def party(self, public_key: bytes | None = None) -> Party:
        """Return it as a party of a book."""
        return Party(code=self.code, name=self.name, kind=self.kind, public_key=public_key)


class Deposit(Document):
    """Money set aside for the deal."""

    giver: NamedParty
    amount: DecimalText
    label: Label
    source: Text


class Result(Document):
    """One determined figure."""

    claim: Code
    metric: Code
    period: Code = WHOLE_TERM
    value: DecimalText
    label: Label
    source: Text


class PublishedPayment(Document):
    """What was really paid."""

    paid: DecimalText
    label: Label
    source: Text


class DealResults(Document):
    """Results and payment of one deal.

    Examples
    --------
    >>> denver = read_results("denver-sib")
    >>> denver.published.paid, [row.claim for row in denver.results]
    ('9638911.36', ['payments-1-to-4', 'payment-5', 'jail-days'])
    """

    invalid: ClassVar[type[AlmonerError]] = TermError

    schema_: Literal["almoner.results/1"] = Field(alias="schema")
    deal: Code
    title: Text
    unit: UnitCode
    parties: dict[Code, NamedParty]
    deposits: Annotated[tuple[Deposit, ...], Field(min_length=1, max_length=64)]
    results: Annotated[tuple[Result, ...], Field(min_length=1, max_length=400)]
    published: PublishedPayment


def _casebook(name: str) -> bytes:
    place = files(__package__).joinpath("casebook", name)
    if not place.is_file():
        known = ", ".join(list_deals())
        raise Missing(f"The casebook has no {name}. Its deals: {known}.", what="deal", code=name)
    return place.read_bytes()


def list_deals() -> tuple[str, ...]:
    """Return the ids of the deals in the casebook.

    Examples
    --------
    >>> "rikers-able" in list_deals()
    True
    """
    names = [entry.name for entry in files(__package__).joinpath("casebook").iterdir()]
    return tuple(sorted(name.removesuffix(".terms.json") for name in names if name.endswith(".terms.json")))


def read_terms(deal: str) -> TermDocument:
    """Return the terms of a deal of the casebook.

    Raises
    ------
    Missing
        With the deals there are.

    Examples
    --------
    >>> read_terms("rikers-able").rounding
    'half_even'
    """
    return TermDocument.read(_casebook(f"{deal}.terms.json"))


def read_results(deal: str) -> DealResults:
    """Return the results of a deal of the casebook.

    Raises
    ------
    Missing
        With the deals there are.

    Examples
    --------
    >>> read_results("rikers-able").published.paid
    '0.00'
    """
    return DealResults.read(_casebook(f"{deal}.results.json"))
