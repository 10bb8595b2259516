from almoner import money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.funds import PooledFund
from almoner.finance.storage import Session


def test_a_deposit_raises_the_balance(session: Session, water: PooledFund, clock: Clock) -> None:
    acts.contribute(session, water, "giver", money("80.00", "USD"), key="c1", clock=clock)
    assert acts.position(session, water).free == money("80.00", "USD")
