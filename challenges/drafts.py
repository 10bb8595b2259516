"""Drafts: several people write one application at once, and nobody's sentence is lost.

The problem: two partners save the same form within a minute, and the second save wipes out the first. Each
save says which revision it started from. What the two changed in different places is put together; where
both changed the same place, the second is told with both values and nothing is written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..finance.documents import canonical_bytes
from ..finance.errors import DocumentInvalid
from ..finance.findings import Findings, finding
from .applications import Application
from .brief import Brief
from .errors import ApplicationStale

COALESCE: Final = timedelta(seconds=30)
KEEP_BASES: Final = timedelta(hours=24)
_ROW_NAMES: Final = ("party", "id")  # rows of a list that are told apart by a name of their own
_ABSENT: Final = object()
Json = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One revision of an application that is being written.

    Attributes
    ----------
    code : str
        The application's short name.
    revision : int
        From 1; the next save names it.
    editor : str
        Who saved it.
    content : Mapping
        Fields of an application, some still missing.
    saved_at : datetime
        When.

    Examples
    --------
    >>> from datetime import UTC
    >>> draft = Draft(code="a-1", revision=1, editor="ada", content={"title": "Wells"},
    ...               saved_at=datetime(2027, 1, 20, tzinfo=UTC))
    >>> draft.content["title"]
    'Wells'
    """

    code: str
    revision: int
    editor: str
    content: Mapping[str, Json]
    saved_at: datetime


def merge_drafts(
    base: Mapping[str, Json], theirs: Mapping[str, Json], mine: Mapping[str, Json]
) -> dict[str, Json]:
    """Put two changes of one draft together; refused where both changed the same field to other values.

    Rows with a name of their own (a party of the bundle, an intervention, a file) are merged field by field.
    Rows of a list that kept its length (lines of a budget) are one field each; any other list is one field.

    Parameters
    ----------
    base : Mapping
        What both started from.
    theirs : Mapping
        What is stored by now.
    mine : Mapping
        What is to be saved.

    Raises
    ------
    ApplicationStale
        ``figures['conflicts']`` lists each field with ``path``, and ``theirs`` and ``mine`` as JSON text; a
        side that removed the field is left out.

    Examples
    --------
    >>> base = {"title": "Wells", "ask": "900.00"}
    >>> merge_drafts(base, {"title": "Deep wells", "ask": "900.00"}, {"title": "Wells", "ask": "950.00"})
    {'title': 'Deep wells', 'ask': '950.00'}
    >>> merge_drafts(base, {"title": "Deep wells"}, {"title": "Twelve wells", "ask": "900.00"})
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.ApplicationStale: Somebody else has changed 1 field since you read the draft: \
/title. Look at both values and save again from the newest revision.
    """
    conflicts: list[dict[str, str]] = []
    merged = _merge(base, theirs, mine, "", conflicts)
    if conflicts:
        places = ", ".join(row["path"] for row in conflicts[:20])
        count = f"{len(conflicts)} field{'s' if len(conflicts) != 1 else ''}"
        raise ApplicationStale(
            f"Somebody else has changed {count} since you read the draft: {places}. Look at both values and "
            "save again from the newest revision.",
            conflicts=conflicts,
        )
    return dict(merged) if isinstance(merged, Mapping) else {}


def _merge(base: Json, theirs: Json, mine: Json, at: str, conflicts: list[dict[str, str]]) -> Json:
    if _same(mine, base) or _same(mine, theirs):
        return theirs
    if _same(theirs, base):
        return mine
    if isinstance(theirs, Mapping) and isinstance(mine, Mapping):
        return _merge_fields(base if isinstance(base, Mapping) else {}, theirs, mine, at, conflicts)
    named = [_by_name(side) for side in (base, theirs, mine)]
    if named[1] is not None and named[2] is not None:
        rows = _merge_fields(named[0] or {}, named[1], named[2], at, conflicts)
        return list(rows.values())
    if lists := _alike([base, theirs, mine]):
        return [_merge_row(rows, f"{at}/{n}", conflicts) for n, rows in enumerate(zip(*lists, strict=True))]
    conflicts.append(_conflict(at, theirs, mine))
    return theirs


def _conflict(at: str, theirs: Json, mine: Json) -> dict[str, str]:
    sides = {"theirs": theirs, "mine": mine}
    there = {name: canonical_bytes(value).decode() for name, value in sides.items() if value is not _ABSENT}
    return {"path": at, **there}


def _merge_fields(
    base: Mapping[str, Json],
    theirs: Mapping[str, Json],
    mine: Mapping[str, Json],
    at: str,
    conflicts: list[dict[str, str]],
) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for name in dict.fromkeys((*theirs, *mine)):
        place = f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"
        before, now, wanted = (side.get(name, _ABSENT) for side in (base, theirs, mine))
        value = _merge(before, now, wanted, place, conflicts)
        if value is not _ABSENT:
            merged[name] = value
    return merged


def _alike(sides: Sequence[Json]) -> list[Sequence[Json]]:
    """Return the sides when all are lists of one length, whose rows are told apart by their place."""
    lists: list[Sequence[Json]] = [side for side in sides if isinstance(side, list | tuple)]
    return lists if len(lists) == len(sides) and len({len(one) for one in lists}) == 1 else []


def _merge_row(rows: tuple[Json, ...], at: str, conflicts: list[dict[str, str]]) -> Json:
    base, theirs, mine = rows
    if not (_same(mine, base) or _same(mine, theirs) or _same(theirs, base)):
        conflicts.append(_conflict(at, theirs, mine))
    return theirs if _same(mine, base) else mine


def _same(left: Json, right: Json) -> bool:
    if left is _ABSENT or right is _ABSENT:
        return left is right
    return canonical_bytes(left) == canonical_bytes(right)


def _by_name(side: Json) -> dict[str, Json] | None:
    """Return the rows of a list by the name each carries; ``None`` when it is no such list."""
    if not isinstance(side, list | tuple) or not side:
        return {} if side is _ABSENT or side in ([], ()) else None
    for field in _ROW_NAMES:
        names = [row.get(field) if isinstance(row, Mapping) else None for row in side]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return {str(name): row for name, row in zip(names, side, strict=True)}
    return None


def superseded(revisions: Sequence[tuple[int, str, datetime]], now: datetime) -> tuple[int, ...]:
    """Return the revisions that need not be kept: one stays of each editor's half minute.

    What somebody may still be writing from is kept for a day.

    Parameters
    ----------
    revisions : sequence of (int, str, datetime)
        Revision, editor, instant; oldest first.
    now : datetime
        Aware.

    Examples
    --------
    >>> from datetime import UTC
    >>> saved = [datetime(2027, 1, 20, 12, 0, second, tzinfo=UTC) for second in (0, 10, 35)]
    >>> superseded([(n + 1, "ada", instant) for n, instant in enumerate(saved)],
    ...            datetime(2027, 1, 22, tzinfo=UTC))
    (1,)
    """
    gone: list[int] = []
    group: tuple[int, str, datetime] | None = None
    last = 0
    for revision, editor, instant in revisions:
        if group is not None and group[1] == editor and instant - group[2] < COALESCE:
            gone += [last] if now - instant > KEEP_BASES else []
        else:
            group = (revision, editor, instant)
        last = revision
    return tuple(gone)


def draft_findings(content: Mapping[str, Json], brief: Brief | None = None) -> Findings:
    """List everything that stands between a draft and its submission, for whoever is writing it.

    Parameters
    ----------
    content : Mapping
        Fields of an application, some still missing.
    brief : Brief or None
        When given, what the brief asks as well.

    Examples
    --------
    >>> found = draft_findings({"schema": "almoner.application/1", "title": ""})
    >>> found[0]["path"], len(found)
    ('/application_id', 7)
    """
    try:
        application = Application.read(json.dumps(content))
    except DocumentInvalid as fault:
        rows = fault.figures["findings"]
        return [dict(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    missing = [
        finding(row["path"], f"{row['party']} has not stated {row['field']}; 'none' has to be said")
        for row in application.missing_statements(brief)
    ]
    return application.inconsistencies(brief) + missing
