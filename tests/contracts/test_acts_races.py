"""Several sessions at once on both databases: what is to happen once happens once, without raw errors."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from almoner import money
from almoner.contracts.records.tables import AGREEMENT, DETERMINATION, SETTLED
from almoner.contracts.settlement import Settlement
from almoner.finance import acts as finance
from almoner.finance.errors import AlmonerError, Busy, OverdrawnCommitment, UnlawfulTransition
from almoner.finance.records.tables import TXN
from almoner.finance.storage import Engine, Session

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

CLIENTS = 4
Answers = list[object]


@pytest.fixture
def at_once(engine: Engine, kept_desk: "Desk") -> Callable[..., Answers]:
    """Let each piece of work run and commit in a session of its own, all at the same moment."""
    kept_desk.session.close()

    def run(*works: "Callable[[Desk], object]") -> Answers:
        start = threading.Barrier(len(works))

        def one(work: "Callable[[Desk], object]") -> object:
            with Session(engine) as session:
                start.wait()
                try:
                    answer = work(replace(kept_desk, session=session))
                except AlmonerError as refusal:
                    session.rollback()
                    return refusal
                session.commit()
                return answer

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    return run


def active(desk: "Desk") -> None:
    desk.start()
    for key in ("c1", "c2"):
        desk.find(key, "100")
    desk.session.commit()
    desk.session.close()


def payouts(desk: "Desk") -> int:
    query = select(func.count()).select_from(TXN).where(TXN.c.kind == "payout")
    return desk.session.scalar(query) or 0


def test_one_claim_settled_by_many_sessions_is_paid_once(
    kept_desk: "Desk", at_once: Callable[..., Answers]
) -> None:
    active(kept_desk)
    answers = at_once(*[lambda desk: desk.settle("c1")] * CLIENTS)
    paid = [answer for answer in answers if not isinstance(answer, Busy)]
    assert paid
    assert all(answer == paid[0] for answer in paid)
    assert payouts(kept_desk) == 1
    assert kept_desk.money() == ("498488.00", "1512.00", "100000.00")
    assert kept_desk.settle("c1") == paid[0]
    assert finance.verify(kept_desk.session, "main").findings == ()


def test_two_claims_settled_at_once_are_both_paid_in_full(
    kept_desk: "Desk", at_once: Callable[..., Answers]
) -> None:
    active(kept_desk)
    answers = at_once(lambda desk: desk.settle("c1"), lambda desk: desk.settle("c2"))
    assert all(isinstance(answer, tuple | Busy) for answer in answers)
    rows: list[tuple[Settlement, ...]] = [kept_desk.settle(key) for key in ("c1", "c2")]
    kept_desk.session.commit()
    assert sorted(row.earned.text for (row,) in rows) == ["1512.00", "3024.00"]
    assert [row.due.text for (row,) in rows] == ["1512.00", "1512.00"]
    places = kept_desk.session.scalars(select(SETTLED.c.position).order_by(SETTLED.c.position))
    assert list(places) == [1, 2]


def test_parties_that_sign_at_once_start_the_agreement_once(
    kept_desk: "Desk", at_once: Callable[..., Answers]
) -> None:
    kept_desk.draw_up()
    kept_desk.session.commit()
    kept_desk.session.close()
    works = [lambda desk, name=name: desk.sign(name) for name in ("city", "home", "lab", "lab")]
    answers = at_once(*works)
    assert not [answer for answer in answers if isinstance(answer, AlmonerError)]
    assert kept_desk.stands().state == "active"
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")


def test_two_agreements_that_the_fund_cannot_both_cover_are_not_both_signed(
    kept_desk: "Desk", at_once: Callable[..., Answers]
) -> None:
    for code in ("pact", "mirror"):
        kept_desk.draw_up(code)
    kept_desk.session.commit()
    kept_desk.session.close()
    answers = at_once(lambda desk: desk.sign(code="pact"), lambda desk: desk.sign(code="mirror"))
    assert sorted(type(answer).__name__ for answer in answers) == ["Agreement", "Underfunded"]
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")


def test_an_agreement_drawn_up_by_many_sessions_stands_once(
    kept_desk: "Desk", at_once: Callable[..., Answers]
) -> None:
    answers = at_once(*[lambda desk: desk.draw_up()] * CLIENTS)
    assert not [answer for answer in answers if isinstance(answer, AlmonerError)]
    assert kept_desk.session.scalar(select(func.count()).select_from(AGREEMENT)) == 1


def test_a_claim_determined_by_many_sessions_is_determined_once(
    kept_desk: "Desk", at_once: Callable[..., Answers]
) -> None:
    kept_desk.start()
    made = kept_desk.claim("c1", "100")
    kept_desk.attach(made)
    kept_desk.session.commit()
    kept_desk.session.close()
    found = kept_desk.finding(made, "90")
    other = kept_desk.finding(made, "95")
    answers = at_once(
        lambda desk: desk.determine(found),
        lambda desk: desk.determine(found),
        lambda desk: desk.determine(other),
    )
    names = sorted(type(answer).__name__ for answer in answers)
    assert names in (
        ["AlreadyDetermined", "Determination", "Determination"],
        ["AlreadyDetermined", "AlreadyDetermined", "Determination"],
    )
    assert kept_desk.session.scalar(select(func.count()).select_from(DETERMINATION)) == 1


def test_closing_while_settling_loses_no_money(kept_desk: "Desk", at_once: Callable[..., Answers]) -> None:
    active(kept_desk)
    closed, settled, again = at_once(
        lambda desk: desk.close(), lambda desk: desk.settle("c1"), lambda desk: desk.close()
    )
    assert closed == again
    assert isinstance(settled, tuple | UnlawfulTransition | OverdrawnCommitment)
    paid = money("1512.00" if isinstance(settled, tuple) else "0.00", "USD")
    assert closed == money("500000.00", "USD") - paid
    assert kept_desk.money() == ("0.00", paid.text, (money("600000.00", "USD") - paid).text)
    assert finance.verify(kept_desk.session, "main").findings == ()
