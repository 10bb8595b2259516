"""The step of a settlement against arithmetic done by hand: limits, splits, pots, falls, frozen money."""

import os
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.contracts.claims import ClaimedResult
from almoner.contracts.settling import Books, Decided, take_step
from almoner.contracts.terms.amendment import Lineage

from .agreement_arithmetic import Result, earned
from .agreement_arithmetic import take_step as by_hand
from .agreement_shapes import Shape, shapes

DAYS = (date(2026, 6, 1), date(2027, 1, 15), date(2027, 3, 1))


@st.composite
def findings(draw: st.DrawFn, shape: Shape) -> list[tuple[int, Result]]:
    """Findings of claims, one after the other; a claim that is found again has its new value."""
    listed: list[tuple[int, Result]] = []
    left = {(metric.name, period): metric.high for metric in shape.metrics for period in metric.periods}
    for number in range(draw(st.integers(1, 6))):
        metric = draw(st.sampled_from(shape.metrics))
        period = draw(st.sampled_from(metric.periods))
        members = (draw(st.sampled_from(metric.members)),) if metric.members else ()
        most = metric.high if metric.pool == "last" else left[metric.name, period]
        value = draw(st.integers(metric.low, most) | st.sampled_from((metric.low, most)))
        if metric.pool == "sum":
            left[metric.name, period] -= value
        listed.append((number, (metric.name, period, members, value)))
        if draw(st.integers(0, 3)) == 0:
            again = draw(st.sampled_from(listed))
            lower = draw(st.integers(shape.metric(again[1][0]).low, again[1][3]))
            listed.append((again[0], (*again[1][:3], lower)))
    return listed


@settings(max_examples=int(os.environ.get("AGREEMENT_EXAMPLES", "100")), deadline=None)
@given(st.data())
def test_steps_come_to_what_arithmetic_by_hand_says(data: st.DataObject) -> None:
    shape = data.draw(shapes())
    use = Lineage(shape.document).overlaid
    books = Books()
    log: dict[int, Result] = {}
    for number, result in data.draw(findings(shape)):
        log[number] = result
        day = data.draw(st.sampled_from(DAYS))
        metric, period, members, value = result
        of = tuple((shape.set_name, member) for member in members)
        told = ClaimedResult(metric=metric, period=period, of=of, value=str(value))
        decided = books.deciding(Decided(claim=f"c{number}", round=1, results=(told,)))
        step = take_step(use, books, decided, as_of=day)
        rows = by_hand(shape, books.legs, {}, earned(shape, [(str(n), one) for n, one in log.items()], day))
        due = {
            (row.clause, row.period, row.members, payer, payee): minor
            for row in step.entitlements
            for payer, payee, minor in row.legs
            if minor
        }
        expected = {(*row.key, *ends): minor for row in rows for ends, minor in row.legs.items() if minor}
        assert due == expected
        standing = {
            (row.clause, row.period, row.members): (row.earned, row.entitled) for row in step.entitlements
        }
        assert standing == {row.key: (row.earned, row.entitled) for row in rows}
        legs = dict(books.legs)
        for name, minor in due.items():
            legs[name] = legs.get(name, 0) + minor
        books = Books(decided=decided, legs=legs)
