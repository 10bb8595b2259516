"""What is asked and answered about applications: handed in, listed, read through the masks, taken back."""

from typing import Annotated

from pydantic import BaseModel, Field

from ...challenges.applications import Application
from ...challenges.eligibility import Status
from ...challenges.lifecycle import Submission
from ...finance.documents import Code, DecimalText, UnitCode
from .base import Asked, Instant, Made, PageQuery, Reply
from .trees import JsonTree, tree_of


def _is_absent(value: object) -> bool:
    return value is None


def seen() -> object:
    """Return the field of something that is absent where it is masked.

    Examples
    --------
    >>> class Note(Reply):
    ...     title: Annotated[str | None, seen()] = None
    >>> Note().model_dump_json()
    '{}'
    """
    return Field(exclude_if=_is_absent)


class ApplicationRequest(Asked):
    """An application to hand in.

    Attributes
    ----------
    application : Application
        Complete; handed in again before the close, the last one counts.
    phase : str or None
        For which phase; the one that is open when left out.
    """

    application: Application
    phase: Code | None = None


class ReceiptReply(Made):
    """What an applicant holds for what came in.

    Attributes
    ----------
    number : int [submissions]
        Which submission of this application, from 1; the last one counts.
    sha256 : str
        Digest of the application's exact bytes.
    late : bool
        Whether it came in the seconds of grace after the close.
    status : str
        ``pass``, ``needs_document`` or ``fail``: what the rule found.
    reasons : list of str
        One sentence for each leaf of the rule.
    """

    receipt: str
    application: str
    number: int
    phase: str
    version: int
    sha256: str
    received_at: Instant
    late: bool
    withdrawn: bool
    status: Status
    reasons: list[str]

    @classmethod
    def of(cls, made: Submission) -> "ReceiptReply":
        """Return a submission as a reply."""
        receipt = made.receipt
        if receipt is None:
            raise TypeError("a submission that was not stored has no receipt")
        leaves = () if made.finding is None else made.finding.leaves
        return cls(
            receipt=receipt.code,
            application=made.application.application_id,
            number=receipt.number,
            phase=receipt.phase,
            version=receipt.version,
            sha256=receipt.sha256,
            received_at=receipt.received_at,
            late=receipt.late,
            withdrawn=made.withdrawn,
            status=made.status,
            reasons=[one.reason for one in leaves],
        )


class ApplicationQuery(BaseModel):
    """In which phase an application is looked at; it decides what is shown.

    Attributes
    ----------
    phase : str or None
        The first that is open when left out, or else the last one that has opened.
    """

    phase: Code | None = None


class ApplicationListQuery(PageQuery):
    """Which applications, looked at in which phase.

    Attributes
    ----------
    phase : str or None
        As for one application.
    """

    phase: Code | None = None


class ApplicationSeen(Reply):
    """What somebody sees of an application; a masked field is absent.

    Attributes
    ----------
    bundle, interventions, budget, in_kind_offers, in_kind_needs, needs, synergies, files, disclosures : list
        Rows as in the document, without what is masked.
    """

    application_id: Annotated[str | None, seen()] = None
    challenge_id: Annotated[str | None, seen()] = None
    title: Annotated[str | None, seen()] = None
    unit: Annotated[UnitCode | None, seen()] = None
    lead: Annotated[str | None, seen()] = None
    language: Annotated[str | None, seen()] = None
    ask: Annotated[DecimalText | None, seen()] = None
    minimum: Annotated[DecimalText | None, seen()] = None
    all_or_nothing: Annotated[bool | None, seen()] = None
    bundle: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    interventions: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    budget: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    in_kind_offers: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    in_kind_needs: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    needs: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    synergies: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    theory_of_change: Annotated[dict[str, JsonTree] | None, seen()] = None
    facts: Annotated[dict[str, JsonTree] | None, seen()] = None
    answers: Annotated[dict[str, JsonTree] | None, seen()] = None
    files: Annotated[list[dict[str, JsonTree]] | None, seen()] = None
    groups: Annotated[dict[str, JsonTree] | None, seen()] = None
    disclosures: Annotated[list[dict[str, JsonTree]] | None, seen()] = None

    @classmethod
    def of(cls, view: object) -> "ApplicationSeen":
        """Return what is left of an application after the masks."""
        shown = tree_of(view)
        return cls.model_validate({name: shown[name].plain() for name in shown if name in cls.model_fields})


class ApplicationReply(Reply):
    """An application as one person may see it in a phase.

    Attributes
    ----------
    seen_as : str
        In which role of the brief's rules of visibility.
    """

    code: str
    phase: str
    seen_as: str
    withdrawn: bool
    application: ApplicationSeen


class FileFound(Reply):
    """The file of an application that a content is.

    Attributes
    ----------
    file : dict
        Its row in the application, without what is masked.
    """

    application: str
    file: dict[str, JsonTree]


class ApplicationLine(Reply):
    """An application in a list: its code, and what the masks leave of the rest."""

    code: str
    withdrawn: bool
    status: Annotated[Status | None, seen()] = None
    title: Annotated[str | None, seen()] = None
    lead: Annotated[str | None, seen()] = None
    ask: Annotated[DecimalText | None, seen()] = None
    unit: Annotated[UnitCode | None, seen()] = None


class ApplicationList(Reply):
    """A page of applications; ``next`` is the cursor of the page behind it."""

    items: list[ApplicationLine]
    next: str | None


class WithdrawalRequest(Asked):
    """Why an application is taken back; may be empty."""

    reason: Annotated[str, Field(max_length=2000)] = ""
