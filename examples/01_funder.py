"""A funder pools money under restrictions, and always knows what is free, promised and spent."""

from datetime import UTC, date, datetime

from almoner import currency, money
from almoner.api import upgrade
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.dates import fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import EarmarkViolated
from almoner.finance.fees import FeeTerm
from almoner.finance.parties import Party
from almoner.finance.storage import UnitOfWork, open_engine

usd = currency("USD")
clock = fixed_clock(datetime(2027, 1, 11, 9, tzinfo=UTC))
engine = open_engine("sqlite://")
upgrade(engine)

with UnitOfWork(engine) as session:
    acts.open_book(session, "main", usd)
    for code in ("meridian", "northlight", "agent", "well-drillers"):
        acts.register_party(session, "main", Party(code=code, name=code.title()))
    north = Earmark(code="north", title="Northern region only", admits={"region": ("north",)})
    acts.open_earmark(session, "main", north)
    fund = acts.open_fund(session, "main", "water", usd, title="Clean water pool")

    acts.pledge(session, fund, "meridian", money("500000.00", usd), key="pledge-1", clock=clock)
    gift = acts.contribute(
        session, fund, "meridian", money("300000.00", usd), key="gift-1", clock=clock, from_pledge=True
    )
    acts.charge_fee(session, fund, "agent", gift, FeeTerm(num=1, den=100), key="fee-1", clock=clock)
    acts.contribute(
        session, fund, "northlight", money("200000.00", usd), key="gift-2", clock=clock, earmark="north"
    )

    south, north_use = {"region": "south"}, {"region": "north"}
    try:
        asked = money("400000.00", usd)
        acts.reserve(
            session, fund, Promise("commitment", "southern-wells"), asked, key="s", clock=clock, use=south
        )
    except EarmarkViolated as refusal:
        print(refusal)

    wells = Promise("commitment", "northern-wells")
    acts.reserve(session, fund, wells, money("250000.00", usd), key="n", clock=clock, use=north_use)
    paid = acts.pay_reserved(
        session, fund, wells, money("210000.00", usd), "well-drillers", key="p", clock=clock
    )

    now = acts.position(session, fund)
    print(f"balance {now.balance}, committed {now.committed}, free {now.free}, pledged {now.pledged}")
    for share in acts.trace(session, "main", paid.id):
        print(f"{share.payee} was paid {share.amount} by {share.giver}")
    made = acts.make_statement(session, fund, through=date(2027, 1, 31))
    print(f"sources {made.sources}, uses {made.uses}, difference {made.difference}")
    print("verified" if acts.verify(session, "main").verified else "not verified")
