"""Several sessions at once on both databases: each step of an agreement happens once, without raw errors."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from almoner import money
from almoner.contracts import acts
from almoner.contracts.records.tables import AGREEMENT, AGREEMENT_DRAFT, AGREEMENT_MOVE, AMENDMENT_START
from almoner.finance import acts as finance
from almoner.finance.errors import AlmonerError, Busy, TermError, Underfunded, UnlawfulTransition
from almoner.finance.storage import Engine, Session

from .test_acts_amending import amending, approve, make, most
from .test_acts_ending import close, consent, end, measure, stop

if TYPE_CHECKING:
    from .conftest import Desk

CLIENTS = 4
Answers = list[object]
AtOnce = Callable[..., Answers]


@pytest.fixture
def at_once(engine: Engine, kept_desk: "Desk") -> AtOnce:
    """Let each piece of work run and commit in a session of its own, all at the same moment."""

    def run(*works: "Callable[[Desk], object]") -> Answers:
        kept_desk.session.commit()
        kept_desk.session.close()
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


def refusals(answers: Answers) -> list[AlmonerError]:
    return [one for one in answers if isinstance(one, AlmonerError)]


def count(desk: "Desk", table: object) -> int:
    return desk.session.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]  # a table


def moves(desk: "Desk") -> list[str]:
    return list(desk.session.scalars(select(AGREEMENT_MOVE.c.state).order_by(AGREEMENT_MOVE.c.no)))


def test_an_agreement_drawn_up_by_many_sessions_stands_once(kept_desk: "Desk", at_once: AtOnce) -> None:
    answers = at_once(*[lambda desk: desk.draw_up()] * CLIENTS)
    assert not refusals(answers)
    assert (count(kept_desk, AGREEMENT), count(kept_desk, AGREEMENT_DRAFT)) == (1, 1)
    assert moves(kept_desk) == ["draft", "proposed"]


def test_parties_that_sign_at_once_start_the_agreement_once(kept_desk: "Desk", at_once: AtOnce) -> None:
    kept_desk.draw_up()
    names = [*kept_desk.document.signatories, "lab"]
    answers = at_once(*[lambda desk, name=name: desk.sign(name) for name in names])
    assert not refusals(answers)
    assert moves(kept_desk) == ["draft", "proposed", "active"]
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")


def test_two_agreements_that_the_fund_cannot_both_cover_are_not_both_signed(
    kept_desk: "Desk", at_once: AtOnce
) -> None:
    for code in ("pact", "mirror"):
        kept_desk.draw_up(code)
    answers = at_once(lambda desk: desk.sign(code="pact"), lambda desk: desk.sign(code="mirror"))
    assert [type(one) for one in refusals(answers)] == [Underfunded]
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")


def test_signing_while_it_is_withdrawn_does_one_of_the_two(kept_desk: "Desk", at_once: AtOnce) -> None:
    kept_desk.draw_up()
    answers = at_once(
        lambda desk: desk.sign(),
        lambda desk: acts.withdraw(desk.session, "main", "pact", clock=desk.clock),
    )
    assert [type(one) for one in refusals(answers)] in ([UnlawfulTransition], [Busy])
    state = kept_desk.stands().state
    assert kept_desk.money()[0] == {"active": "500000.00", "withdrawn": "0.00"}[state]


def test_two_amendments_of_the_same_terms_do_not_both_take_effect(kept_desk: "Desk", at_once: AtOnce) -> None:
    kept_desk.start()
    first, second = amending(kept_desk, most("550000.00")), amending(kept_desk, most("540000.00"))
    make(kept_desk, first, "a1")
    make(kept_desk, second, "a2")
    answers = at_once(
        lambda desk: approve(desk, first, "home", key="a1"),
        lambda desk: approve(desk, second, "home", key="a2"),
    )
    assert [type(one) for one in refusals(answers)] in ([TermError], [Busy])
    assert count(kept_desk, AMENDMENT_START) == 1
    [source] = kept_desk.stands().sources
    assert kept_desk.money()[0] == source.maximum.text


def test_one_amendment_approved_by_many_sessions_is_covered_once(kept_desk: "Desk", at_once: AtOnce) -> None:
    kept_desk.start()
    amendment = amending(kept_desk, most("550000.00"))
    make(kept_desk, amendment)
    answers = at_once(*[lambda desk: approve(desk, amendment, "home")] * CLIENTS)
    assert not [one for one in refusals(answers) if not isinstance(one, Busy)]
    assert kept_desk.money() == ("550000.00", "0.00", "50000.00")
    assert finance.verify(kept_desk.session, "main").findings == ()


def test_an_agreement_ends_in_one_way(kept_desk: "Desk", at_once: AtOnce) -> None:
    kept_desk.start()
    early = consent(kept_desk, "measure")
    answers = at_once(end, stop, lambda desk: measure(desk, signatures=early), end)
    assert all(isinstance(one, UnlawfulTransition | Busy) for one in refusals(answers))
    done = moves(kept_desk)
    assert len(done) == len(set(done))
    assert done[3:] in (["terminated"], ["measured"], ["suspended"], ["suspended", "terminated"])


def test_closing_at_once_releases_once(kept_desk: "Desk", at_once: AtOnce) -> None:
    kept_desk.start()
    kept_desk.find("c1", "10000")
    acts.settle(kept_desk.session, "main", "pact", clock=kept_desk.clock)
    end(kept_desk)
    answers = at_once(*[close] * CLIENTS)
    assert len({str(one) for one in answers if not isinstance(one, Busy)}) == 1
    assert moves(kept_desk)[-1] == "closed"
    paid = money("151200.00", "USD")
    assert kept_desk.money() == ("0.00", paid.text, (money("600000.00", "USD") - paid).text)
    assert finance.verify(kept_desk.session, "main").findings == ()
