from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from almoner.contracts import acts
from almoner.contracts.claims import ClaimedResult, digest_of
from almoner.contracts.records import agreements, claims
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import (
    ClaimLate,
    EvidenceTampered,
    KeyReused,
    Missing,
    NotAllowed,
    NotSigned,
    OutsideDomain,
    ResultsInvalid,
    TooPrecise,
)

if TYPE_CHECKING:
    from .conftest import Desk

Content = dict[str, Any]


@pytest.fixture
def yearly(desk: "Desk") -> "Desk":
    """The same terms with a value for each of two years, to be claimed within 30 days of its end."""
    content: Content = desk.document.terms.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["calendar"]["periods"] = [
        {"id": "first", "ends_on": "2026-12-31"},
        {"id": "second", "ends_on": "2027-12-31"},
    ]
    content["metrics"]["nights"]["per"] = ["period"]
    content["clauses"][0]["basis"] = "period"
    return desk.given(terms=content, verification={"claim_days": 30})


def at(desk: "Desk", day: str) -> "Desk":
    return desk.at(fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC)))


def test_a_claim_moves_nothing_and_comes_once(desk: "Desk") -> None:
    desk.start()
    before = desk.money()
    made = desk.claim("c1", "412")
    assert desk.claim("c1", "412") == made
    assert desk.money() == before
    assert desk.status("c1") == "claimed"
    stored = agreements.find_agreement(desk.session, "main", "pact")
    assert [one.claim for one in claims.list_stored_claims(desk.session, stored)] == [made]


def test_another_claim_under_the_same_key_is_refused(desk: "Desk") -> None:
    desk.start()
    desk.claim("c1", "412")
    with pytest.raises(KeyReused, match="c1"):
        desk.claim("c1", "413")


def test_nothing_is_claimed_before_everybody_signed(desk: "Desk") -> None:
    desk.draw_up()
    desk.sign("city")
    with pytest.raises(NotSigned):
        desk.claim("c1", "412")


def test_only_parties_claim(desk: "Desk") -> None:
    desk.start()
    with pytest.raises(NotAllowed, match="quiet-owl has no part"):
        desk.claim("c1", "412", by="quiet-owl")
    with pytest.raises(Missing, match="nobody"):
        desk.claim("c1", "412", by="nobody")


def test_where_the_terms_say_who_states_a_metric_nobody_else_claims_it(
    desk: "Desk", content: Content
) -> None:
    content["metrics"]["nights"]["by"] = "city"
    stated = desk.given(terms=content)
    stated.start()
    with pytest.raises(NotAllowed, match="nights is stated by harbour-city, not by night-shelter"):
        stated.claim("c1", "412")
    stated.claim("c1", "412", by="city")


@pytest.mark.parametrize(
    ("row", "error", "told"),
    [
        ({"metric": "days"}, ResultsInvalid, "no metric 'days'"),
        ({"period": "first"}, ResultsInvalid, "not by period"),
        ({"of": (("homes", "east"),)}, ResultsInvalid, "per no member"),
        ({"value": "40001"}, OutsideDomain, "40000"),
        ({"value": "-1"}, OutsideDomain, "0 to 40000"),
        ({"value": "41.5"}, TooPrecise, "41.5"),
        ({"value": "many"}, TooPrecise, "many"),
        ({"on": "2026-01-16"}, ClaimLate, "cannot be known yet"),
        ({"on": "2025-12-31"}, ClaimLate, "outside term"),
    ],
)
def test_what_does_not_fit_the_terms_is_refused_by_name(
    desk: "Desk", row: dict[str, Any], error: type[Exception], told: str
) -> None:
    desk.start()
    asked = {"value": "412", **row}
    with pytest.raises(error, match=told):
        desk.claim("c1", asked.pop("value"), **asked)
    assert (
        claims.list_stored_claims(desk.session, agreements.find_agreement(desk.session, "main", "pact")) == ()
    )


def test_a_result_stands_once_in_a_claim_and_a_claim_is_not_empty(desk: "Desk") -> None:
    desk.start()
    row = ClaimedResult(metric="nights", value="1")
    for rows, told in (([], "at least one"), ([row, replace(row, value="2")], "stands twice")):
        with pytest.raises(ResultsInvalid, match=told):
            acts.claim(desk.session, "main", "pact", rows, "night-shelter", key="c1", clock=desk.clock)


def test_results_are_claimed_from_the_first_day_of_their_period_until_its_deadline(yearly: "Desk") -> None:
    yearly.start()
    with pytest.raises(ClaimLate, match="begins on 2027-01-01") as early:
        yearly.claim("c2", "5", period="second")
    assert early.value.figures["from_day"] == "2027-01-01"
    at(yearly, "2027-01-30").claim("c1", "5", period="first")
    with pytest.raises(
        ClaimLate, match="until 2027-01-30, 30 days after 2026-12-31; it is 2027-01-31"
    ) as late:
        at(yearly, "2027-01-31").claim("c3", "5", period="first")
    assert (late.value.figures["until"], late.value.figures["today"]) == ("2027-01-30", "2027-01-31")
    at(yearly, "2027-01-31").claim("c4", "5", period="second")


def test_a_late_retry_of_a_claim_in_time_is_the_same_claim(yearly: "Desk") -> None:
    yearly.start()
    made = yearly.claim("c1", "5", period="first")
    assert at(yearly, "2028-06-01").claim("c1", "5", period="first") == made


def test_a_value_that_would_leave_the_domain_with_those_before_is_refused(desk: "Desk") -> None:
    desk.start()
    desk.find("c1", "39000")
    with pytest.raises(OutsideDomain, match="40001"):
        desk.claim("c2", "1001")
    desk.claim("c3", "1000")


def test_evidence_is_known_by_its_digest(desk: "Desk") -> None:
    desk.start()
    made = desk.claim("c1", "412")
    assert desk.attach(made) == desk.attach(made) == digest_of(b"register")
    found = acts.check_evidence(desk.session, "main", "pact", "c1", b"register")
    assert found.sha256 == digest_of(b"register")
    with pytest.raises(EvidenceTampered, match="was changed") as caught:
        acts.check_evidence(desk.session, "main", "pact", "c1", b"Register")
    assert caught.value.figures["on_record"] == [digest_of(b"register")]


def test_evidence_held_elsewhere_is_put_on_record_by_its_digest_alone(desk: "Desk") -> None:
    desk.start()
    desk.claim("c1", "412")
    told: dict[str, Any] = {"method": "count", "description": "pages", "clock": desk.clock}
    given = acts.attach(
        desk.session, "main", "pact", "c1", None, sha256=digest_of(b"far away"), held_by="archive", **told
    )
    stored = agreements.find_agreement(desk.session, "main", "pact")
    assert claims.list_evidence(desk.session, stored, "c1") == (given,)
    with pytest.raises(EvidenceTampered):
        acts.attach(desk.session, "main", "pact", "c1", b"near", sha256=digest_of(b"far away"), **told)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        acts.attach(desk.session, "main", "pact", "c1", None, sha256="beef", **told)
    with pytest.raises(KeyReused):
        acts.attach(desk.session, "main", "pact", "c1", b"far away", held_by="attic", **told)
    with pytest.raises(Missing, match="c9"):
        acts.attach(desk.session, "main", "pact", "c9", b"far away", **told)


ATTACKS = {
    "a claim changed": "UPDATE claim SET code = 'c9'",
    "a claim erased": "DELETE FROM claim",
    "evidence replaced": "UPDATE evidence SET held_by = 'attic'",
    "evidence erased": "DELETE FROM evidence",
    "a claim before the agreement is active": (
        "INSERT INTO claim (agreement_id, active_no, active_state, code, body, sha256, claimed_by, event_id) "
        "SELECT agreement_id, 1, 'active', 'c9', body, sha256, claimed_by, "
        "(SELECT event_id FROM evidence) FROM claim"
    ),
    "a claim under a state of its own": (
        "INSERT INTO claim (agreement_id, active_no, active_state, code, body, sha256, claimed_by, event_id) "
        "SELECT agreement_id, 1, 'draft', 'c9', body, sha256, claimed_by, "
        "(SELECT event_id FROM evidence) FROM claim"
    ),
    "a second claim under a taken key": (
        "INSERT INTO claim (agreement_id, active_no, active_state, code, body, sha256, claimed_by, event_id) "
        "SELECT agreement_id, active_no, active_state, code, body, sha256, claimed_by, "
        "(SELECT event_id FROM evidence) FROM claim"
    ),
}


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_the_database_keeps_claims_and_evidence(desk: "Desk", attack: str) -> None:
    desk.start()
    desk.attach(desk.claim("c1", "412"))
    with pytest.raises(DatabaseError):
        desk.session.execute(text(ATTACKS[attack]))
