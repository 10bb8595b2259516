"""Amendments of agreements: who made one, who has approved it, and what it does to what may be owed.

The problem: terms are changed by a mail that one side remembers. An amendment is made and signed by one party
with money in the agreement, and approved by signature of every other one; whoever made it never approves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..finance.documents import canonical_bytes
from ..finance.findings import Findings
from ..finance.signatures import attested_bytes
from .agreement import AMENDMENT_TYPE, AgreementDocument
from .terms.amendment import Amendment, Lineage
from .terms.document import TermDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAmendment:
    """An amendment of an agreement, and how far it has come.

    Attributes
    ----------
    agreement, code : str
        The agreement, and the amendment's own code in it.
    amendment : Amendment
        What changes.
    maker : str
        Name of who made it.
    approved, missing : tuple of str
        Names that have approved it, and that have yet to.
    ordinal : int [place]
        Among the amendments in force; 0 while it is not.
    changes : tuple of str
        In words, place by place.
    """

    agreement: str
    code: str
    amendment: Amendment
    maker: str
    approved: tuple[str, ...]
    missing: tuple[str, ...]
    ordinal: int
    changes: tuple[str, ...]

    @property
    def in_force(self) -> bool:
        """Whether everybody has approved it."""
        return self.ordinal > 0


def amendment_bytes(agreement: str, code: str, amendment: Amendment) -> bytes:
    """Return the exact bytes that the maker and every approver of an amendment sign.

    Parameters
    ----------
    agreement, code : str
        Of the agreement, and of the amendment in it.
    amendment : Amendment
        Enters whole.
    """
    content = {
        "agreement": agreement,
        "amendment": code,
        "document": amendment.model_dump(mode="json", by_alias=True),
    }
    return attested_bytes(AMENDMENT_TYPE, canonical_bytes(content))


def approvers(document: AgreementDocument, maker: str) -> tuple[str, ...]:
    """Name who has to approve an amendment: everybody with money in it, but not the party that made it.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE
    >>> approvers(AgreementDocument.read(EXAMPLE), "city")
    ('home',)
    """
    names: Mapping[str, str] = document.interested
    return tuple(sorted(name for name, code in names.items() if code != names.get(maker)))


def amended_document(document: AgreementDocument, lineage: Lineage) -> AgreementDocument:
    """Return the agreement with its terms as they stand after all amendments."""
    return document.model_copy(update={"terms": lineage.newest})


def amendment_faults(document: AgreementDocument, newest: TermDocument) -> Findings:
    """List what an amendment cannot change: who the parties are, and metrics that the agreement speaks of.

    Parameters
    ----------
    document : AgreementDocument
        As signed.
    newest : TermDocument
        Terms as they would be.
    """
    was = {name: party.role for name, party in document.terms.parties.items()}
    now = {name: party.role for name, party in newest.parties.items()}
    rows = [
        {"path": f"/parties/{name}", "message": f"{name} was {was.get(name)} and would be {now.get(name)}"}
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    ]
    return rows or document.model_copy(update={"terms": newest}).findings()
