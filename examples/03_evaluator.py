"""An evaluator's signature, and nothing else, makes an outcome contract pay."""

from dataclasses import replace
from datetime import UTC, datetime

from almoner import currency, money
from almoner.api import upgrade
from almoner.api.demo.stories import read_terms
from almoner.contracts import acts as contracts
from almoner.contracts.agreement import agreement_of
from almoner.contracts.claims import ClaimedResult
from almoner.contracts.determinations import Determination, Finding
from almoner.finance import acts
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import AlmonerError
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import UnitOfWork, open_engine

usd = currency("USD")
clock = fixed_clock(datetime(2027, 1, 11, 9, tzinfo=UTC))
engine = open_engine("sqlite://")
upgrade(engine)
secrets = {"city": b"c" * 32, "lenders": b"l" * 32, "institute": b"i" * 32}  # each party keeps its own

with UnitOfWork(engine) as session:
    acts.open_book(session, "main", usd)
    for code, secret in secrets.items():
        acts.register_party(
            session, "main", Party(code=code, name=code.title(), public_key=public_key(secret))
        )
    fund = acts.open_fund(session, "main", "budget", usd, title="City outcome fund")
    acts.contribute(session, fund, "city", money("12000000.00", usd), key="budget", clock=clock)

    document = agreement_of(read_terms("denver-sib"), {name: name for name in secrets}, "budget")
    deal = contracts.draw_up(session, "main", "housing", document, clock=clock)
    print(f"{deal.terms.title} may cost at most {deal.sources[0].maximum}")
    signatures = {name: sign_bytes(secret, deal.signing_bytes()) for name, secret in secrets.items()}
    contracts.sign(session, "main", "housing", signatures, clock=clock)
    print(f"encumbered {acts.position(session, fund).encumbered}")

    days = ClaimedResult(metric="net_stable_days", value="12457")
    made = contracts.claim(session, "main", "housing", [days], "lenders", key="q1", clock=clock)
    evidence = contracts.attach(
        session,
        "main",
        "housing",
        "q1",
        b"lease register, first payment period",
        method="register",
        description="leases",
        clock=clock,
    )
    for verifier in ("lenders", "institute"):
        found = Determination(
            agreement="housing",
            claim="q1",
            claim_sha256=made.digest(),
            verifier=verifier,
            findings=(Finding(result=days, method="register"),),
            evidence_sha256=evidence.sha256,
            made_on=clock().date().isoformat(),
        )
        signed = replace(found, signature=sign_bytes(secrets[verifier], found.signing_bytes()))
        try:
            contracts.determine(session, "main", signed, clock=clock)
        except AlmonerError as refusal:
            print(f"refused: {refusal}")
    for _ in range(2):  # settling twice pays once
        [step] = contracts.settle(session, "main", "housing", "q1", clock=clock)
    print(f"paid {step.payouts[0].amount}; disbursed in all {acts.position(session, fund).disbursed}")
    print("\n".join(f"  {row.path} {row.op} = {row.value}" for row in step.clauses[0].trace))
