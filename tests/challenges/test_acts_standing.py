"""Ratings, leaderboard, register and map on both databases, read from agreements, awards and the ledger."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from almoner import money
from almoner.challenges import acts
from almoner.challenges.awarding import award_progress
from almoner.challenges.conflicts import Mark
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.prizes import MeasuredProgress
from almoner.challenges.records.tables import PUBLIC_COMMITMENT
from almoner.challenges.register import PublicCommitment, RegisterEntry
from almoner.contracts import acts as contracts
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.claims import ClaimedResult, digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.records import agreements
from almoner.finance import acts as finance
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import AlreadyExists, DayOutOfRange, Missing
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Engine, Session
from almoner.finance.ties import Tie

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

HUBS = ("east-hub", "west-hub", "north-hub")
PARTIES = (*HUBS, "county", "count-lab", "arbiter", "well-guild")
LATE = date(2029, 1, 31)
BUNDLE = [{"party": "east-hub", "role": "lead", "share_bp": 10_000}]
LINE = {"intervention": "wells", "category": "drilling", "amount": "900.30", "covered_by": "ask"}
BUDGET = [{"actor": "east-hub", **LINE}]
DISCLOSURES = [{"party": "east-hub", "incentives": "none", "restrictions": "none"}]


def secret(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def clock_at(day: str) -> Clock:
    return fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC))


def terms(hub: str) -> dict[str, Any]:
    """Return terms by which the county pays a hub for days with safe water."""
    pay = {"op": "scale", "of": {"op": "obs", "metric": "safe_water_days"}, "as": "USD/2"}
    return {
        "schema": "almoner.term/1",
        "title": f"Safe water by {hub}",
        "rounding": "half_even",
        "parties": {
            "county": {"role": "outcome_payer"},
            "hub": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2027-06-01", "ends_on": "2029-12-31"},
        "metrics": {
            "safe_water_days": {
                "title": "Days with safe water",
                "type": "day/0",
                "domain": ["0", "366"],
                "pool": "last",
                "method": "meters, audited",
            }
        },
        "clauses": [
            {
                "op": "pay",
                "id": "days",
                "from": "county",
                "to": "hub",
                "basis": "cumulative",
                "amount": {**pay, "by": [{"op": "lit", "value": "10.00", "type": "USD/2 per day/0"}]},
            }
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "5000.00"}],
    }


@dataclass
class Field:
    """A published round whose hubs deliver under agreements of their own."""

    round: "Round"

    @property
    def session(self) -> Any:  # noqa: ANN401  # the session of the round
        return self.round.session

    def agree(self, hub: str, **changes: object) -> None:
        content = {
            "schema": "almoner.agreement/1",
            "terms": terms(hub),
            "parties": {"county": "county", "hub": hub, "lab": "count-lab"},
            "funding": [],
            **changes,
        }
        document = AgreementDocument.read(json.dumps(content))
        clock = clock_at("2027-05-01")
        contracts.draw_up(self.session, "main", hub, document, clock=clock)
        agreement = agreements.find_agreement(self.session, "main", hub).agreement
        signed = {
            name: sign_bytes(secret(code), agreement.signing_bytes())
            for name, code in agreement.document.signatories.items()
        }
        contracts.sign(self.session, "main", hub, signed, clock=clock)

    def find(
        self,
        hub: str,
        key: str,
        value: str,
        *,
        on: str,
        error: str = "",
        estimate: str = "",
        metric: str = "safe_water_days",
    ) -> None:
        """Claim, evidence and determine days of safe water."""
        clock = clock_at(on)
        result = ClaimedResult(metric=metric, value=value, on=on)
        made = contracts.claim(self.session, "main", hub, [result], hub, key=key, clock=clock)
        told = {"method": "meters", "description": "readings"}
        contracts.attach(self.session, "main", hub, key, b"readings", clock=clock, **told)
        found = Determination(
            agreement=hub,
            claim=made.code,
            claim_sha256=made.digest(),
            verifier="count-lab",
            findings=(
                Finding(
                    result=made.results[0],
                    method="meters",
                    standard_error=error,
                    estimate=estimate or (value if error else ""),
                ),
            ),
            evidence_sha256=digest_of(b"readings"),
            made_on=on,
        )
        signed = replace(found, signature=sign_bytes(secret("count-lab"), found.signing_bytes()))
        contracts.determine(self.session, "main", signed, clock=clock)

    def dispute(self) -> None:
        """The county disputes what the northern hub has reached."""
        contracts.dispute(
            self.session,
            "main",
            "north-hub",
            "n0",
            by="county",
            grounds="data_error",
            statement="The meter stood still.",
            key="d1",
            clock=clock_at("2028-05-12"),
        )

    def promise(self, code: str, promise: Mapping[str, object], **changes: object) -> PublicCommitment:
        content = {
            "schema": "almoner.commitment/1",
            "code": code,
            "party": "hill-giver",
            "title": code,
            "promise": promise,
            "made_on": "2027-01-01",
            "by": "2028-12-31",
            "source": "a speech",
            **changes,
        }
        made = PublicCommitment.read(json.dumps(content))
        return acts.commit_publicly(self.session, "main", made, clock=clock_at("2027-02-01"))

    def register(self, on: date = LATE) -> dict[str, RegisterEntry]:
        entries = acts.public_register(self.session, "main", as_of=on)
        return {one.commitment.code: one for one in entries}


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[str, Field]]:
    """The field of each database, delivered once; every test takes back what it did."""
    fields: dict[str, Field] = {}
    yield fields
    for one in fields.values():
        one.session.close()


def deliver(opened: "Round") -> Field:
    """Two hubs with results; a third whose one result can still be disputed; a lead with none."""
    for code in PARTIES:
        party = Party(code=code, name=code.title(), public_key=public_key(secret(code)))
        finance.register_party(opened.session, "main", party)
    opened.publish({"region": "east"})
    field = Field(opened)
    for hub in HUBS[:2]:
        field.agree(hub)
    field.agree("north-hub", disputes={"days": 30}, resolver="arbiter")
    for at, value in enumerate(("266", "280", "270")):
        field.find("east-hub", f"e{at}", value, on=f"2028-0{at + 1}-28", error="9")
    for at, value in enumerate(("230", "226")):
        field.find("west-hub", f"w{at}", value, on=f"2028-0{at + 1}-28", error="9", estimate="228")
    field.find("north-hub", "n0", "320", on="2028-05-10")
    opened.submit("a-1")
    return field


@pytest.fixture
def delivered(
    empty_engine: Engine, open_round: "Callable[[Session], Round]", kept: dict[str, Field]
) -> Iterator[Field]:
    name = empty_engine.dialect.name
    if name not in kept:
        kept[name] = deliver(open_round(Session(empty_engine)))
    with kept[name].session.begin_nested() as nested:
        yield kept[name]
        nested.rollback()


def test_hubs_are_rated_by_final_determinations_towards_the_goal_of_the_brief(delivered: Field) -> None:
    (found,) = acts.rate_hubs(
        delivered.session, "main", "clean-water", as_of=date(2028, 5, 20), variances=(0.04, 0.01)
    )
    assert found.family == "safe_water_days@2"
    assert [(one.hub, one.state, one.results, one.pending) for one in found.hubs] == [
        ("east-hub", "rated", 3, 0),
        ("north-hub", "unrated", 0, 1),
        ("river-trust", "unrated", 0, 0),
        ("west-hub", "rated", 2, 0),
    ]
    rows = acts.hub_progress(delivered.session, "main", "clean-water", as_of=date(2028, 5, 20))
    west = [one for one in rows if one.hub == "west-hub"]
    assert [(str(one.value), str(one.standard_error)) for one in west] == [("4/27", "1/12"), ("4/27", "1/12")]
    assert west[0].source == "agreement west-hub, claim w0, round 1"
    (later,) = acts.rate_hubs(delivered.session, "main", "clean-water", as_of=LATE, variances=(0.04, 0.01))
    assert (later.hub("north-hub").state, later.hub("north-hub").results) == ("rated", 1)


def test_a_disputed_result_is_pending_and_weighs_nothing(delivered: Field) -> None:
    before = acts.rate_hubs(delivered.session, "main", "clean-water", as_of=LATE, variances=(0.04, 0.01))[0]
    delivered.dispute()
    (found,) = acts.rate_hubs(delivered.session, "main", "clean-water", as_of=LATE, variances=(0.04, 0.01))
    assert before.hub("north-hub").state == "rated"
    assert (found.hub("north-hub").state, found.hub("north-hub").pending) == ("unrated", 1)


def test_without_a_final_determination_there_is_no_rating_and_no_board(delivered: Field) -> None:
    for none in ({"under": ()}, {"as_of": date(2028, 1, 1)}):
        asked: dict[str, Any] = {"as_of": LATE, **none}
        assert acts.rate_hubs(delivered.session, "main", "clean-water", **asked) == ()
        assert acts.leaderboard(delivered.session, "main", "clean-water", **asked) == ()
    with pytest.raises(Missing):
        acts.rate_hubs(delivered.session, "main", "dry-wells", as_of=LATE)


def test_a_leaderboard_shows_earlier_awards_and_says_why_attachment_is_not_told(delivered: Field) -> None:
    delivered.round.award(0, a_1="100.00")
    (board,) = acts.leaderboard(
        delivered.session, "main", "clean-water", as_of=LATE, places=1, variances=(0.04, 0.01)
    )
    earlier = {one.hub: one.earlier for one in board.rows}
    assert earlier == {"east-hub": 0, "north-hub": 0, "river-trust": 1, "west-hub": 0}
    assert "fewer than 30" in board.attachment
    assert acts.earlier_awards(delivered.session, "main", as_of=date(2027, 5, 1)) == {}
    assert board.rows[-1].side == "out"


def test_an_award_is_a_choice_among_those_who_passed_in_the_same_challenge(delivered: Field) -> None:
    delivered.round.submit("a-2", facts={"lead.kind": "government"})
    delivered.round.award(0, a_1="100.00")
    measured = acts.attachment(delivered.session, "main", [], as_of=LATE)
    assert (measured.awards, measured.earlier) == (0, None)


def test_a_measured_progress_prize_is_divided_by_the_bound_of_what_is_final(delivered: Field) -> None:
    delivered.round.submit("a-2", lead="east-hub", bundle=BUNDLE, budget=BUDGET, disclosures=DISCLOSURES)
    prize = MeasuredProgress.read(
        """{"kind": "measured_progress", "phase": "deliver", "amount": "900.00", "basis": "lower_bound",
        "split": "proportional", "hub_cap_bp": 9000, "newcomer_bp": 1000}"""
    )
    asked = acts.progress_contenders(
        delivered.session, "main", "clean-water", prize, as_of=LATE, variances=(0.04, 0.01)
    )
    figures = {one.hub: one.progress for one in asked}
    assert figures["a-1"] is None
    (found,) = acts.rate_hubs(delivered.session, "main", "clean-water", as_of=LATE, variances=(0.04, 0.01))
    assert figures["a-2"] == found.hub("east-hub").counted("lower_bound") > 0
    awards = award_progress(prize, asked, unit=delivered.round.fund.unit)
    assert {one.application_id: one.amount.text for one in awards} == {"a-2": "810.00", "a-1": "90.00"}


def test_a_prize_follows_one_family_of_metrics(delivered: Field) -> None:
    prize = MeasuredProgress.read(
        """{"kind": "measured_progress", "phase": "deliver", "amount": "900.00", "basis": "point",
        "split": "proportional"}"""
    )
    other = json.loads(json.dumps(terms("well-guild")).replace("safe_water_days", "dry_days"))
    delivered.agree("well-guild", terms=other)
    delivered.find("well-guild", "p0", "250", on="2028-01-28", metric="dry_days")
    goal = acts.goal_course(delivered.round.brief().goal)
    ways = [goal, replace(goal, metric="dry_days@1", family="dry")]
    found = acts.rate_hubs(
        delivered.session, "main", "clean-water", as_of=LATE, courses=ways, variances=(0.04, 0.01)
    )
    assert [one.family for one in found] == ["dry", "safe_water_days@2"]
    assert found[0].hub("well-guild").results == 1
    with pytest.raises(CalibrationInvalid, match="one family"):
        acts.progress_contenders(delivered.session, "main", "clean-water", prize, as_of=LATE, courses=ways)


MONEY = {"kind": "money", "unit": "USD", "fund": "water-pool"}
DAYS = {"kind": "outcome", "agreement": "east-hub", "metric": "safe_water_days"}


def test_commitments_stand_by_the_ledger_and_by_final_determinations(delivered: Field) -> None:
    delivered.promise("gave", {**MONEY, "amount": "1000000.00"})
    delivered.promise("more", {**MONEY, "amount": "1000000.01"}, by="2028-06-30", grace_days=30)
    delivered.promise("euros", {**MONEY, "amount": "1.00", "unit": "EUR"})
    delivered.promise("nowhere", {**MONEY, "amount": "1.00", "fund": "no-pool"})
    delivered.promise("days", {**DAYS, "value": "275"}, party="east-hub")
    delivered.promise("many", {**DAYS, "value": "300"}, party="east-hub")
    delivered.promise("gone", {**DAYS, "agreement": "pact", "value": "1"}, party="east-hub")
    delivered.promise("deed", {"kind": "deed", "text": "We are open."})
    found = delivered.register(date(2028, 7, 15))
    assert {code: one.status for code, one in found.items()} == {
        "gave": "kept",
        "more": "overdue",
        "euros": "due",
        "nowhere": "unverifiable",
        "days": "kept",
        "many": "due",
        "gone": "unverifiable",
        "deed": "unverifiable",
    }
    assert found["days"].reached_on == "2028-02-28"
    assert found["days"].facts[1] == "agreement east-hub, claim e1, round 1"
    assert found["more"].reached == "1000000"
    assert delivered.register()["more"].status == "missed"
    mine = acts.public_register(delivered.session, "main", as_of=LATE, party="east-hub")
    assert [one.commitment.code for one in mine] == ["days", "many", "gone"]


def test_money_that_goes_back_to_the_donor_is_not_given(delivered: Field) -> None:
    delivered.promise("gave", {**MONEY, "amount": "1000000.00"})
    finance.return_to_donor(
        delivered.session,
        delivered.round.fund,
        "hill-giver",
        money("0.01", "USD"),
        key="r1",
        clock=clock_at("2028-02-01"),
    )
    assert delivered.register(date(2028, 3, 1))["gave"].status == "due"
    assert delivered.register()["gave"].reached == "999999.99"


def test_what_a_fund_pays_is_counted_from_its_payments(delivered: Field) -> None:
    session, fund = delivered.session, delivered.round.fund
    delivered.promise("pays", {**MONEY, "amount": "50.00", "way": "pays"}, party="county")
    assert delivered.register(date(2028, 3, 1))["pays"].status == "due"
    clock = clock_at("2028-02-01")
    finance.spend(session, fund, "pump-makers", money("50.00", "USD"), line="transfer", key="p1", clock=clock)
    assert delivered.register(date(2028, 3, 1))["pays"].status == "kept"


def test_an_open_dispute_leaves_a_commitment_disputed(delivered: Field) -> None:
    delivered.promise("all", {**DAYS, "agreement": "north-hub", "value": "320"}, party="north-hub")
    assert delivered.register()["all"].status == "kept"
    delivered.dispute()
    assert delivered.register()["all"].status == "disputed"


def test_a_commitment_is_recorded_once_never_changed_and_replaced_in_the_open(delivered: Field) -> None:
    first = delivered.promise("c-1", {**MONEY, "amount": "2000000.00"})
    assert delivered.promise("c-1", {**MONEY, "amount": "2000000.00"}) == first
    with pytest.raises(AlreadyExists, match="another one that replaces it"):
        delivered.promise("c-1", {**MONEY, "amount": "1.00"})
    delivered.promise("c-2", {**MONEY, "amount": "1000000.00"}, replaces="c-1")
    found = delivered.register()
    assert (found["c-1"].status, found["c-1"].replaced_by) == ("overdue", "c-2")
    assert found["c-2"].status == "kept"
    with pytest.raises(AlreadyExists, match="replaced by c-2"):
        delivered.promise("c-3", {**MONEY, "amount": "1.00"}, replaces="c-1")
    for party, replaces in (("county", "c-2"), ("hill-giver", "c-9")):
        with pytest.raises(Missing, match="could replace"):
            delivered.promise("c-4", {**MONEY, "amount": "1.00"}, party=party, replaces=replaces)
    with pytest.raises(Missing):
        delivered.promise("c-5", {**MONEY, "amount": "1.00"}, party="nobody")
    with pytest.raises(DayOutOfRange):
        delivered.promise("c-6", {**MONEY, "amount": "1.00"}, made_on="2027-02-02")
    assert finance.verify(delivered.session, "main").findings == ()


def test_the_database_keeps_a_commitment_as_it_is(delivered: Field) -> None:
    delivered.promise("c-1", {**MONEY, "amount": "1.00"})
    session = delivered.session
    for act in (update(PUBLIC_COMMITMENT).values(code="c-2"), delete(PUBLIC_COMMITMENT)):
        with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
            session.execute(act)


def test_the_map_shows_each_audience_what_it_may_see(delivered: Field) -> None:
    session = delivered.session
    made = Tie(
        kind="belongs_to", from_party="east-hub", to_party="county", since=date(2027, 1, 1), source="register"
    )
    finance.tie(session, "main", made, clock=clock_at("2027-02-01"))
    finance.tie(session, "main", replace(made, kind="family"), clock=clock_at("2027-02-01"))
    public = acts.landscape(session, "main", audience="public", as_of=date(2028, 6, 1))
    assert {one.kind for one in public.ties} == {"contract", "evaluation"}
    assert {one.actor: one.kind for one in public.places} == {
        "count-lab": "evaluator",
        "county": "organisation",
        "east-hub": "organisation",
        "north-hub": "organisation",
        "west-hub": "organisation",
    }
    funder = acts.landscape(session, "main", audience="funder", as_of=date(2028, 6, 1))
    assert {one.kind for one in funder.ties} == {
        "contract", "evaluation", "partnership", "joint_application", "money_flow",
    }  # fmt: skip
    kinds = {one.actor: one.kind for one in funder.places}
    assert (kinds["hill-giver"], kinds["river-trust"], kinds["fund:water-pool"]) == ("funder", "hub", "fund")
    assert len([one for one in funder.ties if one.kind == "partnership"]) == 1
    assert "pump-makers" not in json.dumps(public.document())


def test_parties_that_are_the_same_stand_once_on_the_map(delivered: Field) -> None:
    found = acts.landscape(
        delivered.session, "main", audience="public", as_of=date(2028, 6, 1), aliases={"west-hub": "east-hub"}
    )
    assert [one.actor for one in found.places] == ["count-lab", "county", "east-hub", "north-hub"]
    marks = [
        Mark(holder=code, kind="registry", value="77-1", verified=True) for code in ("east-hub", "west-hub")
    ]
    for mark in marks:
        acts.declare_mark(delivered.session, "main", mark, clock=clock_at("2027-02-01"))
    for audience, there in (("funder", False), ("public", True)):
        found = acts.landscape(delivered.session, "main", audience=audience, as_of=date(2028, 6, 1))
        assert ("west-hub" in {one.actor for one in found.places}) == there
