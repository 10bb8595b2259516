"""Whatever is refused in a round has its code and its figures, and leaves no row behind it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from almoner.challenges import Ballot, acts
from almoner.challenges.acts import Which
from almoner.challenges.records import tables
from almoner.finance.errors import AlmonerError
from almoner.finance.records import tables as finance_tables

if TYPE_CHECKING:
    from tests.challenges.conftest import Judged, Round

    from almoner.finance.storage import Session

PLACE = ("main", "clean-water")
Refusal = tuple[Callable[[], Any], str, set[str]]
LEDGER = ("EVENT", "TXN", "PARTY")
TABLES = [value for value in vars(tables).values() if hasattr(value, "primary_key")]
TABLES += [getattr(finance_tables, name) for name in LEDGER]


def count(session: "Session") -> dict[str, int]:
    """Count the rows of every table of a round, and what the ledger and the log have."""
    return {one.name: session.scalar(select(func.count()).select_from(one)) or 0 for one in TABLES}


@pytest.fixture
def running(round_: "Round", open_judged: "Callable[..., Judged]") -> "Judged":
    judged = open_judged(round_, reads=3)
    judged.enter(*(f"a-{n}" for n in range(1, 5)))
    judged.round.submit("a-9", facts={"lead.kind": "government"})
    judged.register("j-1", "j-2", "j-3")
    judged.assign(reason="three readers")
    return judged


def entering(judged: "Judged") -> dict[str, Refusal]:
    """Name what is refused of briefs and applications, its code, and the figures that it has to carry."""
    round_ = judged.round

    def enter(day: str = "2027-01-20", **change: object) -> Callable[[], Any]:
        return lambda: round_.submit("a-7", day=day, **change)

    line = round_.application_content["budget"][0]
    other = {**round_.brief_content, "challenge_id": "dry-land"}
    dear = {**other, "prizes": [{"kind": "grand", "phase": "panel", "amount": "999999.99"}]}

    def publish(content: dict[str, Any]) -> Callable[[], Any]:
        def act() -> object:
            kept, round_.brief_content = round_.brief_content, content
            try:
                return round_.publish({"region": "east"})
            finally:
                round_.brief_content = kept

        return act

    rubric = other["rubric"]
    light = {**rubric, "traits": [{**rubric["traits"][0], "weight_bp": 2400}, rubric["traits"][1]]}
    return {
        "submission after the close": (enter("2027-03-02"), "challenge.closed", {"closed_at", "received_at"}),
        "score after the close": (
            lambda: judged.score("a-1", "j-1", "3.0", day="2027-04-13"),
            "challenge.closed",
            {"closed_at", "received_at"},
        ),
        "prizes above the money": (publish(dear), "fund.insufficient", set()),
        "weights that do not sum": (publish({**other, "rubric": light}), "brief.invalid", {"findings"}),
        "budget that is not the ask": (
            enter(budget=[{**line, "amount": "1.00"}]),
            "application.inconsistent",
            {"sum", "ask", "findings"},
        ),
        "negative line": (
            enter(budget=[{**line, "amount": "-900.30"}]),
            "application.inconsistent",
            set(),
        ),
        "missing disclosure": (enter(disclosures=[]), "application.incomplete", {"missing"}),
    }


def judging(judged: "Judged") -> dict[str, Refusal]:
    """Name what is refused of judges and of whoever runs the round."""
    session, round_, at = judged.session, judged.round, judged.at
    fund, code = round_.fund, PLACE[1]
    good: dict[str, str | None] = {"reach": "3.0", "proof": "3.0"}

    def score(marks: dict[str, str | None], judge: str = "j-1", name: str = "a-1") -> Callable[[], Any]:
        return lambda: acts.score(session, *PLACE, name, judge, marks, clock=at("2027-03-10"))

    return {
        "off the grid": (score({**good, "reach": "3.05"}), "score.invalid", set()),
        "out of scale": (score({**good, "reach": "5.1"}), "score.invalid", set()),
        "no number": (score({**good, "reach": "NaN"}), "score.invalid", set()),
        "unknown trait": (score({**good, "style": "3.0"}), "score.invalid", set()),
        "trait left out": (score({"reach": "3.0"}), "score.invalid", set()),
        "not eligible": (score(good, name="a-9"), "score.unassigned", set()),
        "unassigned": (score(good, judge="j-9"), "score.unassigned", {"judge", "phase"}),
        "second plan of nothing": (
            lambda: acts.publish_assignment(
                session, *PLACE, "panel", 9, maker="desk", clock=at("2027-03-06")
            ),
            "storage.missing",
            set(),
        ),
        "award to whom it may not go": (lambda: round_.award(0, a_9="1.00"), "challenge.not_eligible", set()),
        "award beyond the prize": (lambda: round_.award(0, a_1="999.00"), "", set()),
        "acceptance of nothing": (
            lambda: acts.accept_award(
                session, fund, code, Which(prize=0, application="a-1"), actor="hub-1", clock=at("2027-05-21")
            ),
            "storage.missing",
            set(),
        ),
        "ballot with a weight below 0": (
            lambda: acts.cast_ballot(
                session,
                *PLACE,
                Ballot(ballot_id="v-1", weights=(("users", -1),)),
                clock=at("2027-04-20"),
            ),
            "ballot.invalid",
            set(),
        ),
        "withdrawal of nothing": (
            lambda: acts.withdraw(session, *PLACE, "a-99", reason="x", clock=at("2027-03-10")),
            "storage.missing",
            set(),
        ),
        "freeze before the close": (
            lambda: acts.freeze_calibration(session, *PLACE, "panel", clock=at("2027-03-20")),
            "challenge.state",
            set(),
        ),
    }


def test_every_refusal_has_its_code_and_figures_and_writes_nothing(running: "Judged") -> None:
    before = count(running.session)
    wrong: dict[str, object] = {}
    for what, (act, code, figures) in (entering(running) | judging(running)).items():
        with pytest.raises((AlmonerError, ValueError)) as caught:
            act()
        refused = caught.value
        told = getattr(refused, "figures", {})
        if code and getattr(refused, "code", "") != code:
            wrong[what] = (getattr(refused, "code", type(refused).__name__), str(refused)[:120])
        elif not figures <= set(told):
            wrong[what] = ("figures", sorted(told))
        elif count(running.session) != before:
            wrong[what] = "rows are left behind"
    assert wrong == {}
