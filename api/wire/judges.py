"""What is asked and answered about judges: who they are, what ties them to whom, what they read."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from ...challenges.calibration import JudgeEffect
from ...challenges.conflicts import JudgeConflict
from ...challenges.conflicts.identity import MarkKind
from ...challenges.conflicts.interests import InterestKind
from ...challenges.judges import MOST_READS, Judge
from ...finance.documents import Code
from .applications import ApplicationSeen
from .base import Amount, Asked, Made, PageQuery, Reply, Wire
from .rounds import Reason, decimal_text

Reads = Annotated[int, Field(ge=0, le=MOST_READS)]
Names = Annotated[tuple[Code, ...], Field(max_length=100)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]


class MarkRequest(Asked):
    """A mark by which a judge can be recognised.

    Attributes
    ----------
    verified : bool
        Somebody other than the judge has looked at a proof.
    birth_year : int or None [year]
        Tells two people of one name apart.
    organisation : str
        Where the name is used; empty for no place.
    """

    kind: MarkKind
    value: Said
    verified: bool = False
    source: Said = "own statement"
    birth_year: Annotated[int, Field(ge=1850, le=2100)] | None = None
    organisation: Code | None = None

    @model_validator(mode="after")
    def _require_place(self) -> Self:
        if self.kind != "name" and (self.birth_year is not None or self.organisation is not None):
            raise ValueError("a year of birth and an organisation go with a name only")
        return self


class MarkMade(Made):
    """A mark as it stands; its value is not told again."""

    judge: str
    kind: MarkKind
    verified: bool


class JudgeRequest(Asked):
    """A judge to register.

    Attributes
    ----------
    least, most : int [reads]
        Fewest and most that the judge reads; the bounds of the brief hold besides.

    Examples
    --------
    >>> JudgeRequest(code="j-1", most=10).least
    0
    """

    code: Code
    organisation: Code | None = None
    least: Reads = 0
    most: Reads = MOST_READS
    attributes: Names = ()
    languages: Names = ()
    panel: Code | None = None
    marks: Annotated[tuple[MarkRequest, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"The fewest reads, {self.least}, are more than the most, {self.most}.")
        return self


class JudgeLine(Reply):
    """A judge in a list.

    Attributes
    ----------
    least, most : int [reads]
        As registered.
    to_declare : int [actors]
        Against whom the judge has not declared yet.
    """

    code: str
    organisation: str
    least: int
    most: int
    attributes: list[str]
    languages: list[str]
    panel: str
    to_declare: int

    @classmethod
    def of(cls, judge: Judge, to_declare: int) -> "JudgeLine":
        """Return a judge as a line."""
        return cls(
            code=judge.code,
            organisation=judge.organisation,
            least=judge.load[0],
            most=judge.load[1],
            attributes=list(judge.attributes),
            languages=list(judge.languages),
            panel=judge.panel,
            to_declare=to_declare,
        )


class JudgeMade(Made):
    """A judge as registered."""

    code: str
    organisation: str


class JudgeList(Reply):
    """A page of judges; ``next`` is the cursor of the page behind it."""

    items: list[JudgeLine]
    next: str | None


class Declared(Wire):
    """What a judge says of one actor: one of the sixteen kinds of interest, or ``none``."""

    actor: Code
    kind: Annotated[str, Field(max_length=40)]


class DeclarationRequest(Asked):
    """What ties a judge to each actor; every actor not declared against yet has to be named."""

    declarations: Annotated[list[Declared], Field(min_length=1, max_length=10_000)]


class DeclaredKind(Reply):
    """What a judge said of one actor; without the actor while the entries are blind to the reader."""

    actor: str | None
    kind: str


class DeclarationReply(Reply):
    """What a judge has said, and of whom nothing was said yet.

    Attributes
    ----------
    undeclared : list of str or None
        None while the entries are blind to the reader.
    """

    judge: str
    declarations: list[DeclaredKind]
    undeclared: list[str] | None


class DeclarationMade(Made):
    """A declaration as it stands.

    Attributes
    ----------
    undeclared : list of str
        Actors of whom nothing was said yet.
    """

    judge: str
    undeclared: list[str]


class InterestRequest(Asked):
    """What ties two parties, as one of them says.

    Attributes
    ----------
    party, other : str
        The first is employed by, owns, advises, pays (and so on) the second.
    since, until : date or None
        First and last day on which it holds.
    """

    party: Code
    other: Code
    kind: InterestKind
    since: date | None = None
    until: date | None = None
    amount: Amount | None = None
    source: Said = "own statement"

    @model_validator(mode="after")
    def _require_two_and_order(self) -> Self:
        if self.party == self.other:
            raise ValueError("An interest holds between two parties.")
        if self.since and self.until and self.until < self.since:
            raise ValueError(f"It cannot end on {self.until}, before it begins on {self.since}.")
        return self


class InterestMade(Made):
    """An interest as it was put on record, in words."""

    party: str
    other: str
    kind: InterestKind
    said: str


class RecusalRequest(Asked):
    """A judge steps back from an entry; it cannot be taken back."""

    application: Code
    reason: Reason


class RecusalMade(Made):
    """A recusal on record."""

    judge: str
    application: str


class OverrideRequest(Asked):
    """Somebody answers for a pair in spite of a soft conflict."""

    application: Code
    reason: Reason


class OverrideMade(Made):
    """A soft conflict that somebody answers for."""

    judge: str
    application: str
    signer: str


class ConflictQuery(PageQuery):
    """Which conflicts.

    Attributes
    ----------
    on : date or None
        The day that is asked about; today without it.
    judge : str
        Only of this judge; empty for all.
    """

    on: date | None = None
    judge: Annotated[str, Field(max_length=80)] = ""


class ConflictLine(Reply):
    """A reason why a judge must not read an entry (``hard``), or should rather not (``soft``).

    Attributes
    ----------
    scope : str
        What a hard one bars from: ``pair``, ``phase`` or ``competition``.
    actor : str or None
        Of the entry; None while it is blind to the reader.
    rests_on : list of str
        The sentences that lead from the judge to the actor; none without the actor.
    """

    judge: str
    application: str
    actor: str | None
    kind: str
    level: str
    scope: str
    rests_on: list[str]

    @classmethod
    def of(cls, found: JudgeConflict, *, named: bool) -> "ConflictLine":
        """Return a conflict as a line, with the actor or without."""
        return cls(
            judge=found.judge,
            application=found.application,
            actor=found.actor if named else None,
            kind=found.kind,
            level=found.level,
            scope=found.scope,
            rests_on=list(found.provenance) if named else [],
        )


class ConflictList(Reply):
    """A page of conflicts; ``next`` is the cursor of the page behind it."""

    items: list[ConflictLine]
    next: str | None


class PhaseQuery(PageQuery):
    """Of which phase of the brief."""

    phase: Code


class EntryToReadLine(Reply):
    """An entry that a judge is to read, and whether its scores are in."""

    application: str
    scored: bool


class EntryToReadList(Reply):
    """A page of what a judge is to read; ``next`` is the cursor of the page behind it."""

    items: list[EntryToReadLine]
    next: str | None


class OpeningRequest(Asked):
    """An entry that its judge opens; that is recorded."""

    phase: Code
    application: Code


class OpeningMade(Made):
    """An entry as its judge may see it: what the brief masks is absent."""

    judge: str
    phase: str
    application: str
    entry: ApplicationSeen


class EffectQuery(Wire):
    """Of which phase."""

    phase: Code


class EffectReply(Reply):
    """How far a judge's marks lay above the others' on the same work.

    Attributes
    ----------
    effect, standard_error : str [points]
        Decimal text.
    reads : int [reads]
        On which it rests.
    """

    judge: str
    phase: str
    effect: str
    standard_error: str
    reads: int

    @classmethod
    def of(cls, phase: str, own: JudgeEffect) -> "EffectReply":
        """Return an effect as a reply."""
        return cls(
            judge=own.judge_id,
            phase=phase,
            effect=decimal_text(own.effect) or "",
            standard_error=decimal_text(own.standard_error) or "",
            reads=own.reads,
        )
