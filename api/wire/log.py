"""What is asked and answered about the log: periods, events, checkpoints, proofs, verification, commands."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from ...finance.acts import Verification
from ...finance.log import Checkpoint
from .base import Asked, Instant, Made, PageQuery, Reply

KindText = Annotated[str, Field(max_length=80)]


class PeriodRequest(Asked):
    """The last day of a period to close."""

    through: date


class PeriodMade(Made):
    """The last closed day."""

    closed_through: date


class PeriodLine(BaseModel):
    """The last day of a closed period, and the event that closed it."""

    closed_through: date
    event: UUID


class PeriodList(Reply):
    """A page of closed periods, oldest first."""

    items: list[PeriodLine]
    next: str | None


class EventQuery(PageQuery):
    """Which events of the sealed log; an empty kind admits all."""

    kind: KindText = ""


class EventLine(BaseModel):
    """An event of the log, without its content.

    Attributes
    ----------
    index : int or None [position]
        Of its leaf; None while it waits to be sealed.
    leaf_sha256 : str
        Digest of its bytes as a leaf (RFC 9162), hexadecimal digits.
    """

    id: UUID
    index: int | None
    kind: str
    recorded_at: Instant
    leaf_sha256: str


class EventList(Reply):
    """A page of the sealed log, in its order."""

    items: list[EventLine]
    next: str | None


class EventReply(Reply, EventLine):
    """An event of the log.

    Attributes
    ----------
    body : str or None
        Its exact bytes, canonical JSON; None where the caller may know of the event and not of its content.
    """

    body: str | None


class CheckpointLine(BaseModel):
    """A signed root over all events up to a size.

    Attributes
    ----------
    size : int [leaves]
        How many events it covers.
    root, key : str
        Root and public key in hexadecimal digits.
    note : str
        The signed note (C2SP), as it is published.
    """

    size: int
    root: str
    key: str
    recorded_at: Instant
    note: str

    @classmethod
    def of(cls, note: str, key: bytes, recorded_at: datetime) -> Self:
        """Return a checkpoint as a reply."""
        read = Checkpoint.read(note)
        return cls(size=read.size, root=read.root.hex(), key=key.hex(), recorded_at=recorded_at, note=note)


class CheckpointQuery(PageQuery):
    """Which checkpoints: all of them by pages, or the newest alone."""

    last: bool = False


class CheckpointReply(Reply, CheckpointLine):
    """One checkpoint."""


class CheckpointList(Reply):
    """A page of checkpoints, smallest first."""

    items: list[CheckpointLine]
    next: str | None


class ProofQuery(BaseModel):
    """What the reader of a proof keeps already.

    Attributes
    ----------
    since : int or None [leaves]
        Size of the checkpoint they keep; 0 for all earlier ones.
    """

    since: Annotated[int, Field(ge=0)] | None = None


class ProofEntry(BaseModel):
    """An event and the path of hashes that leads from it to the root.

    Attributes
    ----------
    index : int [position]
        Of its leaf.
    """

    index: int
    body: str
    path: list[str]


class ProofOlder(BaseModel):
    """An earlier checkpoint and the path that shows it as the beginning of the last one."""

    checkpoint: str
    path: list[str]


class ProofReply(Reply):
    """That an event is in the log; ``verifier.py`` checks it without this library."""

    key: str
    name: str
    checkpoint: str
    entries: list[ProofEntry]
    older: list[ProofOlder]

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> Self:
        """Return a proof as a reply."""
        return cls.model_validate(made)


class VerificationReply(Reply):
    """What a check of the whole book found.

    Attributes
    ----------
    transactions, postings : int [rows]
        How many were checked.
    unbalanced : int [transactions]
        How many of the findings are transactions that do not balance.
    """

    verified: bool
    transactions: int
    postings: int
    unbalanced: int
    findings: list[str]

    @classmethod
    def of(cls, made: Verification) -> Self:
        """Return a verification as a reply."""
        return cls(
            verified=made.verified,
            transactions=made.transactions,
            postings=made.postings,
            unbalanced=made.unbalanced,
            findings=list(made.findings),
        )


class CommandQuery(PageQuery):
    """Which commands: of an operation, by a person, since an instant; what is empty admits all."""

    operation: KindText = ""
    person: KindText = ""
    since: AwareDatetime | None = None


class CommandLine(BaseModel):
    """Who asked what in whose name, when, and how it ended; never what was said.

    Attributes
    ----------
    object : str
        The address below ``/v1``.
    status : int [HTTP status]
        As answered.
    """

    id: UUID
    operation: str
    object: str
    person: str
    party: str
    api_key: str
    status: int
    location: str
    recorded_at: Instant


class CommandList(Reply):
    """A page of the audit trail, oldest first."""

    items: list[CommandLine]
    next: str | None
