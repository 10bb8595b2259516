"""The benchmark of the API: how it counts, and a tiny run in which cut replies pay nothing twice."""

from pathlib import Path

import pytest
from benchmarks.api import GOAL, faults, fill, measure, served, statements, summary
from benchmarks.load import percentile


def test_percentiles_are_by_the_nearest_rank_in_milliseconds() -> None:
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert percentile(seconds, 0.5) == pytest.approx(51)
    assert percentile(seconds, 0.99) == pytest.approx(100)
    assert percentile([0.004], 0.99) == pytest.approx(4)
    assert percentile([], 0.5) == 0


def measured(ratio: float, **faulty: object) -> dict[str, object]:
    one = {"ratio_p50": 1.0, "ratio_p99": ratio}
    kept = {"errors": 0, "double_payouts": 0, "ledger_verified": True} | faulty
    return {"read": one, "write": one, "faults": kept}


def test_a_summary_is_met_only_when_it_is_fast_and_nothing_was_paid_twice() -> None:
    good = summary({"postgresql": measured(1.4), "sqlite": measured(1.2)})
    assert good["read_ratio"] == {"p50": 1.0, "p99": 1.4, "goal": GOAL}
    assert good["met"]
    for bad in ({"errors": 1}, {"double_payouts": 1}, {"double_payouts": -1}, {"ledger_verified": False}):
        assert not summary({"postgresql": measured(1.4), "sqlite": measured(1.2, **bad)})["met"]
    assert not summary({"postgresql": measured(GOAL + 0.01)})["met"]


@pytest.mark.campaign
def test_clients_whose_replies_are_cut_pay_once_for_each_key(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'api.db'}"
    fill(url)
    with served(url) as port:
        kept = faults(port, url, 6, 3)
        shown = measure(port, 2, 1, 0.3)
        counted = statements(port)
    assert (kept["keys"], kept["payouts"], kept["double_payouts"], kept["errors"]) == (18, 18, 0, 0)
    assert kept["cut"] > 0
    assert kept["answers"]["201"] == 18
    assert kept["ledger_verified"]
    for kind in ("read", "write"):
        (one,) = shown[kind]["rounds"]
        assert one["ours"]["requests"] > 0
        assert one["bare"]["requests"] > 0
        assert shown[kind]["ratio_p50"] > 0
    assert 0 < counted["read"] <= counted["write"]
