"""What is asked and answered about terms: lint, bounds, wording, payments, reasons, forecasts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from ...contracts.reporting import CaseReport, FigureRow, HeldExpectation, PaymentRow
from ...contracts.terms.bounds import Proof
from ...contracts.terms.document import TermDocument
from ...contracts.terms.linting.finding import LintFinding
from ...contracts.terms.observing import Observation, write_value
from ...contracts.terms.program import Program
from ...contracts.terms.results import Case
from ...contracts.terms.words.reasons import Reason
from ...finance.documents import Code, DecimalText
from ...finance.money import decimal_text
from .base import Asked, Reply, Wire

Form = Literal["text", "markdown", "html"]


class TermsRequest(Asked):
    """Terms to read; nothing is stored."""

    terms: TermDocument


class TermsLintRequest(TermsRequest):
    """Terms to check.

    Attributes
    ----------
    standard_errors : dict of str to str
        Metric -> how finely it will be estimated, in its unit.
    """

    standard_errors: dict[Code, DecimalText] = Field(default_factory=dict)


class TermsWordingRequest(TermsRequest):
    """Terms to put in plain language."""

    form: Form = "text"
    paper: Literal["A4", "Letter"] = "A4"


class TermsCaseRequest(TermsRequest):
    """Terms, and what was observed under them."""

    case: Case


class WordingQuery(Wire):
    """In which form the wording is wanted."""

    form: Form = "text"
    paper: Literal["A4", "Letter"] = "A4"


class AgreementCaseRequest(Asked):
    """What was observed, to see what an agreement would pay on it."""

    case: Case


class TermsObserved(Wire):
    """One observation that shows something.

    Attributes
    ----------
    of : dict of str to str
        Member by set.
    """

    metric: str
    period: str
    of: dict[str, str]
    value: str


class TermsFinding(Wire):
    """One thing that is sound and still not meant.

    Attributes
    ----------
    size : str or None
        How much money is at stake.
    witness : list of TermsObserved or None
        Observations under which it shows.
    """

    code: str
    severity: Literal["error", "warning"]
    path: str
    message: str
    fix: str
    size: str | None
    witness: list[TermsObserved] | None


class TermsLint(Reply):
    """What was found.

    Attributes
    ----------
    sound : bool
        No finding is an error: it can be signed.
    """

    sound: bool
    findings: list[TermsFinding]

    @classmethod
    def of(cls, program: Program, found: Sequence[LintFinding]) -> "TermsLint":
        """Return findings as a reply."""
        rows = [
            TermsFinding(
                code=one.code,
                severity=one.severity,
                path=one.path,
                message=one.message,
                fix=one.fix,
                size=one.size,
                witness=None if one.witness is None else observed(program, one.witness),
            )
            for one in found
        ]
        return cls(sound=all(row.severity != "error" for row in rows), findings=rows)


class TermsBound(Wire):
    """What terms cost in one unit: at most, and at least."""

    unit: str
    most: str
    guaranteed: str


class TermsPayerBound(Wire):
    """What one payer may have to pay at most."""

    payer: str
    unit: str
    most: str


class TermsPairBound(Wire):
    """What passes between two parties.

    Attributes
    ----------
    year : int or None [calendar year]
        None for the whole term.
    """

    payer: str
    payee: str
    unit: str
    year: int | None
    least: str
    most: str


class TermsBounds(Reply):
    """What terms can cost, proven.

    Attributes
    ----------
    label : str
        ``exact``: the most is reached by the witness; otherwise it is an upper bound.
    witness : list of TermsObserved
        Observations that reach the most.
    """

    label: str
    amounts: list[TermsBound]
    payers: list[TermsPayerBound]
    pairs: list[TermsPairBound]
    witness: list[TermsObserved]

    @classmethod
    def of(cls, program: Program, proof: Proof) -> "TermsBounds":
        """Return a proof as a reply."""
        digits = digits_of(program)
        return cls(
            label=proof.label,
            amounts=[
                TermsBound(
                    unit=unit,
                    most=decimal_text(most, digits[unit]),
                    guaranteed=decimal_text(proof.guaranteed_by_unit[unit], digits[unit]),
                )
                for unit, most in proof.maxima.items()
            ],
            payers=[
                TermsPayerBound(payer=payer, unit=unit, most=decimal_text(most, digits[unit]))
                for (payer, unit), most in proof.payers.items()
            ],
            pairs=[
                TermsPairBound(
                    payer=one.payer,
                    payee=one.payee,
                    unit=one.unit,
                    year=one.year,
                    least=decimal_text(one.least, digits[one.unit]),
                    most=decimal_text(one.most, digits[one.unit]),
                )
                for one in proof.pairs
            ],
            witness=observed(program, proof.witness),
        )


class TermsWording(Reply):
    """Terms in plain language; ``html`` is a page for printing that loads nothing."""

    title: str
    form: Form
    wording: str


class TermsPayment(Wire):
    """What one clause pays in one period.

    Attributes
    ----------
    earned : str or None
        Before limits; None while it is pending.
    cuts : dict of str to str
        Limit -> what it takes.
    by_period : dict of str to str
        Period -> what is paid in it, where it is spread.
    """

    clause: str
    period: str
    members: list[str]
    unit: str
    earned: str | None
    cuts: dict[str, str]
    paid: str
    by_period: dict[str, str]

    @classmethod
    def of(cls, row: PaymentRow) -> "TermsPayment":
        """Return a payment as a reply."""
        return cls(
            clause=row.clause,
            period=row.period,
            members=list(row.members),
            unit=row.unit,
            earned=row.earned,
            cuts=dict(row.cuts),
            paid=row.paid,
            by_period=dict(row.by_period),
        )


class TermsMove(Wire):
    """What passes from one party to another over the term."""

    payer: str
    payee: str
    unit: str
    amount: str


class TermsFigure(Wire):
    """A figure or the balance of an account; None while it is pending."""

    name: str
    members: list[str]
    period: str
    unit: str
    value: str | None

    @classmethod
    def of(cls, row: FigureRow) -> "TermsFigure":
        """Return a figure as a reply."""
        return cls(
            name=row.name, members=list(row.members), period=row.period, unit=row.unit, value=row.value
        )


class TermsExpectation(Wire):
    """One figure that was expected, and what came out."""

    output: str
    of: dict[str, str]
    period: str
    use: str
    expected: str
    tolerance: str
    basis: str
    computed: str
    holds: bool
    reason: str

    @classmethod
    def of_held(cls, held: HeldExpectation) -> "TermsExpectation":
        """Return an expectation as a reply."""
        wanted = held.expected
        return cls(
            output=wanted.output,
            of=dict(wanted.of),
            period=wanted.period,
            use=wanted.use,
            expected=wanted.value,
            tolerance=wanted.tolerance,
            basis=wanted.basis,
            computed=held.computed,
            holds=held.holds,
            reason=held.reason,
        )


class TermsPayments(Reply):
    """What terms pay on observations."""

    title: str
    terms_sha256: str
    case: str
    payments: list[TermsPayment]
    moved: list[TermsMove]
    figures: list[TermsFigure]
    accounts: list[TermsFigure]
    expectations: list[TermsExpectation]
    holds: bool

    @classmethod
    def of(cls, title: str, digest: str, told: CaseReport) -> "TermsPayments":
        """Return a case as a reply."""
        return cls(
            title=title,
            terms_sha256=digest,
            case=told.case,
            payments=[TermsPayment.of(row) for row in told.payments],
            moved=[
                TermsMove(payer=row.payer, payee=row.payee, unit=row.unit, amount=row.amount)
                for row in told.moved
            ],
            figures=[TermsFigure.of(row) for row in told.figures],
            accounts=[TermsFigure.of(row) for row in told.accounts],
            expectations=[TermsExpectation.of_held(row) for row in told.expectations],
            holds=told.holds,
        )


class TermsStep(Wire):
    """One step of a reason.

    Attributes
    ----------
    depth : int [levels]
        How far it is indented.
    """

    depth: int
    text: str


class TermsReason(Wire):
    """Why one payment is what it is."""

    clause: str
    period: str
    members: list[str]
    summary: str
    pending: bool
    steps: list[TermsStep]


class TermsReasons(Reply):
    """Why each payment is what it is."""

    title: str
    terms_sha256: str
    case: str
    reasons: list[TermsReason]

    @classmethod
    def of(cls, title: str, digest: str, case: str, reasons: Iterable[Reason]) -> "TermsReasons":
        """Return reasons as a reply."""
        rows = [
            TermsReason(
                clause=one.clause,
                period=one.period,
                members=list(one.members),
                summary=one.summary,
                pending=one.pending,
                steps=[TermsStep(depth=depth, text=text) for depth, text in one.steps],
            )
            for one in reasons
        ]
        return cls(title=title, terms_sha256=digest, case=case, reasons=rows)


def digits_of(program: Program) -> Mapping[str, int]:
    """Return the digits of each unit that terms pay in."""
    return {clause.unit.unit: clause.unit.digits for clause in program.clauses}


def observed(program: Program, witness: Sequence[Observation]) -> list[TermsObserved]:
    """Return observations as a reply."""
    return [
        TermsObserved(
            metric=one.metric,
            period=one.period,
            of=dict(one.of),
            value=write_value(program.metrics[one.metric], one.value),
        )
        for one in witness
    ]
