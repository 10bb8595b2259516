"""Fragments add up, clashes are named, and every builder stands in the table of mechanisms."""

import subprocess
import sys
from dataclasses import replace

import pytest

from almoner.contracts.mechanisms import (
    Fragment,
    Route,
    calendar,
    choice,
    figure,
    fixed,
    in_short,
    join,
    leg,
    limit,
    lit,
    memo,
    metric,
    named,
    note,
    obs,
    param,
    pay,
    scale,
    sourced,
    split,
    terms,
    total,
)
from almoner.finance.errors import TermError

ROUTE = Route(payer="city", payee="home", money="USD/2", basis="once")


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        (fixed("bid", "1", "ratio/0"), fixed("bid", "2", "ratio/0"), "params/bid"),
        (pay("due", lit("1", "USD/2"), ROUTE), pay("due", lit("2", "USD/2"), ROUTE), "clauses/due"),
        (limit("most", "1"), limit("most", "2"), "limits/most"),
        (split("s", [leg("a")]), split("s", [leg("b")]), "splits/s"),
        (memo("h", "USD/2"), memo("h", "EUR/2"), "accounts/h"),
        (
            named("due", lit("1", "USD/2")),
            pay("due", lit("1", "USD/2"), ROUTE),
            "due names a figure and a clause",
        ),
    ],
)
def test_a_clash_is_an_error_that_says_the_name(one: Fragment, two: Fragment, told: str) -> None:
    with pytest.raises(TermError, match=told):
        _ = one + two


def test_equal_parts_stand_once_and_order_is_kept() -> None:
    first, second = pay("b", lit("1", "USD/2"), ROUTE), pay("a", lit("1", "USD/2"), ROUTE)
    whole = first + second + first
    assert [clause["id"] for clause in whole.clauses] == ["b", "a"]
    assert join([]) == Fragment()
    assert (first + second) + whole == join([first, second, whole])


def test_terms_keep_the_rules_of_the_format() -> None:
    with pytest.raises(TermError, match="/title"):
        terms(
            title="",
            parties={"a": "b"},
            calendar=calendar("2027-01-01", "2027-12-31"),
            rounding="floor",
            parts=[],
        )


def test_a_party_can_have_a_name_and_a_calendar_named_periods() -> None:
    made = terms(
        title="T",
        summary="S",
        parties={"city": {"role": "outcome_payer", "name": "City of Ash"}},
        calendar=calendar("2027-01-01", "2027-12-31", [("spring", "2027-05-31"), ("rest", "2027-12-31")]),
        rounding="floor",
        parts=[],
    )
    assert made.parties["city"].name == "City of Ash"
    assert made.model_dump()["calendar"]["periods"][0]["id"] == "spring"


def test_every_part_of_a_fragment_can_say_where_it_stands() -> None:
    whole = (
        metric("nights", unit="night/0", most="9")
        + fixed("price", "15.12", "USD/2 per night/0")
        + named("due", scale(obs("nights"), param("price"), into="USD/2"))
        + memo("kept", "USD/2")
        + split("payers", [leg("city")])
        + pay("stay", figure("due"), replace(ROUTE, payer="payers", raises=("kept",)))
        + sourced(limit("most", "9"), document="Annex", clause="3")
    )
    marked = sourced(whole, document="Contract", clause="2", quote="a" * 64)
    made = terms(
        title="T",
        parties={"city": "outcome_payer", "home": "service_provider"},
        calendar=calendar("2027-01-01", "2027-12-31"),
        rounding="floor",
        parts=[marked],
    )
    found = [made.metrics["nights"].source, made.params["price"].source, made.figures["due"].source]
    found += [made.accounts["kept"].source, made.splits["payers"].source, made.clauses[0].source]
    assert [(one.document, one.clause) for one in found if one] == [("Contract", "2")] * 6
    assert [part.source.document for part in made.limits if part.source] == ["Annex"]


def test_in_short_tells_splits_notes_labels_and_limits() -> None:
    whole = (
        choice("kind", values=["a", "b"], per=["sites"])
        + split("payers", [leg("city", most="5")])
        + note("moved", total(obs("a"), obs("b")), raises=["x"], lowers=["y"], each=["sites"])
        + limit("cap", "9", ["moved"], each=["period"])
    )
    assert in_short(whole).splitlines() == [
        "metric kind: label per sites",
        "split payers: city rank 1 weight 1 most 5",
        "note moved each sites = (a + b) raises x lowers y",
        "limit cap: moved each period <= 9",
    ]


def test_the_builders_load_neither_numpy_nor_a_database() -> None:
    script = (
        "import sys; from almoner.contracts import mechanisms as m; "
        "[getattr(m, name) for name in m.__all__]; "
        "print(sorted({'numpy', 'sqlalchemy', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
