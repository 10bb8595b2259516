"""Conditions, indices, comparisons and caps; figures of Peterborough, Massachusetts and Educate Girls."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from almoner.contracts.mechanisms import (
    Route,
    achievement,
    baseline_ratio,
    binary,
    cap_claim,
    cap_claims_share,
    cap_cohort,
    cap_contract,
    cap_metric,
    cap_payer,
    cap_period,
    cap_person,
    cohort_trigger,
    comparator_switch,
    comparison,
    composite_index,
    figure,
    gate,
    joint_condition,
    lit,
    measured_progress,
    members,
    metric,
    obs,
    partial_credit,
    pay,
    pooled_fallback,
    purchased_volume,
    rate,
    ratio,
    repeat_claims,
    scale,
    steps,
    threshold,
    unit_count,
    weighted_estimator,
)

Make = Callable[..., Any]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="once")
PERCENT: dict[str, Any] = {"unit": "percent/2", "least": "-100", "most": "200"}


@pytest.mark.parametrize(
    ("edge", "fall", "paid"),
    [
        ("pays", "9.99", "0.00"),
        ("pays", "10", "500.00"),
        ("pays-not", "10", "0.00"),
        ("pays-not", "10.01", "500.00"),
        ("pays", "-100", "0.00"),
    ],
)
def test_a_threshold_says_whether_its_edge_pays(deal: Make, edge: str, fall: str, paid: str) -> None:
    made = deal(
        metric("fall", **PERCENT),
        threshold(
            name="t",
            of=obs("fall"),
            at=lit("10", "percent/2"),
            edge=edge,
            amount=lit("500", "USD/2"),
            route=ROUTE,
        ),
    )
    assert made.pay(("fall", fall))("t") == paid


@pytest.mark.parametrize(("said", "paid"), [("true", "1000.00"), ("false", "0.00")])
def test_all_or_nothing_and_a_gate_before_another_amount(deal: Make, said: str, paid: str) -> None:
    made = deal(
        metric("law"),
        binary(name="b", test=obs("law"), amount="1000", route=ROUTE),
        gate(name="g", test=obs("law"), amount=lit("1000", "USD/2"), route=ROUTE),
    )
    outcome = made.pay(("law", said))
    assert (outcome("b"), outcome("g")) == (paid, paid)
    assert made.pay()("b") is None


@pytest.mark.parametrize(
    ("need", "facts", "share"),
    [
        ("all", ["tt", "tf", "ff"], "0.3333"),
        ("any", ["tt", "tf", "ff"], "0.6667"),
        ("all", ["tt"], "1.0000"),
        ("all", [], "0.0000"),
    ],
)
def test_a_joint_condition_is_a_share_of_members(deal: Make, need: str, facts: list[str], share: str) -> None:
    made = deal(
        members("sites", most=9),
        metric("read", per=("sites",)),
        metric("safe", per=("sites",)),
        joint_condition(name="good", tests=[obs("read"), obs("safe")], over="sites", need=need),
        pay("p", scale(lit("900", "USD/2"), figure("good"), into="USD/2"), ROUTE),
    )
    word = {"t": "true", "f": "false"}
    rows = [
        (name, word[said], {"sites": f"s{n}"})
        for n, fact in enumerate(facts)
        for name, said in zip(("read", "safe"), fact, strict=True)
    ]
    assert made.pay(*rows)("good") == share


@pytest.mark.parametrize(
    ("trial", "did", "bad", "estimate"),
    [
        ("-3.00", "8.00", "true", "-0.80"),
        ("10.00", "25.00", "true", "13.00"),
        ("10.00", "25.00", "false", "10.00"),
    ],
)
def test_massachusetts_weights_two_estimates_when_the_trial_is_compromised(
    deal: Make, trial: str, did: str, bad: str, estimate: str
) -> None:
    made = deal(
        *(metric(name, **PERCENT) for name in ("trial", "did")),
        metric("bad"),
        weighted_estimator(
            name="e",
            fact=obs("bad"),
            parts=[("0.8", obs("trial")), ("0.2", obs("did"))],
            otherwise=obs("trial"),
            into="percent/2",
        ),
    )
    assert made.pay(("trial", trial), ("did", did), ("bad", bad))("e") == estimate


def test_educate_girls_beats_its_targets_and_the_index_weighs_them(deal: Make) -> None:
    parts = [("0.8", figure("learning")), ("0.2", figure("enrolment"))]
    made = deal(
        metric("gain", unit="level/0", most="20000"),
        metric("enrolled", unit="percent/0", most="100"),
        achievement(name="learning", of=obs("gain"), target=lit("5592", "level/0")),
        achievement(
            name="enrolment", of=scale(obs("enrolled"), into="percent/0"), target=lit("79", "percent/0")
        ),
        composite_index(name="index", parts=parts, into="percent/2"),
    )
    paid = made.pay(("gain", "8940"), ("enrolled", "92"))
    assert (paid("learning"), paid("enrolment")) == ("159.87", "116.46")
    assert paid("index") == "151.19"  # 0.8 x 159.87 + 0.2 x 116.46 = 151.188


@pytest.mark.parametrize(
    ("a", "b", "paid"),
    [("0", "0", "0.00"), ("50", "79", "450.00"), ("80", "49", "360.00"), ("100", "100", "900.00")],
)
def test_partial_credit_weighs_bands(deal: Make, a: str, b: str, paid: str) -> None:
    half = steps(below="0", rows=[("50", "0.5"), ("80", "1")], owner="above")
    made = deal(
        metric("a", **PERCENT),
        metric("b", **PERCENT),
        partial_credit(
            name="p", whole="900", route=ROUTE, indicators=[("0.4", obs("a"), half), ("0.6", obs("b"), half)]
        ),
    )
    assert made.pay(("a", a), ("b", b))("p") == paid


@pytest.mark.parametrize(
    ("falls", "pooled", "own", "together"),
    [
        (("8.39", "9.99"), "9.0", "0.00", "700.00"),
        (("8.39", "9.99"), "7.5", "0.00", "700.00"),
        (("8.39", "9.99"), "7.49", "0.00", "0.00"),
        (("8.39", "10"), "9.0", "500.00", "0.00"),
        (("10", "10"), "9.0", "1000.00", "0.00"),
    ],
)
def test_peterborough_falls_back_on_all_cohorts_only_when_none_paid(
    deal: Make, falls: tuple[str, str], pooled: str, own: str, together: str
) -> None:
    made = deal(
        members("cohorts", ["c1", "c2"]),
        metric("fall", per=("cohorts",), **PERCENT),
        metric("pooled", **PERCENT),
        cohort_trigger(
            name="cohort",
            of=obs("fall"),
            at=lit("10", "percent/2"),
            amount=lit("500", "USD/2"),
            cohorts="cohorts",
            route=ROUTE,
        ),
        pooled_fallback(
            name="all",
            trigger="cohort",
            cohorts="cohorts",
            of=obs("pooled"),
            at=lit("7.5", "percent/2"),
            amount=lit("700", "USD/2"),
            route=ROUTE,
        ),
    )
    rows = [("fall", fall, {"cohorts": f"c{n}"}) for n, fall in enumerate(falls, start=1)]
    paid = made.pay(*rows, ("pooled", pooled))
    assert (paid("cohort"), paid("all")) == (own, together)


@pytest.mark.parametrize(
    ("kind", "wants", "floor", "value"),
    [
        ("relative", "fall", False, "8.39"),
        ("relative", "rise", False, "-8.39"),
        ("relative", "rise", True, "0.00"),
        ("difference", "fall", False, "13"),
    ],
)
def test_peterborough_compares_142_with_155(
    deal: Make,
    kind: str,
    wants: str,
    floor: bool,  # noqa: FBT001  # a column of the table
    value: str,
) -> None:
    into = "percent/2" if kind == "relative" else "event/0"
    made = deal(
        metric("treated", unit="event/0", most="900"),
        metric("control", unit="event/0", most="900"),
        comparison(
            name="c",
            treated=obs("treated"),
            control=obs("control"),
            kind=kind,
            wants=wants,
            into=into,
            floor=floor,
        ),
    )
    assert made.pay(("treated", "142"), ("control", "155"))("c") == value
    if kind == "relative":
        assert made.pay(("treated", "5"), ("control", "0"))("c") == "0.00"


def test_a_baseline_of_nothing_has_a_stated_ratio(deal: Make) -> None:
    made = deal(
        metric("now", unit="sale/0", most="99"),
        metric("before", unit="sale/0", most="99"),
        baseline_ratio(
            name="r", of=obs("now"), baseline=obs("before"), into="ratio/4", if_zero=ratio("1.0000")
        ),
    )
    assert made.pay(("now", "2"), ("before", "3"))("r") == "0.6667"
    assert made.pay(("now", "2"), ("before", "0"))("r") == "1.0000"


def test_newpins_comparator_is_fixed_for_three_years_and_then_observed(deal: Make) -> None:
    made = deal(
        metric("matched", unit="percent/2", most="100", per=("period",)),
        comparator_switch(name="c", last_day="2016-06-30", fixed=lit("25", "percent/2"), live=obs("matched")),
        starts="2013-07-01",
        ends="2017-06-30",
        periods="P1Y",
    )
    paid = made.pay(("matched", "31.5", {"period": "p4"}))
    assert [paid("c", f"p{n}") for n in range(1, 5)] == ["25.00", "25.00", "25.00", "31.50"]
    assert made.pay()("c", "p4") is None


def test_what_was_not_bought_stays_in_stock_and_can_be_bought_later(deal: Make) -> None:
    per: dict[str, Any] = {"unit": "tonne/0", "most": "100", "per": ("period",)}
    made = deal(
        metric("removed", **per),
        metric("ordered", by="city", **per),
        purchased_volume(
            name="c",
            verified=obs("removed"),
            noticed=obs("ordered"),
            contracted=lit("70", "tonne/0"),
            price=rate("40", "USD/2", "tonne/0"),
            unit="tonne/0",
            route=ROUTE,
        ),
        ends="2029-12-31",
        periods="P1Y",
    )
    removed, ordered = ("50", "10", "60"), ("30", "100", "60")
    rows = [("removed", value, {"period": f"p{n}"}) for n, value in enumerate(removed, start=1)]
    rows += [("ordered", value, {"period": f"p{n}"}) for n, value in enumerate(ordered, start=1)]
    paid = made.pay(*rows)
    assert [paid("c", f"p{n}") for n in range(1, 4)] == ["1200.00", "1200.00", "400.00"]
    assert (paid("account:c.stock"), paid("account:c.bought")) == ("50", "70")


def test_teams_are_ranked_by_measured_and_judged_parts(deal: Make) -> None:
    score: dict[str, Any] = {"unit": "point/2", "most": "100", "per": ("teams",)}
    made = deal(
        members("teams", ["a", "b", "c"]),
        metric("gain", **score),
        metric("jury", **score),
        measured_progress(
            name="s", teams="teams", parts=[("0.7", obs("gain")), ("0.3", obs("jury"))], into="point/2"
        ),
    )
    rows = [("gain", g, {"teams": t}) for t, g in (("a", "50"), ("b", "80"), ("c", "50"))]
    rows += [("jury", j, {"teams": t}) for t, j in (("a", "100"), ("b", "30"), ("c", "100"))]
    paid = made.pay(*rows)
    assert [paid("s", teams=t) for t in "abc"] == ["65.00", "65.00", "65.00"]
    assert [paid("s.rank", teams=t) for t in "abc"] == ["1", "1", "1"]


def test_caps_cut_in_the_order_in_which_they_stand(deal: Make) -> None:
    route = replace(ROUTE, basis="cumulative")
    claims: dict[str, Any] = {"people": "people", "allowance": "9", "route": route}
    made = deal(
        members("people", most=9),
        repeat_claims(name="calm", price="100", **claims),
        repeat_claims(name="job", price="500", **claims),
        cap_person(name="person", most="800", of=["calm", "job"], people="people"),
        cap_metric(name="jobs", most="900", of=["job"]),
        cap_payer(name="payer", most="1500", of=["calm", "job"]),
        cap_contract(name="most", most="1400"),
    )
    rows = [("calm.claims", "4", {"people": who}) for who in ("a", "b")]
    rows += [("job.claims", "1", {"people": who}) for who in ("a", "b")]
    paid = made.pay(*rows)
    assert (paid("calm"), paid("job"), paid("paid"), paid("earned")) == (
        "800.00",
        "600.00",
        "1400.00",
        "1800.00",
    )
    assert [paid(f"limit:{name}") for name in ("person", "jobs", "payer", "most")] == [
        "200.00",
        "0.00",
        "100.00",
        "100.00",
    ]


def test_the_most_for_a_person_can_be_what_was_fixed_at_enrolment(deal: Make) -> None:
    route = replace(ROUTE, basis="cumulative")
    made = deal(
        members("people", most=9),
        metric("band", unit="USD/2", most="20000", per=("people",)),
        repeat_claims(name="c", people="people", price="220", allowance="9", route=route),
        cap_person(name="person", most=obs("band"), of=["c"], people="people"),
    )
    rows = [("c.claims", count, {"people": who}) for who, count in (("a", "5"), ("b", "2"), ("c", "1"))]
    rows += [("band", most, {"people": who}) for who, most in (("a", "500"), ("b", "500"), ("c", "0"))]
    paid = made.pay(*rows)
    assert [paid("c", people=who) for who in "abc"] == ["500.00", "440.00", "0.00"]


@pytest.mark.parametrize(
    ("cap", "over"), [(cap_claim, "claims"), (cap_cohort, "cohorts"), (cap_person, "people")]
)
def test_a_cap_for_each_member_leaves_the_others_alone(deal: Make, cap: Make, over: str) -> None:
    route = replace(ROUTE, each=("set",))
    made = deal(
        members("set", ["a", "b"]),
        metric("cost", unit="USD/2", most="900", per=("set",)),
        pay("repair", obs("cost"), route),
        cap(name="cap", most="500", of=["repair"], **{over: "set"}),
    )
    paid = made.pay(("cost", "500.01", {"set": "a"}), ("cost", "499.99", {"set": "b"}))
    assert (paid("repair", set="a"), paid("repair", set="b")) == ("500.00", "499.99")


def test_what_a_period_cannot_pay_is_owed_in_the_next(deal: Make) -> None:
    route = replace(ROUTE, basis="cumulative")
    made = deal(
        unit_count(name="n", unit="night/0", most="100", price="10", route=route, by_period=True),
        cap_period(name="cap", most="300", of=["n"]),
        periods="P6M",
    )
    paid = made.pay(("n.count", "50", {"period": "p1"}), ("n.count", "5", {"period": "p2"}))
    assert (paid("n", "p1"), paid("n", "p2")) == ("300.00", "250.00")


@pytest.mark.parametrize(
    ("jobs", "part", "counted"), [("0", "0", "0"), ("7", "9", "1"), ("8", "9", "2"), ("8", "1", "1")]
)
def test_a_share_of_claims_is_cut_to_whole_claims(deal: Make, jobs: str, part: str, counted: str) -> None:
    made = deal(
        *(metric(name, unit="claim/0", most="99") for name in ("jobs", "part")),
        cap_claims_share(name="c", of=obs("part"), whole=obs("jobs"), share=ratio("0.25"), unit="claim/0"),
    )
    assert made.pay(("jobs", jobs), ("part", part))("c") == counted
