"""Where Project Apollo is kept: book, parties, fund and the signed agreement.

What is published stands in ``apollo.json``, ``cohort.json`` and ``metric.json``. The gifts, the verifiers and
the panel are invented, and so are all days of signing and payment.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from almoner import currency, money
from almoner.contracts import acts as contracts
from almoner.contracts.agreement import Agreement, AgreementDocument
from almoner.contracts.measurement.definitions import CohortDefinition, MetricDefinition
from almoner.finance import acts
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Details, Source
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Session

HERE = Path(__file__).parent
BOOK, PACT, FUND = "main", "apollo", "leaving-care"
PARTIES = {
    "department-for-education": "Department for Education",
    "apollo-investors": "Big Issue Invest and Sheffield Futures",
    "sheffield-futures": "Sheffield Futures",
    "count-audit": "Count Audit (invented)",
    "second-look": "Second Look (invented)",
    "outcome-panel": "Outcome Panel (invented)",
    "steel-valley-trust": "Steel Valley Trust (invented)",
}
GIFTS = (
    ("gift-2018", "department-for-education", "600000.00", "unrestricted"),
    ("gift-region", "steel-valley-trust", "250000.00", "south-yorkshire"),
    ("gift-city", "department-for-education", "350000.00", "sheffield"),
)
ROW_KEY = hashlib.sha256(b"the provider keeps this key of the pseudonyms").digest()
LOG_KEY = hashlib.sha256(b"the book's keeper seals with this one").digest()


def at(day: date | str, *, after: int = 0) -> Clock:
    """Make a clock that stands at nine in the morning of a day, or some days after it."""
    first = day if isinstance(day, date) else date.fromisoformat(day)
    return fixed_clock(datetime(first.year, first.month, first.day, 9, tzinfo=UTC) + timedelta(days=after))


def secret_of(code: str) -> bytes:
    """Return the secret key of a party; in life each keeps its own."""
    return hashlib.sha256(f"secret of {code}".encode()).digest()


def open_desk(session: Session) -> PooledFund:
    """Open book, parties and fund, and book three gifts under two restrictions."""
    pounds, clock = currency("GBP"), at("2018-09-03")
    acts.open_book(session, BOOK, pounds)
    for code, name in PARTIES.items():
        acts.register_party(
            session, BOOK, Party(code=code, name=name, public_key=public_key(secret_of(code)))
        )
    region: dict[str, tuple[str, ...]] = {"region": ("south-yorkshire",)}
    city: dict[str, tuple[str, ...]] = {**region, "city": ("sheffield",)}
    acts.open_earmark(
        session, BOOK, Earmark(code="south-yorkshire", title="South Yorkshire only", admits=region)
    )
    acts.open_earmark(
        session,
        BOOK,
        Earmark(code="sheffield", title="Sheffield only", admits=city),
        wider="south-yorkshire",
    )
    fund = acts.open_fund(session, BOOK, FUND, pounds, title="Leaving care outcomes fund (invented)")
    invented = Details(source=Source(kind="invented", reference="examples/agreement"))
    for key, giver, amount, earmark in GIFTS:
        acts.contribute(
            session,
            fund,
            giver,
            money(amount, pounds),
            key=key,
            clock=clock,
            earmark=earmark,
            details=invented,
        )
    return fund


def sign_agreement(session: Session) -> Agreement:
    """Define what is measured, of whom; draw up the agreement, and let one after the other sign it."""
    metric = MetricDefinition.read((HERE / "metric.json").read_bytes())
    cohort = CohortDefinition.read((HERE / "cohort.json").read_bytes())
    contracts.define_metric(session, BOOK, metric, clock=at("2018-09-03"))
    contracts.define_cohort(session, BOOK, cohort, clock=at("2018-09-03"))
    document = AgreementDocument.read((HERE / "apollo.json").read_bytes())
    agreement = contracts.draw_up(session, BOOK, PACT, document, clock=at("2018-09-10"))
    for days, (name, code) in enumerate(sorted(document.signatories.items())):
        signature = sign_bytes(secret_of(code), agreement.signing_bytes())
        agreement = contracts.sign(session, BOOK, PACT, {name: signature}, clock=at("2018-09-12", after=days))
    return agreement
