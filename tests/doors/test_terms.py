import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from tests.doors.deals import terms_of
from tests.doors.people import Asker

from almoner.api.records.tables import COMMAND
from almoner.finance.storage import Engine, Session

Ask = Callable[..., Asker]
CASE = {"id": "year", "results": [{"metric": "nights", "value": "100"}]}
OUTCOMES = {
    "schema": "almoner.outcomes/1",
    "title": "Nights, as expected",
    "models": {"nights": {"law": {"kind": "normal", "mean": "1200", "sd": "300"}}},
}

DAYS = {"starts_on": "2026-01-01", "periods": {"every": "P1D"}}


def test_anybody_reads_terms_five_ways_and_nothing_is_stored(ask: Ask, engine: Engine) -> None:
    public, terms = ask(), {"terms": terms_of()}
    assert public.made("/terms/readings/lint", terms)["sound"] is True
    bounds = public.made("/terms/readings/bounds", terms)
    assert bounds["amounts"] == [{"unit": "USD", "most": "30000.00", "guaranteed": "0.00"}]
    assert bounds["payers"] == [{"payer": "city", "unit": "USD", "most": "30000.00"}]
    wording = public.made("/terms/readings/wording", terms | {"form": "html"})["wording"]
    assert "15.12 USD for each night" in wording
    paid = public.made("/terms/readings/pay", terms | {"case": CASE})
    assert paid["moved"] == [{"payer": "city", "payee": "home", "unit": "USD", "amount": "1512.00"}]
    reasons = public.made("/terms/readings/explain", terms | {"case": CASE})["reasons"]
    assert "1,512.00" in json.dumps(reasons)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(COMMAND)) == 0


def test_a_simulation_gives_the_same_bytes_and_more_paths_take_a_sign_in(ask: Ask) -> None:
    asked = {"terms": terms_of(), "outcomes": OUTCOMES, "paths": 200, "seed": 7}
    first, again = (ask().post("/terms/simulations", asked) for _ in range(2))
    assert first.content == again.content
    assert first.json()["maxima"] == {"USD": "30000.00"}
    refused = ask().post("/terms/simulations", asked | {"paths": 1001})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/paths")
    assert ask("nora").made("/terms/simulations", asked | {"paths": 1001})["paths"] == 1001
    daily = terms_of(calendar=DAYS | {"ends_on": "2028-06-30"})
    large = ask("nora").post("/terms/simulations", asked | {"terms": daily, "paths": 20_000})
    assert (large.status_code, large.json()["errors"][0]["code"]) == (422, "too_large")


@pytest.mark.parametrize(
    ("terms", "status", "code"),
    [
        (terms_of(rounding="nearest"), 422, "request.invalid"),
        (terms_of(limits=[{"id": "most", "of": ["none"], "max": "1.00"}]), 422, "terms.invalid"),
        (terms_of(calendar={"starts_on": "2026-02-30", "ends_on": "2026-12-31"}), 422, "terms.invalid"),
        (terms_of(summary="a\x00b"), 400, "request.malformed"),
        (terms_of(summary="x" * 40_000), 413, "request.too_large"),
        (terms_of(calendar=DAYS | {"ends_on": "2999-12-31"}), 422, "request.invalid"),
        (terms_of(calendar=DAYS | {"ends_on": "2035-12-31"}), 422, "request.invalid"),
    ],
)
def test_terms_with_faults_are_refused(ask: Ask, terms: object, status: int, code: str) -> None:
    refused = ask().post("/terms/readings/bounds", {"terms": terms})
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
