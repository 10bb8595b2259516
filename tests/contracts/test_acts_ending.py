"""Agreements are suspended, resumed, measured, terminated, closed on both databases; the rest comes back."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from almoner.contracts import acts
from almoner.contracts.agreement import consent_bytes
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import KeyReused, NotAllowed, NotSigned, SignatureInvalid, UnlawfulTransition
from almoner.finance.signatures import sign_bytes

from .conftest import secret_of
from .test_acts import written

if TYPE_CHECKING:
    from .conftest import Desk

MONEYED = ("city", "home")
NOBODY: Mapping[str, bytes] = {}


def on(day: str) -> Clock:
    return fixed_clock(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))


def consent(desk: "Desk", act: str, *names: str, **said: str) -> dict[str, bytes]:
    """Let names sign that an act is agreed."""
    content = consent_bytes("pact", act, **said)
    agreement = desk.stands()
    return {name: sign_bytes(secret_of(agreement.party_of(name)), content) for name in names or MONEYED}


def stop(desk: "Desk", key: str = "s1", reason: str = "a fire") -> str:
    signatures = consent(desk, "suspend", key=key, reason=reason)
    return acts.suspend(
        desk.session, "main", "pact", signatures, reason=reason, key=key, clock=desk.clock
    ).state


def go_on(desk: "Desk", key: str = "r1") -> str:
    signatures = consent(desk, "resume", key=key, reason="rebuilt")
    return acts.resume(
        desk.session, "main", "pact", signatures, reason="rebuilt", key=key, clock=desk.clock
    ).state


def end(desk: "Desk", day: str = "2026-01-15") -> str:
    signatures = consent(desk, "terminate", reason="the home closes", on=day)
    return acts.terminate(
        desk.session,
        "main",
        "pact",
        signatures,
        on=date.fromisoformat(day),
        reason="the home closes",
        clock=desk.clock,
    ).state


def measure(desk: "Desk", by: str = "home", signatures: Mapping[str, bytes] = NOBODY) -> str:
    return acts.measure(desk.session, "main", "pact", by=by, clock=desk.clock, signatures=signatures).state


def close(desk: "Desk") -> dict[str, str]:
    released = acts.close(desk.session, "main", "pact", clock=desk.clock)
    return {payer: amount.text for payer, amount in released.items()}


def test_all_with_money_in_it_suspend_and_resume_and_the_money_stays(desk: "Desk") -> None:
    desk.start()
    assert stop(desk) == "suspended"
    before = written(desk)
    assert stop(desk) == "suspended"
    assert written(desk) == before
    assert desk.money()[0] == "500000.00"
    with pytest.raises(UnlawfulTransition, match="is suspended; this needs it to be active"):
        stop(desk, "s2")
    assert go_on(desk) == "active"
    assert stop(desk, "s1") == "active"  # a consent counts once
    with pytest.raises(KeyReused):
        stop(desk, "s1", reason="a flood")
    assert stop(desk, "s2") == "suspended"


def test_nobody_suspends_or_terminates_alone(desk: "Desk") -> None:
    desk.start()
    signatures = consent(desk, "suspend", "city", key="s1", reason="a fire")
    with pytest.raises(NotSigned) as caught:
        acts.suspend(desk.session, "main", "pact", signatures, reason="a fire", key="s1", clock=desk.clock)
    assert caught.value.figures["missing"] == ["home"]
    other = consent(desk, "suspend", key="s2", reason="a fire")
    with pytest.raises(SignatureInvalid):
        acts.suspend(desk.session, "main", "pact", other, reason="a fire", key="s1", clock=desk.clock)
    more = consent(desk, "suspend", "city", "home", "lab", key="s1", reason="a fire")
    with pytest.raises(NotSigned, match="'lab' has no say"):
        acts.suspend(desk.session, "main", "pact", more, reason="a fire", key="s1", clock=desk.clock)
    alone = consent(desk, "terminate", "home", reason="no", on="2026-01-15")
    with pytest.raises(NotSigned, match="city did not consent"):
        acts.terminate(
            desk.session, "main", "pact", alone, on=date(2026, 1, 15), reason="no", clock=desk.clock
        )
    assert desk.stands().state == "active"


def test_before_the_last_day_for_claims_only_all_together_say_it_is_measured(desk: "Desk") -> None:
    late = desk.given(verification={"claim_days": 90})
    late.start()
    for day in ("2026-01-15", "2028-03-30"):
        with pytest.raises(UnlawfulTransition) as caught:
            measure(late.at(on(day)))
        assert caught.value.figures["until"] == "2028-03-30"
    with pytest.raises(NotSigned, match="city did not consent"):
        measure(late, signatures=consent(late, "measure", "home"))
    with pytest.raises(NotAllowed, match="'lab' has no money"):
        measure(late.at(on("2028-03-31")), "lab")
    assert measure(late.at(on("2028-03-31"))) == "measured"
    before = written(late)
    assert measure(late.at(on("2028-04-15"))) == "measured"
    assert written(late) == before


def test_all_together_can_say_early_that_it_is_measured(desk: "Desk") -> None:
    desk.start()
    assert measure(desk, signatures=consent(desk, "measure")) == "measured"
    assert desk.money() == ("0.00", "0.00", "600000.00")


def test_an_agreement_without_results_gives_all_back_when_it_ends(desk: "Desk") -> None:
    desk.start()
    assert end(desk) == "terminated"
    before = written(desk)
    assert end(desk) == "terminated"
    assert written(desk) == before
    assert desk.money() == ("0.00", "0.00", "600000.00")
    assert close(desk) == {"city": "0.00"}
    assert (desk.stands().state, close(desk)) == ("closed", {"city": "0.00"})
    assert finance.verify(desk.session, "main").findings == ()


def test_an_end_in_the_future_is_refused(desk: "Desk") -> None:
    desk.start()
    with pytest.raises(UnlawfulTransition, match="2026-02-01 is in the future, it is 2026-01-15"):
        end(desk, "2026-02-01")


def test_an_agreement_moves_one_way(desk: "Desk") -> None:
    desk.draw_up()
    for act in (stop, go_on, end, measure, close):
        with pytest.raises((NotSigned, UnlawfulTransition)):
            act(desk)
    desk.sign()
    for refused in (go_on, close):
        with pytest.raises(UnlawfulTransition, match="is active"):
            refused(desk)
    stop(desk)
    for late in (measure, close):
        with pytest.raises(UnlawfulTransition, match="is suspended"):
            late(desk)
    end(desk)
    for ended in (lambda one: stop(one, "s3"), go_on, measure):
        with pytest.raises(UnlawfulTransition, match="is terminated"):
            ended(desk)
    close(desk)
    acted: list[Callable[[], object]] = [lambda: measure(desk), lambda: stop(desk, "s3")]
    for done in acted:
        with pytest.raises(UnlawfulTransition, match="is closed"):
            done()


def test_what_was_done_before_closing_can_be_repeated_after_it_and_changes_nothing(desk: "Desk") -> None:
    desk.start()
    end(desk)
    close(desk)
    before = written(desk)
    assert (desk.sign().state, end(desk), desk.draw_up().state) == ("closed",) * 3
    assert acts.settle(desk.session, "main", "pact", clock=desk.clock) == ()
    assert written(desk) == before


def test_measuring_again_after_closing_changes_nothing(desk: "Desk") -> None:
    desk.start()
    measure(desk, signatures=consent(desk, "measure"))
    close(desk)
    before = written(desk)
    assert measure(desk) == "closed"
    assert written(desk) == before


def test_who_had_not_signed_does_not_sign_what_was_withdrawn(desk: "Desk") -> None:
    desk.draw_up()
    desk.sign("city")
    acts.withdraw(desk.session, "main", "pact", clock=desk.clock)
    assert desk.sign("city").state == "withdrawn"
    with pytest.raises(UnlawfulTransition, match="is withdrawn"):
        desk.sign("home")
