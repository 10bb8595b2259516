"""The steps from a reported figure to a payment, as every agreement of the demonstration takes them."""

from dataclasses import dataclass, replace

from ...contracts import acts
from ...contracts.agreement import AgreementDocument
from ...contracts.claims import ClaimedResult
from ...contracts.determinations import Determination, Finding
from ...contracts.records import agreements
from ...contracts.settlement import SettledClause, Settlement
from ...contracts.terms.document import WHOLE_TERM
from ...finance import acts as money_acts
from ...finance.accounts import Promise
from ...finance.dates import Clock
from ...finance.funds import PooledFund
from ...finance.ledger import Details, Source
from ...finance.money import Money, zero
from ...finance.signatures import sign_bytes
from ...finance.storage import Session
from .stage import BOOK, Stage, secret_of

METHOD = "as the terms say"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFigure:
    """One reported figure.

    Attributes
    ----------
    claim, metric, period, value : str
        As in the terms; the value is decimal text.
    evidence : str
        The text that stands for the evidence; its digest goes on record.
    source : Source
        Where the figure comes from.
    """

    claim: str
    metric: str
    value: str
    evidence: str
    source: Source
    period: str = WHOLE_TERM


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementFigures:
    """What an agreement of one fund may cost, has earned and paid, and still keeps.

    Attributes
    ----------
    state : str
        Of the agreement.
    title : str
        Of its terms.
    maximum, paid, earned, left : Money
        Proven most; paid; earned to date, before limits; still set aside.
    steps : tuple of Settlement
        In order.
    """

    state: str
    title: str
    maximum: Money
    paid: Money
    earned: Money
    left: Money
    steps: tuple[Settlement, ...]

    def rows(self) -> list[tuple[Settlement, SettledClause, str | None]]:
        """Return what each step changed, with the transaction that paid it, if any."""
        found = []
        for step in self.steps:
            by_key = {(one.clause, one.period): one.transactions for one in step.payouts}
            for clause in step.clauses:
                paid = by_key.get((clause.clause, clause.period), ())
                found.append((step, clause, str(paid[0]) if paid else None))
        return found


def agree(
    stage: Stage,
    code: str,
    document: AgreementDocument,
    *,
    clock: Clock,
    out_of: Promise | None = None,
) -> None:
    """Draw up an agreement and let every party sign it."""
    with stage.work() as session:
        agreement = acts.draw_up(session, BOOK, code, document, clock=clock)
        content = agreement.signing_bytes()
        signatures = {
            name: sign_bytes(secret_of(party), content) for name, party in document.signatories.items()
        }
        acts.sign(session, BOOK, code, signatures, clock=clock, out_of=out_of)


def settle_figure(
    stage: Stage, agreement: str, figure: ReportedFigure, *, by: str, verifier: str, clock: Clock
) -> None:
    """Claim a figure, attach its evidence, let the verifier sign, and settle it."""
    result = ClaimedResult(metric=figure.metric, period=figure.period, value=figure.value)
    with stage.work() as session:
        made = acts.claim(session, BOOK, agreement, [result], by, key=figure.claim, clock=clock)
        evidence = acts.attach(
            session,
            BOOK,
            agreement,
            made.code,
            figure.evidence.encode(),
            method=METHOD,
            description=figure.evidence,
            clock=clock,
        )
        found = Determination(
            agreement=agreement,
            claim=made.code,
            claim_sha256=made.digest(),
            verifier=verifier,
            findings=tuple(Finding(result=one, method=METHOD) for one in made.results),
            evidence_sha256=evidence.sha256,
            made_on=clock().date().isoformat(),
        )
        signature = sign_bytes(secret_of(verifier), found.signing_bytes())
        acts.determine(session, BOOK, replace(found, signature=signature), clock=clock)
        details = Details(source=figure.source)
        acts.settle(session, BOOK, agreement, made.code, clock=clock, details=details)


def read_agreement(session: Session, code: str, fund: PooledFund) -> AgreementFigures:
    """Say what an agreement may cost, has earned and paid, and still keeps."""
    stored = agreements.find_agreement(session, BOOK, code)
    sources = stored.agreement.sources
    steps = acts.list_settlements(session, BOOK, code)
    earned = {(row.clause, row.period, row.members): row.earned for step in steps for row in step.clauses}
    nothing = zero(fund.unit)
    promises = [Promise("agreement", one.promise) for one in sources]
    return AgreementFigures(
        state=stored.agreement.state,
        title=stored.agreement.terms.title,
        maximum=sum((one.maximum for one in sources), start=nothing),
        paid=sum((row.due for step in steps for row in step.clauses), start=nothing),
        earned=sum(earned.values(), start=nothing),
        left=sum((money_acts.promised(session, fund, one) for one in promises), start=nothing),
        steps=steps,
    )
