"""Parties: everyone who gives, receives, judges or verifies.

The problem: the same organisation appears as donor in one fund and as verifier in another, and what it may
do in one place depends on what it does in the others. A party therefore exists once per book, under a
code; its role belongs to the fund, the agreement or the challenge that names it.
"""

from dataclasses import dataclass
from typing import Literal

PartyKind = Literal["organisation", "public_body", "network", "programme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One organisation, public body, network or programme of a book.

    Attributes
    ----------
    code : str
        Short name, unique in the book.
    name : str
        As printed.
    kind : str
        ``organisation``, ``public_body``, ``network`` or ``programme``.
    public_key : bytes or None
        Raw Ed25519 public key (32 bytes) with which the party signs.

    Examples
    --------
    >>> Party(code="denver", name="City and County of Denver", kind="public_body").public_key is None
    True
    """

    code: str
    name: str
    kind: PartyKind = "organisation"
    public_key: bytes | None = None
