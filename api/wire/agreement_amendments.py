"""What is asked and answered about amendments of agreements."""

from ...contracts.amendments import ProposedAmendment
from ...contracts.terms.amendment import Amendment
from ...finance.documents import Code
from ..sound import AddressCode, HexSignature
from .base import Asked, Made, Reply, Wire


class AgreementAmendmentRequest(Asked):
    """An amendment that one party makes and signs.

    Attributes
    ----------
    code : str
        Its name in the agreement.
    by : str
        Who makes it: a name in the agreement.
    signature : str
        Ed25519 over the signing bytes of its preview, as 128 hexadecimal digits.
    """

    code: AddressCode
    by: Code
    amendment: Amendment
    signature: HexSignature


class AgreementAmendmentPreviewRequest(Asked):
    """An amendment to look at before it is made."""

    code: AddressCode
    amendment: Amendment


class AgreementAmendmentApprovalRequest(Asked):
    """One party's approval of an amendment."""

    name: Code
    signature: HexSignature


class AgreementAmendmentBound(Wire):
    """What one payer may have to pay at most, before and after; decimal text in ``unit``."""

    payer: str
    unit: str
    before: str
    after: str


class AgreementAmendmentPreview(Reply):
    """What an amendment would do, and the bytes that are signed for it.

    Attributes
    ----------
    content : str
        Hexadecimal digits.
    terms_sha256 : str
        Of the terms as they would stand.
    """

    content: str
    sha256: str
    terms_sha256: str
    changes: list[str]
    most: list[AgreementAmendmentBound]


class AgreementAmendmentReply(Reply):
    """An amendment, and how far it has come.

    Attributes
    ----------
    content : str
        The bytes that the maker and every approver sign, as hexadecimal digits.
    missing : list of str
        Names that have yet to approve it.
    """

    agreement: str
    code: str
    maker: str
    approved: list[str]
    missing: list[str]
    in_force: bool
    changes: list[str]
    amendment: Amendment
    content: str

    @classmethod
    def of(cls, one: ProposedAmendment, content: bytes) -> "AgreementAmendmentReply":
        """Return an amendment as a reply."""
        return cls(
            agreement=one.agreement,
            code=one.code,
            maker=one.maker,
            approved=list(one.approved),
            missing=list(one.missing),
            in_force=one.in_force,
            changes=list(one.changes),
            amendment=one.amendment,
            content=content.hex(),
        )


class AgreementAmendmentMade(AgreementAmendmentReply, Made):
    """An amendment after an act."""


class AgreementAmendmentLine(Reply):
    """An amendment in a list."""

    code: str
    effective_on: str
    reason: str
    maker: str
    missing: list[str]
    in_force: bool
    changes: list[str]


class AgreementAmendmentList(Reply):
    """A page of amendments, oldest first; ``next`` is the cursor of the page behind it."""

    items: list[AgreementAmendmentLine]
    next: str | None
