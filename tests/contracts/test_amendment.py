"""Amendments: the past keeps its terms, and every figure here is worked out by hand."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest

from almoner.contracts.terms import simulate
from almoner.contracts.terms.amendment import Amendment, Lineage, amend, changes_in_words
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.outputs import Output, read_output
from almoner.contracts.terms.pay import State
from almoner.finance.documents import canonical_bytes
from almoner.finance.errors import TermError

Content = dict[str, Any]
PRICE = "/clauses/0/amount/by/0/value"


def priced(basis: str = "period", **more: object) -> Content:
    """Terms over two years: 10.00 USD for each night of a year, at most 20,000.00 USD."""
    window = {"window": "to_date"} if basis == "cumulative" else {}
    return {
        "schema": "almoner.term/1",
        "title": "Nights",
        "rounding": "half_even",
        "parties": {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"}},
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": {"every": "P1Y"}},
        "metrics": {
            "nights": {
                "title": "Nights",
                "type": "night/0",
                "domain": ["0", "9000"],
                "per": ["period"],
                "pool": "sum",
                "method": "register",
            }
        },
        "clauses": [
            {
                "op": "pay",
                "id": "nights",
                "from": "city",
                "to": "home",
                "basis": basis,
                "amount": {
                    "op": "scale",
                    "of": {"op": "obs", "metric": "nights", **window},
                    "by": [{"op": "lit", "value": "10.00", "type": "USD/2 per night/0"}],
                    "as": "USD/2",
                },
            }
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "20000.00"}],
        **more,
    }


def terms(content: Content) -> TermDocument:
    return TermDocument.read(json.dumps(content))


def change(document: TermDocument, *changes: Mapping[str, object], **more: object) -> Amendment:
    content = {
        "schema": "almoner.amendment/1",
        "of": document.digest(),
        "effective_on": "2028-02-01",
        "reason": "agreed by all",
        "changes": list(changes),
        **more,
    }
    return Amendment.read(json.dumps(content))


def replaced(path: str, value: object) -> Content:
    return {"op": "replace", "path": path, "value": value}


def nights(*counts: int | None) -> list[Observation]:
    return [
        Observation(metric="nights", period=f"p{at}", value=count, id=f"n{at}")
        for at, count in enumerate(counts, start=1)
        if count is not None
    ]


def paid(lineage: Lineage, *counts: int | None, period: str = "") -> int:
    return int(read_output(lineage.pay(nights(*counts)), Output("paid", period=period)))


def test_a_new_price_pays_only_what_comes_after_it() -> None:
    document = terms(priced())
    lineage = Lineage(document).amended(change(document, replaced(PRICE, "12.00")))
    assert paid(lineage, 300, 200) == 300 * 1000 + 200 * 1200
    assert paid(lineage, 300, 200, period="p1") == 300 * 1000


def test_a_retroactive_price_pays_the_difference_for_the_past() -> None:
    document = terms(priced())
    lineage = Lineage(document).amended(change(document, replaced(PRICE, "12.00"), retroactive=True))
    assert paid(lineage, 300, 200) == 500 * 1200


def test_a_cumulative_clause_goes_on_from_what_was_earned() -> None:
    document = terms(priced("cumulative"))
    lineage = Lineage(document).amended(change(document, replaced(PRICE, "12.00")))
    outturn = lineage.pay(nights(300, 200))
    assert read_output(outturn, Output("paid", period="p1")) == 300 * 1000
    assert read_output(outturn, Output("paid")) == 300 * 1000 + 200 * 1200
    assert read_output(outturn, Output("nights.earned")) == 300 * 1000 + 200 * 1200


def test_a_cumulative_clause_takes_back_no_more_than_it_paid() -> None:
    content = priced("cumulative")
    content["metrics"]["nights"]["pool"] = "last"
    content["clauses"][0]["on_decrease"] = "recover"
    document = terms(content)
    lineage = Lineage(document).amended(change(document, replaced(PRICE, "100.00")))
    outturn = lineage.pay(nights(300, 0))
    assert read_output(outturn, Output("paid", period="p1")) == 300_000
    assert read_output(outturn, Output("paid")) == 0
    assert read_output(lineage.pay(nights(300, 290)), Output("paid")) == 300_000 - 10 * 10_000


def test_an_amendment_that_changes_no_amount_pays_as_before() -> None:
    for basis in ("period", "cumulative"):
        document = terms(priced(basis))
        lineage = Lineage(document).amended(change(document, replaced("/title", "Nights again")))
        assert lineage.pay(nights(1500, 700)).flows == Lineage(document).pay(nights(1500, 700)).flows


def test_room_under_a_limit_is_kept_across_an_amendment() -> None:
    document = terms(priced())
    lineage = Lineage(document).amended(change(document, replaced("/limits/0/max", "25000.00")))
    assert paid(lineage, 1900, 900) == 2_500_000
    assert paid(Lineage(document), 1900, 900) == 2_000_000
    assert paid(lineage, 2300, 900) == 2_000_000 + 500_000


def test_results_are_paid_by_difference_and_an_amendment_alone_yields_differences() -> None:
    document = terms(priced())
    first = Lineage(document).step(State(), *nights(300), as_of=None)
    assert [row.due for row in first.entitlements] == [300_000]
    back = Lineage(document).amended(change(document, replaced(PRICE, "12.00"), retroactive=True))
    assert [row.due for row in back.step(first.state, as_of=None).entitlements] == [300 * 200]
    onward = Lineage(document).amended(change(document, replaced(PRICE, "12.00")))
    after = onward.step(first.state, *nights(None, 200), as_of=None)
    assert [(row.period, row.due) for row in after.entitlements] == [("p1", 0), ("p2", 240_000)]
    assert [row.trace[-1].value for row in after.entitlements] == ["3000.00 USD", "2400.00 USD"]


def test_a_deemed_outcome_stands_in_for_one_period_only() -> None:
    document = terms(priced())
    deemed = change(
        document,
        replaced("/metrics/nights/on_missing", {"use": "250"}),
        effective_on="2027-06-01",
        reason="the shelter burnt down; 250 nights are deemed",
    )
    middle = amend(document, deemed)
    ended = change(middle, replaced("/metrics/nights/on_missing", None), effective_on="2028-01-01")
    lineage = Lineage(document, (deemed, ended))
    assert paid(lineage, None, 200) == 250_000 + 200_000
    assert paid(lineage, 300, None) == 300_000


def test_an_extended_term_pays_what_is_observed_in_its_new_periods() -> None:
    document = terms(priced())
    longer = change(document, replaced("/calendar/ends_on", "2029-12-31"), replaced(PRICE, "11.00"))
    lineage = Lineage(document).amended(longer)
    assert [name for name, _ in lineage.overlaid.program.periods] == ["p1", "p2", "p3"]
    assert paid(lineage, 300, 200, 100) == 300 * 1000 + 200 * 1100 + 100 * 1100


def test_a_clause_taken_out_keeps_what_it_paid_and_a_new_one_starts_from_its_day() -> None:
    content = priced("cumulative")
    extra = {**content["clauses"][0], "id": "extra"}
    document = terms({**content, "clauses": [*content["clauses"], extra], "limits": []})
    second = {**extra, "id": "later"}
    lineage = Lineage(document).amended(
        change(
            document,
            {"op": "remove", "path": "/clauses/1"},
            {"op": "add", "path": "/clauses/-", "value": second},
        )
    )
    outturn = lineage.pay(nights(300, 200))
    figures = {
        name: read_output(outturn, Output(name)) for name in ("nights", "extra", "later", "paid", "to:home")
    }
    assert figures == {
        "nights": 500_000, "extra": 300_000, "later": 200_000, "paid": 1_000_000, "to:home": 1_000_000
    }  # fmt: skip


def test_accounts_and_growth_go_on_under_new_terms() -> None:
    hurdle = {
        "title": "To be returned", "type": "USD/2", "kind": "memo",
        "opens": {"op": "lit", "value": "1000.00", "type": "USD/2"},
        "grows": {"rate": "0.10", "compounding": "period", "day_count": "30/360"},
    }  # fmt: skip
    content = priced(accounts={"hurdle": hurdle})
    content["clauses"][0]["lowers"] = ["hurdle"]
    content["calendar"] = {
        "starts_on": "2027-01-30", "ends_on": "2029-01-30",
        "periods": [{"id": "p1", "ends_on": "2028-01-30"}, {"id": "p2", "ends_on": "2029-01-30"}],
    }  # fmt: skip
    document = terms(content)
    lineage = Lineage(document).amended(change(document, replaced("/accounts/hurdle/grows/rate", "0.20")))
    outturn = lineage.pay(nights(10, 20))
    assert outturn.balances["hurdle"] == [[100_000 + 10_000 - 10_000], [120_000 - 20_000]]


def test_a_lineage_is_bounded_over_what_was_and_what_is() -> None:
    document = terms(priced())
    lineage = Lineage(document).amended(change(document, replaced(PRICE, "12.00")))
    assert lineage.prove().maximum == 2_000_000
    raised = Lineage(document).amended(change(document, replaced("/limits/0/max", "25000.00")))
    assert raised.prove().maximum == 2_500_000
    lowered = Lineage(document).amended(change(document, replaced("/limits/0/max", "100.00")))
    assert lowered.prove().maximum == 2_000_000 == paid(lowered, 2500, 0)
    bare = terms(priced(limits=[]))
    free = Lineage(bare).amended(change(bare, replaced(PRICE, "12.00")))
    assert free.prove().maximum == 9000 * 1000 + 9000 * 1200 == paid(free, 9000, 9000)
    assert free.prove().label == "safe"
    running = terms(priced("cumulative", limits=[]))
    later = Lineage(running).amended(change(running, replaced(PRICE, "12.00")))
    assert later.prove().maximum >= 9000 * 1200 == paid(later, 0, 9000)


def test_a_limit_that_came_later_does_not_bound_what_was_paid_before() -> None:
    document = terms(priced(limits=[]))
    limit = {"id": "late", "of": ["*"], "max": "1.00"}
    lineage = Lineage(document).amended(change(document, {"op": "add", "path": "/limits/-", "value": limit}))
    assert paid(lineage, 9000, 9000) == 9_000_000 + 100
    assert lineage.prove().maximum >= 9_000_000 + 100


def test_the_terms_of_a_day_are_those_in_force_on_it() -> None:
    document = terms(priced())
    lineage = Lineage(document).amended(change(document, replaced(PRICE, "12.00")))
    assert lineage.term_at(date(2028, 1, 31)) == document
    assert lineage.term_at(date(2028, 2, 1)) == lineage.newest != document
    assert lineage.newest.digest() != document.digest()


def test_a_change_is_told_in_words() -> None:
    document = terms(priced())
    amendment = change(
        document,
        replaced(PRICE, "12.00"),
        {"op": "remove", "path": "/limits/0"},
        {"op": "add", "path": "/parties/lab", "value": {"role": "evaluator"}},
    )
    assert changes_in_words(document, amendment) == (
        'party lab is new: {"name":"","role":"evaluator"}',
        "clause nights, amount, by 1, value: 10.00 becomes 12.00",
        (
            'limit most is gone: {"cut":"in_order","each":[],"id":"most","max":"20000.00","of":["*"],'
            '"source":null,"title":"","unit":""}'
        ),
    )


def test_legs_and_orders_are_told_in_words() -> None:
    content = priced(splits={"both": {"legs": [{"party": "city", "weight": "1"}]}})
    content["clauses"][0]["from"] = "both"
    content["clauses"].append({**content["clauses"][0], "id": "extra"})
    document = terms(content)
    legs = [{"party": "city", "weight": "2"}]
    turned = [document.model_dump(mode="json", by_alias=True)["clauses"][at] for at in (1, 0)]
    amendment = change(document, replaced("/splits/both/legs", legs), replaced("/clauses", turned))
    assert changes_in_words(document, amendment) == (
        "split both, legs 1, weight: 1 becomes 2",
        "clauses stand in another order: extra, nights",
    )


def test_a_simulated_lineage_is_paid_as_each_path_would_be() -> None:
    document = terms(priced("cumulative"))
    bands = {
        "op": "bands", "of": {"op": "obs", "metric": "nights", "window": "to_date"}, "as": "USD/2",
        "edges": [{"at": "400", "owner": "above"}],
        "rows": [{"base": "0", "slope": "10"}, {"base": "4000", "slope": "7.505", "origin": "400"}],
    }  # fmt: skip
    first = change(document, replaced("/clauses/0/amount", bands), effective_on="2027-01-02")
    changed = amend(document, first)
    second = change(changed, replaced("/clauses/0/amount/rows/1/slope", "3.33"))
    lineage = Lineage(document, (first, second))
    counts = np.array([[0, 300, 450, 399, 2000], [0, 101, 30, 2, 7000]])
    simulated = simulate.run(
        lineage.overlaid.program,
        simulate.Given({"nights": counts[:, None, :]}),
        paths=5,
        wanted=[Output("paid")],
        overlays=lineage.overlaid.overlays,
    )[Output("paid")]
    assert simulated.tolist() == [paid(lineage, *map(int, pair)) for pair in counts.T]
    assert simulated[1] == 300 * 1000 + 100 * 1000 + 333
    assert simulated[2] == 400 * 1000 + 37525 + 30 * 333


def test_names_with_slashes_are_reached_by_escapes() -> None:
    content = priced()
    content["parties"]["a/b"] = {"role": "funder"}
    document = terms(content)
    assert (
        amend(document, change(document, replaced("/parties/a~1b/name", "Bay"))).parties["a/b"].name == "Bay"
    )


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (replaced("/clauses/1/id", "x"), "/changes/0/path: there is no /clauses/1 in the document"),
        (
            replaced("/clauses/0/price", "x"),
            "there is no /clauses/0/price in the document: nothing to replace",
        ),
        ({"op": "remove", "path": "/params/x"}, "there is no /params/x in the document: nothing to remove"),
        ({"op": "add", "path": "/clauses/2", "value": {}}, "'2' is no place in a list of 1"),
        ({"op": "add", "path": "/clauses/01", "value": {}}, "'01' is no place in a list of 1"),
        ({"op": "add", "path": "/title/x", "value": "y"}, "/title/x lies inside a plain value"),
        (replaced("/schema", "almoner.term/2"), "its schema stay as they are"),
        (replaced("", {}), "the document as a whole"),
        (replaced("/rounding", "up"), "/rounding: write one of: floor"),
        (replaced(PRICE, 12), "/value: text in quotes is needed here"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_its_path(step: Content, told: str) -> None:
    document = terms(priced())
    with pytest.raises(TermError) as caught:
        amend(document, change(document, step))
    assert told in caught.value.message


def test_every_fault_is_listed() -> None:
    document = terms(priced())
    with pytest.raises(TermError) as caught:
        amend(document, change(document, replaced("/a", "1"), replaced("/b", "1")))
    assert "has 2 faults: /changes/0/path: there is no /a" in caught.value.message
    assert "/changes/1/path: there is no /b" in caught.value.message


@pytest.mark.parametrize(
    "fault",
    [
        {"changes": []},
        {"effective_on": "2028-02-31"},
        {"changes": [{"op": "move", "path": "/a", "from": "/b"}]},
        {"changes": [{"op": "replace", "path": "a", "value": "1"}]},
        {"changes": [{"op": "replace", "path": "/a"}]},
        {"schema": "almoner.amendment/2"},
        {"approved": True},
    ],
)
def test_a_malformed_amendment_is_refused(fault: Content) -> None:
    document = terms(priced())
    with pytest.raises(TermError):
        change(document, *[replaced(PRICE, "12.00")], **fault) if "changes" not in fault else Amendment.read(
            canonical_bytes(
                {"schema": "almoner.amendment/1", "of": document.digest(), "effective_on": "2028-02-01",
                 "reason": "x", **fault}
            )
        )  # fmt: skip


def test_an_amendment_of_another_document_is_refused() -> None:
    document = terms(priced())
    other = terms(priced(title="Other nights"))
    with pytest.raises(TermError, match="Write it against the document as it stands now"):
        amend(other, change(document, replaced(PRICE, "12.00")))
    first = change(document, replaced(PRICE, "12.00"))
    with pytest.raises(TermError, match="as it stands now"):
        Lineage(document, (first, first))


def test_amendments_follow_each_other_in_time_and_take_effect_inside_the_term() -> None:
    document = terms(priced())
    first = change(document, replaced(PRICE, "12.00"))
    early = change(amend(document, first), replaced(PRICE, "13.00"), effective_on="2028-01-01")
    with pytest.raises(TermError, match="one after the other"):
        Lineage(document, (first, early))
    with pytest.raises(TermError, match="it would change nothing"):
        Lineage(document, (change(document, replaced(PRICE, "12.00"), effective_on="2030-01-01"),))


def test_a_passed_period_cannot_be_moved_nor_a_name_change_its_meaning() -> None:
    document = terms(priced())
    half = change(document, replaced("/calendar/periods", {"every": "P6M"}))
    with pytest.raises(TermError, match="has passed: only later periods can change"):
        _ = Lineage(document).amended(half).overlaid
    other = change(document, replaced("/metrics/nights/pool", "last"))
    with pytest.raises(TermError, match="/metrics/nights: was night/0 per period, sum and would be"):
        _ = Lineage(document).amended(other).overlaid


def test_a_retroactive_change_that_builds_on_a_later_one_is_refused() -> None:
    document = terms(priced())
    extra = {**priced()["clauses"][0], "id": "extra"}
    first = change(document, {"op": "add", "path": "/clauses/-", "value": extra})
    second = change(
        amend(document, first), replaced("/clauses/1/amount/by/0/value", "1.00"), retroactive=True
    )  # fmt: skip
    with pytest.raises(TermError, match="Amendment 2 is retroactive but builds on one that is not"):
        _ = Lineage(document, (first, second)).overlaid


def test_a_retroactive_change_leaves_an_earlier_one_where_it_was() -> None:
    document = terms(priced())
    first = change(document, replaced(PRICE, "12.00"))
    second = change(amend(document, first), replaced("/limits/0/max", "9000.00"), retroactive=True)
    assert paid(Lineage(document, (first, second)), 300, 200) == 300_000 + 240_000
    assert paid(Lineage(document, (first, second)), 600, 400) == 600_000 + 300_000
