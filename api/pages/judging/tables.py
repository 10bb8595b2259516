"""Tables and charts of a round."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from ...charts.chart import Chart
from ...charts.places import PlaceMark, PlaceTexts, Standing, draw_places
from ...wire.calibrations import VarianceLine
from ...wire.rankings import PlacementPart
from ..designing.conflict_section import interest_in_words
from ..view import Column, Sheet
from ..words import Words
from .reading import RoundSeen

MOST_DRAWN = 60


def judges_sheet(words: Words, seen: RoundSeen) -> Sheet:
    """Return the judges with what they still have to declare and what they were given to read."""
    given = Counter(pair.judge for pair in seen.plan.pairs) if seen.plan else Counter[str]()
    rows = [
        (
            one.code,
            one.organisation,
            words.p("declarations", "complete") if one.to_declare == 0 else "",
            str(one.to_declare),
            str(given[one.code]),
            ", ".join(one.languages),
        )
        for one in (seen.judges.items if seen.judges else [])
    ]
    return Sheet(
        title=words._("Judges"),
        columns=[
            Column(name=words._("Judge")),
            Column(name=words._("Organisation")),
            Column(name=words._("Declarations")),
            Column(name=words._("Actors still to declare"), kind="number"),
            Column(name=words._("Given to read"), kind="number"),
            Column(name=words._("Languages")),
        ],
        rows=rows,
        empty=words._("No judge is registered. Register the first one below."),
    )


def conflicts_sheet(words: Words, seen: RoundSeen) -> Sheet:
    """Return who must not, or should rather not, read what."""
    levels = {"hard": words._("must not read it"), "soft": words._("should rather not read it")}
    rows = [
        (
            one.judge,
            one.application,
            levels.get(one.level, one.level),
            interest_in_words(words, one.kind),
            one.actor or "",
            "; ".join(one.rests_on),
        )
        for one in (seen.conflicts.items if seen.conflicts else [])
    ]
    return Sheet(
        title=words._("Conflicts of interest"),
        columns=[
            Column(name=words._("Judge")),
            Column(name=words._("Application")),
            Column(name=words._("What follows")),
            Column(name=words._("Tie")),
            Column(name=words._("Actor")),
            Column(name=words._("It rests on")),
        ],
        rows=rows,
        empty=words._("No conflict is known. It rests on what judges declare and on what is on record."),
    )


def reading_sheet(words: Words, seen: RoundSeen) -> Sheet:
    """Return how far each application is read, and its marks as far as they may be known."""
    wanted = Counter(pair.application for pair in seen.plan.pairs) if seen.plan else Counter[str]()
    status = {
        "pass": words.p("application", "eligible"),
        "needs_document": words._("a document is missing"),
        "fail": words._("not eligible"),
        "withdrawn": words._("withdrawn"),
    }
    rows = [
        (
            one.application,
            status.get(one.status, one.status),
            str(one.reads),
            str(wanted[one.application]),
            _short(one.raw_mean),
            _short(one.level),
            "" if one.place is None else str(one.place),
        )
        for one in (seen.ranking.items if seen.ranking else [])
    ]
    return Sheet(
        title=words._("Applications"),
        columns=[
            Column(name=words._("Application")),
            Column(name=words._("Eligibility")),
            Column(name=words._("Reads in"), kind="number"),
            Column(name=words._("Reads planned"), kind="number"),
            Column(name=words._("Mean mark"), kind="number"),
            Column(name=words._("Calibrated mark"), kind="number"),
            Column(name=words._("Place"), kind="number"),
        ],
        rows=rows,
        empty=words._("No application is in. They are listed here once they come in."),
    )


def plans_sheet(words: Words, seen: RoundSeen) -> Sheet:
    """Return the plans of who reads what."""
    return Sheet(
        title=words._("Plans of who reads what"),
        columns=[
            Column(name=words._("Plan"), kind="number"),
            Column(name=words._("State")),
            Column(name=words._("Reads given"), kind="number"),
            Column(name=words._("Reads lacking"), kind="number"),
            Column(name=words._("Proof")),
            Column(name=words._("Seed"), kind="number"),
        ],
        rows=[
            (
                str(one.number),
                words._("counts") if one.published else words._("draft"),
                str(one.reads),
                str(one.lacking),
                words._("no better plan exists") if one.proven else words._("not proven"),
                str(one.seed),
            )
            for one in seen.plans.items
        ],
        empty=words._("Nobody has planned yet who reads what. Register judges first, then draft a plan."),
    )


def calibration_sheet(words: Words, seen: RoundSeen) -> Sheet:
    """Return how severity was taken out of the marks."""
    return Sheet(
        title=words._("Calibration"),
        columns=[
            Column(name=words._("Number"), kind="number"),
            Column(name=words.p("round", "Part")),
            Column(name=words._("Applications"), kind="number"),
            Column(name=words._("Reads"), kind="number"),
            Column(name=words._("What was done")),
            Column(name=words._("Spread of applications"), kind="number"),
            Column(name=words._("Spread of judges"), kind="number"),
            Column(name=words._("What is left"), kind="number"),
        ],
        rows=[
            (
                str(line.number),
                part.part or words._("all"),
                str(part.entries),
                str(part.reads),
                words._("plain means") if part.method == "raw" else words._("severity taken out"),
                *(_variance(part.variances, name) for name in ("application", "judge", "residual")),
            )
            for line in seen.calibrations.items
            for part in line.parts
        ],
    )


def _variance(rows: Sequence[VarianceLine], name: str) -> str:
    return next((_short(one.variance, 4) for one in rows if one.of == name), "")


def _short(text: str | None, digits: int = 2) -> str:
    return "" if text is None else f"{round(Decimal(text), digits):f}"


def places_chart(words: Words, part: PlacementPart, title: str) -> Chart:
    """Draw the places of a part with their ranges, and the band around the line."""
    line = len(part.sure) + part.places
    shown = part.entries[:MOST_DRAWN]
    caption = words._(
        "Bars: where each application stands in nine of ten draws; dots: its expected place. "
        "The dashed line: %(count)s go on. Those in the band cannot be told apart there.",
        count=line,
    )
    texts = PlaceTexts(
        title=title,
        caption=caption,
        header=(
            words._("Application"),
            words._("Expected place"),
            words._("Stands between"),
            words._("At the line"),
        ),
        standings={
            "sure": words._("surely goes on"),
            "band": words._("tied at the line"),
            "out": words._("does not go on"),
        },
        axis=words._("place"),
    )
    return draw_places(
        texts,
        [
            PlaceMark(
                label=one.application,
                expected=one.expected_rank,
                low=one.low,
                high=one.high,
                standing=_standing(part, one.application),
            )
            for one in shown
        ],
        line,
    )


def is_tied(part: PlacementPart) -> bool:
    """Tell whether more stand in the band than there are places for them."""
    return len(part.band) > part.places


def _standing(part: PlacementPart, name: str) -> Standing:
    if name in part.band:
        return "band" if is_tied(part) else "sure"
    return "sure" if name in part.sure else "out"
