"""Who goes on to the next phase: the brief's rule applied to a ranking, with the band around the line.

The problem: "the best five go on" is no rule where the fifth and the ninth cannot be told apart. The rule of
the brief says what happens to the band of applications that the scores do not separate: all of them go on, a
lot decides, a panel decides on record, or more reads are taken first. Without such a rule nothing is decided.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from .bands import ExpectedRanking, LotteryDraw, digest_of
from .errors import TieUnresolved
from .expected import EQUAL
from .phases import Advances
from .ranking import draw
from .rubric import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Advancement:
    """Who goes on, who does not, and how the band was decided.

    Attributes
    ----------
    rule : str
        ``all_eligible``, ``top`` or ``above_line``.
    inside, outside : tuple[str, ...]
        Applications, best first; those without a read stand outside.
    band : tuple[str, ...]
        What the scores do not separate from the line.
    places : int [places]
        That were left for the band.
    tie : str or None
        By which rule the band was decided; ``None`` where there was nothing to decide.
    lot : LotteryDraw or None
        Where a lot decided.
    unread : tuple[str, ...]
        Applications that may compete and have no read.

    Examples
    --------
    >>> made = Advancement(rule="top", inside=("a",), outside=("b",), band=(), places=0, tie=None, lot=None,
    ...     unread=())
    >>> made.told()["inside"]
    ['a']
    """

    rule: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    band: tuple[str, ...]
    places: int
    tie: str | None
    lot: LotteryDraw | None
    unread: tuple[str, ...]

    def told(self) -> dict[str, object]:
        """Return it as JSON values, to be kept and published."""
        return {
            "band": list(self.band),
            "band_sha256": digest_of(self.band, self.places),
            "inside": list(self.inside),
            "lot": None if self.lot is None else {"order": list(self.lot.order), "seed": self.lot.seed},
            "outside": list(self.outside),
            "places": self.places,
            "rule": self.rule,
            "tie": self.tie,
            "unread": list(self.unread),
        }


def read_advancement(body: bytes) -> Advancement:
    """Read a decision back from the bytes that were kept.

    Parameters
    ----------
    body : bytes
        JSON of ``told``, with or without more.

    Examples
    --------
    >>> read_advancement(b'{"rule": "top", "inside": ["a"], "outside": [], "band": [], "places": 0,'
    ...     b' "tie": null, "lot": null, "unread": []}').inside
    ('a',)
    """
    said = json.loads(body)
    lot = said["lot"]
    return Advancement(
        rule=said["rule"],
        inside=tuple(said["inside"]),
        outside=tuple(said["outside"]),
        band=tuple(said["band"]),
        places=said["places"],
        tie=said["tie"],
        lot=None
        if lot is None
        else LotteryDraw(
            seed=lot["seed"],
            band_digest=said["band_sha256"],
            order=tuple(lot["order"]),
            places=said["places"],
        ),
        unread=tuple(said["unread"]),
    )


def decided_at(body: bytes) -> datetime:
    """Return when a decision was made, from the bytes that were kept.

    Examples
    --------
    >>> decided_at(b'{"decided_at": "2027-04-13T10:00:00.000000Z"}').isoformat()
    '2027-04-13T10:00:00+00:00'
    """
    return datetime.fromisoformat(json.loads(body)["decided_at"])


def advance(  # what the scores say, and how the band is decided
    rule: Advances,
    eligible: Collection[str],
    *,
    ranking: ExpectedRanking | None = None,
    levels: Mapping[str, float] | None = None,
    direction: Direction = "higher",
    seed: str | None = None,
    chosen: Collection[str] = (),
    reread: bool = False,
) -> Advancement:
    """Apply the rule of a phase.

    Parameters
    ----------
    rule : Advances
        Of the brief.
    eligible : Collection[str]
        Applications that may compete.
    ranking : ExpectedRanking or None
        Of ``top``: with the line at its ``n``, and everybody else than ``eligible`` withdrawn.
    levels : Mapping[str, float] or None [points]
        Of ``above_line``: application -> calibrated level on the scale of the rubric.
    direction : str
        Which end of that scale is better.
    seed : str or None
        Of the lottery; published after the band.
    chosen : Collection[str]
        Whom a panel took from the band.
    reread : bool
        Whether the extra reads for the band are in the ranking.

    Raises
    ------
    TieUnresolved
        When the band cannot be decided with what was given; ``figures`` name the band and its places.

    Examples
    --------
    >>> from .bands import ExpectedPlace, TieBand
    >>> places = tuple(ExpectedPlace(application_id=name, place=n, expected_rank=1.0 * n, low=1, high=3)
    ...     for n, name in enumerate("abc", start=1))
    >>> band = TieBand(alpha=0.25, line="b", sure=("a",), members=("b", "c"), out=(), places=1)
    >>> ranking = ExpectedRanking(places=places, band=band, entries=3, withdrawn=(), flags=())
    >>> rule = Advances.read('{"rule": "top", "n": 2, "tie": "lottery"}')
    >>> advance(rule, ["a", "b", "c"], ranking=ranking, seed="5f1c").inside
    ('a', 'b')
    >>> advance(rule, ["a", "b", "c"], ranking=ranking)
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.TieUnresolved: 2 applications cannot be told apart and 1 place is left for \
them: the lottery needs its seed, which is published after the band.
    """
    if rule.rule == "all_eligible":
        return _plain(rule, tuple(sorted(eligible)), (), ())
    if rule.rule == "above_line":
        return _above(rule, eligible, levels or {}, direction)
    if ranking is None:
        raise TieUnresolved("The best ones are taken from a ranking, and there is none.")
    return _best(rule, ranking, eligible, seed, chosen, reread=reread)


def _best(
    rule: Advances,
    ranking: ExpectedRanking,
    eligible: Collection[str],
    seed: str | None,
    chosen: Collection[str],
    *,
    reread: bool,
) -> Advancement:
    order = [name for name in ranking.order if name in eligible]
    unread = tuple(sorted(set(eligible) - set(order)))
    band = ranking.band
    if band.settled:
        inside = [name for name in order if name in {*band.sure, *band.members}]
        return _plain(rule, tuple(inside), _rest(order, inside, unread), unread)
    taken, lot = _decide(rule, ranking, seed, chosen, reread=reread)
    inside = [name for name in order if name in {*band.sure, *taken}]
    return Advancement(
        rule=rule.rule,
        inside=tuple(inside),
        outside=_rest(order, inside, unread),
        band=band.members,
        places=band.places,
        tie=rule.tie,
        lot=lot,
        unread=unread,
    )


def _plain(
    rule: Advances, inside: tuple[str, ...], outside: tuple[str, ...], unread: tuple[str, ...]
) -> Advancement:
    return Advancement(
        rule=rule.rule, inside=inside, outside=outside, band=(), places=0, tie=None, lot=None, unread=unread
    )


def _rest(order: Collection[str], inside: Collection[str], unread: tuple[str, ...]) -> tuple[str, ...]:
    return (*(name for name in order if name not in inside), *unread)


def _above(
    rule: Advances, eligible: Collection[str], levels: Mapping[str, float], direction: Direction
) -> Advancement:
    sign = 1 if direction == "higher" else -1
    line = sign * float(rule.line or 0)
    known = sorted(
        (name for name in eligible if name in levels), key=lambda name: (-sign * levels[name], name)
    )
    inside = tuple(name for name in known if sign * levels[name] >= line - EQUAL)
    unread = tuple(sorted(set(eligible) - set(known)))
    return _plain(rule, inside, _rest(known, inside, unread), unread)


def _decide(
    rule: Advances, ranking: ExpectedRanking, seed: str | None, chosen: Collection[str], *, reread: bool
) -> tuple[tuple[str, ...], LotteryDraw | None]:
    """Return whom of the band the tie rule takes."""
    members, places = ranking.band.members, ranking.band.places
    if rule.tie == "split":
        return members, None
    if rule.tie == "lottery":
        if not seed:
            raise _open(ranking, "the lottery needs its seed, which is published after the band")
        lot = draw(members, places, seed)
        return lot.drawn, lot
    if rule.tie == "panel":
        if len(set(chosen)) != places or not set(chosen) <= set(members):
            raise _open(
                ranking, f"the panel has to take exactly {places} of them, it named {len(set(chosen))}"
            )
        return tuple(chosen), None
    if rule.tie == "extra_reads" and reread:
        return _by_rank(ranking, seed)
    cause = "the brief states no rule for it" if rule.tie is None else "more reads have to be taken first"
    raise _open(ranking, cause)


def _by_rank(ranking: ExpectedRanking, seed: str | None) -> tuple[tuple[str, ...], LotteryDraw | None]:
    """Take the members of the band in order of expected rank; what is equal at the line is drawn."""
    rows = [row for row in ranking.places if row.application_id in ranking.band.members]
    places = ranking.band.places
    if not places:
        return (), None
    cut = rows[places - 1].place
    before = tuple(row.application_id for row in rows if row.place < cut)
    equal = tuple(row.application_id for row in rows if row.place == cut)
    if len(before) + len(equal) == places:
        return (*before, *equal), None
    if not seed:
        raise _open(ranking, f"{len(equal)} are still equal after the extra reads, and a lot needs a seed")
    lot = draw(equal, places - len(before), seed)
    return (*before, *lot.drawn), lot


def _open(ranking: ExpectedRanking, cause: str) -> TieUnresolved:
    members, places = ranking.band.members, ranking.band.places
    left = "1 place is" if places == 1 else f"{places} places are"
    return TieUnresolved(
        f"{len(members)} applications cannot be told apart and {left} left for them: {cause}.",
        band=list(members),
        places=places,
    )
