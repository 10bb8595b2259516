"""What is asked and answered about parties and their ties."""

from datetime import date
from typing import Annotated

from pydantic import StringConstraints, model_validator

from ...finance.documents import Code, Text
from ...finance.parties import Party, PartyKind
from ...finance.ties import Tie, TieKind
from ..sound import AddressCode
from .base import Asked, Made, PageQuery, Reply

PublicKey = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]


class PartyRequest(Asked):
    """A party to register.

    Attributes
    ----------
    public_key : str
        Ed25519 key with which it signs, 64 hexadecimal digits; empty for a party that signs nothing.
    """

    code: AddressCode
    name: Text
    kind: PartyKind = "organisation"
    public_key: PublicKey = ""


class PartyMade(Made):
    """A party as it was registered."""

    code: str
    name: str
    kind: str
    public_key: str


class PartyReply(Reply):
    """A party of the book."""

    code: str
    name: str
    kind: str
    public_key: str

    @classmethod
    def of(cls, party: Party) -> "PartyReply":
        """Return a party as a reply."""
        key = "" if party.public_key is None else party.public_key.hex()
        return cls(code=party.code, name=party.name, kind=party.kind, public_key=key)


class PartyQuery(PageQuery):
    """Which parties.

    Attributes
    ----------
    kind : str or None
        Only of this kind.
    """

    kind: PartyKind | None = None


class PartyList(Reply):
    """A page of parties; ``next`` is the cursor of the page behind it."""

    items: list[PartyReply]
    next: str | None


class TieRequest(Asked):
    """A tie between two parties, to declare.

    Attributes
    ----------
    from_party, to_party : str
        The first owns, controls, belongs to, works for, supplies or is related to the second.
    since : date
        First day on which it holds.
    source : str
        Who says so: a register, a declaration.
    """

    kind: TieKind
    from_party: Code
    to_party: Code
    since: date
    source: Text

    @model_validator(mode="after")
    def _require_two(self) -> "TieRequest":
        if self.from_party == self.to_party:
            raise ValueError("a tie joins two parties, not one with itself")
        return self


class TieEndRequest(Asked):
    """The last day of a tie.

    Attributes
    ----------
    since : date
        Its first day; with kind and parties it names the tie.
    until : date
        The last day on which it holds.
    """

    kind: TieKind
    from_party: Code
    to_party: Code
    since: date
    until: date


class TieMade(Made):
    """A tie as it stands on record."""

    kind: str
    from_party: str
    to_party: str
    since: date
    until: date | None
    source: str

    @classmethod
    def of(cls, tie: Tie) -> "TieMade":
        """Return a tie as a reply."""
        return cls(
            kind=tie.kind,
            from_party=tie.from_party,
            to_party=tie.to_party,
            since=tie.since,
            until=tie.until,
            source=tie.source,
        )


class TieReply(Reply):
    """A tie in a list."""

    kind: str
    from_party: str
    to_party: str
    since: date
    until: date | None
    source: str

    @classmethod
    def of(cls, tie: Tie) -> "TieReply":
        """Return a tie as a reply."""
        return cls(
            kind=tie.kind,
            from_party=tie.from_party,
            to_party=tie.to_party,
            since=tie.since,
            until=tie.until,
            source=tie.source,
        )


class TieQuery(PageQuery):
    """Which ties.

    Attributes
    ----------
    on : date or None
        Only those that hold on this day.
    party : str or None
        Only those of this party.
    """

    on: date | None = None
    party: Code | None = None


class TieList(Reply):
    """A page of ties; ``next`` is the cursor of the page behind it."""

    items: list[TieReply]
    next: str | None
