"""What is asked and answered about briefs: lint, versions, amendments, notices."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from ...challenges.amendments import Kind
from ...challenges.brief import Brief
from ...challenges.linting.finding import BriefFinding, Severity
from ...finance.documents import Code, Text
from .base import Asked, Instant, Made, Reply
from .trees import JsonTree

MOST_STEPS = 200
PatchOp = Literal["add", "remove", "replace", "move", "copy", "test"]


class BriefLintRequest(Asked):
    """A brief to look over; nothing is stored.

    Attributes
    ----------
    judges, applications : int or None [judges], [applications]
        How many are expected, when that is known.
    """

    brief: Brief
    judges: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    applications: Annotated[int | None, Field(ge=0, le=1_000_000)] = None


class BriefLintFinding(Reply):
    """One fault or oddity of a brief, with its place and what to do."""

    code: str
    severity: Severity
    pointer: str
    message: str
    fix: str

    @classmethod
    def of(cls, found: BriefFinding) -> "BriefLintFinding":
        """Return a finding as a reply."""
        return cls(
            code=found.code,
            severity=found.severity,
            pointer=found.pointer,
            message=found.message,
            fix=found.fix,
        )


class BriefLintReply(Reply):
    """What lint found; a brief with an error is not published."""

    publishable: bool
    findings: list[BriefLintFinding]


class BriefQuery(BaseModel):
    """Which version of a brief.

    Attributes
    ----------
    version : int or None [version]
        The one in force when left out.
    """

    version: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class BriefReply(Reply):
    """A version of a brief with the instant from which it counts."""

    version: int
    sha256: str
    effective_at: Instant
    brief: Brief


class BriefVersionLine(Reply):
    """A version in the list of versions."""

    version: int
    sha256: str
    title: str
    effective_at: Instant
    in_force: bool


class BriefVersionList(Reply):
    """Every version of a brief, oldest first."""

    items: list[BriefVersionLine]
    next: str | None


class PatchStep(Asked):
    """One step of a JSON Patch (RFC 6902)."""

    op: PatchOp
    path: Annotated[str, Field(max_length=500)]
    value: JsonTree | None = None
    from_path: Annotated[str | None, Field(alias="from", max_length=500)] = None

    def plain(self) -> dict[str, object]:
        """Return the step as the document of RFC 6902 has it."""
        told: dict[str, object] = {"op": self.op, "path": self.path}
        if self.op in {"add", "replace", "test"}:
            told["value"] = None if self.value is None else self.value.plain()
        if self.from_path is not None:
            told["from"] = self.from_path
        return told


class AmendmentRequest(Asked):
    """A change of a brief to propose.

    Attributes
    ----------
    of : int [version]
        The version it changes; the newest.
    patch : list of PatchStep
        On the brief with every default written out; the version rises by itself.
    reason : str
        Shown to everybody who is told.
    kind : str
        ``editorial``: names and descriptions, at once; ``material``: anything lawful, after the notice.
    """

    of: Annotated[int, Field(ge=1, le=1_000_000)]
    patch: Annotated[list[PatchStep], Field(min_length=1, max_length=MOST_STEPS)]
    reason: Text
    kind: Kind


class AmendmentProposalReply(Made):
    """A change as it was proposed: nothing counts before somebody else approves it.

    Attributes
    ----------
    places : list of str
        JSON pointers of what is different.
    notify : list of str
        Everybody with a draft or a submission.
    needs_consent : list of str
        Applications whose leads have to consent before it can be approved.
    effective_at : datetime
        From when it would count if it were approved now.
    """

    id: UUID
    maker: str
    of: int
    patch: list[PatchStep]
    reason: str
    kind: Kind
    places: list[str]
    notify: list[str]
    needs_consent: list[str]
    effective_at: Instant


class AmendmentProposalLine(Reply):
    """A proposed change in a list.

    Attributes
    ----------
    of : int [version]
        The version it changes.
    waits : bool
        That version is still the newest, so it can be approved.
    """

    id: UUID
    maker: str
    of: int
    reason: str
    kind: Kind
    waits: bool


class AmendmentProposalList(Reply):
    """A page of proposed changes; ``next`` is the cursor of the page behind it."""

    items: list[AmendmentProposalLine]
    next: str | None


class AmendmentReply(Made):
    """A version of a brief as it was written."""

    version: int
    sha256: str
    maker: str
    checker: str
    effective_at: Instant


class AmendmentConsentRequest(Asked):
    """For which application its lead consents to a change."""

    application: Code


class AmendmentConsentReply(Made):
    """A consent on record: for this change and no other."""

    proposal: UUID
    application: str
    signer: str


class NoticeList(Reply):
    """Everybody who is still to be told of a version."""

    items: list[str]
    next: str | None


class NoticeRequest(Asked):
    """Who was told of a version."""

    recipient: Code


class NoticeReply(Made):
    """A notice on record."""

    version: int
    recipient: str
