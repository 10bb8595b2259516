"""Real connections ask for one thing at once: it happens once; others get the same, or a named refusal."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from almoner import money
from almoner.contracts import acts
from almoner.contracts.agreement import promise_of
from almoner.contracts.amendments import amendment_bytes
from almoner.contracts.claims import Claim
from almoner.contracts.measurement.frames import read_rows
from almoner.contracts.records import agreements, claims
from almoner.contracts.settlement import Settlement
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import AlmonerError, Busy
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine, Session, UnitOfWork

from .conftest import document_of, secret_of
from .test_acts_amending import amending, make, most
from .test_acts_disputing import dispute, resolution, second
from .test_acts_ending import end

if TYPE_CHECKING:
    from .conftest import Desk

Work = Callable[["Desk"], object]
AGAIN = 40
ROWS = "person,metric,achieved_on,quantity\nAnna-1,nights,2026-01-05,3\n"
SECRET = b"a key of thirty-two random bytes"


def at_once(desk: "Desk", works: Sequence[Work], *, patient: bool = True) -> list[object]:
    """Let connections of their own do different work, started together; give each answer or refusal."""
    engine = desk.session.get_bind()
    assert isinstance(engine, Engine)
    desk.session.commit()
    gate = threading.Barrier(len(works))

    def run(work: Work) -> object:
        gate.wait()
        for _ in range(AGAIN):
            with Session(engine, expire_on_commit=False) as session:
                try:
                    done = work(replace(desk, session=session))
                    session.commit()
                except Busy as busy:
                    session.rollback()
                    if not patient:
                        return busy
                except AlmonerError as refusal:
                    session.rollback()
                    return refusal
                else:
                    return done
        return Busy("forty times")

    with ThreadPoolExecutor(len(works)) as pool:
        answers = list(pool.map(run, works))
    desk.session.rollback()
    return answers


def names(answers: Sequence[object]) -> list[str]:
    return sorted(type(one).__name__ for one in answers)


def require_sound(desk: "Desk", *, most_ever: str = "500000.00") -> None:
    """The books verify and replay, and no more is set aside and paid than was proven."""
    assert finance.verify(desk.session, "main").findings == ()
    if desk.stands().state != "proposed":
        assert acts.replay(desk.session, "main", "pact").differences == ()
    at = finance.position(desk.session, desk.fund)
    assert at.encumbered + at.disbursed - at.refunds <= money(most_ever, "USD")


def paid_out(desk: "Desk") -> list[str]:
    rows = acts.list_payouts(desk.session, "main", "pact")
    return [row.done.text for row in rows if row.direction == "out" and row.status == "paid"]


def settle(desk: "Desk") -> tuple[Settlement, ...]:
    return acts.settle(desk.session, "main", "pact", "c1", clock=desk.clock)


@pytest.fixture
def active(kept_desk: "Desk") -> "Desk":
    """An active agreement, committed; it pays at once, and findings can be disputed for 30 days."""
    opened = kept_desk.given(disputes={"days": 30}, verification={"pays": "provisional"})
    opened.start()
    opened.session.commit()
    return opened


@pytest.fixture
def found(active: "Desk") -> "Desk":
    """With a finding of a hundred nights."""
    active.find("c1", "100")
    active.session.commit()
    return active


def test_a_claim_that_eight_settle_at_once_is_paid_once(found: "Desk") -> None:
    answers = at_once(found, [settle] * 8)
    assert names(answers) == ["tuple"] * 8, answers
    assert len({repr(one) for one in answers}) == 1
    assert paid_out(found) == ["1512.00"]
    assert found.money() == ("498488.00", "1512.00", "100000.00")
    require_sound(found)


def test_all_that_is_due_is_settled_once_by_whoever_comes_first(active: "Desk") -> None:
    for at in range(3):
        active.find(f"c{at}", "100")
    active.session.commit()
    answers = at_once(active, [lambda desk: acts.settle(desk.session, "main", "pact", clock=desk.clock)] * 4)
    assert sorted(len(one) for one in answers if isinstance(one, tuple)) == [0, 0, 0, 3], answers
    assert paid_out(active) == ["1512.00"] * 3
    require_sound(active)


def test_a_finding_is_paid_or_kept_back_when_it_is_settled_and_disputed_at_once(found: "Desk") -> None:
    answers = at_once(found, [settle, dispute, settle, dispute])
    frozen = finance.promised(
        found.session, found.fund, Promise("agreement", f"{promise_of('pact', 'city')}:frozen:d1")
    ).text
    assert names(answers)[:2] == ["Dispute", "Dispute"]
    if frozen == "0.00":
        assert paid_out(found) == ["1512.00"]
        assert names(answers)[2:] == ["tuple", "tuple"]
    else:
        assert (frozen, paid_out(found)) == ("1512.00", [])
        assert names(answers)[2:] == ["MoneyFrozen", "MoneyFrozen"]
    require_sound(found)


def test_a_dispute_is_resolved_one_way(found: "Desk") -> None:
    made = _claim(found)
    dispute(found)
    found.session.commit()
    nothing = second(found, made, None)
    upheld, overturned = resolution(found, "upheld"), resolution(found, "overturned", nothing)
    works: list[Work] = [
        lambda desk: acts.resolve(desk.session, "main", "pact", upheld, clock=desk.clock).outcome,
        lambda desk: (
            acts.resolve(desk.session, "main", "pact", overturned, nothing, clock=desk.clock).outcome
        ),
    ]
    answers = at_once(found, works * 2)
    assert names(answers) == ["DisputeRefused", "DisputeRefused", "str", "str"], answers
    [said] = {one for one in answers if isinstance(one, str)}
    assert paid_out(found) == (["1512.00"] if said == "upheld" else [])
    assert found.money()[1] == ("1512.00" if said == "upheld" else "0.00")
    require_sound(found)


def _claim(desk: "Desk") -> Claim:
    stored = agreements.find_agreement(desk.session, "main", "pact")
    return claims.find_claim(desk.session, stored, "c1").claim


def test_an_amendment_and_a_settlement_at_once_come_to_the_same_in_either_order(found: "Desk") -> None:
    amendment = amending(found, most("520000.00"))
    make(found, amendment, "a1")
    found.session.commit()
    content = amendment_bytes("pact", "a1", amendment)
    signed = {"home": sign_bytes(secret_of("night-shelter"), content)}

    def approve(desk: "Desk") -> object:
        return acts.approve_amendment(desk.session, "main", "pact", "a1", signed, clock=desk.clock)

    answers = at_once(found, [settle, approve, settle, approve])
    assert names(answers) == ["ProposedAmendment", "ProposedAmendment", "tuple", "tuple"], answers
    assert paid_out(found) == ["1512.00"]
    assert found.money() == ("518488.00", "1512.00", "80000.00")
    require_sound(found, most_ever="520000.00")


def test_money_for_one_agreement_is_promised_to_one_of_two(kept_desk: "Desk") -> None:
    for code in ("one", "two"):
        kept_desk.draw_up(code)
        others = [name for name in kept_desk.document.signatories if name != "home"]
        kept_desk.sign(*others, code=code)
    kept_desk.session.commit()
    answers = at_once(
        kept_desk,
        [lambda desk: desk.sign("home", code="one").state, lambda desk: desk.sign("home", code="two").state],
    )
    assert names(answers) == ["Underfunded", "str"], answers
    assert sorted(kept_desk.stands(code).state for code in ("one", "two")) == ["active", "proposed"]
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")
    assert finance.verify(kept_desk.session, "main").findings == ()


def test_the_last_signatures_at_once_start_an_agreement_once(kept_desk: "Desk") -> None:
    kept_desk.draw_up()
    kept_desk.session.commit()
    signing = tuple(kept_desk.document.signatories)
    at_once(kept_desk, [lambda desk, name=name: desk.sign(name) for name in signing])  # type: ignore[misc]  # bound now
    assert kept_desk.stands().state == "active"
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")
    require_sound(kept_desk)


def test_a_quorum_of_two_that_sign_at_once_decides_once(kept_desk: "Desk") -> None:
    opened = kept_desk.given(verification={"quorum": 2})
    opened.start()
    made = opened.claim("c1", "100")
    opened.attach(made)
    opened.session.commit()
    signed = [opened.finding(made, "100", verifier) for verifier in ("lab", "second")]
    works: list[Work] = [lambda desk, one=one: desk.determine(one) for one in signed]  # type: ignore[misc]  # bound now
    answers = at_once(opened, works * 2)
    assert names(answers) == ["Determination"] * 4, answers
    stored = agreements.find_agreement(opened.session, "main", "pact")
    [decision] = claims.decisions_in_force(opened.session, stored)
    assert (decision.round, decision.results[0].value) == (1, "100")


def test_one_person_is_counted_once_by_two_imports_at_once(active: "Desk") -> None:
    later = active.at(fixed_clock(active.clock() + timedelta(days=60)))

    def put(code: str) -> Work:
        def work(desk: "Desk") -> object:
            return acts.import_rows(
                desk.session, "main", "pact", read_rows(ROWS.encode()), key=code, secret=SECRET,
                clock=desk.clock,
            ).code  # fmt: skip

        return work

    answers = at_once(later, [put("first"), put("second")])
    assert names(answers) == ["AlreadyClaimed", "str"], answers


@pytest.fixture
def recovering(kept_desk: "Desk", content: dict[str, Any]) -> "Desk":
    """What is found to be too much is recovered."""
    content["clauses"][0]["on_decrease"] = "recover"
    document = document_of(content, disputes={"days": 30}, verification={"pays": "provisional"})
    opened = replace(kept_desk, document=document)
    opened.start()
    opened.find("c1", "100")
    opened.session.commit()
    return opened


def test_money_that_is_owed_back_comes_back_once(recovering: "Desk") -> None:
    settle(recovering)
    dispute(recovering)
    nothing = second(recovering, _claim(recovering), None)
    ended = resolution(recovering, "overturned", nothing)
    acts.resolve(recovering.session, "main", "pact", ended, nothing, clock=recovering.clock)
    recovering.session.commit()
    [owed] = [row for row in acts.list_payouts(recovering.session, "main", "pact") if row.status == "owed"]

    def take(key: str) -> Work:
        return lambda desk: (
            acts.take_back(
                desk.session, "main", "pact", owed.id, owed.amount, key=key, clock=desk.clock
            ).status
        )

    answers = at_once(recovering, [take("first"), take("second"), take("first"), take("second")])
    assert names(answers) == ["AmountOutOfRange", "AmountOutOfRange", "str", "str"], answers
    assert finance.position(recovering.session, recovering.fund).refunds.text == "1512.00"
    require_sound(recovering)


def test_an_agreement_is_settled_or_terminated_first_and_pays_the_same(found: "Desk") -> None:
    answers = at_once(found, [settle, end])
    assert "UnlawfulTransition" not in names(answers), answers
    settle(found)
    assert paid_out(found) == ["1512.00"]
    require_sound(found)


def test_whoever_does_not_wait_is_told_to_come_again(found: "Desk") -> None:
    engine = found.session.get_bind()
    assert isinstance(engine, Engine)
    answers = at_once(found, [settle] * 4, patient=False)
    assert set(names(answers)) <= {"tuple", "Busy"}
    with UnitOfWork(engine) as session:
        assert settle(replace(found, session=session))
    assert paid_out(found) == ["1512.00"]
