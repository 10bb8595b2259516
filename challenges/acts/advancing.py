"""Who goes on to the next phase is decided once, on record: the band first, its seed after it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...finance.dates import Clock, as_utc, instant_text
from ...finance.documents import canonical_bytes
from ...finance.posting import record_event
from ...finance.storage import Session
from ..advancing import Advancement, advance
from ..bands import ExpectedRanking, digest_of
from ..errors import ChallengeRefused, TieUnresolved
from ..halves import unfinished
from ..phase_results import EXTRA, PhaseCalibration
from ..phases import Advances, Phase
from ..records.briefs import StoredChallenge, find_challenge
from ..records.calibrations import (
    NumberedBody,
    count_advancements,
    find_calibration,
    find_root_after,
    keep_advancement,
    list_advancements,
)
from ..records.interests import list_judges
from ..records.plans import find_plan, keep_reminder, list_reminded
from ..records.reads import list_reads, lock_scores
from ..seeds import Beacon, committed_seed
from .calibrating import rank_parts
from .entering import Entry, inside_of, list_entries
from .recusing import find_bars


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSecret:
    """The secret of a committed seed, opened after the band was published.

    Attributes
    ----------
    nonce : str
        Hexadecimal digits; its SHA-256 was committed before the first score.

    Examples
    --------
    >>> OpenedSecret(nonce="ab" * 16).nonce[:4]
    'abab'
    """

    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelChoice:
    """Whom a panel took from the band, and why.

    Attributes
    ----------
    chosen : tuple[str, ...]
        Exactly as many as there are places.
    members : tuple[str, ...]
        Who sat on the panel; nobody in conflict with any application of the band.
    reason : str
        Kept and published.

    Examples
    --------
    >>> PanelChoice(chosen=("a-1",), members=("j-1", "j-2"), reason="Wider reach.").chosen
    ('a-1',)
    """

    chosen: tuple[str, ...]
    members: tuple[str, ...]
    reason: str


def commit_lottery(
    session: Session, book: str, challenge: str, phase: str, commitment: str, *, clock: Clock
) -> None:
    """Publish the SHA-256 of a secret from which a lottery's seed is to be made, before the first score.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed to the database.
    book, challenge, phase : str
        Codes.
    commitment : str
        From ``seeds.commit``.
    clock : Clock
        When it is recorded.

    Raises
    ------
    ChallengeRefused
        When somebody has scored already, or another secret was committed to.
    """
    stored = find_challenge(session, book, challenge, clock())
    lock_scores(session, stored)
    known = list_advancements(session, stored, phase, "committed")
    if known and json.loads(known[0].body)["commitment"] == commitment:
        return
    if known or list_reads(session, stored, phase):
        raise ChallengeRefused(
            f"The secret of {phase} is committed to once, before the first score.", phase=phase
        )
    _keep(session, stored, phase, "committed", {"commitment": commitment}, clock)


def publish_band(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    *,
    clock: Clock,
    beacon_source: str = "",
    beacon_at: datetime | None = None,
) -> Mapping[str, object]:
    """Publish the band around the line, before anybody knows the seed.

    Parameters
    ----------
    session, book, challenge, phase
        As for ``commit_lottery``.
    clock : Clock
        When it is published.
    beacon_source : str
        Where the brief asks for a beacon: who will publish the value.
    beacon_at : datetime or None
        And at which later instant.

    Returns
    -------
    Mapping
        Members, places and digest of each part, the calibration they come from, the beacon's name.

    Raises
    ------
    Missing
        When the phase was not frozen.
    TieUnresolved
        When the beacon's instant is not later than now.
    """
    stored = find_challenge(session, book, challenge, clock())
    lock_scores(session, stored)
    found = stored.challenge.brief.phase(phase)
    kept = find_calibration(session, stored, phase)
    known = list_advancements(session, stored, phase, "band")
    if known and json.loads(known[-1].body)["calibration_sha256"] == kept.sha256:
        return dict(json.loads(known[-1].body))
    now = as_utc(clock())
    if beacon_at is not None and as_utc(beacon_at) <= now:
        raise TieUnresolved(
            f"The beacon of {instant_text(as_utc(beacon_at))} is out already: name a later one.",
            phase=phase,
        )
    result = PhaseCalibration.read(kept.body)
    ranked = rank_parts(session, stored, found, result, draws=0)
    told: dict[str, object] = {
        "bands": [_band(one.name, ranking) for one, ranking in ranked],
        "beacon_at": None if beacon_at is None else instant_text(as_utc(beacon_at)),
        "beacon_source": beacon_source,
        "calibration_sha256": kept.sha256,
        "published_at": instant_text(now),
    }
    _keep(session, stored, phase, "band", told, clock)
    return told


def advance_phase(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    *,
    maker: str,
    clock: Clock,
    seed: Beacon | OpenedSecret | None = None,
    choice: PanelChoice | None = None,
) -> Advancement:
    """Decide who goes on from a phase, by the rule of the brief; once.

    Parameters
    ----------
    session, book, challenge, phase
        As for ``commit_lottery``.
    maker : str
        Who has it decided.
    clock : Clock
        Not before the close.
    seed : Beacon, OpenedSecret or None
        Of a lottery, after the band was published.
    choice : PanelChoice or None
        Where the brief lets a panel decide the band.

    Raises
    ------
    ChallengeRefused
        When the phase lets everybody through, has not closed, or was decided otherwise already.
    TieUnresolved
        When the band cannot be decided with what was given, or the seed is not the one that was named.
    ConflictRecused
        When somebody on the panel is in conflict with an application of the band.
    """
    stored = find_challenge(session, book, challenge, clock())
    lock_scores(session, stored)
    found = stored.challenge.brief.phase(phase)
    rule = _rule(stored, found, as_utc(clock()))
    decided = list_advancements(session, stored, phase, "decided")
    entries = list_entries(session, stored, found)
    made, sha256 = _decide(session, stored, found, rule, entries, seed, choice, clock)
    told = {
        **made.told(),
        "calibration_sha256": sha256,
        "choice": None if choice is None else {"members": list(choice.members), "reason": choice.reason},
        "decided_at": instant_text(as_utc(clock())),
        "maker": maker,
    }
    if decided:
        if inside_of(decided[-1].body) != made.inside:
            raise ChallengeRefused(
                f"Who goes on from {phase} was decided already, and otherwise. An appeal can change that.",
                phase=phase,
            )
        return made
    _keep(session, stored, phase, "decided", told, clock)
    return made


def list_advanced(session: Session, book: str, challenge: str, phase: str) -> tuple[str, ...] | None:
    """Return who went on from a phase, best first; ``None`` while it is not decided."""
    stored = find_challenge(session, book, challenge)
    decided = list_advancements(session, stored, phase, "decided")
    return inside_of(decided[-1].body) if decided else None


def remind_readers(
    session: Session, book: str, challenge: str, phase: str, *, clock: Clock
) -> tuple[str, ...]:
    """Remind everybody who has not read all he was given, once; who is reminded can be dropped at the close.

    Parameters
    ----------
    session, book, challenge, phase
        As for ``commit_lottery``.
    clock : Clock
        While the phase is open.

    Returns
    -------
    tuple of str
        Whom to send the reminder now.

    Raises
    ------
    ChallengeClosed
        When the phase is not open: the reminder would come too late to read.
    """
    stored = find_challenge(session, book, challenge, clock())
    now = as_utc(clock())
    stored.challenge.brief.require_open(phase, now)
    lock_scores(session, stored)
    late = [
        judge
        for judge in _unfinished(session, stored, phase)
        if judge not in list_reminded(session, stored, phase)
    ]
    for judge in late:
        told = {"challenge": challenge, "judge": judge, "phase": phase}
        event_id, _ = record_event(
            session, book, "reader.reminded", told, key=f"{challenge}#{phase}#{judge}", clock=clock
        )
        keep_reminder(session, stored, phase, judge, delivered_at=now, event_id=event_id)
    return tuple(late)


def list_dropped(session: Session, stored: StoredChallenge, phase: Phase) -> tuple[str, ...]:
    """Return the readers who are dropped: reminded, and not finished; none where nobody must finish."""
    if not phase.must_finish:
        return ()
    plan = find_plan(session, stored, phase.id, published=True)
    read = {(one.application, one.judge) for one in list_reads(session, stored, phase.id)}
    pairs = () if plan is None else plan.pairs
    return unfinished(pairs, read, list_reminded(session, stored, phase.id))


def _unfinished(session: Session, stored: StoredChallenge, phase: str) -> tuple[str, ...]:
    plan = find_plan(session, stored, phase, published=True)
    read = {(one.application, one.judge) for one in list_reads(session, stored, phase)}
    everybody = {one.code for one in list_judges(session, stored)}
    return unfinished(() if plan is None else plan.pairs, read, everybody)


def _rule(stored: StoredChallenge, phase: Phase, now: datetime) -> Advances:
    closes = stored.challenge.brief.closes(phase)
    if phase.advances is None:
        raise ChallengeRefused(f"{phase.id} holds nobody back: the brief has no rule for it.", phase=phase.id)
    if now < closes:
        raise ChallengeRefused(
            f"{phase.id} closes at {instant_text(closes)}; who goes on is decided after that.",
            phase=phase.id,
            closes_at=instant_text(closes),
        )
    return phase.advances


def _decide(  # who competes, by which rule, with what seed
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    rule: Advances,
    entries: Sequence[Entry],
    seed: Beacon | OpenedSecret | None,
    choice: PanelChoice | None,
    clock: Clock,
) -> tuple[Advancement, str]:
    dropped = set(list_dropped(session, stored, phase))
    eligible = [entry.code for entry in entries if entry.lead not in dropped]
    if rule.rule == "all_eligible":
        return advance(rule, eligible), ""
    kept = find_calibration(session, stored, phase.id)
    result = PhaseCalibration.read(kept.body)
    lot = None if seed is None else _seed(session, stored, phase.id, kept, seed)
    if choice is not None:
        _require_panel(session, stored, phase, choice, eligible, clock)
    chosen = () if choice is None else choice.chosen
    if strange := sorted(set(chosen) - set(result.applications)):
        raise TieUnresolved(
            f"The panel named {', '.join(strange[:5])}, which nobody has read.", named=strange
        )
    gone = {entry.code for entry in entries} - set(eligible)
    ranked = rank_parts(session, stored, phase, result, draws=0, gone=gone)
    made = []
    unread = set(eligible)
    for one, ranking in ranked:
        own, total = set(one.applications) & set(eligible), one.part.total
        unread -= own
        made.append(
            advance(
                rule,
                sorted(own),
                ranking=ranking,
                levels={name: total.level(name) for name in own},
                direction=total.direction,
                seed=None if lot is None else f"{lot}{one.name}",
                chosen=[name for name in chosen if name in one.applications],
                reread=result.kind == EXTRA,
            )
        )
    return _joined(made, sorted(unread)), kept.sha256


def _joined(made: Sequence[Advancement], unread: Sequence[str]) -> Advancement:
    """Put the decisions of all parts into one, the best of each first."""
    first = made[0]
    return Advancement(
        rule=first.rule,
        inside=tuple(name for one in made for name in one.inside),
        outside=(*(name for one in made for name in one.outside), *unread),
        band=tuple(name for one in made for name in one.band),
        places=sum(one.places for one in made),
        tie=next((one.tie for one in made if one.tie), None),
        lot=next((one.lot for one in made if one.lot), None),
        unread=tuple(unread),
    )


def _band(name: str, ranking: ExpectedRanking) -> dict[str, object]:
    band = ranking.band
    return {
        "line": band.line,
        "members": list(band.members),
        "part": name,
        "places": band.places,
        "sha256": digest_of(band.members, band.places),
        "sure": list(band.sure),
    }


def _seed(
    session: Session, stored: StoredChallenge, phase: str, kept: NumberedBody, given: Beacon | OpenedSecret
) -> str:
    """Return the seed, if it is the one that was named or committed to before."""
    bands = list_advancements(session, stored, phase, "band")
    band = next((json.loads(one.body) for one in reversed(bands)), None)
    if band is None or band["calibration_sha256"] != kept.sha256:
        raise TieUnresolved(f"Publish the band of {phase} before its seed is known.", phase=phase)
    if isinstance(given, Beacon):
        if (given.source, instant_text(as_utc(given.instant))) != (band["beacon_source"], band["beacon_at"]):
            raise TieUnresolved(
                f"The band of {phase} named the beacon {band['beacon_source']!r} of {band['beacon_at']}, "
                "and no other one counts.",
                phase=phase,
            )
        return given.seed
    committed = list_advancements(session, stored, phase, "committed")
    if not committed:
        raise TieUnresolved(f"No secret was committed to for {phase}.", phase=phase)
    published = datetime.fromisoformat(band["published_at"])
    root = find_root_after(session, stored, published)
    if root is None:
        raise TieUnresolved(
            f"The seed needs the first checkpoint of the log after {band['published_at']}: seal the log.",
            phase=phase,
        )
    return committed_seed(given.nonce, json.loads(committed[0].body)["commitment"], root)


def _require_panel(  # who decides about whom, when
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    choice: PanelChoice,
    eligible: Collection[str],
    clock: Clock,
) -> None:
    if not choice.reason.strip() or not choice.members:
        raise TieUnresolved("A panel decides with its members and a reason on record.", phase=phase.id)
    bars = find_bars(session, stored, phase, clock=clock, judges=choice.members)
    barred = sorted({judge for name, judge in bars.hard if name in set(eligible) and judge in choice.members})
    if barred:
        raise bars.refusal(stored, barred)


def _keep(
    session: Session,
    stored: StoredChallenge,
    phase: str,
    kind: str,
    told: Mapping[str, object],
    clock: Clock,
) -> None:
    number = count_advancements(session, stored, phase) + 1
    code = stored.challenge.code
    event_id, _ = record_event(
        session,
        stored.challenge.book,
        f"phase.{kind}",
        {"challenge": code, "phase": phase, **told},
        key=f"{code}#{phase}#{number}",
        clock=clock,
    )
    body = canonical_bytes(dict(told))
    keep_advancement(session, stored, phase, number=number, kind=kind, body=body, event_id=event_id)
