"""A forecast as a chart: the same figures, drawn and as a table."""

import json
import xml.etree.ElementTree as ET

import pytest

from almoner.api.charts import draw_forecast
from almoner.contracts.forecast import forecast
from almoner.contracts.outcomes.document import OutcomesDocument
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import EXAMPLE, TermDocument

MODELS = {"nights": {"law": {"kind": "normal", "mean": "30000", "sd": "4000"}}}
OUTCOMES = {"schema": "almoner.outcomes/1", "title": "Nights", "models": MODELS}


def test_a_forecast_is_drawn_with_the_figures_it_states() -> None:
    program = compile_terms(TermDocument.read(EXAMPLE))
    made = forecast(program, OutcomesDocument.read(json.dumps(OUTCOMES)), paths=5000, seed=3)
    chart = draw_forecast("Nights", made, "USD")
    figures = made.spread("paid").figures
    quantiles = [figures[name] for name in ("p5", "p25", "p50", "p75", "p95", "most")]
    assert [cell.replace(",", "") for cell in chart.rows[0][1:7]] == quantiles
    assert chart.rows[1][0] == "city 2027"
    assert chart.rows[1][1:] == chart.rows[0][1:]
    assert len(chart.rows) == 2 + len(made.histogram)
    assert chart.caption == ("Payments in USD on 5,000 simulated paths, never more than 500,000.00.")
    shown = "".join(ET.fromstring(chart.svg).itertext())  # noqa: S314  # our own bytes
    assert all(cell in shown for row in chart.rows for cell in row if row[0] != "paths")
    assert draw_forecast("Nights", made, "USD").svg == chart.svg
    with pytest.raises(KeyError, match="0 spreads are called 'paid'"):
        draw_forecast("Nights", made, "EUR")
