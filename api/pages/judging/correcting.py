"""A round put right: a read that must not count, marks calibrated again, a lot drawn again."""

from collections.abc import Mapping
from dataclasses import replace

from ....challenges.brief import Brief
from ....challenges.phases import SCORED
from ...wire.calibrations import CalibrationMade
from ...wire.rankings import AdvancementReply, DrawReply, LotteryCommitmentList, LotteryCommitmentMade
from ...wire.scores import ScoreList, VoidMade
from ..page import Act
from ..view import Column, Done, Sheet, View
from ..visit import Say, Visit
from ..words import Words
from .reading import RoundSeen, tried

MOST = 200


def corrections(visit: Visit, seen: RoundSeen, doing: str) -> dict[str, object]:
    """Return what the part of the page shows on which a round is put right.

    Parameters
    ----------
    visit : Visit
        Who looks.
    seen : RoundSeen
        The round.
    doing : str
        The form that is open.
    """
    words = visit.words
    advances = seen.brief.phase(seen.phase.id).advances
    lots = advances is not None and advances.tie == "lottery"
    promised = visit.find(LotteryCommitmentList, "lottery_commitment.list") if lots else None
    commitments = [one.commitment for one in promised.items] if promised else []
    others = _same_rubric(seen.brief, seen.phase.id) if seen.calibrations.items else []
    found = {
        "void": words._("Let a read not count"),
        "repeat": words._("Calibrate again with extra reads") if others else "",
    }
    return {
        "correct": [(name, said) for name, said in found.items() if said],
        "void_reads": _void_sheet(visit) if doing == "void" else None,
        "others": [(name, name) for name in others],
        "commitments": commitments,
        "committable": lots and not commitments and not (seen.ranking and seen.ranking.reads),
        "again": None,
    }


def _same_rubric(brief: Brief, phase: str) -> list[str]:
    """Return the other phases whose reads are taken under the same rubric."""
    mine = brief.rubric_of(phase)
    scored = [one.id for one in brief.phases if one.judging in SCORED and one.id != phase]
    return [name for name in scored if brief.rubric_of(name) == mine]


def _void_sheet(visit: Visit) -> Sheet:
    words = visit.words
    found, _ = tried(lambda: visit.read(ScoreList, "score.list", limit=MOST))
    return Sheet(
        title=words._("Reads that do not count"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Judge")),
            Column(name=words._("Why")),
        ],
        rows=[(one.application, one.judge, one.void) for one in (found.items if found else ()) if one.void],
        empty=words._("Every read counts."),
    )


def void(visit: Visit) -> Done:
    """Let a read not count."""
    body = {name: visit.form.text(name) for name in ("application", "judge", "reason")}
    made = visit.write(VoidMade, "read.void", body)
    return Done(to=visit.address("desk_round"), said="recomputed" if made.recomputed else "voided")


def repeat(visit: Visit) -> Done:
    """Calibrate again, with the reads of other phases."""
    visit.write(CalibrationMade, "calibration.repeat", {"phases": list(visit.form.all("phases"))})
    return Done(to=visit.address("desk_round"), said="repeated")


def commit(visit: Visit) -> Done:
    """Publish the digest of a secret."""
    visit.write(
        LotteryCommitmentMade, "lottery.commit", {"commitment": visit.form.text("commitment").lower()}
    )
    return Done(to=visit.address("desk_round"), said="committed")


def redraw(visit: Visit, shown: View, made: AdvancementReply) -> View:
    """Draw a lot again from what was published, and say whether the same comes out.

    Parameters
    ----------
    visit : Visit
        Who looks.
    shown : View
        The page.
    made : AdvancementReply
        The decision with its lot.
    """
    body = {"members": made.band, "places": made.places, "seed": made.lot_seed}
    drawn = visit.write(DrawReply, "draw.repeat", body)
    return replace(shown, more={**shown.more, "again": (drawn, drawn.order == made.lot_order)})


CORRECTIONS: Mapping[str, Act] = {"void": void, "repeat": repeat, "commit": commit}


def _voided(words: Words) -> str:
    return words._("The read does not count. It stays on record with your reason.")


CORRECTED: Mapping[str, Say] = {
    "voided": _voided,
    "recomputed": lambda words: words._(
        "The read does not count, and the marks were calibrated again without it, beside the frozen ones."
    ),
    "repeated": lambda words: words._("The marks are calibrated again, beside the frozen ones."),
    "committed": lambda words: words._("The digest is published. Keep the secret until the lot is drawn."),
}
