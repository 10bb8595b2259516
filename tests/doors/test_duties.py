"""One person with two roles, against every pair of duties that two people have to share."""

from collections.abc import Mapping

import pytest
from fastapi import FastAPI
from tests.doors.pacts import CLAIMS, PACT, Deal, open_deal
from tests.doors.pacts import MODULES as OF_PACTS
from tests.doors.pacts import PEOPLE as OF_THE_PACT
from tests.doors.pacts import secret_of as pact_secret
from tests.doors.people import Asker, Json, grants_of, identify_by_name, small_app
from tests.doors.rounds import HERE, OPERATIONS, PANEL, World, clock_at, mark_all, open_round, refused, seat
from tests.doors.rounds import PEOPLE as OF_THE_ROUND
from tests.doors.test_in_kind import GIFTS, PRICE
from tests.doors.test_verification import publish

from almoner import money
from almoner.api.door import Door
from almoner.api.identity import Grant
from almoner.api.routes import in_kind, proposals
from almoner.api.routing import routes_of
from almoner.finance import acts
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine, UnitOfWork

ONE_DATABASE = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SAME = (403, "duty.same_person")


def code_of(reply: Json) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def deal_of(engine: Engine, people: Mapping[str, tuple[Grant, ...]], **changes: object) -> Deal:
    """Return the pact with these people in place of its own."""
    deal = open_deal(engine, **changes)
    identify = identify_by_name(deal.watch, {**OF_THE_PACT, **people})
    app = small_app(engine, identify, deal.watch, *OF_PACTS, proposals)
    known: dict[str, Asker] = {}
    deal.of = lambda name="", way="Bearer": known.setdefault(f"{way} {name}", Asker(app, name, way))
    return deal


def test_who_settles_does_not_approve_the_payout_and_neither_does_who_is_paid(engine: Engine) -> None:
    double = grants_of(("intermediary", "almoner", ""), ("funder", "harbour-city", ""))
    paid = grants_of(("funder", "harbour-city", ""), ("hub", "night-shelter", ""))
    deal = deal_of(engine, {"dora": double, "paula": paid})
    rule = ApprovalPolicy(kind="payout", least=money("1500.00", "USD"), quorum=1, since=deal.watch())
    with UnitOfWork(engine) as session:
        acts.set_policy(session, "main", rule, key="policy", clock=deal.watch)
    deal.find("c1", "1000")
    deal.watch.pass_days(60)
    in_the_name_of = {"Almoner-Party": "almoner"}
    dora = deal.of("dora")
    (step,) = dora.made(f"{PACT}/settlements", {"claim": "c1"}, in_the_name_of)["settlements"]
    deal.watch.pass_days(1)
    waiting = next(row for row in step["payouts"] if row["status"] == "waiting")
    with UnitOfWork(engine) as session:
        asked = list(acts.list_proposals(session, "main", clock=deal.watch))
    (proposal,) = [one for one in asked if str(one.id) == waiting["proposal"]]
    signature = sign_bytes(pact_secret("harbour-city"), proposal.signing_bytes()).hex()
    path = f"/books/main/funds/shelter/proposals/{proposal.id}/approvals"
    agreed = {"signature": signature}
    assert code_of(dora.post(path, agreed, {"Almoner-Party": "harbour-city"})) == SAME
    assert code_of(dora.post(path, agreed)) == SAME
    assert code_of(deal.of("paula").post(path, agreed, {"Almoner-Party": "harbour-city"})) == SAME
    done = f"{PACT}/payouts/{waiting['id']}/executions"
    assert code_of(dora.post(done, headers=in_the_name_of)) == (403, "duty.not_approved")
    assert deal.of("fiona").made(path, agreed)["state"] == "approved"
    around = dora.post(path.replace("/approvals", "/executions"), headers=in_the_name_of)
    assert code_of(around) == (403, "duty.not_allowed")
    assert dora.made(done, headers=in_the_name_of)["status"] == "paid"


@ONE_DATABASE
def test_who_claims_or_is_of_another_party_does_not_determine_or_rule(engine: Engine) -> None:
    home = grants_of(("evaluator", "count-lab", ""), ("hub", "night-shelter", ""))
    ruler = grants_of(("evaluator", "arbiter", ""), ("hub", "annex-shelter", ""))
    deal = deal_of(engine, {"eva": home, "rita": ruler}, disputes={"days": 30})
    deal.claim("c1", "1000")
    lab = {"Almoner-Party": "count-lab"}
    assert code_of(deal.of("eva").post(f"{CLAIMS}/c1/determinations", deal.signed("c1", "1000"), lab)) == SAME
    once = deal_of_same(engine, deal, {})
    once.of("eva").made(f"{CLAIMS}/c1/determinations", once.signed("c1", "1000"))
    asked = {"code": "d1", "grounds": "data_error", "statement": "March was counted twice."}
    once.of("fiona").made(f"{CLAIMS}/c1/disputes", asked)
    how = {"outcome": "upheld", "reason": "It was right.", "signature": "00" * 64}
    rita = {"Almoner-Party": "arbiter"}
    assert code_of(deal.of("rita").post(f"{PACT}/disputes/d1/resolutions", how, rita)) == SAME


def deal_of_same(engine: Engine, deal: Deal, people: Mapping[str, tuple[Grant, ...]]) -> Deal:
    """Return the same pact seen by its own people."""
    app = small_app(engine, identify_by_name(deal.watch, {**OF_THE_PACT, **people}), deal.watch, *OF_PACTS)
    return Deal(engine, deal.watch, lambda name="", way="Bearer": Asker(app, name, way))


@ONE_DATABASE
def test_one_person_does_not_accept_a_finding_for_two_parties(engine: Engine) -> None:
    both = grants_of(("hub", "night-shelter", ""), ("hub", "annex-shelter", ""))
    deal = deal_of(engine, {"hanna": both}, disputes={"days": 30})
    deal.find("c1", "1000")
    hanna = deal.of("hanna")
    hanna.made(f"{CLAIMS}/c1/waivers", {}, {"Almoner-Party": "night-shelter"})
    assert code_of(hanna.post(f"{CLAIMS}/c1/waivers", {}, {"Almoner-Party": "annex-shelter"})) == SAME


@ONE_DATABASE
def test_who_may_act_for_the_giver_does_not_value_the_gift(engine: Engine, app: FastAPI) -> None:
    mira = Asker(app, "mira")
    mira.made("/books/main/units", {"code": "hour", "kind": "in_kind", "scale": 2})
    gift = mira.made(GIFTS, {"giver": "hub-a", "amount": "40.00", "unit": "hour"})
    both = {"eva": grants_of(("evaluator", "lab", ""), ("hub", "hub-a", ""))}
    double = Asker(two_roles(engine, both), "eva")
    path = f"{GIFTS}/{gift['number']}/valuations"
    assert code_of(double.post(path, PRICE, {"Almoner-Party": "lab"})) == SAME
    assert Asker(app, "emil").made(path, PRICE)["value"] == "800.00"


def two_roles(engine: Engine, people: Mapping[str, tuple[Grant, ...]]) -> FastAPI:
    clock = clock_at("2026-01-15")
    return small_app(engine, identify_by_name(clock, people), clock, in_kind)


@pytest.fixture
def world(engine: Engine, book: str) -> World:
    """A challenge whose panel has read and closed."""
    assert book
    open_round(engine)
    seat(engine)
    mark_all(engine)
    made = World(engine)
    made.at("2027-04-13")
    return made


def asker(world: World, name: str, *roles: tuple[str, str, str]) -> Asker:
    """Return somebody with these roles at the doors of a round."""
    people = {**OF_THE_ROUND, name: grants_of(*roles)}
    identify = identify_by_name(world.clock, people)
    app = FastAPI()
    app.include_router(
        routes_of(Door(engine=world.engine, identify=identify, clock=world.clock, secret=b"x"), OPERATIONS)
    )
    return Asker(app, name)


@ONE_DATABASE
def test_who_competes_neither_looks_into_the_judging_nor_decides(world: World) -> None:
    funder = ("funder", "foundation", "")
    double = asker(world, "fiona", funder, ("hub", "hub-a", ""))
    proposed = {"prize": 0, "application": "a-1", "amount": "100.00", "rule": "places", "reason": "Rank 1."}
    calls: list[tuple[str, str, Json]] = [
        ("GET", f"{PANEL}/ranking", None),
        ("GET", f"{PANEL}/shortages", None),
        ("POST", f"{HERE}/awards", proposed),
        ("POST", f"{HERE}/decisions", {}),
        ("POST", f"{PANEL}/calibrations", {}),
        ("POST", f"{PANEL}/void-reads", {"application": "a-2", "judge": "jana", "reason": "x"}),
    ]
    head = {"Almoner-Party": "foundation"}
    for method, path, body in calls:
        reply = double.get(path, head) if method == "GET" else double.post(path, body, head)
        assert code_of(reply) == SAME, path
    world("mira").made(f"{HERE}/awards", proposed)
    assert code_of(double.post(f"{HERE}/awards/0/a-1/whole/approvals", headers=head)) == SAME
    assert world("fiona").made(f"{HERE}/awards/0/a-1/whole/approvals")["award"]["state"] == "approved"


@ONE_DATABASE
def test_who_judges_neither_decides_nor_scores_a_rival_of_the_own_hub(world: World) -> None:
    funder = ("funder", "foundation", "")
    double = asker(world, "frieda", funder, ("judge", "jana", ""))
    head = {"Almoner-Party": "foundation"}
    assert code_of(double.post(f"{HERE}/decisions", {}, head)) == SAME
    world.at("2027-03-11")
    judging = asker(world, "jana", ("judge", "jana", ""), ("hub", "hub-4", ""))
    opening = {"phase": "panel", "application": "a-2"}
    own = {"Almoner-Party": "jana"}
    assert code_of(judging.post(f"{HERE}/judges/jana/openings", opening, own)) == SAME
    assert code_of(judging.get(f"{HERE}/judges/jana/entries?phase=panel", own)) == SAME
    refused(world("hana").post(f"{HERE}/judges/jana/openings", opening), 404, "storage.missing")


def test_a_hub_sees_of_a_published_fund_no_less_than_everybody(engine: Engine) -> None:
    deal = deal_of(engine, {})
    deal.find("c1", "1000")
    (step,) = deal.settle("c1")
    to_annex = next(row["id"] for row in step["payouts"] if row["payee"] == "annex")
    one = f"{PACT}/payouts/{to_annex}"
    assert deal.of("hana").get(one).status_code == 404
    publish(deal, "agreement/pact")
    public, hana, anna = (deal.of(name).get(one) for name in ("", "hana", "anna"))
    assert public.status_code == 200, public.text
    assert hana.json() == public.json()
    assert deal.of("hana").seen(f"{PACT}/payouts") == deal.of().seen(f"{PACT}/payouts")
    assert anna.json()["payee"] == "annex"
