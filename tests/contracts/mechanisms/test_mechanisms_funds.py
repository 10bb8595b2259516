"""Funds, prizes, references; figures of Gavi, the Global Learning XPRIZE and 100&Change."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from almoner.contracts.mechanisms import (
    Market,
    OtherOutcome,
    Route,
    advance_market,
    discretionary_award,
    limit,
    lit,
    matching,
    members,
    metric,
    named,
    obs,
    prize_funnel,
    rate,
    ref_index,
    ref_metric,
    ref_tranche,
    results_linked_disbursement,
    tie_split,
    to_date,
)
from almoner.finance.errors import AlmonerError

Make = Callable[..., Any]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="once")
TEAMS = ["a", "b", "c", "d", "e"]
GAVI = Market(fund="1500000000", target="200000000", top_up="3.50", tail="3.50", unit="dose/0", money="USD/2")


def market(deal: Make, terms: Market = GAVI, **more: Any) -> Any:  # noqa: ANN401  # a deal of the fixture
    parts = [metric("fits", per=("amc.suppliers",))] if more else []
    built = advance_market(
        name="amc",
        market=terms,
        suppliers={"a": "30000000"},
        sponsor="bank",
        buyer="donor",
        most="400000000",
        **more,
    )
    return deal(built, *parts, parties=["a"], ends="2029-12-31", periods="P1Y")


def doses(*counts: str) -> list[tuple[str, str, dict[str, str]]]:
    return [
        ("amc.volume", count, {"amc.suppliers": "a", "period": f"p{n}"})
        for n, count in enumerate(counts, start=1)
    ]


@pytest.mark.parametrize(
    ("count", "top_up", "tail"),
    [
        ("0", "0.00", "0.00"),
        ("60000000", "210000000.00", "210000000.00"),
        ("64285714", "224999999.00", "224999999.00"),
        ("64285715", "225000000.00", "225000002.50"),
        ("300000000", "225000000.00", "1050000000.00"),
    ],
)
def test_gavi_tops_up_until_the_suppliers_share_is_used_and_the_last_dose_in_part(
    deal: Make, count: str, top_up: str, tail: str
) -> None:
    paid = market(deal).pay(*doses(count, "0", "0"))
    assert paid("amc.share", amc__suppliers="a") == "225000000.00"
    assert (paid("amc.top-up"), paid("amc.tail")) == (top_up, tail)
    assert Decimal(paid("to:a")) == Decimal(top_up) + Decimal(tail)


def test_gavi_tops_up_only_what_meets_the_profile(deal: Make) -> None:
    made = market(deal, eligible="fits")
    fits = {"amc.suppliers": "a"}
    assert made.pay(*doses("60000000", "0", "0"), ("fits", "false", fits))("amc.top-up") == "0.00"
    assert made.pay(*doses("60000000", "0", "0"), ("fits", "true", fits))("amc.top-up") == "210000000.00"


def test_gavi_orders_part_of_a_years_volume_firmly(deal: Make) -> None:
    made = market(deal, replace(GAVI, firm={"p1": "0.20", "p2": "0.15", "p3": "0.10"}))
    none = made.pay(*doses("0", "0", "0"))
    assert [none("amc.firm", f"p{n}", amc__suppliers="a") for n in (1, 2, 3)] == [
        "6000000",
        "4500000",
        "3000000",
    ]
    assert none("amc.tail") == "47250000.00"  # 13,500,000 doses at 3.50
    assert made.pay(*doses("20000000", "0", "0"))("amc.tail") == "70000000.00"


def test_gifts_are_matched_in_the_order_of_their_confirmation_up_to_the_ceiling(deal: Make) -> None:
    match = matching(
        name="m",
        ratios={"crowd": "1", "grant": "4"},
        gifts=9,
        most="1000",
        ceiling="100",
        route=replace(ROUTE, basis="cumulative"),
    )
    gifts = [("g1", "60.00", "crowd"), ("g2", "100.01", "grant"), ("g3", "40.00", "crowd")]
    rows = [("m.gift", amount, {"m.gifts": name}) for name, amount, _ in gifts]
    rows += [("m.source", kind, {"m.gifts": name}) for name, _, kind in gifts]
    paid = deal(match).pay(*rows)
    assert [paid("m", m__gifts=name) for name, *_ in gifts] == ["60.00", "25.00", "15.00"]
    assert paid("m.cut") == "25.00"


@pytest.mark.parametrize(
    ("unused", "parts"), [("forward", ["1000.00", "1000.00"]), ("lapse", ["1000.00", "0.00"])]
)
def test_unused_results_roll_forward_or_lapse(deal: Make, unused: str, parts: list[str]) -> None:
    of = to_date("points") if unused == "forward" else obs("points")
    made = deal(
        metric("points", unit="point/0", most="99", per=("period",), pool="sum"),
        results_linked_disbursement(
            name="d", of=of, price=rate("100", "USD/2", "point/0"), route=ROUTE, ceiling="1000", unused=unused
        ),
        periods="P6M",
    )
    paid = made.pay(("points", "30", {"period": "p1"}), ("points", "0", {"period": "p2"}))
    assert [paid("d", "p1"), paid("d", "p2")] == parts


@pytest.mark.parametrize(
    ("points", "more", "back"),
    [("0", "0.00", "500.00"), ("3", "0.00", "200.00"), ("5", "0.00", "0.00"), ("8", "300.00", "0.00")],
)
def test_an_advance_is_set_off_and_recovered(deal: Make, points: str, more: str, back: str) -> None:
    made = deal(
        metric("points", unit="point/0", most="99"),
        results_linked_disbursement(
            name="d", of=obs("points"), price=rate("100", "USD/2", "point/0"), route=ROUTE, advance="500"
        ),
    )
    paid = made.pay(("points", points))
    assert (paid("d.advance"), paid("d"), paid("d.recovered")) == ("500.00", more, back)


def test_an_advance_is_set_off_once_where_unused_room_lapses(deal: Make) -> None:
    made = deal(
        metric("points", unit="point/0", most="99", per=("period",)),
        results_linked_disbursement(
            name="d",
            of=obs("points"),
            price=rate("100", "USD/2", "point/0"),
            route=ROUTE,
            advance="500",
            unused="lapse",
        ),
        periods="P3M",
    )
    rows = [("points", count, {"period": f"p{n}"}) for n, count in enumerate(("3", "4", "5", "0"), start=1)]
    paid = made.pay(*rows)
    assert [paid("d", f"p{n}") for n in range(1, 5)] == ["0.00", "200.00", "500.00", "0.00"]
    assert (paid("d.recovered"), paid("net:fund")) == ("0.00", "1200.00")


def test_a_board_awards_inside_its_budget_and_nothing_without_a_decision(deal: Make) -> None:
    """100&Change: 100 million to the winner; 15 million to each other finalist by a later decision."""
    route = Route(payer="donor", payee="teams", money="USD/2", basis="once")
    made = deal(
        members("teams", TEAMS[:4]),
        prize_funnel(name="grand", stages=[("won", "100000000")], teams="teams", route=route),
        limit("one-winner", "100000000", ["grand/won"]),
        discretionary_award(name="extra", by="board", budget="45000000", route=route, over=["teams"]),
        parties=TEAMS,
    )
    won = ("grand.won", "true", {"teams": "a"})
    extra = [("extra.award", "15000000", {"teams": team}) for team in "bcd"]
    assert made.pay(won, *extra)("paid") == "145000000.00"
    assert made.pay(won)("paid") == "100000000.00"
    over = made.pay(won, *extra[:2], ("extra.award", "15000000.01", {"teams": "d"}))
    assert (over("extra"), over("extra.cut")) == ("45000000.00", "0.01")
    with pytest.raises(AlmonerError, match="45000001"):
        made.pay(("extra.award", "45000001", {"teams": "b"}))


@pytest.mark.parametrize(
    ("scores", "prizes"),
    [
        ("99998", ["2500000.00"] * 4 + ["0.00"]),
        ("98765", ["10000000.00", "0.00", "0.00", "0.00", "0.00"]),
        ("99765", ["5000000.00", "5000000.00", "0.00", "0.00", "0.00"]),
        ("89995", ["0.00", "3333333.34", "3333333.33", "3333333.33", "0.00"]),
    ],
)
def test_xprize_finalists_share_the_grand_prize_when_they_tie(
    deal: Make, scores: str, prizes: list[str]
) -> None:
    route = Route(payer="donor", payee="teams", money="USD/2", basis="once")
    made = deal(
        members("teams", TEAMS),
        metric("score", unit="point/0", most="9", per=("teams",)),
        prize_funnel(name="x", stages=[("final", "1000000")], teams="teams", route=route),
        tie_split(name="grand", score=obs("score"), teams="teams", prizes=["10000000"], route=route),
        parties=TEAMS,
    )
    rows = [("score", score, {"teams": team}) for team, score in zip(TEAMS, scores, strict=True)]
    rows += [("x.final", "true", {"teams": team}) for team in TEAMS]
    paid = made.pay(*rows)
    assert [paid("grand", teams=team) for team in TEAMS] == prizes
    assert paid("paid") == "15000000.00"


@pytest.mark.parametrize(
    ("scores", "prizes"),
    [
        ("54321", ["60.00", "30.00", "10.00", "0.00", "0.00"]),
        ("55321", ["45.00", "45.00", "10.00", "0.00", "0.00"]),
        ("54421", ["60.00", "20.00", "20.00", "0.00", "0.00"]),
        ("54331", ["60.00", "30.00", "5.00", "5.00", "0.00"]),
        ("55555", ["20.00"] * 5),
        ("55544", ["33.34", "33.33", "33.33", "0.00", "0.00"]),
    ],
)
def test_tied_places_share_the_prizes_they_fill(deal: Make, scores: str, prizes: list[str]) -> None:
    route = Route(payer="donor", payee="teams", money="USD/2", basis="once")
    made = deal(
        members("teams", TEAMS),
        metric("score", unit="point/0", most="9", per=("teams",)),
        tie_split(name="p", score=obs("score"), teams="teams", prizes=["60", "30", "10"], route=route),
        parties=TEAMS,
    )
    rows = [("score", score, {"teams": team}) for team, score in zip(TEAMS, scores, strict=True)]
    paid = made.pay(*rows)
    assert [paid("p", teams=team) for team in TEAMS] == prizes
    assert paid("paid") == "100.00"
    assert made.proof.maximum == 10000


def test_only_those_who_can_win_are_placed(deal: Make) -> None:
    route = Route(payer="donor", payee="teams", money="USD/2", basis="once")
    made = deal(
        members("teams", TEAMS[:2]),
        metric("score", unit="point/0", most="9", per=("teams",)),
        metric("fit", per=("teams",)),
        tie_split(
            name="p",
            score=obs("score"),
            teams="teams",
            prizes=["60"],
            route=route,
            among=obs("fit"),
            lowest=lit("-1", "point/0"),
        ),
        parties=TEAMS,
    )
    rows = [("score", "9", {"teams": "a"}), ("score", "0", {"teams": "b"}), ("fit", "false", {"teams": "a"})]
    assert made.pay(*rows, ("fit", "true", {"teams": "b"}))("p", teams="b") == "60.00"
    assert made.pay(*rows, ("fit", "false", {"teams": "b"}))("p") == "0.00"


def test_a_stage_pays_only_after_the_stages_before(deal: Make) -> None:
    route = Route(payer="donor", payee="teams", money="USD/2", basis="once")
    stages = [("entry", ""), ("semi", "10"), ("final", "90")]
    made = deal(
        members("teams", TEAMS[:2]),
        prize_funnel(name="x", stages=stages, teams="teams", route=route),
        parties=TEAMS,
    )
    rows = [(f"x.{stage}", "true", {"teams": "a"}) for stage, _ in stages]
    rows += [("x.entry", "true", {"teams": "b"}), ("x.final", "true", {"teams": "b"})]
    paid = made.pay(*rows)
    assert (paid("to:a"), paid("to:b")) == ("100.00", "0.00")


def loss(name: str, weight: str = "1") -> OtherOutcome:
    digest = name.encode().hex().rjust(64, "0")
    return OtherOutcome(name=name, terms=digest, output="loss", unit="percent/2", most="100", weight=weight)


@pytest.mark.parametrize(
    ("north", "south", "junior", "mezzanine", "senior"),
    [
        ("0", "0", "1000000.00", "2000000.00", "7000000.00"),
        ("10", "10", "0.00", "2000000.00", "7000000.00"),
        ("20", "10", "0.00", "1250000.00", "7000000.00"),
        ("30", "30", "0.00", "0.00", "7000000.00"),
        ("30.01", "30.01", "0.00", "0.00", "6999000.00"),
        ("100", "100", "0.00", "0.00", "0.00"),
    ],
)
def test_slices_of_a_portfolio_lose_in_order(  # a row of the table
    deal: Make, north: str, south: str, junior: str, mezzanine: str, senior: str
) -> None:
    slices = [("j", "0", "10", "1000000"), ("m", "10", "30", "2000000"), ("s", "30", "100", "7000000")]
    made = deal(
        ref_index(name="loss", of=[loss("north", "3"), loss("south")], into="percent/2"),
        *(
            ref_tranche(
                name=name,
                loss={"op": "figure", "name": "loss"},
                attach=attach,
                detach=detach,
                unit="percent/2",
                notional=notional,
                route=ROUTE,
            )
            for name, attach, detach, notional in slices
        ),
    )
    paid = made.pay(("north", north), ("south", south))
    assert [paid(name) for name in "jms"] == [junior, mezzanine, senior]


def test_an_outcome_of_other_terms_is_named_by_their_digest(deal: Make) -> None:
    made = deal(ref_metric(of=loss("north")), named("seen", obs("north")))
    ref = made.document.metrics["north"].ref
    assert (ref.output, ref.terms[-10:]) == ("loss", b"north".hex())
