"""A brief is amended: by two people, for a reason, with everybody told and nobody harmed.

The problem: a rule that was changed by an e-mail has as many versions as readers. A version is written once,
with the patch's digest, its reason, its maker and checker and the instant from which it counts; a notice is
on record only when it was delivered, and a consent names the very change it is for.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...finance import acts as money
from ...finance.dates import Clock, as_utc
from ...finance.documents import canonical_bytes
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.posting import record_event
from ...finance.records.registry import lock_fund
from ...finance.storage import Session
from ..amendments import Amended, AmendmentFacts, BriefVersion, Kind, amend
from ..errors import AmendmentRefused, ChallengeRefused
from ..records.amendments import find_facts, keep_notice, keep_version, list_notices, list_versions
from ..records.awards import list_moves
from ..records.briefs import StoredChallenge, find_challenge
from ..records.submissions import find_admission

Patch = Sequence[Mapping[str, object]]
NO_USE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAmendment:
    """A change of a brief as somebody proposes it.

    Attributes
    ----------
    of : int [version]
        The version it changes; the newest.
    patch : Sequence of Mapping
        JSON Patch (RFC 6902).
    reason, kind : str
        Why, and ``editorial`` or ``material``.
    maker, checker : str, str or None
        Who proposes it, and the second person that a material amendment needs.

    Examples
    --------
    >>> title = [{"op": "replace", "path": "/title", "value": "Water"}]
    >>> ProposedAmendment(of=1, patch=title, reason="Shorter", kind="editorial", maker="desk").checker
    """

    of: int
    patch: Patch
    reason: str
    kind: Kind
    maker: str
    checker: str | None = None

    @property
    def body(self) -> dict[str, object]:
        """What the event of it says."""
        return {
            "checker": self.checker or "",
            "kind_of_change": self.kind,
            "maker": self.maker,
            "patch_sha256": _digest(self.patch),
            "reason": self.reason,
            "version": self.of + 1,
        }

    @property
    def second_person(self) -> bool:
        """Whether somebody other than the maker has agreed."""
        return self.checker not in {None, "", self.maker}


def amend_brief(
    session: Session,
    fund: PooledFund,
    challenge: str,
    proposed: ProposedAmendment,
    *,
    clock: Clock,
    use: Mapping[str, str] = NO_USE,
) -> BriefVersion:
    """Write the next version of a brief, or refuse it; money for higher prizes is committed at once.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.
    proposed : ProposedAmendment
        The same again changes nothing.
    clock : Clock
        When it is announced.
    use : Mapping of str to str
        What higher prizes are for, as at publication.

    Returns
    -------
    BriefVersion
        With the instant from which it counts.

    Raises
    ------
    AmendmentRefused, BriefInvalid
        When it is not lawful; nothing is written then.
    ChallengeRefused
        When the challenge is decided, settled or cancelled.
    InsufficientFunds
        When the fund does not cover higher prizes.
    KeyReused
        When that version was amended otherwise.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge)
    body = {"challenge": challenge, **proposed.body}
    key = f"{challenge}#{proposed.of + 1}"
    versions = list_versions(session, stored.id)
    before = next((one for one in versions if one.brief.version == proposed.of + 1), None)
    if before is not None:
        record_event(session, fund.book, "challenge.amended", body, key=key, clock=clock)
        return before
    _require_open(session, stored)
    facts = find_facts(session, stored.id, _consent(proposed.patch))
    amended = _amended(stored, versions[-1], proposed, clock, facts)
    if amended.second_person and not proposed.second_person:
        raise AmendmentRefused(
            "A material amendment needs a second person: name a checker who is not its maker.",
            rule="second_person",
            maker=proposed.maker,
        )
    _cover(session, fund, stored, amended, clock, use)
    event_id, _ = record_event(session, fund.book, "challenge.amended", body, key=key, clock=clock)
    checker = proposed.checker or None
    keep_version(session, stored.id, amended, maker=proposed.maker, checker=checker, event_id=event_id)
    return BriefVersion(brief=amended.brief, effective_at=amended.effective_at)


def try_amendment(
    session: Session, book: str, challenge: str, proposed: ProposedAmendment, *, clock: Clock
) -> tuple[Amended, tuple[str, ...]]:
    """Say what a change would come to if everybody consented and a second person approved it now.

    Parameters
    ----------
    session, challenge, clock
        As for ``amend_brief``; nothing is written.
    book : str
        Code of the book.
    proposed : ProposedAmendment
        Without a checker yet.

    Returns
    -------
    tuple of (Amended, tuple of str)
        And the applications whose consent it still needs, by code.

    Raises
    ------
    AmendmentRefused, BriefInvalid, ChallengeRefused
        When no consent could make it lawful.
    """
    stored = find_challenge(session, book, challenge)
    _require_open(session, stored)
    newest = list_versions(session, stored.id)[-1]
    facts = find_facts(session, stored.id, _consent(proposed.patch))
    agreed = _amended(
        stored, newest, proposed, clock, replace(facts, consents=facts.submitters | facts.consents)
    )
    try:
        _amended(stored, newest, proposed, clock, facts)
    except AmendmentRefused:
        return agreed, tuple(sorted(facts.submitters - facts.consents))
    return agreed, ()


def consent_to(
    session: Session, book: str, challenge: str, application: str, patch: Patch, *, signer: str, clock: Clock
) -> None:
    """Record that a submitter consents to a change; the consent is for this patch and no other.

    Parameters
    ----------
    session, challenge, patch, clock
        As for ``amend_brief``.
    book : str
        Code of the book.
    application : str
        Whose submission.
    signer : str
        Who says so for it.

    Raises
    ------
    Missing
        When there is no such challenge or application.
    """
    stored = find_challenge(session, book, challenge)
    find_admission(session, stored.id, application)
    subject = _consent(patch)
    body = {"application": application, "challenge": challenge, "signer": signer, "subject": subject}
    key = f"{challenge}#{subject}#{application}"
    event_id, new = record_event(session, book, "amendment.consented", body, key=key, clock=clock)
    if new:
        at = as_utc(clock())
        keep_notice(session, stored.id, subject=subject, recipient=application, at=at, event_id=event_id)


def record_notice(
    session: Session, book: str, challenge: str, version: int, recipient: str, *, clock: Clock
) -> None:
    """Record that somebody was told of a version of the brief.

    Parameters
    ----------
    session, challenge, clock
        As for ``amend_brief``.
    book : str
        Code of the book.
    version : int [version]
        Of which.
    recipient : str
        Who was told.

    Raises
    ------
    AmendmentRefused
        When there is no such version.
    """
    stored = find_challenge(session, book, challenge)
    if version not in {one.brief.version for one in list_versions(session, stored.id)}:
        raise AmendmentRefused(f"{challenge} has no version {version} to tell of.", rule="version")
    subject = f"amendment/{version}"
    body = {"challenge": challenge, "recipient": recipient, "subject": subject}
    key = f"{challenge}#{subject}#{recipient}"
    event_id, new = record_event(session, book, "amendment.told", body, key=key, clock=clock)
    if new:
        at = as_utc(clock())
        keep_notice(session, stored.id, subject=subject, recipient=recipient, at=at, event_id=event_id)


def waiting_notices(session: Session, book: str, challenge: str, version: int) -> tuple[str, ...]:
    """Return everybody with a draft or a submission who is not on record as told of a version.

    Parameters
    ----------
    session, book, challenge
        As for ``record_notice``.
    version : int [version]
        Of which.
    """
    stored = find_challenge(session, book, challenge)
    told = set(list_notices(session, stored.id, f"amendment/{version}"))
    return tuple(sorted(find_facts(session, stored.id, "").holders - told))


def brief_versions(session: Session, book: str, challenge: str) -> tuple[BriefVersion, ...]:
    """Return every version of a challenge's brief, oldest first, with the instant from which it counts.

    Parameters
    ----------
    session, book, challenge
        As for ``record_notice``.
    """
    return list_versions(session, find_challenge(session, book, challenge).id)


def _amended(
    stored: StoredChallenge,
    newest: BriefVersion,
    proposed: ProposedAmendment,
    clock: Clock,
    facts: AmendmentFacts,
) -> Amended:
    last = newest.brief.version
    if last != proposed.of:
        raise AmendmentRefused(
            f"The newest version of {stored.challenge.code} is {last}, not {proposed.of}: read it first.",
            rule="version",
            newest=last,
        )
    return amend(
        newest.brief,
        proposed.patch,
        reason=proposed.reason,
        kind=proposed.kind,
        facts=facts,
        now=clock(),
        pending=newest.effective_at,
    )


def _require_open(session: Session, stored: StoredChallenge) -> None:
    moves = sorted(list_moves(session, stored.id))
    if moves:
        raise ChallengeRefused(
            f"{stored.challenge.code} is {' and '.join(moves)}; its brief changes no more.",
            challenge=stored.challenge.code,
            state=moves[-1],
        )


def _cover(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    amended: Amended,
    clock: Clock,
    use: Mapping[str, str],
) -> None:
    """Commit what higher prizes need; what lower ones leave is released when the prizes are settled."""
    most = max(one.brief.prize_total(fund.unit) for one in list_versions(session, stored.id))
    more = amended.brief.prize_total(fund.unit) - most
    if more.minor > 0:
        money.reserve(
            session,
            fund,
            stored.challenge.prizes_promise,
            more,
            key=f"prizes#{stored.challenge.code}#{amended.brief.version}",
            clock=clock,
            use=use,
            details=Details(note=f"higher prizes of challenge {stored.challenge.code}"),
        )


def _digest(patch: Patch) -> str:
    return hashlib.sha256(canonical_bytes([dict(step) for step in patch])).hexdigest()


def _consent(patch: Patch) -> str:
    return f"consent/{_digest(patch)}"
