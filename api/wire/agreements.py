"""What is asked and answered about agreements."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from ...contracts.agreement import AgreementDocument, AgreementState
from ...contracts.terms.document import TermDocument
from ...finance.documents import Code, Text
from ..sound import AddressCode, HexSignature
from .base import Asked, Made, Reply, Wire

SignedAct = Literal["sign", "suspend", "resume", "measure", "terminate", "close"]


class AgreementRequest(Asked):
    """An agreement to draft.

    Attributes
    ----------
    code : str
        Its name in the book and in addresses.
    """

    code: AddressCode
    document: AgreementDocument


class AgreementParty(Wire):
    """Who has a part in an agreement.

    Attributes
    ----------
    name, party, called : str
        In the agreement, in the book, and what people call it.
    signed : bool or None
        None where it is not shown.
    """

    name: str
    party: str
    called: str
    role: str
    signed: bool | None


class AgreementMoney(Wire):
    """What one payer may have to pay.

    Attributes
    ----------
    most : str
        Proven; decimal text in ``unit``.
    encumbered : str
        Still set aside for it.
    """

    payer: str
    fund: str
    unit: str
    most: str
    encumbered: str


class AgreementReply(Reply):
    """An agreement as it stands.

    Attributes
    ----------
    version : int [drafts]
        Of the document.
    sha256, terms_sha256 : str
        Of the document as signed, and of the terms as amended.
    missing : list of str
        Names that have not signed; empty where it is not shown.
    """

    code: str
    title: str
    state: AgreementState
    version: int
    sha256: str
    terms_sha256: str
    amended: list[str]
    missing: list[str]
    parties: list[AgreementParty]
    sources: list[AgreementMoney]


class AgreementMade(AgreementReply, Made):
    """An agreement after an act."""


class AgreementFreed(Wire):
    """What of one payer's money is free again."""

    payer: str
    unit: str
    amount: str


class AgreementClosed(AgreementMade):
    """An agreement that is closed, and what became free by it."""

    released: list[AgreementFreed] = Field(default_factory=list)


class AgreementLine(Reply):
    """An agreement in a list; the title is that of the document as signed."""

    code: str
    title: str
    state: AgreementState


class AgreementList(Reply):
    """A page of agreements; ``next`` is the cursor of the page behind it."""

    items: list[AgreementLine]
    next: str | None


class AgreementText(Reply):
    """What parties sign, and the terms in force where they were amended.

    Attributes
    ----------
    version : int [drafts]
        Of the document.
    """

    code: str
    version: int
    sha256: str
    document: AgreementDocument
    amended_terms: TermDocument | None


class SignatureRequest(Asked):
    """One party's signature.

    Attributes
    ----------
    name : str
        Who signs: the name in the agreement, not the party's code.
    signature : str
        Ed25519 over the signing bytes, as 128 hexadecimal digits.
    out_of : str
        Commitment of the fund that becomes the agreement's money; empty for free money.
    """

    name: Code
    signature: HexSignature
    out_of: Code | Literal[""] = ""


class SigningQuery(Wire):
    """For which act bytes are signed.

    Attributes
    ----------
    act : str
        ``sign`` for the agreement itself; the others end it or let it rest.
    code : str
        Own code of a suspension or resumption.
    reason, on : str
        As the act will say it.
    """

    act: SignedAct = "sign"
    code: Code | Literal[""] = ""
    reason: str = Field(default="", max_length=2000)
    on: date | None = None


class SigningReply(Reply):
    """The exact bytes that are signed.

    Attributes
    ----------
    content : str
        Hexadecimal digits.
    """

    content: str
    sha256: str


class PauseRequest(Asked):
    """A suspension or a resumption, with the consent of everybody who has money in the agreement.

    Attributes
    ----------
    code : str
        Own code of the act, unique in the agreement.
    signatures : dict of str to str
        Name in the agreement -> Ed25519 signature in hexadecimal digits.
    """

    code: Code
    reason: Text
    signatures: dict[Code, HexSignature]


class MeasurementRequest(Asked):
    """That no more results come.

    Attributes
    ----------
    by : str
        Name of somebody with money in the agreement, in whose name the caller acts.
    signatures : dict of str to str
        Of everybody with money in it, until the last day for claims; empty after it.
    """

    by: Code
    signatures: dict[Code, HexSignature] = Field(default_factory=dict)


class TerminationRequest(Asked):
    """An early end, with the consent of everybody who has money in the agreement."""

    on: date
    reason: Text
    signatures: dict[Code, HexSignature]


class ClosingRequest(Asked):
    """A close; signatures of all only where they give up what stays open."""

    signatures: dict[Code, HexSignature] = Field(default_factory=dict)


class LiabilityLine(Wire):
    """What one payer's fund keeps.

    Attributes
    ----------
    most, held, needed : str
        Proven at signing or by amendment; set aside now; needed for what can still be owed.
    """

    payer: str
    fund: str
    unit: str
    most: str
    held: str
    needed: str


class LiabilityReply(Reply):
    """What an agreement can still cost, and what is set aside for it."""

    agreement: str
    sources: list[LiabilityLine]


class LiabilityMove(Wire):
    """What was released of one payer's money; below zero, what was set aside again."""

    payer: str
    unit: str
    released: str


class LiabilityMade(Made):
    """What moved so that as much is set aside as is needed."""

    agreement: str
    moved: list[LiabilityMove]


def signatures_of(given: Mapping[str, str]) -> dict[str, bytes]:
    """Read signatures.

    Examples
    --------
    >>> signatures_of({"city": "00" * 64})["city"] == bytes(64)
    True
    """
    return {name: bytes.fromhex(text) for name, text in given.items()}
