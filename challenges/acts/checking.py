"""Conflicts of a challenge on a day: from what was declared, what the records show and what the ledger says.

It is asked anew at each step that a conflict must stop: when somebody registers, when entries are assigned,
opened, scored, calibrated and decided, and at every payout. Nothing is kept from one time to the next.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ...finance.records.registry import find_book_id
from ...finance.records.ties import list_ties
from ...finance.storage import Session
from ..conflicts.finding import Contender, JudgeConflict, barred_pairs, find_conflicts
from ..conflicts.identity import Aliases, alias_sets
from ..conflicts.inference import JointWork, infer_from_mail, infer_from_money, infer_from_work
from ..conflicts.interests import Interest, interest_of_tie
from ..conflicts.policy import AMERICA_COMPETES, ConflictPolicy, conflict_policy
from ..conflicts.web import circle, weave
from ..judges import Judge
from ..records import interests as rows
from ..records.briefs import StoredChallenge, find_challenge
from ..records.flows import has_party, list_flows
from ..records.plans import list_recused

Pair = tuple[str, str]  # application, judge
REGISTER = "register of judges"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCheck:
    """All that stands between judges and applications on a day.

    Attributes
    ----------
    conflicts : tuple of JudgeConflict
        With the sentences that lead from the judge to the actor.
    hard : Mapping of pair to str
        (application, judge) -> why the judge must not read it: a conflict, its scope, or a recusal.
    soft : Mapping of pair to str
        Why the judge should rather not; pairs that are barred are left out.
    overridden : frozenset of pairs
        Soft ones that somebody answers for.
    policy_sha256 : str
        Digest of the policy under which it was looked for.
    aliases : Aliases
        Who is one with whom.
    as_of : date
        The day.
    """

    conflicts: tuple[JudgeConflict, ...]
    hard: Mapping[Pair, str]
    soft: Mapping[Pair, str]
    overridden: frozenset[Pair]
    policy_sha256: str
    aliases: Aliases
    as_of: date


def conflicts_of(
    session: Session,
    book: str,
    challenge: str,
    *,
    as_of: date,
    judges: Collection[str] = (),
    works: Iterable[JointWork] = (),
) -> tuple[JudgeConflict, ...]:
    """Find every conflict of a challenge's judges on a day; see ``check_conflicts``."""
    return check_conflicts(
        session, book, challenge, as_of=as_of, judges=judges, works=works, only=()
    ).conflicts


def check_conflicts(
    session: Session,
    book: str,
    challenge: str,
    *,
    as_of: date,
    judges: Collection[str] = (),
    phase: str = "",
    works: Iterable[JointWork] = (),
    also: Collection[str] = (),
    only: Collection[str] | None = None,
) -> ConflictCheck:
    """Find what bars judges from applications on a day, and what is to be weighed. Nothing is written.

    Parameters
    ----------
    session : Session
        The caller's.
    book, challenge : str
        Codes.
    as_of : date
        The day.
    judges : collection of str
        Codes of the judges who are asked about; all that are registered when nobody is named.
    phase : str
        The phase in which they would read; how far a conflict of scope ``phase`` reaches.
    works : iterable of JointWork
        Publications and other joint work, where a list of them was supplied.
    also : collection of str
        Codes of people of other roles who are looked at like judges: administrators, a panel, a chair.
    only : collection of str or None
        Codes of the applications that are asked about, so that a round of any size is quick to ask about:
        besides them only those are looked at with which somebody is in conflict. All when None.

    Raises
    ------
    BriefInvalid
        When the brief's policy on conflicts breaks a rule.
    Missing
        When there is no such challenge.
    """
    stored = find_challenge(session, book, challenge, datetime.combine(as_of, time.max, UTC))
    policy = policy_of(stored)
    asked = _asked(rows.list_judges(session, stored), judges, also)
    aliases = alias_sets(rows.list_marks(session, book))
    interests = _interests(session, stored, policy, asked, as_of, aliases, tuple(works))
    among = None if only is None else _within_reach(interests, asked, aliases)
    contenders = [
        Contender(application=code, actors=parties, phases=(phase,) if phase else ())
        for code, parties in rows.list_bundles(session, stored, among, only or ()).items()
    ]
    pairs = [(one.code, entry) for one in asked for entry in contenders]
    conflicts = find_conflicts(interests, policy, pairs, as_of, aliases=aliases)
    hard = _hard(conflicts, barred_pairs(conflicts, pairs)) | {
        pair: "recusal" for pair in list_recused(session, stored) if not judges or pair[1] in judges
    }
    return ConflictCheck(
        conflicts=conflicts,
        hard=hard,
        soft=_soft(conflicts, hard),
        overridden=rows.list_overridden(session, stored),
        policy_sha256=policy.digest(),
        aliases=aliases,
        as_of=as_of,
    )


def _asked(known: Iterable[Judge], judges: Collection[str], also: Collection[str]) -> list[Judge]:
    """Return the registered judges who are asked about, then people of other roles."""
    registered = tuple(known)
    others = sorted(set(also) - {one.code for one in registered})
    named = [one for one in registered if not judges or one.code in judges]
    return [*named, *(Judge(code=code) for code in others)]


def policy_of(stored: StoredChallenge) -> ConflictPolicy:
    """Return the policy on conflicts of a challenge: what its brief says, else ``AMERICA_COMPETES``."""
    stated = stored.challenge.brief.judge_policy
    return AMERICA_COMPETES if stated is None else conflict_policy(stated.conflicts, stated.scope)


def _hard(conflicts: Iterable[JudgeConflict], barred: Iterable[tuple[str, str]]) -> dict[Pair, str]:
    """Give each barred pair its reason: its own conflict, or that of the judge elsewhere."""
    own: dict[Pair, str] = {}
    for one in conflicts:
        if one.level == "hard":
            own.setdefault((one.application, one.judge), f"conflict:{one.kind}")
    pairs = ((application, judge) for judge, application in sorted(barred))
    return {pair: own.get(pair, "conflict:elsewhere") for pair in pairs}


def _soft(conflicts: Iterable[JudgeConflict], hard: Mapping[Pair, str]) -> dict[Pair, str]:
    """Give each pair that is to be weighed the kind that was found first."""
    soft: dict[Pair, str] = {}
    for one in conflicts:
        if one.level == "soft" and (one.application, one.judge) not in hard:
            soft.setdefault((one.application, one.judge), one.kind)
    return soft


def _interests(
    session: Session,
    stored: StoredChallenge,
    policy: ConflictPolicy,
    judges: Iterable[Judge],
    as_of: date,
    aliases: Aliases,
    works: tuple[JointWork, ...],
) -> list[Interest]:
    """Gather all that is declared, recorded and inferred."""
    book = stored.challenge.book
    registered = tuple(judges)
    stated = [
        *rows.list_interests(session, book),
        *(interest_of_tie(tie) for _, tie in list_ties(session, find_book_id(session, book))),
        *_of_register(session, stored, registered),
        *infer_from_mail(aliases.marks),
    ]
    since = as_of - timedelta(days=policy.look_back_days)
    near = circle(weave(stated, policy, as_of, aliases), aliases, [one.code for one in registered])
    earlier = rows.list_joint_applications(session, book, datetime.combine(since, time(), UTC), near)
    found = [*stated, *infer_from_work((*earlier, *works), near)]
    if not has_party(session, book, near):
        return found
    far = frozenset(alias for actor in rows.list_applicants(session, stored) for alias in aliases.of(actor))
    flows = list_flows(session, book, since=since, as_of=as_of, apart=stored.challenge.fund, among=near | far)
    money = infer_from_money(flows, near, far, as_of, look_back_days=policy.look_back_days, aliases=aliases)
    return [*found, *money]


def _within_reach(interests: Iterable[Interest], judges: Iterable[Judge], aliases: Aliases) -> frozenset[str]:
    """Return everybody of whom anything is known, by whatever name: a conflict is with one of them."""
    known = {one.code for one in judges} | {code for one in interests for code in (one.a, one.b)}
    return frozenset(alias for code in known for alias in aliases.of(code))


def _of_register(session: Session, stored: StoredChallenge, judges: Iterable[Judge]) -> list[Interest]:
    """Read where judges work, and what they have declared of the actors."""
    said = rows.list_declarations(session, stored)
    found = [
        Interest(a=one.code, b=one.organisation, kind="employee", provenance="recorded", source=REGISTER)
        for one in judges
        if one.organisation and one.organisation != one.code
    ]
    return found + [
        Interest(a=one.code, b=actor, kind=kind, source=f"declaration of {one.code}")  # type: ignore[arg-type]  # the database takes no other
        for one in judges
        for actor, kinds in sorted(said.get(one.code, {}).items())
        for kind in sorted(kinds - {rows.NONE})
        if actor != one.code
    ]
