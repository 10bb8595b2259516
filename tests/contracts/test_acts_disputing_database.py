from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from almoner.contracts import acts
from almoner.contracts.disputes import Resolution

if TYPE_CHECKING:
    from .conftest import Desk


def disputed(desk: "Desk") -> "Desk":
    """An active agreement with a finding in dispute."""
    timed = desk.given(disputes={"days": 30})
    timed.start()
    timed.find("c1", "100")
    acts.dispute(
        timed.session,
        "main",
        "pact",
        "c1",
        by="city",
        grounds="data_error",
        statement="Nights in March are counted twice.",
        key="d1",
        clock=timed.clock,
    )
    return timed


ATTACKS: dict[str, str] = {
    "a dispute erased": "DELETE FROM dispute",
    "a dispute changed": "UPDATE dispute SET grounds = 'fraud'",
    "less is frozen": "UPDATE frozen SET amount = 1",
    "nothing is frozen": "DELETE FROM frozen",
    "a second dispute of a round": (
        "INSERT INTO dispute (claim_id, agreement_id, round, code, grounds, raised_by, statement, event_id) "
        "SELECT claim_id, agreement_id, round, 'd9', grounds, raised_by, statement, "
        "(SELECT event_id FROM evidence) FROM dispute"
    ),
    "a dispute by a stranger": (
        "INSERT INTO dispute (claim_id, agreement_id, round, code, grounds, raised_by, statement, event_id) "
        "SELECT claim_id, agreement_id, 2, 'd9', grounds, 'nobody', statement, "
        "(SELECT event_id FROM evidence) FROM dispute"
    ),
    "resolved by who pays": (
        "INSERT INTO resolution (dispute_id, agreement_id, outcome, resolver_id, duty, reason, body, "
        "signature, event_id) SELECT id, agreement_id, 'overturned', "
        "(SELECT id FROM party WHERE code = 'harbour-city'), "
        "'resolver', 'r', (SELECT body FROM claim), (SELECT signature FROM determination), "
        "(SELECT event_id FROM evidence) FROM dispute"
    ),
    "thawed without a resolution": (
        "INSERT INTO thaw (dispute_id, payer, unit, txn_id) SELECT dispute_id, payer, unit, txn_id "
        "FROM frozen"
    ),
    "waived by a stranger": (
        "INSERT INTO waiver (claim_id, round, agreement_id, term_party, event_id) SELECT claim_id, round, "
        "agreement_id, 'nobody', (SELECT event_id FROM evidence) FROM dispute"
    ),
    "waived before there is a decision": (
        "INSERT INTO waiver (claim_id, round, agreement_id, term_party, event_id) SELECT claim_id, 2, "
        "agreement_id, 'city', (SELECT event_id FROM evidence) FROM dispute"
    ),
}


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_the_database_keeps_disputes(desk: "Desk", attack: str) -> None:
    timed = disputed(desk)
    with pytest.raises(DatabaseError):
        timed.session.execute(text(ATTACKS[attack]))


ENDED: dict[str, str] = {
    "a resolution erased": "DELETE FROM resolution",
    "a resolution changed": "UPDATE resolution SET outcome = 'overturned'",
    "a thaw erased": "DELETE FROM thaw",
    "thawed twice": "INSERT INTO thaw SELECT * FROM thaw",
}


@pytest.mark.parametrize("attack", list(ENDED))
def test_the_database_keeps_how_disputes_ended(desk: "Desk", attack: str) -> None:
    timed = disputed(desk)
    ended = Resolution(
        agreement="pact", dispute="d1", outcome="upheld", resolver="arbiter", reason="Counted again."
    )
    acts.resolve(timed.session, "main", "pact", timed.resolved(ended), clock=timed.clock)
    with pytest.raises(DatabaseError):
        timed.session.execute(text(ENDED[attack]))
