import json
from collections.abc import Callable

from tests.doors.deals import NIGHTS, agreed
from tests.doors.people import Asker, grants_of, identify_by_name
from tests.doors.test_terms import CASE, OUTCOMES

from almoner.api import create_app
from almoner.contracts.measurement.definitions import COHORT_EXAMPLE, METRIC_EXAMPLE
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

Ask = Callable[..., Asker]
METRIC = json.loads(METRIC_EXAMPLE)
COHORT = json.loads(COHORT_EXAMPLE)


def test_a_metric_is_defined_in_versions(ask: Ask) -> None:
    mira = ask("mira")
    first, again = (mira.made("/books/main/metrics", METRIC) for _ in range(2))
    assert first == again
    changed = mira.made("/books/main/metrics", METRIC | {"method": "counted by hand"})
    assert (first["version"], changed["version"]) == (1, 2)
    code = METRIC["code"]
    assert ask("eva").seen(f"/books/main/metrics/{code}")["version"] == 2
    assert ask("eva").seen(f"/books/main/metrics/{code}?version=1")["definition"]["code"] == code
    assert ask("eva").get(f"/books/main/metrics/{code}?version=3").status_code == 404
    page = ask("hana").seen("/books/main/metrics?limit=1")
    rest = ask("hana").seen(f"/books/main/metrics?limit=1&cursor={page['next']}")
    assert [one["name"] for one in page["items"] + rest["items"]] == [f"{code}/1", f"{code}/2"]


def test_a_cohort_is_defined_by_who_may_and_with_a_code_that_fits_an_address(ask: Ask) -> None:
    assert ask("hana").post("/books/main/cohorts", COHORT).status_code == 403
    slashed = ask("mira").post("/books/main/cohorts", COHORT | {"code": "a/b"})
    assert (slashed.status_code, slashed.json()["code"]) == (422, "document.invalid")
    made = ask("mira").made("/books/main/cohorts", COHORT)
    assert ask("ivo").seen(f"/books/main/cohorts/{COHORT['code']}") == made
    assert ask("ivo").seen("/books/main/cohorts")["items"][0]["size"] == COHORT["size"]


def test_an_agreement_is_tried_on_observations_and_stands_in_the_portfolio(
    ask: Ask, engine: Engine, clock: Clock
) -> None:
    agreed(ask)
    paid = ask("hana").made(f"{NIGHTS}/readings/pay", {"case": CASE})
    assert paid["moved"][0]["amount"] == "1512.00"
    assert ask("hana").seen(f"{NIGHTS}/readings/lint")["sound"] is True
    asked = {"outcomes": OUTCOMES, "paths": 100, "seed": 7}
    assert ask("ivo").made(f"{NIGHTS}/simulations", asked)["maxima"] == {"USD": "30000.00"}
    line = ask("fiona").seen("/books/main/portfolio?fund=water")["items"][0]
    assert (line["agreement"], line["liability"], line["earned"]) == ("nights", "30000.00", "0.00")
    asked = {"outcomes": {"nights": OUTCOMES}, "paths": 100, "seed": 7}
    forecast = ask("fiona").made("/books/main/portfolio/forecasts", asked)["items"]
    assert any(one["forecast_p95"] for one in forecast)
    people = {"felix": grants_of(("funder", "foundation", "agreement/other"))}
    app = create_app(engine=engine, identify=identify_by_name(clock, people), clock=clock)
    felix = Asker(app, "felix")
    assert felix.seen("/books/main/portfolio")["items"] == []
    refused = felix.post("/books/main/portfolio/forecasts", asked)
    assert refused.status_code == 404
    assert "nights" not in refused.json()["detail"].replace("for nights", "")
    assert felix.seen("/books/main/agreements")["items"] == []
    assert felix.get(NIGHTS).status_code == 404
