"""Stories of published deals: who took part, what was set aside, what was found, and what was really paid.

The problem: playing a published deal through the books needs more than its terms: parties, deposits and
results, each with its source, beside the payment that was printed. A ``DealStory`` stands beside the deal's
terms in ``deals``.
"""

from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from ...contracts.terms.document import WHOLE_TERM, TermDocument
from ...finance.documents import Code, DecimalText, Document, Text, UnitCode
from ...finance.errors import Missing
from ...finance.parties import Party, PartyKind

SourceLabel = Literal["published", "derived", "invented"]


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
    label: SourceLabel
    source: Text


class DealFigure(Document):
    """One determined figure of a deal."""

    claim: Code
    metric: Code
    period: Code = WHOLE_TERM
    value: DecimalText
    label: SourceLabel
    source: Text


class PublishedPayment(Document):
    """What was really paid."""

    paid: DecimalText
    label: SourceLabel
    source: Text


class DealStory(Document):
    """Parties, deposits, results and payment of one deal.

    Examples
    --------
    >>> denver = read_story("denver-sib")
    >>> denver.published.paid, [row.claim for row in denver.results]
    ('9638911.36', ['payments-1-to-4', 'payment-5', 'jail-days'])
    """

    schema_: Literal["almoner.story/1"] = Field(alias="schema")
    deal: Code
    title: Text
    unit: UnitCode
    parties: dict[Code, NamedParty]
    deposits: Annotated[tuple[Deposit, ...], Field(min_length=1, max_length=64)]
    results: Annotated[tuple[DealFigure, ...], Field(min_length=1, max_length=400)]
    published: PublishedPayment


def _deal_file(name: str) -> bytes:
    place = files(__package__).joinpath("deals", name)
    if not place.is_file():
        known = ", ".join(list_deals())
        raise Missing(f"The demonstration has no {name}. Its deals: {known}.", what="deal", code=name)
    return place.read_bytes()


def list_deals() -> tuple[str, ...]:
    """Return the ids of the deals of the demonstration.

    Examples
    --------
    >>> "rikers-able" in list_deals()
    True
    """
    names = [entry.name for entry in files(__package__).joinpath("deals").iterdir()]
    return tuple(sorted(name.removesuffix(".terms.json") for name in names if name.endswith(".terms.json")))


def read_terms(deal: str) -> TermDocument:
    """Return the terms of a deal of the demonstration.

    Raises
    ------
    Missing
        With the deals there are.

    Examples
    --------
    >>> read_terms("rikers-able").rounding
    'half_even'
    """
    return TermDocument.read(_deal_file(f"{deal}.terms.json"))


def read_story(deal: str) -> DealStory:
    """Return the story of a deal of the demonstration.

    Raises
    ------
    Missing
        With the deals there are.

    Examples
    --------
    >>> read_story("rikers-able").published.paid
    '0.00'
    """
    return DealStory.read(_deal_file(f"{deal}.story.json"))
