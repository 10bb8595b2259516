"""Rows that tell what somebody who verifies was paid for verifying: that makes nobody dependent."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from .tables import AGREEMENT_DUTY, PAYOUT, PAYOUT_PAID


def list_fees(session: Session, transactions: Collection[UUID]) -> frozenset[UUID]:
    """Return which of some payments paid a verifier or resolver under the agreement that it judges."""
    query = (
        select(PAYOUT_PAID.c.txn_id)
        .join(PAYOUT, PAYOUT.c.id == PAYOUT_PAID.c.payout_id)
        .join(
            AGREEMENT_DUTY,
            (AGREEMENT_DUTY.c.agreement_id == PAYOUT.c.agreement_id)
            & (AGREEMENT_DUTY.c.party_id == PAYOUT.c.payee_id),
        )
        .where(PAYOUT_PAID.c.txn_id.in_(list(transactions)), AGREEMENT_DUTY.c.duty != "interested")
    )
    return frozenset(session.scalars(query))
