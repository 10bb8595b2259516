from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from almoner import money
from almoner.contracts import acts
from almoner.contracts.acts.vetting import require_untied
from almoner.contracts.claims import Claim, digest_of
from almoner.contracts.determinations import Finding
from almoner.contracts.envelopes import envelope, read_envelope
from almoner.contracts.records import agreements, claims, determinations
from almoner.finance import acts as finance
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import (
    AlmonerError,
    AlreadyDetermined,
    DeterminationExpired,
    DeterminationForeign,
    EvidenceMissing,
    NotIndependent,
    OutsideDomain,
    SignatureInvalid,
    UnlawfulTransition,
)
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.ties import Tie, TieKind

if TYPE_CHECKING:
    from .conftest import Desk

RULE = {"quorum": 2, "tolerance": {"nights": "2"}, "statistic": "lowest"}


def in_force(desk: "Desk") -> tuple[claims.StoredDecision, ...]:
    return claims.decisions_in_force(desk.session, agreements.find_agreement(desk.session, "main", "pact"))


def claimed(desk: "Desk", value: str = "412") -> Claim:
    desk.start()
    made = desk.claim("c1", value)
    desk.attach(made)
    return made


def at(desk: "Desk", day: str) -> "Desk":
    return desk.at(fixed_clock(datetime.fromisoformat(day).replace(tzinfo=UTC)))


def refused(desk: "Desk", found: object, error: type[AlmonerError], told: str) -> AlmonerError:
    """Present a determination that is refused, and see that nothing was written."""
    stored = agreements.find_agreement(desk.session, "main", "pact")
    before = determinations.list_determinations(desk.session, stored, "c1")
    with pytest.raises(error, match=told) as caught:
        desk.determine(found)  # type: ignore[arg-type]  # a determination, as made by the desk
    assert determinations.list_determinations(desk.session, stored, "c1") == before
    return caught.value


def test_a_signed_finding_decides_what_counts_and_another_figure_than_claimed_may(desk: "Desk") -> None:
    made = claimed(desk)
    found = desk.finding(made, "398")
    assert desk.determine(found) == desk.determine(found) == found
    (decision,) = in_force(desk)
    assert [one.value for one in decision.results] == ["398"]
    assert (decision.round, decision.decided_on, decision.final_on) == (
        1,
        date(2026, 1, 15),
        date(2026, 1, 15),
    )
    assert desk.status("c1") == "final"
    stored = agreements.find_agreement(desk.session, "main", "pact")
    assert determinations.list_determinations(desk.session, stored, "c1") == (found,)


def test_a_finding_is_provisional_for_the_days_of_disputes(desk: "Desk") -> None:
    timed = desk.given(disputes={"days": 30})
    made = claimed(timed)
    timed.determine(timed.finding(made, "412"))
    assert [
        timed.status("c1"),
        at(timed, "2026-02-13").status("c1"),
        at(timed, "2026-02-14").status("c1"),
    ] == [
        "provisional",
        "provisional",
        "final",
    ]


def test_a_claim_of_which_nothing_holds_is_decided_with_nothing(desk: "Desk") -> None:
    made = claimed(desk)
    desk.determine(desk.finding(made, None))
    assert [one.results for one in in_force(desk)] == [()]


def test_so_many_must_agree_as_the_agreement_says(desk: "Desk") -> None:
    asked = desk.given(verification=RULE)
    made = claimed(asked)
    asked.determine(asked.finding(made, "412"))
    assert (asked.status("c1"), in_force(asked)) == ("determined", ())
    asked.determine(asked.finding(made, "410", "second"))
    assert [one.results[0].value for one in in_force(asked)] == ["410"]


def test_verifiers_who_differ_leave_it_undecided(desk: "Desk") -> None:
    asked = desk.given(verification=RULE)
    made = claimed(asked)
    asked.determine(asked.finding(made, "412"))
    asked.determine(asked.finding(made, "409", "second"))
    assert (asked.status("c1"), in_force(asked)) == ("in_disagreement", ())
    (status,) = acts.list_claims(asked.session, "main", "pact", clock=asked.clock)
    assert (status.found, status.needed, status.round, status.final_on) == (2, 2, 1, None)


def test_the_same_verifier_cannot_find_otherwise_later(desk: "Desk") -> None:
    asked = desk.given(verification=RULE)
    made = claimed(asked)
    asked.determine(asked.finding(made, "412"))
    refused(asked, asked.finding(made, "400"), AlreadyDetermined, "count-lab has determined")


def test_what_is_decided_takes_no_further_finding(desk: "Desk") -> None:
    made = claimed(desk)
    desk.determine(desk.finding(made, "412"))
    refused(desk, desk.finding(made, "412", "second"), AlreadyDetermined, "is decided")


def test_an_unsigned_or_changed_finding_is_refused(desk: "Desk") -> None:
    made = claimed(desk)
    found = desk.finding(made, "412")
    raised = desk.finding(made, "500")
    for wrong in (
        replace(found, signature=b""),
        replace(raised, signature=found.signature),
        replace(found, signature=desk.finding(made, "412", "second").signature),
        replace(found, made_on="2026-01-14"),
    ):
        refused(desk, wrong, SignatureInvalid, "count-lab")


def test_a_finding_about_something_else_is_refused(desk: "Desk") -> None:
    made = claimed(desk)
    other = replace(made, results=(replace(made.results[0], value="500"),))
    refused(desk, desk.finding(other, "500"), DeterminationForeign, "other content than was determined")
    refused(desk, desk.finding(made, "1", claim="c2"), DeterminationForeign, "no such claim")
    strange = Finding(result=replace(made.results[0], metric="days"), method="recount")
    refused(
        desk, desk.finding(made, "1", findings=(strange,)), DeterminationForeign, "says nothing about days"
    )
    refused(desk, desk.finding(made, "412", round=2), DeterminationForeign, "no dispute has opened another")


def test_a_stranger_and_the_resolver_do_not_determine_first(desk: "Desk") -> None:
    made = claimed(desk)
    refused(desk, desk.finding(made, "412", "north-giver"), DeterminationForeign, "has no part in it")
    refused(desk, desk.finding(made, "412", "resolver"), NotIndependent, "resolver")


def test_who_is_paid_does_not_determine(desk: "Desk") -> None:
    made = claimed(desk)
    error = refused(desk, desk.finding(made, "412", "home"), NotIndependent, "service_provider")
    assert error.figures["roles"] == ["service_provider"]


def test_a_finding_counts_so_many_days(desk: "Desk") -> None:
    timed = desk.given(verification={"valid_days": 10})
    made = claimed(timed)
    found = timed.finding(made, "412")
    refused(at(timed, "2026-01-26"), found, DeterminationExpired, "counted until 2026-01-25, 10 days")
    at(timed, "2026-01-25").determine(found)
    assert at(timed, "2026-02-25").determine(found) == found  # a retry of what was taken in time


def test_a_finding_is_not_dated_ahead(desk: "Desk") -> None:
    made = claimed(desk)
    refused(desk, desk.finding(made, "412", made_on="2026-01-16"), DeterminationExpired, "dated 2026-01-16")


def test_the_agreed_method_binds(desk: "Desk") -> None:
    strict = desk.given(verification={"methods": {"nights": "count"}})
    made = claimed(strict)
    refused(strict, strict.finding(made, "412"), DeterminationForeign, "by count, not by recount")
    by = tuple(Finding(result=one, method="count/1") for one in made.results)
    strict.determine(strict.finding(made, "412", findings=by))


def test_a_finding_rests_on_evidence_that_is_on_record(desk: "Desk") -> None:
    made = claimed(desk)
    found = desk.finding(made, "412", evidence_sha256=digest_of(b"other"))
    error = refused(desk, found, EvidenceMissing, digest_of(b"other")[:16])
    assert error.figures["on_record"] == [digest_of(b"register")]


def test_a_value_outside_its_domain_is_refused_and_never_clamped(desk: "Desk") -> None:
    made = claimed(desk)
    refused(desk, desk.finding(made, "40001"), OutsideDomain, "40000")


def test_two_findings_that_fit_alone_and_not_together_are_refused(desk: "Desk") -> None:
    first = claimed(desk, "39000")
    second = desk.claim("c2", "1001")
    desk.attach(second)
    desk.determine(desk.finding(second, "1001"))
    refused(desk, desk.finding(first, "39000"), OutsideDomain, "40001")
    desk.determine(desk.finding(first, "38999"))


def test_an_envelope_carries_a_finding_without_losing_a_byte(desk: "Desk") -> None:
    made = claimed(desk)
    found = desk.finding(made, "412")
    assert desk.determine(read_envelope(envelope(found, bytes(32)))) == found


def tie(desk: "Desk", giver: str, kind: TieKind, taker: str, since: str = "2026-01-01") -> Tie:
    made = Tie(
        kind=kind, from_party=giver, to_party=taker, since=date.fromisoformat(since), source="trade register"
    )
    return finance.tie(desk.session, "main", made, clock=desk.clock)


def test_a_verifier_whose_owner_owns_the_provider_is_refused_with_path_day_and_source(desk: "Desk") -> None:
    made = claimed(desk)
    tie(desk, "quiet-owl", "owns", "count-lab")
    tie(desk, "quiet-owl", "controls", "night-shelter")
    error = refused(desk, desk.finding(made, "412"), NotIndependent, "not independent on 2026-01-15")
    assert "quiet-owl owns count-lab since 2026-01-01 (trade register)" in error.message
    assert "quiet-owl controls night-shelter since 2026-01-01 (trade register)" in error.message


def test_a_tie_counts_on_its_days_alone(desk: "Desk") -> None:
    made = claimed(desk)
    held = tie(desk, "night-shelter", "supplies", "count-lab", since="2026-01-10")
    refused(desk, desk.finding(made, "412"), NotIndependent, "night-shelter supplies count-lab")
    finance.end_tie(desk.session, "main", held, date(2026, 1, 14), clock=desk.clock)
    desk.determine(desk.finding(made, "412"))


def test_a_tie_that_comes_to_light_later_stops_the_payout(desk: "Desk") -> None:
    made = claimed(desk)
    desk.determine(desk.finding(made, "412"))
    stored = agreements.find_agreement(desk.session, "main", "pact")
    require_untied(desk.session, "main", stored, "count-lab", date(2026, 1, 20))
    tie(desk, "count-lab", "belongs_to", "harbour-city")
    with pytest.raises(NotIndependent, match="count-lab belongs to harbour-city"):
        require_untied(desk.session, "main", stored, "count-lab", date(2026, 1, 20))


def test_who_gave_to_the_fund_that_pays_does_not_verify(desk: "Desk") -> None:
    made = claimed(desk)
    amount = money("10.00", "USD")
    finance.contribute(desk.session, desk.fund, "count-lab", amount, key="lab-gift", clock=desk.clock)
    refused(desk, desk.finding(made, "412"), NotIndependent, "contributed to the fund shelter")


def test_who_got_a_grant_from_the_fund_that_pays_does_not_verify_unless_it_was_undone(desk: "Desk") -> None:
    made = claimed(desk)
    amount = money("10.00", "USD")
    paid = finance.spend(
        desk.session, desk.fund, "count-lab", amount, line="direct_cost", key="audit", clock=desk.clock
    )
    stored = agreements.find_agreement(desk.session, "main", "pact")
    assert acts.find_conflicts(desk.session, "main", stored.agreement, "count-lab", date(2026, 1, 15)) == ()
    paid = finance.spend(
        desk.session, desk.fund, "count-lab", amount, line="transfer", key="grant", clock=desk.clock
    )
    refused(
        desk,
        desk.finding(made, "412"),
        NotIndependent,
        f"the fund shelter has paid it, transaction {paid.id}",
    )


def test_a_member_of_an_open_set_that_is_tied_is_found_at_the_determination(desk: "Desk") -> None:
    made = claimed(desk)
    tie(desk, "quiet-owl", "family", "count-lab")
    stored = agreements.find_agreement(desk.session, "main", "pact")
    found = acts.find_conflicts(
        desk.session, "main", stored.agreement, "count-lab", date(2026, 1, 15), also=["quiet-owl"]
    )
    assert [one.other for one in found] == ["quiet-owl"]
    desk.determine(desk.finding(made, "412"))


def test_a_suspended_agreement_takes_no_findings(desk: "Desk") -> None:
    made = claimed(desk)
    stored = agreements.find_agreement(desk.session, "main", "pact")
    event = desk.session.execute(text("SELECT event_id FROM evidence")).scalar_one()
    desk.session.execute(
        text(
            "INSERT INTO agreement_move (agreement_id, no, state, from_no, from_state, event_id) "
            "VALUES (:id, :no, 'suspended', :before, 'active', :event)"
        ),
        {"id": stored.id, "no": stored.move + 1, "before": stored.move, "event": event},
    )
    refused(desk, desk.finding(made, "412"), UnlawfulTransition, "suspended")


COPY = (
    "INSERT INTO determination (claim_id, agreement_id, round, verifier_id, duty, evidence_id, body, sha256, "
    "signature, event_id) SELECT d.claim_id, d.agreement_id, {round}, {verifier}, {duty}, d.evidence_id, "
    "d.body, {sha}, d.signature, {event} FROM determination d"
)
OTHER = "(SELECT id FROM party WHERE code = '{}')"
FRESH = "(SELECT event_id FROM evidence)"
SHA = "(SELECT sha256 FROM claim)"


def copied(**said: str) -> str:
    row = {
        "round": "1",
        "verifier": OTHER.format("second-lab"),
        "duty": "'verifier'",
        "sha": SHA,
        "event": FRESH,
    }
    return COPY.format(**{**row, **said})


ATTACKS: dict[str, str] = {
    "a finding changed": "UPDATE determination SET round = 2",
    "a finding erased": "DELETE FROM determination",
    "a decision changed": "UPDATE decision SET open_until = decided_on",
    "a decision erased": "DELETE FROM decision",
    "a finding by who is paid": copied(verifier=OTHER.format("night-shelter")),
    "a finding by who is paid, as if it had the duty": copied(
        verifier=OTHER.format("night-shelter"), duty="'interested'"
    ),
    "a finding by a stranger": copied(verifier=OTHER.format("north-giver")),
    "a second finding of one verifier": copied(verifier="d.verifier_id"),
    "the same bytes again": copied(sha="d.sha256"),
    "a second decision of a round": (
        "INSERT INTO decision (claim_id, round, agreement_id, body, decided_on, open_until, event_id) "
        "SELECT claim_id, round, agreement_id, body, decided_on, open_until, "
        "(SELECT event_id FROM evidence) FROM decision"
    ),
    "a decision that ends before it begins": (
        "INSERT INTO decision (claim_id, round, agreement_id, body, decided_on, open_until, event_id) "
        "SELECT claim_id, 2, agreement_id, body, decided_on, '2020-01-01', "
        "(SELECT event_id FROM evidence) FROM decision"
    ),
}


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_the_database_keeps_findings_and_decisions(desk: "Desk", attack: str) -> None:
    made = claimed(desk)
    desk.determine(desk.finding(made, "412"))
    with pytest.raises(DatabaseError):
        desk.session.execute(text(ATTACKS[attack]))


def test_a_copy_that_breaks_no_rule_is_taken_so_that_the_attacks_fail_for_their_reason(desk: "Desk") -> None:
    made = claimed(desk)
    desk.determine(desk.finding(made, "412"))
    second = OTHER.format(desk.document.verifiers["second"])
    desk.session.execute(text(copied(verifier=second)))


def test_who_signs_with_the_providers_key_is_the_provider(desk: "Desk") -> None:
    made = claimed(desk)
    key = public_key(b"0" * 32)
    assert made.claimed_by == "night-shelter"
    for code in ("twin-a", "twin-b"):
        finance.register_party(desk.session, "main", Party(code=code, name=code, public_key=key))
    stored = agreements.find_agreement(desk.session, "main", "pact")
    found = acts.find_conflicts(
        desk.session, "main", stored.agreement, "twin-a", date(2026, 1, 15), also=["twin-b"]
    )
    assert [str(one) for one in found] == ["twin-a is tied to twin-b: twin-a and twin-b have one key"]
