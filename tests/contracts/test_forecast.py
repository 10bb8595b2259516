"""Forecasts against enumeration by hand, and against closed forms."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from almoner.contracts.forecast import Forecast, Frequency, forecast
from almoner.contracts.forecast.report import amount_figures, bins_of, exact_sum, rate_figures
from almoner.contracts.forecast.tally import most_outlay
from almoner.contracts.outcomes.document import OutcomesDocument
from almoner.contracts.outcomes.source import OutcomeSource
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.simulate import BLOCK
from almoner.finance.errors import OutcomesInvalid

Content = dict[str, Any]
PEOPLE = {"title": "People housed", "type": "person/0", "domain": ["0", "3"], "method": "register"}
OBSERVED = {"op": "obs", "metric": "people"}


def terms(**more: object) -> Program:
    """15.12 USD for each of at most three people, at most 30.00 USD."""
    price = {"op": "lit", "value": "15.12", "type": "USD/2 per person/0"}
    content = {
        "schema": "almoner.term/1",
        "title": "Three people",
        "rounding": "half_even",
        "parties": {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"}},
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
        "metrics": {"people": PEOPLE},
        "clauses": [
            {
                "op": "pay",
                "id": "housed",
                "from": "city",
                "to": "home",
                "basis": "cumulative",
                "amount": {"op": "scale", "of": OBSERVED, "by": [price], "as": "USD/2"},
            }
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "30.00"}],
    }
    return compile_terms(TermDocument.read(json.dumps(content | more)))


def outcomes(models: Content, **more: object) -> OutcomesDocument:
    content = {"schema": "almoner.outcomes/1", "title": "Test", "models": models}
    return OutcomesDocument.read(json.dumps(content | more))


THREE = {"people": {"law": {"kind": "binomial", "n": "3", "p": "0.4"}}}
PATHS = 2 * BLOCK + 1000


@pytest.fixture(scope="module")
def three() -> Forecast:
    return forecast(terms(), outcomes(THREE), paths=PATHS, seed=17)


def found(of: Forecast, what: str, name: str) -> Frequency:
    return next(one for one in of.frequencies if (one.what, one.name) == (what, name))


def test_quantiles_are_those_enumerated_by_hand(three: Forecast) -> None:
    # 0, 1, 2, 3 people: chances 0.216, 0.432, 0.288, 0.064; paid 0.00, 15.12, 30.00, 30.00
    figures = three.spread("pays", party="city").figures
    assert [
        figures[name] for name in ("least", "p5", "p25", "p50", "p75", "p95", "p99", "p99.9", "most")
    ] == [*("0.00", "0.00", "15.12", "15.12", "30.00", "30.00", "30.00", "30.00", "30.00")]
    assert figures["cvar95"] == "30.0000"
    mean = 0.432 * 15.12 + 0.352 * 30
    sd = (0.432 * 15.12**2 + 0.352 * 900 - mean**2) ** 0.5
    assert abs(float(figures["mean"]) - mean) < 4 * sd / PATHS**0.5


def test_shares_and_prices_are_exactly_those_of_the_draws(three: Forecast) -> None:
    source = OutcomeSource(terms(), outcomes(THREE), seed=17)
    sizes = [BLOCK, BLOCK, 1000]
    people = np.concatenate([source.block(at, size)["people"][0, 0] for at, size in enumerate(sizes)])
    ones, twos, threes = (int((people == count).sum()) for count in (1, 2, 3))
    assert abs(twos + threes - 0.352 * PATHS) < 4 * (0.352 * 0.648 * PATHS) ** 0.5
    cut, over = Decimal(24 * twos + 1536 * threes) / 100, Decimal(twos + threes)
    limit, clause = found(three, "limit cuts", "most"), found(three, "clause pays", "housed")
    assert limit.share == str(round(over / PATHS, 6))
    assert limit.mean == str(round(cut / PATHS, 4))
    assert limit.mean_then == str(round(cut / over, 4))
    assert clause.share == str(round(Decimal(ones + twos + threes) / PATHS, 6))
    assert clause.mean == three.spread("paid").figures["mean"]
    assert found(three, "maximum reached", "USD").share == limit.share
    assert three.maxima == {"USD": "30.00"}
    assert three.clips == {"people": "0.000000"}


def test_all_views_of_one_payment_agree(three: Forecast) -> None:
    paid = three.spread("paid").figures
    assert three.spread("pays", party="city", when="2027").figures == paid
    received = three.spread("receives", party="home").figures
    assert {name: received[name] for name in paid if name != "cvar95"} == {
        name: paid[name] for name in paid if name != "cvar95"
    }
    assert received["cvar95"] == "0.0000"  # the worst for whom it is income
    assert sum(Decimal(one.share) for one in three.histogram) == pytest.approx(
        Decimal(1), abs=Decimal("1e-5")
    )
    with pytest.raises(KeyError, match="0 spreads are called"):
        three.spread("paid", when="2026")


def test_the_same_seed_gives_the_same_bytes_and_every_block_is_told(three: Forecast) -> None:
    told: list[int] = []
    again = forecast(terms(), outcomes(THREE), paths=PATHS, seed=17, progress=told.append)
    assert again.to_json() == three.to_json()
    assert told == [BLOCK, 2 * BLOCK, PATHS]
    other = forecast(terms(), outcomes(THREE), paths=PATHS, seed=18)
    assert other.to_json() != three.to_json()
    content = json.loads(three.to_json())
    assert content["schema"] == "almoner.forecast/1"
    assert content["paths"] == str(PATHS)


def test_the_table_has_exact_decimals(three: Forecast) -> None:
    table = three.to_frame()
    row = table[(table["what"] == "pays") & (table["when"] == "")].iloc[0]
    assert (row["party"], row["unit"], row["p75"]) == ("city", "USD", Decimal("30.00"))
    assert len(table) == len(three.spreads)


LOAN_TERMS = {
    "parties": {"bank": {"role": "investor"}, "city": {"role": "outcome_payer"}},
    "calendar": {
        "starts_on": "2027-01-01",
        "ends_on": "2029-12-31",
        "periods": [
            {"id": "y1", "ends_on": "2028-01-01"},
            {"id": "y2", "ends_on": "2028-12-31"},
            {"id": "y3", "ends_on": "2029-12-31"},
        ],
    },
    "metrics": {"people": PEOPLE | {"per": ["period"], "domain": ["0", "30"]}},
}


def repaid() -> Program:
    """10.00 USD for each of the people in each of three years, to a bank."""
    price = {"op": "lit", "value": "10.00", "type": "USD/2 per person/0"}
    clause = {
        "op": "pay",
        "id": "housed",
        "from": "city",
        "to": "bank",
        "basis": "period",
        "amount": {"op": "scale", "of": OBSERVED, "by": [price], "as": "USD/2"},
    }
    return terms(**LOAN_TERMS, clauses=[clause], limits=[])


def fixed(*values: str) -> Content:
    cells = [
        {"period": f"y{at}", "law": {"kind": "fixed", "value": value}} for at, value in enumerate(values, 1)
    ]
    return {"people": {"law": {"kind": "fixed", "value": "0"}, "cells": cells}}


def test_an_investment_returns_its_closed_form() -> None:
    costs = {"bank": {"type": "USD/2", "amounts": {"y1": "100.00"}}}
    document = outcomes(fixed("0", "0", "30"), costs=costs, discount_rate="0.1")
    made = forecast(repaid(), document, paths=10, seed=0)
    rate = float(made.spread("rate of return", party="bank").figures["p50"])
    assert rate == pytest.approx(3 ** (365 / 1096) - 1, abs=1e-6)  # days from the eve of the term
    worth = float(made.spread("present value", party="bank").figures["mean"])
    assert worth == pytest.approx(-100 + 300 / 1.1 ** (1096 / 365), abs=0.005)
    assert made.spread("multiple", party="bank").figures["mean"] == "3.000000"
    assert made.spread("net", party="bank").figures["p50"] == "200.00"
    assert [made.spread("net", party="bank", when=name).figures["p50"] for name in ("y1", "y3")] == [
        *("-100.00", "300.00")
    ]
    assert made.spread("working capital", party="bank").figures["p50"] == "100.00"
    assert found(made, "loss", "bank").share == "0.000000"
    assert found(made, "one rate of return", "bank").share == "1.000000"
    assert made.spread("pays", party="city", when="2029").figures["mean"] == "300.0000"


def test_losses_and_missing_rates_are_counted() -> None:
    costs = {"bank": {"type": "USD/2", "amounts": {"y1": "100.00", "y2": "20.00"}}}
    law = {"kind": "empirical", "values": ["0", "30"], "weights": ["1", "3"]}
    cells = [{"period": "y3", "law": law}]
    model = {"people": {"law": {"kind": "fixed", "value": "0"}, "cells": cells}}
    made = forecast(repaid(), outcomes(model, costs=costs), paths=4000, seed=3)
    lost = float(found(made, "loss", "bank").share)
    assert lost == pytest.approx(0.25, abs=0.03)
    assert found(made, "loss", "bank").mean_then == "120.0000"
    assert float(found(made, "one rate of return", "bank").share) == pytest.approx(1 - lost, abs=1e-6)
    assert made.spread("rate of return", party="bank").paths == round(4000 * (1 - lost))
    assert made.spread("multiple", party="bank").figures["least"] == "0.000000"
    assert made.spread("working capital", party="bank").figures["most"] == "120.00"


def test_working_capital_is_the_largest_outlay_before_receipts() -> None:
    spent = np.array([[50, 50, 50], [10, 0, 0], [0, 0, 0]])
    received = np.array([[0, 80, 70], [90, 0, 0], [5, 5, 5]])
    assert most_outlay(spent, received).tolist() == [100, 10, 0]


def test_bands_are_counted_by_the_numbers_that_fall_into_them() -> None:
    bands = {
        "op": "bands",
        "of": OBSERVED,
        "as": "USD/2",
        "edges": [{"at": "1", "owner": "below"}, {"at": "3", "owner": "above"}],
        "rows": [{"base": "0"}, {"base": "20.00"}, {"base": "50.00"}],
    }
    clause = {"op": "pay", "id": "tier", "from": "city", "to": "home", "basis": "once", "amount": bands}
    made = forecast(terms(clauses=[clause], limits=[]), outcomes(THREE), paths=PATHS, seed=17)
    shares = {one.name[-1]: float(one.share) for one in made.frequencies if one.what == "band"}
    assert shares == pytest.approx({"1": 0.648, "2": 0.288, "3": 0.064}, abs=0.008)
    assert found(made, "clause pays", "tier").share == str(
        Decimal(found(made, "band", "/clauses/0/amount row 2").share)
        + Decimal(found(made, "band", "/clauses/0/amount row 3").share)
    )


def test_what_is_never_paid_is_said_to_be_nothing() -> None:
    made = forecast(repaid(), outcomes(fixed("0", "0", "0")), paths=5, seed=0)
    assert set(made.spread("paid").figures.values()) == {"0.00", "0.0000"}
    assert made.spread("rate of return", party="bank").figures == {}
    assert made.to_frame()["mean"].isna().sum() == 2
    assert [(one.low, one.high, one.share) for one in made.histogram] == [("0.00", "0.00", "1.000000")]


def test_what_is_paid_by_error_is_the_difference_on_the_same_paths() -> None:
    model = {"people": {"law": {"kind": "fixed", "value": "1"}, "noise": "0.5"}}
    made = forecast(terms(), outcomes(model), paths=20_000, seed=4)
    error = made.spread("paid by error")
    source = OutcomeSource(terms(), outcomes(model), seed=4)
    people = source.block(0, 20_000)["people"][0, 0]
    assert set(people.tolist()) == {0, 1, 2, 3}
    paid = np.array([0, 1512, 3000, 3000])[people]
    assert error.figures == amount_figures(paid - 1512, 2)
    assert "paid by error" not in {
        one.what for one in forecast(terms(), outcomes(THREE), paths=9, seed=4).spreads
    }


def test_reading_outcomes_and_asking_for_a_forecast_load_no_heavy_package() -> None:
    for module in ("outcomes.document", "forecast"):
        heavy = "{'scipy', 'numpy', 'pandas'}"
        script = f"import sys, almoner.contracts.{module}; print({heavy} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "set()"


def test_quantiles_are_values_that_occur() -> None:
    values = np.arange(1, 1001)[::-1]
    figures = amount_figures(values, 0)
    assert [figures[name] for name in ("p5", "p50", "p95", "p99", "p99.9", "most")] == [
        *("50", "500", "950", "990", "999", "1000")
    ]
    assert figures["mean"] == "500.50"
    assert figures["cvar95"] == "975.50"
    assert amount_figures(values, 0, is_gain=True)["cvar95"] == "25.50"
    assert rate_figures(np.array([])) == {}
    assert rate_figures(np.array([-0.1, 0.3]))["p50"] == "-0.100000"


def test_sums_and_spans_are_exact_at_any_size() -> None:
    values = np.array([2**62 - 1, 2**62 - 3, -(2**61), -1])
    assert exact_sum(values) == 2**63 - 2**61 - 5
    spans = bins_of(np.array([-100, 0, 3, 2**61]), "USD", 2)
    assert (spans[0].low, spans[-1].high) == ("-1.00", "23058430092136939.52")
    assert sum(Decimal(one.share) for one in spans) == 1


def first_document(name: str) -> str:
    text = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    return text.partition("```json\n")[2].partition("```")[0]


def test_the_documented_example_gives_the_documented_figures() -> None:
    program = compile_terms(TermDocument.read(first_document("terms.md")))
    document = OutcomesDocument.read(first_document("outcomes.md"))
    made = forecast(program, document, paths=100_000, seed=7)
    figures, limit, loss = (
        made.spread("pays", party="city").figures,
        found(made, "limit cuts", "most"),
        found(made, "loss", "home"),
    )
    told = [figures["mean"], figures["p5"], figures["p75"], limit.mean, limit.mean_then, loss.mean_then]
    assert [float(one) for one in told] == pytest.approx(
        [445_182, 352_734, 493_396, 6_964, 32_151, 29_484], rel=2e-4
    )
    assert [float(limit.share), float(loss.share)] == pytest.approx([0.217, 0.115], abs=6e-4)


def test_a_forecast_has_an_end_and_needs_outcomes_that_fit() -> None:
    for paths in (0, 10**8 + 1):
        with pytest.raises(ValueError, match="a forecast has 1 to 100000000 paths"):
            forecast(terms(), outcomes(THREE), paths=paths, seed=0)
    with pytest.raises(OutcomesInvalid, match="metric people of the terms has no model"):
        forecast(terms(), outcomes({}), paths=1, seed=0)
    wrong = outcomes(THREE, costs={"nobody": {"type": "EUR/2", "amounts": {"p9": "1.005"}}})
    with pytest.raises(OutcomesInvalid) as caught:
        forecast(terms(), wrong, paths=1, seed=0)
    for place in ("/costs/nobody:", "/costs/nobody/type", "/costs/nobody/amounts/p9"):
        assert place in str(caught.value)
