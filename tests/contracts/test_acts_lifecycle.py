"""Random lives of an agreement on both databases: paid and encumbered never exceed what was signed for."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almoner import money
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import replay
from almoner.finance import acts as finance
from almoner.finance.errors import OutsideDomain

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

Content = dict[str, Any]
PERIODS = ("y1", "y2")
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["find", "find", "find", "settle", "settle", "settle all", "settle known", "undo"]),
        st.sampled_from(["nights", "fall"]),
        st.sampled_from(PERIODS),
        st.integers(-20, 60),
    ),
    min_size=1,
    max_size=10,
)
CAPS = st.tuples(st.integers(1, 400), st.integers(1, 900))


def terms_with(content: Content, caps: tuple[int, int]) -> TermDocument:
    """Pay nights by the period, and a fall in nights abroad once, under two limits."""
    nights = {**content["metrics"]["nights"], "domain": ["-20", "60"], "per": ["period"]}
    metrics = {"nights": nights, "fall": {**nights, "type": "pp/1", "domain": ["-2", "6"], "pool": "last"}}
    clause = content["clauses"][0]
    seen = {"op": "obs", "metric": "nights"}
    nothing = {"op": "lit", "value": "0", "type": "USD/2"}
    paid = {**clause["amount"], "of": seen}
    edges = [{"at": "1", "owner": "below"}]
    rows = [{"base": "0"}, {"base": "100", "slope": "33.333", "origin": "1"}]
    fall = {"op": "obs", "metric": "fall", "window": "to_date"}
    return TermDocument.read(
        json.dumps(
            {
                **content,
                "metrics": metrics,
                "calendar": {
                    "starts_on": "2026-01-01",
                    "ends_on": "2027-12-31",
                    "periods": [
                        {"id": name, "ends_on": f"202{6 + at}-12-31"} for at, name in enumerate(PERIODS)
                    ],
                },
                "clauses": [
                    {**clause, "basis": "period", "amount": {"op": "max", "of": [paid, nothing]}},
                    {
                        **clause,
                        "id": "fall",
                        "amount": {"op": "bands", "of": fall, "as": "USD/2", "edges": edges, "rows": rows},
                    },
                ],
                "limits": [
                    {"id": "fall", "of": ["fall"], "max": f"{caps[0]}.00"},
                    {"id": "most", "of": ["*"], "max": f"{caps[1]}.00"},
                ],
            }
        )
    )


class Life:
    """One agreement, what was settled under it, and the promise that no step may break."""

    def __init__(self, desk: "Desk", code: str, terms: TermDocument) -> None:
        self.desk, self.code = desk, code
        self.keys = count()
        self.open: list[tuple[str, Observation]] = []
        self.settled: list[tuple[str, Observation]] = []
        self.agreement = desk.start(code, terms)
        self.program = compile_terms(terms)
        self.encumbered = self.agreement.maximum

    def do(self, act: str, metric: str, period: str, value: int) -> None:
        if act == "find":
            key = f"c{next(self.keys)}"
            text = str(value) if metric == "nights" else f"{value / 10:.1f}"
            self.desk.find(key, text, metric=metric, period=period, code=self.code)
            self.open.append((key, Observation(metric=metric, period=period, value=value, id=key)))
        elif act == "settle known" and self.settled:
            self.desk.settle(self.settled[-1][0], self.code)
        elif act == "undo" and self.open:
            with suppress(OutsideDomain), self.desk.session.begin_nested() as point:
                self.desk.settle(self.open[0][0], self.code)
                point.rollback()
        else:
            for row in self.open[: None if act == "settle all" else 1]:
                self.settle(row)
        self.check()

    def settle(self, row: tuple[str, Observation]) -> None:
        with suppress(OutsideDomain):
            rows = self.desk.settle(row[0], self.code)
            self.encumbered -= sum((one.due for one in rows), start=money("0", "USD"))
            self.open.remove(row)
            self.settled.append(row)

    def check(self) -> None:
        at = finance.position(self.desk.session, self.desk.fund)
        state = replay(self.program, tuple(event for _, event in self.settled)).state
        paid = money("0", "USD")
        assert at.disbursed == replace(paid, minor=sum(state.obligated.values()))
        assert at.encumbered == self.encumbered
        assert at.encumbered + at.disbursed == self.agreement.maximum
        assert at.free == at.balance - at.encumbered


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(caps=CAPS, acts=ACTS)
def test_paid_and_encumbered_sum_to_the_maximum_at_every_step(
    desk: "Desk", content: Content, caps: tuple[int, int], acts: list[tuple[str, str, str, int]]
) -> None:
    with desk.session.begin_nested() as point:
        life = Life(desk, "life", terms_with(content, caps))
        for act in acts:
            life.do(*act)
        released = desk.close("life")
        assert released == desk.close("life") == life.encumbered
        at = finance.position(desk.session, desk.fund)
        assert (at.encumbered, at.free) == (money("0", "USD"), at.balance)
        assert at.balance + at.disbursed == money("600000.00", "USD")
        assert finance.verify(desk.session, "main").findings == ()
        point.rollback()


def test_the_checks_of_a_life_see_a_payment_that_was_not_settled(
    desk: "Desk", content: Content, clock: Callable[[], Any]
) -> None:
    life = Life(desk, "life", terms_with(content, (100, 100)))
    life.check()
    amount = money("1.00", "USD")
    finance.spend(desk.session, desk.fund, "night-shelter", amount, line="transfer", key="x", clock=clock)
    try:
        life.check()
    except AssertionError:
        return
    raise AssertionError("a payment past the agreement was not seen")
