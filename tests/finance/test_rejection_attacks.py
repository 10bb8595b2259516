"""What was rejected is neither approved nor paid: the database itself refuses it."""

import uuid

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from tests.finance.test_approval_attacks import (
    PAYLOAD,
    Attack,
    Raw,
    digest,
    policy,
    post,
    propose,
    refused,
    sqlite,
)


def reject(raw: Raw, connection: Connection, proposal: uuid.UUID, **changes: object) -> None:
    row: dict[str, object] = {
        "proposal_id": proposal,
        "book_id": raw.find(connection, "book", code="main"),
        "maker": "hub",
        "payload_sha256": digest(PAYLOAD),
        "party": "giver",
        "reason": "It was paid before.",
        **changes,
    }
    row.setdefault("event_id", raw.event(connection))
    raw.put(connection, "rejection", **row)


def approve_rejected(raw: Raw, connection: Connection) -> None:
    """Approve after it was rejected."""
    proposal = propose(raw, connection)
    reject(raw, connection, proposal)
    said = {"maker": "hub", "payload_sha256": digest(PAYLOAD), "approver": "giver"}
    book = raw.find(connection, "book", code="main")
    raw.put(
        connection, "approval", proposal_id=proposal, book_id=book, event_id=raw.event(connection), **said
    )


def pay_rejected(raw: Raw, connection: Connection) -> None:
    """Pay what enough approved, and somebody rejected afterwards."""
    policy(raw, connection)
    proposal = propose(raw, connection, "giver", "lab")
    reject(raw, connection, proposal, party="lab")
    post(raw, connection, proposal_id=proposal)


def pay_rejected_unasked(raw: Raw, connection: Connection) -> None:
    """Pay under it although no policy asks for approval."""
    proposal = propose(raw, connection)
    reject(raw, connection, proposal)
    post(raw, connection, proposal_id=proposal)


def reject_paid(raw: Raw, connection: Connection) -> None:
    """Reject what was carried out."""
    proposal = propose(raw, connection, "giver", "lab")
    post(raw, connection, proposal_id=proposal)
    reject(raw, connection, proposal)


def reject_silently(raw: Raw, connection: Connection) -> None:
    """Reject without a reason."""
    reject(raw, connection, propose(raw, connection), reason="")


def reject_other_bytes(raw: Raw, connection: Connection) -> None:
    """Reject other bytes than those proposed."""
    reject(raw, connection, propose(raw, connection), payload_sha256=digest(b"something else"))


def reject_as_nobody(raw: Raw, connection: Connection) -> None:
    """Reject in the name of a party that nobody registered."""
    reject(raw, connection, propose(raw, connection), party="nobody")


def reject_elsewhere(raw: Raw, connection: Connection) -> None:
    """Reject under another book's event."""
    reject(raw, connection, propose(raw, connection), event_id=raw.event(connection, book="second"))


def reject_twice(raw: Raw, connection: Connection) -> None:
    """Reject it a second time."""
    proposal = propose(raw, connection)
    reject(raw, connection, proposal)
    reject(raw, connection, proposal)


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (approve_rejected, "a proposal that was rejected is not approved"),
        (pay_rejected, "rejected"),
        (pay_rejected_unasked, "rejected"),
        (reject_paid, "a proposal that was carried out is not rejected"),
        (reject_silently, "rejection_reason_check"),
        (reject_other_bytes, "rejection_proposal_id_book_id_maker_payload_sha256_fkey"),
        (reject_as_nobody, "rejection_book_id_party_fkey"),
        (reject_elsewhere, "rejection stands under an event of its book"),
        (reject_twice, "rejection_pkey"),
    ],
)
def test_the_database_refuses(raw: Raw, attack: Attack, rule: str) -> None:
    with refused(raw, rule) as connection:
        attack(raw, connection)


def test_a_rejection_stands_and_is_neither_changed_nor_removed(raw: Raw) -> None:
    changes = ["UPDATE rejection SET reason = 'No.'", "DELETE FROM rejection"]
    if sqlite(raw):
        named = "proposal_id, book_id, maker, payload_sha256, party, 'No.', event_id"
        changes.append(f"INSERT OR REPLACE INTO rejection SELECT {named} FROM rejection")  # noqa: S608  # constants
    for change in changes:
        with raw.engine.connect() as connection:
            reject(raw, connection, propose(raw, connection))
            assert connection.execute(text("SELECT * FROM fault")).all() == []
            with pytest.raises(DBAPIError, match=r"append-only| has this "):
                connection.execute(text(change))
