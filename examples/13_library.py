"""The library in ten lines: money in, a promise, a finding, money out, a table."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

import almoner as al
from almoner.api import upgrade
from almoner.contracts import acts as deals
from almoner.contracts.agreement import Agreement, AgreementDocument
from almoner.contracts.claims import Claim, ClaimedResult, digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.frames import payout_frame
from almoner.finance import acts as money
from almoner.finance.dates import fixed_clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import UnitOfWork, open_engine

KEYS = {code: code.encode().ljust(32, b".") for code in ("foundation", "shelter", "lab")}  # each keeps one
NIGHTS = ClaimedResult(metric="nights", value="412")
REGISTER = b"the register of the house, page by page"
PROOF = {"method": "register", "description": "who slept there", "held_by": "shelter"}
TERMS = """{"schema": "almoner.agreement/1",
 "terms": {"schema": "almoner.term/1", "title": "Nights of shelter", "rounding": "half_even",
  "parties": {"payer": {"role": "outcome_payer"}, "shelter": {"role": "service_provider"},
              "lab": {"role": "evaluator"}},
  "calendar": {"starts_on": "2026-01-01", "ends_on": "2026-06-30"},
  "metrics": {"nights": {"title": "Nights slept inside", "type": "night/0", "domain": ["0", "5000"],
                         "method": "register"}},
  "clauses": [{"op": "pay", "id": "night", "from": "payer", "to": "shelter", "basis": "once", "amount":
    {"op": "scale", "of": {"op": "obs", "metric": "nights"}, "as": "USD/2",
     "by": [{"op": "lit", "value": "15.12", "type": "USD/2 per night/0"}]}}],
  "limits": [{"id": "most", "of": ["*"], "max": "60000.00"}]},
 "parties": {"payer": "foundation", "shelter": "shelter", "lab": "lab"},
 "funding": [{"payer": "payer", "fund": "roof"}], "disputes": {"days": 0}}"""
clock = fixed_clock(datetime(2026, 7, 6, 9, tzinfo=UTC))
later = fixed_clock(datetime(2026, 7, 8, 9, tzinfo=UTC))


def signed(pact: Agreement) -> dict[str, bytes]:
    """Let every party sign; in life each signs on a machine of its own."""
    names = pact.document.signatories
    return {name: sign_bytes(KEYS[code], pact.signing_bytes()) for name, code in names.items()}


def found(claim: Claim) -> Determination:
    """Let the lab find what was claimed, and sign its finding."""
    bare = Determination(
        agreement="nights",
        claim="june",
        claim_sha256=claim.digest(),
        verifier="lab",
        findings=(Finding(result=claim.results[0], method="recount"),),
        evidence_sha256=digest_of(REGISTER),
        made_on="2026-07-06",
    )
    return replace(bare, signature=sign_bytes(KEYS["lab"], bare.signing_bytes()))


engine = open_engine("sqlite://")
upgrade(engine)
with UnitOfWork(engine) as opening:
    money.open_book(opening, "main", al.currency("USD"))
    for party, secret in KEYS.items():
        money.register_party(opening, "main", Party(code=party, name=party, public_key=public_key(secret)))
    fund = money.open_fund(opening, "main", "roof", al.currency("USD"), title="Roof for all")

with Session(engine) as session:  # yours: almoner flushes, you commit
    money.contribute(session, fund, "foundation", al.money("250000.00", "USD"), key="gift", clock=clock)
    pact = deals.draw_up(session, "main", "nights", AgreementDocument.read(TERMS), clock=clock)
    deals.sign(session, "main", "nights", signed(pact), clock=clock)  # sets aside the proven maximum
    claim = deals.claim(session, "main", "nights", [NIGHTS], "shelter", key="june", clock=clock)
    deals.attach(session, "main", "nights", "june", REGISTER, **PROOF, clock=clock)
    deals.determine(session, "main", found(claim), clock=clock)
    (paid,) = deals.settle(session, "main", "nights", clock=later)
    session.commit()
print(payout_frame(paid.payouts)[["payer", "payee", "status", "amount_minor", "amount_unit"]].to_string())
