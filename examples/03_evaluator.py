"""An evaluator's signature, and nothing else, makes an outcome contract pay."""

from datetime import UTC, datetime

from almoner import currency, money
from almoner.api import upgrade
from almoner.api.demo.stories import read_terms
from almoner.contracts import acts as contracts
from almoner.contracts.verification import Determination, determination_bytes
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
    fund = acts.open_fund(session, "main", "city", usd, title="City outcome fund")
    acts.contribute(session, fund, "city", money("12000000.00", usd), key="budget", clock=clock)

    deal = contracts.draw_up(
        session, fund, "housing", read_terms("denver-sib"), {name: name for name in secrets}, clock=clock
    )
    print(f"{deal.terms.title} may cost at most {deal.maximum}")
    signatures = {name: sign_bytes(secret, deal.signing_bytes()) for name, secret in secrets.items()}
    contracts.sign(session, fund, "housing", signatures, clock=clock)
    print(f"encumbered {acts.position(session, fund).encumbered}")

    made = contracts.claim(
        session, fund, "housing", "net_stable_days", "12457", "lenders", key="q1", clock=clock
    )
    register = b"lease register, first payment period"
    evidence = contracts.attach(
        session, fund, made, register, method="register", description="leases", clock=clock
    )
    for verifier in ("lenders", "institute"):
        content = determination_bytes(
            made, value="12457", method="register", evidence_sha256=evidence.sha256, verifier=verifier
        )
        found = Determination(
            claim="q1",
            verifier=verifier,
            value="12457",
            method="register",
            evidence_sha256=evidence.sha256,
            signature=sign_bytes(secrets[verifier], content),
        )
        try:
            contracts.determine(session, fund, "housing", found, clock=clock)
        except AlmonerError as refusal:
            print(f"refused: {refusal}")
    for _ in range(2):  # settling twice pays once
        settled = contracts.settle(session, fund, "housing", "q1", clock=clock)
    print(f"paid {settled[0].due}; disbursed in all {acts.position(session, fund).disbursed}")
    print("\n".join(f"  {row.path} {row.op} = {row.value}" for row in settled[0].trace))
