"""The register of public commitments: who promised what by when, and what verified facts say of it.

The problem: promises are made on stages and counted by those who made them. Here a promise is a document of
record that names who is to be checked, by what and until when; its status follows from facts that others
have verified: final determinations under agreements, and postings of the ledger. What nothing can verify is
shown as such, never as kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from ..finance.dates import parse_day
from ..finance.documents import Code, DecimalText, Document, Text, UnitCode
from ..finance.errors import DocumentInvalid
from ..finance.findings import Findings, finding
from ..finance.money import decimal_text

CommitmentStatus = Literal["kept", "kept_late", "due", "overdue", "missed", "disputed", "unverifiable"]
REGISTER_COLUMNS: Final = (
    "code",
    "party",
    "title",
    "by",
    "status",
    "wanted",
    "reached",
    "unit",
    "reached_on",
    "says",
    "replaced_by",
)
MOST_DAYS: Final = 3_660
_PLACES: Final = 9


def _real_day(text: str) -> str:
    try:
        parse_day(text)
    except DocumentInvalid as fault:
        raise ValueError(fault.message) from None
    return text


Day = Annotated[str, AfterValidator(_real_day)]


class MoneyPromise(Document):
    """An amount that the party gives to a fund or pays out of one.

    Attributes
    ----------
    kind : str
        ``money``.
    amount : str [unit]
        At least so much in all, above 0.
    unit : str
        Its unit.
    fund : str
        Code of the fund.
    way : str
        ``gives``: contributions of the party to the fund, less what went back; ``pays``: what the fund pays
        out, less what came back, where the party answers for the fund.

    Examples
    --------
    >>> MoneyPromise.read('{"kind": "money", "amount": "5.00", "unit": "USD", "fund": "water-pool"}').way
    'gives'
    """

    kind: Literal["money"]
    amount: DecimalText
    unit: UnitCode
    fund: Code
    way: Literal["gives", "pays"] = "gives"


class OutcomePromise(Document):
    """A result that is determined under an agreement.

    Attributes
    ----------
    kind : str
        ``outcome``.
    agreement : str
        Under which it is claimed and determined.
    metric : str
        Of the agreement's terms.
    op : str
        ``>=`` or ``<=``.
    value : str [metric]
        What is to be reached.
    sums : bool
        Whether the results of all periods and members are added up; otherwise one of them has to reach it.
        Only with ``>=``: a sum that has not grown yet is below every line.

    Examples
    --------
    >>> OutcomePromise.read('{"kind": "outcome", "agreement": "pact", "metric": "nights", "op": ">=",'
    ...     ' "value": "40000", "sums": true}').sums
    True
    """

    kind: Literal["outcome"]
    agreement: Code
    metric: Code
    op: Literal[">=", "<="] = ">="
    value: DecimalText
    sums: bool = False


class DeedPromise(Document):
    """Something that neither a determination nor the ledger shows.

    Attributes
    ----------
    kind : str
        ``deed``.
    text : str
        What is promised.

    Examples
    --------
    >>> DeedPromise.read('{"kind": "deed", "text": "We publish all our contracts."}').kind
    'deed'
    """

    kind: Literal["deed"]
    text: Text


class PublicCommitment(Document):
    """What a party promised in public, by when.

    Attributes
    ----------
    schema_id : str
        ``almoner.commitment/1``, written ``schema``.
    code : str
        Unique in the book.
    party : str
        Who promised.
    title : str
        In one line.
    promise : MoneyPromise, OutcomePromise or DeedPromise
        What.
    made_on, by : str
        When it was made, and the last day on which it is kept in time.
    grace_days : int [days]
        So long after that day it is overdue and not yet missed: verifying takes time.
    source : str
        Where it was made.
    replaces : str
        Code of an earlier commitment of the same party that this one takes the place of; the earlier one
        stays in the register with its own status.

    Examples
    --------
    >>> made = PublicCommitment.read('''{"schema": "almoner.commitment/1", "code": "c-1", "party": "giver",
    ...     "title": "Five million for water", "made_on": "2027-01-10", "by": "2028-12-31",
    ...     "source": "statement at the opening",
    ...     "promise": {"kind": "money", "amount": "5000000.00", "unit": "USD", "fund": "water-pool"}}''')
    >>> made.grace_days
    90
    """

    schema_id: Literal["almoner.commitment/1"] = Field(alias="schema")
    code: Code
    party: Code
    title: Text
    promise: Annotated[MoneyPromise | OutcomePromise | DeedPromise, Field(discriminator="kind")]
    made_on: Day
    by: Day
    grace_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 90
    source: Text
    replaces: Code | None = None

    def findings(self, at: str = "") -> Findings:
        """List the rules broken between the fields.

        Parameters
        ----------
        at : str
            JSON pointer of this document inside the one that was read.
        """
        found: Findings = []
        if self.by < self.made_on:
            found.append(finding(f"{at}/by", f"{self.by} is before {self.made_on}, when it was made"))
        if self.replaces == self.code:
            found.append(finding(f"{at}/replaces", "a commitment does not replace itself"))
        if isinstance(self.promise, MoneyPromise) and Fraction(self.promise.amount) <= 0:
            found.append(finding(f"{at}/promise/amount", "an amount above 0 is promised, or nothing"))
        if isinstance(self.promise, OutcomePromise) and self.promise.sums and self.promise.op == "<=":
            found.append(finding(f"{at}/promise/sums", "a sum is promised with >= only"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentFact:
    """What somebody else than the promising party has found, or the ledger has on record.

    Attributes
    ----------
    on : date
        When it was achieved or posted.
    known_on : date
        From which day it counts: it is final, or posted.
    value : Fraction [unit of the promise]
        How much; below 0 for money that went back.
    state : str
        ``final``, or ``disputed`` while a dispute on it is open.
    source : str
        Which determination or transaction.

    Examples
    --------
    >>> CommitmentFact(on=date(2028, 1, 1), known_on=date(2028, 1, 31), value=Fraction(412),
    ...     source="claim c-1").state
    'final'
    """

    on: date
    known_on: date
    value: Fraction
    state: Literal["final", "disputed"] = "final"
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """One commitment as it stands on a day.

    Attributes
    ----------
    commitment : PublicCommitment
        What was promised.
    as_of : date
        The day.
    status : str
        ``kept``, ``kept_late``, ``due``, ``overdue``, ``missed``, ``disputed`` or ``unverifiable``.
    wanted, reached : str [unit]
        Decimal text; empty where there is no figure.
    reached_on : str
        The day on which it was kept; empty otherwise.
    facts : tuple of str
        What it rests on.
    says : str
        In one sentence.
    replaced_by : str
        Code of the commitment that took its place; empty otherwise.

    Examples
    --------
    >>> made = PublicCommitment.read('''{"schema": "almoner.commitment/1", "code": "c-1", "party": "giver",
    ...     "title": "Openness", "made_on": "2027-01-10", "by": "2028-12-31", "source": "a speech",
    ...     "promise": {"kind": "deed", "text": "We publish all our contracts."}}''')
    >>> enter_commitment(made, [], as_of=date(2028, 1, 1)).status
    'unverifiable'
    """

    commitment: PublicCommitment
    as_of: date
    status: CommitmentStatus
    wanted: str
    reached: str
    reached_on: str
    facts: tuple[str, ...]
    says: str
    replaced_by: str = ""

    def row(self) -> dict[str, str]:
        """Write it as texts, under the names of ``REGISTER_COLUMNS``."""
        promise = self.commitment.promise
        unit = {"money": getattr(promise, "unit", ""), "outcome": getattr(promise, "metric", "")}
        return {
            "code": self.commitment.code,
            "party": self.commitment.party,
            "title": self.commitment.title,
            "by": self.commitment.by,
            "status": self.status,
            "wanted": self.wanted,
            "reached": self.reached,
            "unit": unit.get(promise.kind, ""),
            "reached_on": self.reached_on,
            "says": self.says,
            "replaced_by": self.replaced_by,
        }


def enter_commitment(
    commitment: PublicCommitment,
    facts: Iterable[CommitmentFact],
    *,
    as_of: date,
    unverifiable: str = "",
    replaced_by: str = "",
) -> RegisterEntry:
    """Say how a commitment stands on a day, from verified facts alone.

    Parameters
    ----------
    commitment : PublicCommitment
        What was promised.
    facts : iterable of CommitmentFact
        What is on record; those that were not known on the day are left out.
    as_of : date
        The day.
    unverifiable : str
        Why nothing can verify it, for example that there is no such agreement; empty where something can.
    replaced_by : str
        Code of the commitment that took its place.

    Notes
    -----
    Kept: the facts reach it and none of it fell away again; in time when the day of the fact that reached it
    is not after ``by``, whenever it became known. Disputed: it would be reached with what is in dispute, or
    all there is is in dispute. Due until ``by``; overdue for ``grace_days``; then missed, and at once where a
    final result of a later day falls short.

    Examples
    --------
    >>> made = PublicCommitment.read('''{"schema": "almoner.commitment/1", "code": "c-1", "party": "giver",
    ...     "title": "Five million", "made_on": "2027-01-10", "by": "2028-12-31", "source": "a speech",
    ...     "promise": {"kind": "money", "amount": "5000000.00", "unit": "USD", "fund": "water-pool"}}''')
    >>> day = date(2028, 6, 1)
    >>> gift = CommitmentFact(on=day, known_on=day, value=Fraction(5_000_000), source="g1")
    >>> [enter_commitment(made, facts, as_of=date(year, 2, 1)).status
    ...     for facts, year in (([], 2028), ([gift], 2029), ([], 2029), ([], 2030))]
    ['due', 'kept', 'overdue', 'missed']
    """
    made = _Made(commitment, sorted(facts, key=lambda one: (one.on, one.source, one.value)), as_of)
    if isinstance(commitment.promise, DeedPromise):
        unverifiable = "neither a determination nor the ledger shows it"
    status: CommitmentStatus
    if unverifiable:
        status, reached_on = "unverifiable", None
    else:
        status, reached_on = made.status()
    return RegisterEntry(
        commitment=commitment,
        as_of=as_of,
        status=status,
        wanted=made.wanted_text,
        reached="" if unverifiable else made.reached_text(),
        reached_on="" if reached_on is None else reached_on.isoformat(),
        facts=() if unverifiable else tuple(one.source for one in made.known),
        says=made.sentence(status, reached_on, unverifiable),
        replaced_by=replaced_by,
    )


class _Made:
    """A commitment with the facts known on a day."""

    def __init__(self, commitment: PublicCommitment, facts: Sequence[CommitmentFact], as_of: date) -> None:
        self.commitment, self.as_of = commitment, as_of
        self.known = [one for one in facts if one.known_on <= as_of]
        self.final = [one for one in self.known if one.state == "final"]
        self.by = parse_day(commitment.by)
        promise = commitment.promise
        self.wanted_text = {"money": "amount", "outcome": "value"}.get(promise.kind, "")
        if self.wanted_text:
            self.wanted_text = str(getattr(promise, self.wanted_text))
        self.sums = isinstance(promise, MoneyPromise) or (
            isinstance(promise, OutcomePromise) and promise.sums
        )
        self.below = isinstance(promise, OutcomePromise) and promise.op == "<="

    def meets(self, value: Fraction) -> bool:
        wanted = Fraction(self.wanted_text)
        return value <= wanted if self.below else value >= wanted

    def reached_on(self, facts: Sequence[CommitmentFact]) -> date | None:
        """Return since when it is reached and has stayed so; None when it is not."""
        if not self.sums:
            return next((one.on for one in facts if self.meets(one.value)), None)
        total, since = Fraction(0), None
        for one in facts:
            total += one.value
            since = (since or one.on) if self.meets(total) else None
        return since

    def status(self) -> tuple[CommitmentStatus, date | None]:
        reached = self.reached_on(self.final)
        if reached is not None:
            return ("kept" if reached <= self.by else "kept_late"), reached
        disputed = [one for one in self.known if one.state == "disputed"]
        if disputed and (not self.final or self.reached_on(self.known) is not None):
            return "disputed", None
        if self.as_of <= self.by:
            return "due", None
        told = isinstance(self.commitment.promise, OutcomePromise) and any(
            one.on >= self.by for one in self.final
        )
        in_grace = self.as_of <= self.by + timedelta(days=self.commitment.grace_days)
        return ("overdue" if in_grace and not told and not disputed else "missed"), None

    def reached_text(self) -> str:
        """Write how far it has come by final facts."""
        values = [one.value for one in self.final]
        if not values:
            return "0" if self.sums else ""
        best = sum(values, start=Fraction(0)) if self.sums else (min if self.below else max)(values)
        return plain_decimal(best)

    def sentence(self, status: CommitmentStatus, reached_on: date | None, unverifiable: str) -> str:
        """Say it for people."""
        who, by = self.commitment.party, self.commitment.by
        if status == "unverifiable":
            return f"{who} promised this by {by}; nothing on record can verify it: {unverifiable}."
        how = f"{self.reached_text() or 'nothing'} of {self.wanted_text}"
        return {
            "kept": f"{who} kept this on {reached_on}, promised by {by}: {how}.",
            "kept_late": f"{who} kept this on {reached_on}, after {by}: {how}.",
            "due": f"{who} has until {by}: {how} is verified.",
            "overdue": f"{who} promised this by {by}: {how} is verified on {self.as_of}.",
            "missed": f"{who} promised this by {by} and missed it: {how} is verified.",
            "disputed": f"{who} promised this by {by}: what would decide it is in dispute; {how} is final.",
        }[status]


def plain_decimal(value: Fraction) -> str:
    """Write a fraction as plain decimal text, at most nine decimals.

    Examples
    --------
    >>> plain_decimal(Fraction(5, 2)), plain_decimal(Fraction(-3)), plain_decimal(Fraction(1, 3))
    ('2.5', '-3', '0.333333333')
    """
    return decimal_text(round(value * 10**_PLACES), _PLACES).rstrip("0").rstrip(".")
