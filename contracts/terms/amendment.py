"""Amendments: terms changed after they were signed, as overlays that leave the past alone.

The problem: a deal runs for years, and a price, a date or a fallback changes on the way. A document edited
by hand has no history. Here a change is a document of its own: it names the digest of what it changes, from
which day, why, and each change by its place. Periods that ended before that day keep their terms, unless it
is said to be retroactive; the amended document has a digest of its own.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from ...finance.dates import parse_day
from ...finance.documents import Document, Text, canonical_bytes
from ...finance.errors import AlmonerError, TermError
from .amended_bounds import prove_amended
from .bounds import Proof, prove
from .compiled import compile_terms
from .document import Hex64, TermDocument
from .expressions import MAX_PARTS, DayText
from .observing import Observation
from .pay import State, Step, pay, step
from .program import Program
from .running.engine import Outturn

Content = dict[str, JsonValue]
Pointer = Annotated[str, Field(pattern=r"^(/([^~/]|~[01])*)*$", max_length=400)]


class Put(Document):
    """One change that puts a value at a place.

    ``add`` puts it into a list before what stands there (``-`` is the end), ``replace`` into the stead of
    what must stand there.

    Attributes
    ----------
    path : str
        JSON pointer (RFC 6901) into the document with its defaults written out.
    value : JSON
        What will stand there; numbers are decimal text.
    """

    op: Literal["add", "replace"]
    path: Pointer
    value: JsonValue


class Removal(Document):
    """One change: what stands at a place is taken out."""

    op: Literal["remove"]
    path: Pointer


class Amendment(Document):
    """A change of terms.

    Attributes
    ----------
    of : str
        Digest of the document it changes.
    effective_on : str
        Periods that end on this day or later have the new terms.
    retroactive : bool
        Whether periods that ended before have them too.
    changes : tuple of Put or Removal
        Operations of JSON Patch (RFC 6902), in order.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> terms = TermDocument.read(EXAMPLE)
    >>> change = Amendment.read(canonical_bytes({
    ...     "schema": "almoner.amendment/1", "of": terms.digest(), "effective_on": "2027-07-01",
    ...     "reason": "More places",
    ...     "changes": [{"op": "replace", "path": "/limits/0/max", "value": "600000.00"}]}))
    >>> amend(terms, change).limits[0].max
    '600000.00'
    """

    invalid: ClassVar[type[AlmonerError]] = TermError

    schema_: Literal["almoner.amendment/1"] = Field(alias="schema")
    of: Hex64
    effective_on: DayText
    reason: Text
    retroactive: bool = False
    changes: Annotated[
        tuple[Annotated[Put | Removal, Field(discriminator="op")], ...],
        Field(min_length=1, max_length=MAX_PARTS),
    ]

    def findings(self, at: str = "") -> list[dict[str, str]]:
        """List faults between fields: a day that is none."""
        try:
            parse_day(self.effective_on)
        except AlmonerError as error:
            return [{"path": f"{at}/effective_on", "message": error.message}]
        return []


def amend(document: TermDocument, amendment: Amendment) -> TermDocument:
    """Return the amended document.

    Parameters
    ----------
    document : TermDocument
        As it stands.
    amendment : Amendment
        What changes.

    Raises
    ------
    TermError
        The amendment is of another document; a place does not exist; the schema would change; or what comes
        out is no term document. Every fault has its path.
    """
    if amendment.of != document.digest():
        raise TermError(
            f"The amendment changes {amendment.of[:12]}…, these terms are {document.digest()[:12]}…. "
            "Write it against the document as it stands now.",
            of=amendment.of,
            digest=document.digest(),
        )
    return _patched(document, amendment)


def _patched(document: TermDocument, amendment: Amendment) -> TermDocument:
    content: Content = document.model_dump(mode="json", by_alias=True)
    faults: list[dict[str, str]] = []
    for at, change in enumerate(amendment.changes):
        told = _apply(content, change)
        if told:
            faults.append({"path": f"/changes/{at}/path", "message": told})
    if faults:
        raise Amendment.refusal(faults)
    return TermDocument.read(json.dumps(content, ensure_ascii=False))


def _apply(content: Content, change: Put | Removal) -> str:
    """Carry out one change; return why it cannot be, or nothing."""
    steps = [part.replace("~1", "/").replace("~0", "~") for part in change.path.split("/")[1:]]
    if steps in ([], ["schema"]):
        return "the document as a whole and its schema stay as they are"
    where: JsonValue = content
    for depth, part in enumerate(steps[:-1]):
        inner = _child(where, part)
        if inner is None:
            return f"there is no /{'/'.join(steps[: depth + 1])} in the document"
        where = inner[0]
    last = steps[-1]
    if isinstance(change, Put) and change.op == "add":
        return _add(where, last, change)
    if _child(where, last) is None:
        return f"there is no {change.path} in the document: nothing to {change.op}"
    if isinstance(where, list):
        where[int(last) : int(last) + 1] = [deepcopy(change.value)] if isinstance(change, Put) else []
    elif isinstance(where, dict):
        if isinstance(change, Put):
            where[last] = deepcopy(change.value)
        else:
            del where[last]
    return ""


def _child(where: JsonValue, part: str) -> tuple[JsonValue] | None:
    """Return what stands at a name or place, or None."""
    if isinstance(where, dict):
        return (where[part],) if part in where else None
    if isinstance(where, list) and _place(part) is not None and int(part) < len(where):
        return (where[int(part)],)
    return None


def _place(part: str) -> int | None:
    return int(part) if part.isdecimal() and part.isascii() and str(int(part)) == part else None


def _add(where: JsonValue, last: str, change: Put) -> str:
    if isinstance(where, dict):
        where[last] = deepcopy(change.value)
        return ""
    if not isinstance(where, list):
        return f"{change.path} lies inside a plain value"
    place = len(where) if last == "-" else _place(last)
    if place is None or place > len(where):
        return f"{last!r} is no place in a list of {len(where)}"
    where.insert(place, deepcopy(change.value))
    return ""


def changes_in_words(document: TermDocument, amendment: Amendment) -> tuple[str, ...]:
    """Say what an amendment changes, place by place, from what to what.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> terms = TermDocument.read(EXAMPLE)
    >>> change = Amendment.read(canonical_bytes({
    ...     "schema": "almoner.amendment/1", "of": terms.digest(), "effective_on": "2027-07-01",
    ...     "reason": "More places",
    ...     "changes": [{"op": "replace", "path": "/limits/0/max", "value": "600000.00"}]}))
    >>> changes_in_words(terms, change)
    ('limit most, max: 500000.00 becomes 600000.00',)
    """
    old = document.model_dump(mode="json", by_alias=True)
    new = amend(document, amendment).model_dump(mode="json", by_alias=True)
    return tuple(_differences(old, new, ""))


_ONE = {"clauses": "clause", "limits": "limit", "parties": "party", "sets": "set", "metrics": "metric",
        "params": "param", "figures": "figure", "accounts": "account", "splits": "split"}  # fmt: skip


def _differences(old: JsonValue, new: JsonValue, where: str) -> Iterable[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            if name in old and name in new:
                yield from _differences(old[name], new[name], _further(where, name))
            elif name in new:
                yield f"{_further(where, name)} is new: {_shown(new[name])}"
            else:
                yield f"{_further(where, name)} is gone: {_shown(old[name])}"
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(old, new, where)
    else:
        yield f"{where}: {_shown(old)} becomes {_shown(new)}"


def _list_differences(old: Sequence[JsonValue], new: Sequence[JsonValue], where: str) -> Iterable[str]:
    before, after = _by_id(old), _by_id(new)
    if before is None or after is None:
        if len(old) == len(new):
            for at, (left, right) in enumerate(zip(old, new, strict=True), start=1):
                yield from _differences(left, right, f"{where} {at}")
        else:
            yield f"{where}: {_shown(list(old))} becomes {_shown(list(new))}"
        return
    yield from _differences(before, after, where)
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield f"{where} stand in another order: {', '.join(after)}"


def _by_id(rows: Sequence[JsonValue]) -> Content | None:
    """Name the parts of a list by their ids; None where they have none."""
    named: Content = {}
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("id"), str) or row["id"] in named:
            return None
        named[str(row["id"])] = row
    return named


def _further(where: str, name: str) -> str:
    if not where:
        return name
    return f"{_ONE[where]} {name}" if where in _ONE else f"{where}, {name}"


def _shown(value: JsonValue) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    return value if isinstance(value, str) else canonical_bytes(value).decode()


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A lineage ready to be paid.

    Attributes
    ----------
    program : Program
        The newest terms, with all parts that any period's terms name.
    overlays : tuple of Program
        Terms of each period.
    """

    program: Program
    overlays: tuple[Program, ...]


@dataclass(frozen=True)
class Lineage:
    """Terms with their amendments, oldest first.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> lineage = Lineage(TermDocument.read(EXAMPLE))
    >>> lineage.pay([Observation(metric="nights", value=100)]).flows
    {('nights', 'city', 'home', 0): 151200}
    """

    original: TermDocument
    amendments: tuple[Amendment, ...] = ()

    def __post_init__(self) -> None:
        """Refuse amendments that do not follow one upon the other."""
        days = [one.effective_on for one in self.amendments]
        if days != sorted(days):
            raise TermError(f"Amendments take effect one after the other, not on {', '.join(days)}.")
        ends = self.newest.calendar.ends_on
        if days and days[-1] > ends and not self.amendments[-1].retroactive:
            raise TermError(
                f"The last amendment takes effect on {days[-1]}, after the term ends on {ends}: it would "
                "change nothing. Extend the term, or say that it is retroactive."
            )

    @cached_property
    def documents(self) -> tuple[TermDocument, ...]:
        """The original and what it became with each amendment."""
        rows = [self.original]
        for amendment in self.amendments:
            rows.append(amend(rows[-1], amendment))
        return tuple(rows)

    @property
    def newest(self) -> TermDocument:
        """The document as it stands after all amendments."""
        return self.documents[-1]

    def amended(self, amendment: Amendment) -> "Lineage":
        """Return the lineage with one more amendment."""
        return Lineage(self.original, (*self.amendments, amendment))

    def term_at(self, day: date) -> TermDocument:
        """Return the document in force on a day."""
        count = sum(parse_day(one.effective_on) <= day for one in self.amendments)
        return self.documents[count]

    @cached_property
    def overlaid(self) -> Overlaid:
        """The program of each period, checked to fit together.

        Raises
        ------
        TermError
            When terms of one period cannot follow those of another, or a retroactive amendment builds on one
            that is not.
        """
        newest = compile_terms(self.newest)
        known: dict[tuple[int, ...], Program] = {tuple(range(len(self.amendments))): newest}
        overlays = []
        for _, ends in newest.periods:
            chosen = tuple(
                at
                for at, one in enumerate(self.amendments)
                if one.retroactive or parse_day(one.effective_on) <= ends
            )
            if chosen not in known:
                known[chosen] = compile_terms(self._with(chosen))
            overlays.append(known[chosen])
        _require_fit(newest, overlays)
        return Overlaid(_together(newest, overlays), tuple(overlays))

    def _with(self, chosen: tuple[int, ...]) -> TermDocument:
        document = self.original
        for at in chosen:
            try:
                document = _patched(document, self.amendments[at])
            except TermError as error:
                told = f"Amendment {at + 1} is retroactive but builds on one that is not: {error.message}"
                raise TermError(told, **error.figures) from None
        return document

    def pay(
        self,
        observations: Iterable[Observation],
        *,
        members: Mapping[str, Sequence[str]] | None = None,
        as_of: date | None = None,
    ) -> Outturn:
        """Pay on observations from the beginning, each period under its own terms."""
        use = self.overlaid
        return pay(use.program, observations, members=members, as_of=as_of, overlays=use.overlays)

    def prove(self) -> Proof:
        """Bound what the lineage can cost, under old and new terms together."""
        use = self.overlaid
        if all(one is use.program for one in use.overlays):
            return prove(use.program)
        return prove_amended(use.program, use.overlays)[0]

    def step(self, state: State, *events: Observation, as_of: date | None) -> Step:
        """Apply new observations, each period under its own terms: an amendment alone yields differences."""
        use = self.overlaid
        return step(use.program, state, *events, as_of=as_of, overlays=use.overlays)


def _require_fit(newest: Program, overlays: Sequence[Program]) -> None:
    """Refuse terms that differ in what one name means while both are in force."""
    faults = []
    for at, (overlay, (name, ends)) in enumerate(zip(overlays, newest.periods, strict=True)):
        if overlay.periods[: at + 1] != newest.periods[: at + 1] or overlay.starts_on != newest.starts_on:
            told = f"the calendar up to {name} ({ends}) has passed: only later periods can change"
            faults.append({"path": f"/calendar/periods/{at}", "message": told})
    for overlay in {id(one): one for one in overlays}.values():
        for path, was in _meanings(overlay).items():
            now = _meanings(newest).get(path, was)
            if was != now:
                told = f"was {was} and would be {now} while earlier periods keep their terms: use a new name"
                faults.append({"path": path, "message": told})
    if faults:
        unique = {(row["path"], row["message"]): row for row in faults}
        raise Amendment.refusal(list(unique.values()))


def _meanings(program: Program) -> dict[str, str]:
    """Say of every part what must not change while two programs share its state."""
    rows = {}
    for name, members in program.sets.items():
        rows[f"/sets/{name}"] = f"{', '.join(members) or 'open'}"
    for name, measure in program.metrics.items():
        per = ", ".join((*measure.dims, *(("period",) if measure.by_period else ())))
        labels = " of " + ", ".join(measure.labels) if measure.labels else ""
        rows[f"/metrics/{name}"] = f"{measure.type}{labels} per {per or 'agreement'}, {measure.pool}"
    for clause in program.clauses:
        rows[f"/clauses/{clause.id}"] = (
            f"{clause.basis} in {clause.unit} per {', '.join(clause.each) or 'no set'}"
        )
    for limit in program.limits:
        span = "each period" if limit.by_period else "the term"
        rows[f"/limits/{limit.id}"] = f"for {span} per {', '.join(limit.each) or 'no set'}"
    for account in program.accounts:
        kind = "pot" if account.pot else "memo"
        rows[f"/accounts/{account.id}"] = (
            f"{kind} in {account.unit} per {', '.join(account.each) or 'no set'}"
        )
    return rows


def _together(newest: Program, overlays: Sequence[Program]) -> Program:
    """Return the newest program with the parts that only earlier terms have."""
    older = list({id(one): one for one in overlays if one is not newest}.values())
    if not older:
        return newest
    clauses = {one.id: one for program in (*older, newest) for one in program.clauses}
    limits = {one.id: one for program in (*older, newest) for one in program.limits}
    accounts = {one.id: one for program in (*older, newest) for one in program.accounts}
    return replace(
        newest,
        sets={name: one for program in (*older, newest) for name, one in program.sets.items()},
        most={name: one for program in (*older, newest) for name, one in program.most.items()},
        metrics={name: one for program in (*older, newest) for name, one in program.metrics.items()},
        parties={name: one for program in (*older, newest) for name, one in program.parties.items()},
        clauses=tuple(clauses.values()),
        limits=tuple(limits.values()),
        accounts=tuple(accounts.values()),
    )
