"""The steps from a reported figure to a payment, as every agreement of the demonstration takes them."""

from dataclasses import dataclass

from ...contracts import acts
from ...contracts.terms.document import WHOLE_TERM, TermDocument
from ...contracts.verification import Determination, determination_bytes
from ...finance.accounts import Promise
from ...finance.dates import Clock
from ...finance.funds import PooledFund
from ...finance.ledger import Details, Source
from ...finance.signatures import sign_bytes
from .stage import Stage, secret_of

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


def agree(
    stage: Stage,
    fund: PooledFund,
    code: str,
    terms: TermDocument,
    parties: dict[str, str],
    *,
    clock: Clock,
    use: dict[str, str] | None = None,
    out_of: Promise | None = None,
) -> None:
    """Draw up an agreement and let every party sign it."""
    with stage.work() as session:
        agreement = acts.draw_up(session, fund, code, terms, parties, clock=clock)
        content = agreement.signing_bytes()
        signatures = {name: sign_bytes(secret_of(party), content) for name, party in parties.items()}
        acts.sign(session, fund, code, signatures, clock=clock, use=use or {}, out_of=out_of)


def settle_figure(
    stage: Stage,
    fund: PooledFund,
    agreement: str,
    figure: ReportedFigure,
    *,
    by: str,
    verifier: str,
    clock: Clock,
) -> None:
    """Claim a figure, attach its evidence, let the verifier sign, and settle it."""
    with stage.work() as session:
        made = acts.claim(
            session,
            fund,
            agreement,
            figure.metric,
            figure.value,
            by,
            key=figure.claim,
            clock=clock,
            period=figure.period,
        )
        content = figure.evidence.encode()
        evidence = acts.attach(
            session, fund, made, content, method=METHOD, description=figure.evidence, clock=clock
        )
        signed = determination_bytes(
            made, value=made.value, method=METHOD, evidence_sha256=evidence.sha256, verifier=verifier
        )
        found = Determination(
            claim=made.code,
            verifier=verifier,
            value=made.value,
            method=METHOD,
            evidence_sha256=evidence.sha256,
            signature=sign_bytes(secret_of(verifier), signed),
        )
        acts.determine(session, fund, agreement, found, clock=clock)
        details = Details(source=figure.source)
        acts.settle(session, fund, agreement, made.code, clock=clock, details=details)
