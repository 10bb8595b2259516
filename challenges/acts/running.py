"""A challenge is published with its prizes covered; applications and ballots come in."""

from collections.abc import Mapping

from ...finance import acts as money
from ...finance.dates import Clock
from ...finance.errors import AlreadyExists, CurrencyMismatch, Missing
from ...finance.funds import PooledFund
from ...finance.ledger import Details
from ...finance.money import zero
from ...finance.posting import record_event
from ...finance.records.registry import find_unit, lock_fund
from ...finance.storage import Session
from ..ballots import Ballot, MeasuredProject, count_ballots
from ..brief import Brief
from ..errors import ChallengeClosed
from ..lifecycle import Challenge
from ..lint import require_publishable
from ..phases import Phase
from ..records.ballots import ballot_bytes, keep_ballot
from ..records.briefs import StoredChallenge, find_challenge, keep_challenge

NO_USE: Mapping[str, str] = {}


def publish(
    session: Session, fund: PooledFund, brief: Brief, *, clock: Clock, use: Mapping[str, str] = NO_USE
) -> Challenge:
    """Publish a challenge and commit the sum of its prizes.

    Refused while lint finds an error, and unless the fund covers the prizes.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Pays the prizes; in the brief's unit and under the brief's fund code.
    brief : Brief
        The rules. Publishing the same again changes nothing.
    clock : Clock
        When it is recorded.
    use : Mapping of str to str
        What it is for; decides which earmarks the prizes may draw on.

    Raises
    ------
    BriefInvalid
        With every error of lint.
    InsufficientFunds, EarmarkViolated
        When the prizes are not covered; nothing is written then.
    CurrencyMismatch
        When brief and fund differ in unit or code.
    AlreadyExists
        When the code belongs to another brief.
    """
    if (brief.unit, brief.fund) != (fund.unit.code, fund.code):
        raise CurrencyMismatch(
            f"The brief pays {brief.unit} from {brief.fund}, this is {fund.code} in {fund.unit.code}.",
            brief=brief.unit,
            fund=fund.unit.code,
        )
    challenge = Challenge(book=fund.book, fund=fund.code, brief=brief)
    lock_fund(session, fund.book, fund.code)
    try:
        known = find_challenge(session, fund.book, brief.challenge_id).challenge
    except Missing:
        known = None
    if known is not None:
        if known.brief.digest() != brief.digest():
            raise AlreadyExists(
                f"The challenge {brief.challenge_id!r} exists with another brief.",
                what="challenge",
                code=brief.challenge_id,
            )
        return known
    require_publishable(brief, now=clock())
    money.reserve(
        session,
        fund,
        challenge.prizes_promise,
        brief.prize_total(fund.unit),
        key=f"prizes#{challenge.code}",
        clock=clock,
        use=use,
        details=Details(note=f"prizes of challenge {challenge.code}"),
    )
    body = {"brief_sha256": brief.digest(), "challenge": challenge.code, "fund": fund.code}
    event_id, _ = record_event(
        session, fund.book, "challenge.published", body, key=challenge.code, clock=clock
    )
    judging = "open" if brief.judge_policy is None else "assigned"
    keep_challenge(session, challenge, judging=judging, published_at=clock(), event_id=event_id)
    return challenge


def _open_phase(stored: StoredChallenge, kinds: tuple[str, ...], judging: str, clock: Clock) -> Phase:
    brief = stored.challenge.brief
    fitting = [phase for phase in brief.phases if phase.kind in kinds and judging in ("", phase.judging)]
    if not fitting:
        raise ChallengeClosed(
            f"The challenge {stored.challenge.code!r} has no phase for this. Its phases: "
            f"{', '.join(phase.id for phase in brief.phases)}.",
            challenge=stored.challenge.code,
        )
    instant = clock()
    current = [phase for phase in fitting if brief.is_open(phase, instant)]
    return brief.require_open((current or fitting)[0].id, instant)


def cast_ballot(session: Session, book: str, challenge: str, ballot: Ballot, *, clock: Clock) -> None:
    """Record one ballot.

    Parameters
    ----------
    session, book, clock
        As for ``publish``.
    challenge : str
        Its code.
    ballot : Ballot
        Weights of the metrics; casting the same again changes nothing.

    Raises
    ------
    BallotInvalid
        When it weighs unknown metrics, or weights are negative: one such ballot would stop the count.
    KeyReused
        When this judge has cast another ballot.
    ChallengeClosed, Missing
        When no vote is open; when there is no such challenge.
    """
    stored = find_challenge(session, book, challenge, clock())
    policy = _open_phase(stored, ("review",), "ballot", clock).ballot
    if policy is not None:
        probe = MeasuredProject(project_id="probe", measures=tuple((name, 1) for name in policy.metrics))
        nothing = zero(find_unit(session, stored.challenge.brief.unit))
        count_ballots(policy, [probe], [ballot], pool=nothing)
    body = {"ballot": ballot_bytes(ballot).decode(), "challenge": challenge}
    key = f"{challenge}#{ballot.ballot_id}"
    event_id, new = record_event(session, book, "ballot.cast", body, key=key, clock=clock)
    if new:
        keep_ballot(session, stored.id, ballot, event_id)
