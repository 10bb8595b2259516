"""Contracts on contracts: an index, tranches on one loss, what cannot be written; figures by hand."""

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from almoner.contracts.portfolio import Portfolio
from almoner.contracts.terms.amendment import Amendment, Lineage
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.outputs import Output, read_output
from almoner.contracts.terms.simulate import Given
from almoner.finance.errors import OutsideDomain, ResultsInvalid, TermError

Content = dict[str, Any]
PARTIES = {"payer": {"role": "outcome_payer"}, "payee": {"role": "investor"}, "lab": {"role": "evaluator"}}
YEARS = {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": {"every": "P1Y"}}


def lit(value: str, kind: str = "USD/2") -> Content:
    return {"op": "lit", "value": value, "type": kind}


def obs(metric: str, **more: object) -> Content:
    return {"op": "obs", "metric": metric, **more}


def metric(kind: str, low: str, high: str, **more: object) -> Content:
    return {"title": "x", "type": kind, "domain": [low, high], "pool": "last", "method": "register", **more}


def pays(amount: Content, name: str = "pay", **more: object) -> Content:
    ends = {"op": "pay", "id": name, "from": "payer", "to": "payee", "basis": "once"}
    return {**ends, "amount": amount, **more}


def document(title: str, metrics: Content, *clauses: Content, **more: object) -> TermDocument:
    return TermDocument.read(json.dumps({
        "schema": "almoner.term/1", "title": title, "rounding": "half_even", "parties": PARTIES,
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31"}, "metrics": metrics,
        "clauses": list(clauses), **more,
    }))  # fmt: skip


def deal(title: str, price: str, **more: object) -> TermDocument:
    """Pays a price for each of at most 1,000 nights."""
    amount = {"op": "scale", "of": obs("nights"), "by": [lit(price, "USD/2 per night/0")], "as": "USD/2"}
    return document(title, {"nights": metric("night/0", "0", "1000")}, pays(amount), **more)


def seen(of: TermDocument, output: str, kind: str = "USD/2", **more: object) -> Content:
    ref = {"terms": of.digest(), "output": output}
    return metric(kind, "-10000000", "10000000") | {"ref": ref} | more


def nights(count: int) -> list[Observation]:
    return [Observation(metric="nights", value=count)]


def copying(east: Content, title: str = "Copy") -> TermDocument:
    """Pay what is observed of East, never less than nothing."""
    return document(title, {"east": east}, pays({"op": "max", "of": [obs("east"), lit("0")]}))


def weighted(metric_name: str, weight: str) -> Content:
    return {"op": "scale", "of": obs(metric_name), "by": [lit(weight, "ratio/2")], "as": "USD/2"}


BEDS = {"north": 5, "south": 7}
EAST, WEST = deal("East", "10.00"), deal("West", "25.00")


def index(**more: object) -> TermDocument:
    """Pays 0.60 of what East pays and 0.40 of what West pays, never less than nothing."""
    both = {"op": "add", "of": [weighted("east", "0.60"), weighted("west", "0.40")]}
    return document(
        "Index",
        {"east": seen(EAST, "paid"), "west": seen(WEST, "pay")},
        pays({"op": "max", "of": [both, lit("0")]}),
        **more,
    )


def paid(portfolio: Portfolio, name: str, *rows: tuple[str, int]) -> int:
    outturns = portfolio.pay({which: nights(count) for which, count in rows})
    return int(read_output(outturns[name], Output("paid")))


def test_an_index_of_two_agreements() -> None:
    portfolio = Portfolio({"index": index(), "east": EAST, "west": WEST})
    assert portfolio.order == ("east", "west", "index")
    assert paid(portfolio, "index", ("east", 300), ("west", 100)) == 60 * 3000 + 40 * 2500


def tranche(title: str, pool: TermDocument, attach: str, detach: str) -> TermDocument:
    """Pays the part of the portfolio's loss between two points."""
    above = {"op": "max", "of": [{"op": "sub", "of": obs("loss"), "less": lit(attach)}, lit("0")]}
    width = {"op": "sub", "of": lit(detach), "less": lit(attach)}
    return document(title, {"loss": seen(pool, "loss")}, pays({"op": "min", "of": [above, width]}))


def pool() -> TermDocument:
    """The loss of a portfolio: what 20,000.00 USD was expected to pay, less what East and West paid."""
    together = {"op": "add", "of": [obs("east"), obs("west")]}
    loss = {"op": "max", "of": [{"op": "sub", "of": lit("20000.00"), "less": together}, lit("0")]}
    return document(
        "Pool", {"east": seen(EAST, "paid"), "west": seen(WEST, "paid")}, figures={"loss": {"value": loss}}
    )


def layered() -> Portfolio:
    whole = pool()
    return Portfolio({
        "senior": tranche("Senior", whole, "8000.00", "20000.00"),
        "mezzanine": tranche("Mezzanine", whole, "3000.00", "8000.00"),
        "first": tranche("First loss", whole, "0.00", "3000.00"),
        "pool": whole, "east": EAST, "west": WEST,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("east", "west", "first", "mezzanine", "senior"),
    [
        (1000, 400, 0, 0, 0),
        (900, 360, 200_000, 0, 0),
        (700, 400, 300_000, 0, 0),
        (600, 300, 300_000, 350_000, 0),
        (200, 200, 300_000, 500_000, 500_000),
        (0, 0, 300_000, 500_000, 1_200_000),
    ],
)
def test_three_tranches_cover_one_loss_and_no_cent_twice(
    east: int, west: int, first: int, mezzanine: int, senior: int
) -> None:
    outturns = layered().pay({"east": nights(east), "west": nights(west)})
    got = [int(read_output(outturns[name], Output("paid"))) for name in ("first", "mezzanine", "senior")]
    assert got == [first, mezzanine, senior]
    loss = 2_000_000 - 1000 * east - 2500 * west
    assert sum(got) == loss == read_output(outturns["pool"], Output("loss"))


def test_a_simulated_portfolio_is_paid_as_each_path_would_be() -> None:
    east, west = np.array([0, 17, 600, 1000, 431]), np.array([0, 400, 300, 0, 277])
    sources = {"east": Given({"nights": east[None, None, :]}), "west": Given({"nights": west[None, None, :]})}
    wanted = {name: [Output("paid")] for name in ("first", "mezzanine", "senior")}
    kept = layered().simulate(sources, paths=5, wanted=wanted)
    for at, pair in enumerate(zip(east, west, strict=True)):
        outturns = layered().pay({"east": nights(int(pair[0])), "west": nights(int(pair[1]))})
        for name in wanted:
            assert kept[name][Output("paid")][at] == read_output(outturns[name], Output("paid"))


def test_bounds_pass_through_references() -> None:
    proofs = Portfolio({"index": index(), "east": EAST, "west": WEST}).bounds()
    assert (proofs["east"].maximum, proofs["west"].maximum) == (1_000_000, 2_500_000)
    assert proofs["index"].maximum == 60 * 10_000 + 40 * 25_000
    assert proofs["index"].label == "safe"
    capped = {"limits": [{"id": "most", "of": ["*"], "max": "4000.00"}]}
    east = deal("East", "10.00", **capped)
    single = copying(seen(east, "paid"), "Twice")
    assert Portfolio({"one": single, "east": east}).bounds()["one"].maximum == 400_000
    assert layered().bounds()["senior"].maximum == 1_200_000


def test_outcomes_flow_period_by_period() -> None:
    amount = {"op": "scale", "of": obs("nights"), "by": [lit("10.00", "USD/2 per night/0")], "as": "USD/2"}
    counted = {"nights": metric("night/0", "0", "1000", per=["period"])}
    yearly = document("Yearly", counted, pays(amount, basis="period"), calendar=YEARS)
    share = {"op": "scale", "of": obs("east"), "by": [lit("0.10", "ratio/2")], "as": "USD/2"}
    fee = {"east": seen(yearly, "paid", domain=["0", "10000"], per=["period"])}
    fees = document("Fees", fee, pays(share, basis="period"), calendar=YEARS)
    rows = [Observation(metric="nights", value=30 if one == "p1" else 7, period=one) for one in ("p1", "p2")]
    outturn = Portfolio({"fees": fees, "east": yearly}).pay({"east": rows})["fees"]
    assert [read_output(outturn, Output("paid", period=period)) for period in ("p1", "p2")] == [3000, 700]
    early = Portfolio({"fees": fees, "east": yearly}).pay({"east": rows[:1]})["fees"]
    assert [key[1] for key, kept in early.keys.items() if kept.earned is not None] == [0]


def test_a_sum_of_which_a_part_still_waits_is_no_outcome() -> None:
    one = {"a": metric("night/0", "0", "9"), "b": metric("night/0", "0", "9")}

    def amount(name: str) -> Content:
        return {"op": "scale", "of": obs(name), "by": [lit("1.00", "USD/2 per night/0")], "as": "USD/2"}

    source = document("Two", one, pays(amount("a"), "first"), pays(amount("b"), "second"))
    total = document("Total", {"all": seen(source, "paid", domain=["0", "99"])}, pays(obs("all")))
    only = document("Only", {"all": seen(source, "first", domain=["0", "99"])}, pays(obs("all")))
    outturns = Portfolio({"total": total, "only": only, "two": source}).pay(
        {"two": [Observation(metric="a", value=5)]}
    )
    assert outturns["total"].keys["pay", -1, 0].earned is None
    assert outturns["only"].keys["pay", -1, 0].earned == 500


def test_what_still_waits_takes_its_fallback_in_time() -> None:
    waiting = index().model_dump(mode="json", by_alias=True)
    for name in ("east", "west"):
        waiting["metrics"][name]["on_missing"] = {"use": "100.00", "after_days": 30}
    portfolio = Portfolio({"index": TermDocument.read(json.dumps(waiting)), "east": EAST, "west": WEST})
    late = portfolio.pay({"east": nights(50)}, as_of=date(2029, 3, 1))["index"]
    assert read_output(late, Output("paid")) == 60 * 500 + 40 * 100
    soon = portfolio.pay({"east": nights(50)}, as_of=date(2029, 1, 15))["index"]
    assert soon.keys["pay", -1, 0].earned is None


def test_a_metric_of_another_agreement_can_be_observed() -> None:
    price = {"op": "scale", "of": obs("stays"), "by": [lit("2.00", "USD/2 per night/0")], "as": "USD/2"}
    second = document("Second", {"stays": seen(EAST, "nights", "night/0", domain=["0", "5000"])}, pays(price))
    assert paid(Portfolio({"second": second, "east": EAST}), "second", ("east", 300)) == 60_000


def test_values_are_converted_exactly_or_refused() -> None:
    def observing(digits: int) -> Portfolio:
        east = seen(EAST, "paid", f"USD/{digits}", domain=["0", "10000"])
        return Portfolio({"copy": document("Copy", {"east": east}, pays(obs("east"))), "east": EAST})

    assert paid(observing(4), "copy", ("east", 3)) == 300_000
    assert paid(observing(0), "copy", ("east", 3)) == 30
    east = deal("Odd", "10.05")
    copy = document("Copy", {"east": seen(east, "paid", "USD/0", domain=["0", "10000"])}, pays(obs("east")))
    with pytest.raises(TermError, match=r"copy: east would be 30\.15, which does not fit USD/0 exactly"):
        paid(Portfolio({"copy": copy, "east": east}), "copy", ("east", 3))


def test_an_outcome_outside_the_domain_is_refused() -> None:
    copy = document("Copy", {"east": seen(EAST, "paid", domain=["0", "50"])}, pays(obs("east")))
    portfolio = Portfolio({"copy": copy, "east": EAST})
    assert paid(portfolio, "copy", ("east", 5)) == 5000
    with pytest.raises(OutsideDomain, match=r"copy: east would be 60\.00, outside its declared domain"):
        paid(portfolio, "copy", ("east", 6))
    far = document("Far", {"east": seen(EAST, "paid", domain=["20000", "50000"])}, pays(obs("east")))
    with pytest.raises(TermError, match="/far/metrics/east/domain: paid of east can never lie in it"):
        Portfolio({"far": far, "east": EAST}).bounds()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"ref": {"terms": "0" * 64, "output": "paid"}},
            "no agreement here has terms 000000000000…; there are: east",
        ),
        (
            {"ref": {"terms": EAST.digest(), "output": "loss"}},
            "There is no outcome 'loss'. There are: earned, paid",
        ),
        ({"ref": {"terms": EAST.digest(), "output": "irr:payee"}}, "There is no outcome 'irr:payee'"),
        ({"type": "EUR/2"}, "east: paid is a USD/2, the metric a EUR/2"),
        ({"type": "truth", "domain": None}, "the metric a condition"),
    ],
)
def test_a_reference_that_names_nothing_is_refused(change: Content, told: str) -> None:
    kind = str(change.get("type", "USD/2"))
    if kind == "truth":
        amount: Content = {"op": "if", "test": obs("east"), "then": lit("1.00"), "else": lit("0.00")}
    else:
        amount = {"op": "max", "of": [obs("east"), lit("0", kind)]}
    copy = document("Copy", {"east": seen(EAST, "paid") | change}, pays(amount))
    with pytest.raises(TermError) as caught:
        Portfolio({"copy": copy, "east": EAST})
    assert told in caught.value.message
    assert "/copy/metrics/east/ref" in caught.value.message


def test_nothing_can_name_itself() -> None:
    content = index().model_dump(mode="json", by_alias=True)
    for _ in range(3):
        content["metrics"]["east"]["ref"]["terms"] = TermDocument.read(json.dumps(content)).digest()
        itself = TermDocument.read(json.dumps(content))
        with pytest.raises(TermError, match="no agreement here has terms"):
            Portfolio({"index": itself, "west": WEST})


def test_an_amendment_that_closes_a_circle_is_refused() -> None:
    follower = copying(seen(EAST, "paid"), "Follower")
    amendment = Amendment.read(json.dumps({
        "schema": "almoner.amendment/1", "of": EAST.digest(), "effective_on": "2028-01-01", "reason": "x",
        "changes": [
            {"op": "add", "path": "/metrics/back", "value": seen(follower, "paid")},
            {"op": "add", "path": "/figures/back", "value": {"value": obs("back")}},
        ],
    }))  # fmt: skip
    with pytest.raises(
        TermError, match=r"in a circle: (east -> follower -> east|follower -> east -> follower)"
    ):
        Portfolio({"east": Lineage(EAST, (amendment,)), "follower": follower})
    assert Portfolio({"east": EAST, "follower": follower}).order == ("east", "follower")


def test_a_lineage_is_observed_under_any_of_its_digests() -> None:
    amendment = Amendment.read(json.dumps({
        "schema": "almoner.amendment/1", "of": EAST.digest(), "effective_on": "2028-01-01", "reason": "x",
        "changes": [{"op": "replace", "path": "/clauses/0/amount/by/0/value", "value": "12.00"}],
    }))  # fmt: skip
    lineage = Lineage(EAST, (amendment,))
    for named in (EAST, lineage.newest):
        copy = copying(seen(named, "paid"))
        portfolio = Portfolio({"copy": copy, "east": lineage})
        assert paid(portfolio, "copy", ("east", 10)) == 12_000
        assert portfolio.bounds()["copy"].maximum == 1_200_000


def test_what_is_computed_cannot_be_stated() -> None:
    portfolio = Portfolio({"index": index(), "east": EAST, "west": WEST})
    with pytest.raises(TermError, match="index: east is paid of east: leave it out"):
        portfolio.pay({"index": [Observation(metric="east", value=5)]})
    with pytest.raises(ResultsInvalid):
        portfolio.pay({"east": [Observation(metric="strange", value=5)]})


def test_the_same_terms_twice_are_told_apart_by_their_title() -> None:
    with pytest.raises(TermError, match="b and a are the same terms"):
        Portfolio({"a": EAST, "b": EAST})


def flags() -> TermDocument:
    """A truth, a label and a number for each of two homes, observed by others."""
    metrics = {
        "done": {"title": "x", "type": "truth", "method": "letter"},
        "choice": {
            "title": "x",
            "type": "label",
            "values": ["go", "stop"],
            "by": "payer",
            "method": "letter",
        },
        "beds": metric("night/0", "0", "50", per=["homes"]),
    }
    beds = {"op": "fold", "over": "homes", "with": "add", "of": obs("beds")}
    return document(
        "Flags", metrics,
        pays({"op": "scale", "of": beds, "by": [lit("1.00", "USD/2 per night/0")], "as": "USD/2"}),
        sets={"homes": {"title": "Homes", "members": ["north", "south"]}},
        figures={
            "ready": {"value": {"op": "all", "of": [
                obs("done"), {"op": "is", "metric": "choice", "value": "stop"}]}},
        },
    )  # fmt: skip


def follower() -> TermDocument:
    source = flags()
    terms = {"terms": source.digest()}
    condition = {"title": "x", "type": "truth", "method": "other"}
    metrics = {
        "ready": {**condition, "ref": {**terms, "output": "ready"}},
        "choice": {
            "title": "x", "type": "label", "values": ["go", "stop"], "method": "other",
            "ref": {**terms, "output": "choice"},
        },
        "beds": metric("night/0", "0", "50", per=["homes"], ref={**terms, "output": "beds"}),
    }  # fmt: skip
    south = {"op": "obs", "metric": "beds", "at": {"homes": "south"}}
    amount = {"op": "scale", "of": south, "by": [lit("3.00", "USD/2 per night/0")], "as": "USD/2"}
    stop = {"op": "is", "metric": "choice", "value": "stop"}
    return document(
        "Follower", metrics, pays(amount, when={"op": "all", "of": [obs("ready"), stop]}),
        sets={"homes": {"title": "Homes", "members": ["north", "south"]}},
    )  # fmt: skip


@pytest.mark.parametrize(("done", "choice", "due"), [(1, 1, 2100), (0, 1, 0), (1, 0, 0)])
def test_truths_labels_and_members_are_passed_on(done: int, choice: int, due: int) -> None:
    rows = [Observation(metric="done", value=done), Observation(metric="choice", value=choice)]
    rows += [Observation(metric="beds", value=beds, of=(("homes", home),)) for home, beds in BEDS.items()]
    portfolio = Portfolio({"follower": follower(), "flags": flags()})
    assert read_output(portfolio.pay({"flags": rows})["follower"], Output("paid")) == due
    drawn = {
        "done": np.array([[[done]]]), "choice": np.array([[[choice]]]),
        "beds": np.array([[[beds] for beds in BEDS.values()]]),
    }  # fmt: skip
    kept = portfolio.simulate({"flags": Given(drawn)}, paths=1, wanted={"follower": [Output("paid")]})
    assert kept["follower"][Output("paid")].tolist() == [due]
    assert portfolio.bounds()["follower"].maximum == 50 * 300
