"""Judges under their names in a packet of feedback: what an applicant may say of a judge without knowing who.

The problem: an appeal against one judge's read has to name the judge, and the applicant knows only the
pseudonym of its own packet. What it sends is turned into the judge, what it reads back into the pseudonym.
"""

import hashlib
import hmac

from ...challenges.appeals import Appeal, VoidRead
from ...challenges.records.briefs import StoredChallenge
from ...challenges.records.reads import list_scores
from ...challenges.visibility import pseudonym
from ...finance.documents import plain_bytes
from ..door import Call


def pseudonym_key(call: Call, challenge: str) -> bytes:
    """Return the secret of the challenge under which judges get their pseudonyms."""
    return hmac.digest(call.door.secret, plain_bytes(["feedback", call.book, challenge]), hashlib.sha256)


def unveiled(call: Call, stored: StoredChallenge, appeal: Appeal) -> Appeal:
    """Return an appeal that names judges, from one that may name them by the pseudonyms of its packet."""
    key = pseudonym_key(call, stored.challenge.code)

    def named(remedy: VoidRead) -> VoidRead:
        judges = {
            one.judge_id
            for one in list_scores(call.session, stored, remedy.phase)
            if one.application_id == remedy.application
        }
        known = {pseudonym(judge, remedy.application, key): judge for judge in judges}
        return remedy.model_copy(update={"judge": known.get(remedy.judge, remedy.judge)})

    remedies = tuple(named(one) if isinstance(one, VoidRead) else one for one in appeal.remedies)
    return appeal.model_copy(update={"remedies": remedies})


def veiled(call: Call, challenge: str, appeal: Appeal) -> Appeal:
    """Return an appeal as the appellant reads it: judges by the pseudonyms of its packet."""
    key = pseudonym_key(call, challenge)
    remedies = tuple(
        one.model_copy(update={"judge": pseudonym(one.judge, one.application, key)})
        if isinstance(one, VoidRead)
        else one
        for one in appeal.remedies
    )
    return appeal.model_copy(update={"remedies": remedies})
