"""Attempts to sign in, counted in the database: by account and by address, for all processes alike.

The problem: a counter in memory starts anew with each process, and a lock after so many failures lets
anybody lock out anybody for good. A bucket per account and per address fills again by itself. What an
account is called is not written down: strangers type it, and it may be somebody's address of mail.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ...finance.records.registry import insert_once
from ..errors import RateLimited
from .tables import THROTTLE

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 10, 30
MILLI = 1000  # a bucket holds thousandths of a token


def take_sign_in(session: Session, *, account: str, address: str, now: datetime) -> None:
    """Count an attempt to sign in; the caller commits it whatever becomes of the attempt.

    Raises
    ------
    RateLimited
        With the seconds until the next attempt.
    """
    session.execute(delete(THROTTLE).where(THROTTLE.c.counted_at < now - WINDOW))  # full again
    _take(session, f"address:{address}", PER_ADDRESS, now)
    _take(session, f"account:{hashlib.sha256(account.encode()).hexdigest()}", PER_ACCOUNT, now)


def _take(session: Session, bucket: str, limit: int, now: datetime) -> None:
    counted_so_far = select(THROTTLE.c.tokens, THROTTLE.c.counted_at).where(THROTTLE.c.bucket == bucket)
    found = session.execute(counted_so_far.with_for_update()).one_or_none()
    if found is None:
        insert_once(session, THROTTLE, bucket=bucket, tokens=limit * MILLI, counted_at=now)
        found = session.execute(counted_so_far.with_for_update()).one()
    gone = max(now - found.counted_at, timedelta())
    tokens = min(limit * MILLI, found.tokens + gone * limit * MILLI // WINDOW)
    if tokens < MILLI:
        seconds = -((tokens - MILLI) * int(WINDOW.total_seconds()) // (limit * MILLI))
        raise RateLimited(
            f"Too many attempts to sign in. Try again in {seconds} s.",
            policy="sign-in",
            limit=limit,
            window=int(WINDOW.total_seconds()),
            seconds=seconds,
        )
    counted = {"tokens": tokens - MILLI, "counted_at": max(now, found.counted_at)}
    session.execute(update(THROTTLE).where(THROTTLE.c.bucket == bucket).values(counted))
