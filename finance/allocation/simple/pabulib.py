"""Elections of participatory budgets, as ``.pb`` files hold them.

The problem: more than a thousand real elections are public in one format, and the files were made by many
hands: cells in quotes that hold semicolons, budgets written ``400000.0``, lines ended by CRLF, columns that
come and go. ``read_election`` takes them as they are, keeps every number exact, and refuses, with the line,
what would change a result silently: a vote for a project that is not there, a quote that swallows the lines
after it, a file cut short.

Notes
-----
The format: D. Stolicki, S. Szufa, N. Talmon, "Pabulib: a participatory budgeting library", arXiv:2012.06539.
A ``.pb`` file is UTF-8 text in three sections, META, PROJECTS and VOTES, each with a line of column names,
cells separated by semicolons. Ranks count as points as the library's own scores do: the first of a ballot as
many as a ballot may have places, each later one less by 1.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple, NoReturn, get_args

from ...errors import DocumentInvalid
from ...findings import finding, repeated

VoteType = Literal["approval", "choose-1", "ordinal", "cumulative", "scoring"]
VOTE_TYPES: Final[tuple[VoteType, ...]] = get_args(VoteType)
WITH_POINTS: Final = frozenset({"cumulative", "scoring"})
SECTIONS: Final = {
    "META": ("key", "value"),
    "PROJECTS": ("project_id", "cost"),
    "VOTES": ("voter_id", "vote"),
}
NEEDED: Final = ("budget", "vote_type")
MAX_FILE_BYTES: Final = 64 * 2**20
MAX_FINDINGS_SHOWN: Final = 20
_NUMBER = re.compile(r"[0-9]{1,18}(?:[.,][0-9]{1,9})?", re.ASCII)
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionProject:
    """One project that people could vote for.

    Attributes
    ----------
    project_id : str
        Unique in the election.
    cost : Fraction [currency of the election]
        Not negative.
    columns : tuple of (str, str)
        Everything else the file says of it, untouched.

    Examples
    --------
    >>> ElectionProject(project_id="4", cost=Fraction(390_000), columns=(("name", "Bicycle lane"),)).name
    'Bicycle lane'
    """

    project_id: str
    cost: Fraction
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Name as the file gives it, or the id where it gives none."""
        return dict(self.columns).get("name") or self.project_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionBallot:
    """What one person voted.

    Attributes
    ----------
    voter_id : str
        As the file says.
    choices : tuple of str
        Projects, in the order of the ballot; may be empty.
    points : tuple of Fraction [points]
        For each choice, not negative: 1 for an approval, by rank for an ordinal ballot.

    Examples
    --------
    >>> ElectionBallot(voter_id="v1", choices=("4", "7"), points=(Fraction(3), Fraction(1))).choices
    ('4', '7')
    """

    voter_id: str
    choices: tuple[str, ...]
    points: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """A participatory budget: what could be funded, and what people wanted.

    Attributes
    ----------
    meta : tuple of (str, str)
        The section META, untouched, in the order of the file.
    budget : Fraction [currency of the election]
        What can be spent.
    vote_type : str
        ``approval``, ``choose-1``, ``ordinal``, ``cumulative`` or ``scoring``.
    projects : tuple of ElectionProject
        In the order of the file, which decides ties.
    ballots : tuple of ElectionBallot
        In the order of the file.
    notes : tuple of str
        What the file says and its ballots do not: counts that differ, people who voted twice.

    Examples
    --------
    >>> election = read_election(EXAMPLE)
    >>> election.budget, election.currency, election.points()
    (Fraction(100, 1), 'EUR', {'a': Fraction(5, 1), 'b': Fraction(1, 1)})
    """

    meta: tuple[tuple[str, str], ...]
    budget: Fraction
    vote_type: VoteType
    projects: tuple[ElectionProject, ...]
    ballots: tuple[ElectionBallot, ...]
    notes: tuple[str, ...] = ()

    @property
    def currency(self) -> str:
        """Code of the currency, empty where the file says none."""
        return dict(self.meta).get("currency", "")

    def points(self) -> dict[str, Fraction]:
        """Sum the points of every project, in the order of the file."""
        sums = {project.project_id: Fraction(0) for project in self.projects}
        for ballot in self.ballots:
            for choice, points in zip(ballot.choices, ballot.points, strict=True):
                sums[choice] += points
        return sums


EXAMPLE: Final = """META
key;value
description;Two projects
budget;100
vote_type;cumulative
currency;EUR
num_projects;2
num_votes;2
PROJECTS
project_id;cost;name
a;60;"Trees; and a bench"
b;50;Swings
VOTES
voter_id;vote;points
v1;a,b;2,1
v2;a;3
"""


def read_election(raw: bytes | str) -> Election:
    """Read an election from the text of a ``.pb`` file.

    Parameters
    ----------
    raw : bytes or str
        UTF-8, with or without a byte order mark, at most 64 MiB.

    Raises
    ------
    DocumentInvalid
        ``figures['findings']`` lists every fault with its line.

    Examples
    --------
    >>> election = read_election(EXAMPLE)
    >>> [project.name for project in election.projects], len(election.ballots)
    (['Trees; and a bench', 'Swings'], 2)
    >>> read_election(EXAMPLE.replace("v2;a;3", "v2;c;3"))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: Election has 1 fault: line 16: votes for c, no project here.
    """
    sections, found = _sections(_text(raw))
    _refuse_any(found)
    faults = _Faults()
    meta = _meta(sections["META"], faults)
    faults.found += [finding("file", f"says no {name} in META") for name in NEEDED if name not in meta]
    _refuse_any(faults.found)
    vote_type = _vote_type(meta["vote_type"], faults)
    budget = _number(meta["budget"], "budget", faults)
    projects = [_project(row, faults) for row in sections["PROJECTS"]]
    known = {project.project_id: project for project in projects}
    for at in repeated([project.project_id for project in projects]):
        faults.add(sections["PROJECTS"][at].line, f"project {projects[at].project_id} stands here twice")
    places = _places(meta, len(projects), faults)
    ballots = [_ballot(row, vote_type, places, known, faults) for row in sections["VOTES"]]
    for name, count in (("num_projects", len(projects)), ("num_votes", len(ballots))):
        if name in meta and _number(meta[name], name, faults) != count:
            faults.add(meta[name].line, f"{name} is {meta[name].text}, and the file holds {count}")
    _refuse_any(faults.found)
    return Election(
        meta=tuple((name, cell.text) for name, cell in meta.items()),
        budget=budget,
        vote_type=vote_type,
        projects=tuple(projects),
        ballots=tuple(ballots),
        notes=tuple(_notes(projects, ballots)),
    )


class _Cell(NamedTuple):
    line: int
    text: str


class _Row(NamedTuple):
    line: int
    cells: Mapping[str, str]


class _Faults:
    """What is wrong, each with its line."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def add(self, line: int, message: str) -> None:
        self.found.append(finding(f"line {line}", message))


def _text(raw: bytes | str) -> str:
    if len(raw) > MAX_FILE_BYTES:
        _refuse("file", f"holds {len(raw)} bytes; at most {MAX_FILE_BYTES} are read")
    if isinstance(raw, str):
        return raw.removeprefix("\ufeff")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        _refuse(f"line {line}", f"byte {fault.start} is not UTF-8: save the file as UTF-8")


def _sections(text: str) -> tuple[dict[str, list[_Row]], list[dict[str, str]]]:
    """Cut the text into rows of named cells by section."""
    sections: dict[str, list[_Row]] = {}
    faults, rows, header = _Faults(), list[_Row](), list[str]()
    for line, cells in _cells(text, faults):
        title = cells[0].strip().upper()
        if title in SECTIONS and not any(cells[1:]):
            if title in sections:
                faults.add(line, f"section {title} begins a second time")
            rows, header = [], []
            sections[title] = rows
        elif not sections:
            faults.add(line, "stands before the first section; the first line of a file is META")
            break
        elif not header:
            header = [cell.strip().lower() for cell in cells]
            _check_header(line, header, next(reversed(sections)), faults)
        elif any(cell.strip() for cell in cells[len(header) :]):
            faults.add(line, f"has {len(cells)} cells under {len(header)} names: put a cell with ; in quotes")
        else:
            rows.append(_Row(line, dict(zip(header, cells, strict=False))))
    missing = [title for title in SECTIONS if title not in sections]
    if missing and not faults.found:
        faults.found.append(finding("file", f"lacks the section {' and '.join(missing)}"))
    return sections, faults.found


def _cells(text: str, faults: _Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every line that has any; note a quote that swallows a section."""
    lines = list(io.StringIO(text, newline=""))
    begun = 1
    for last, cells in _rows(lines, faults):
        swallowed = [line for line in lines[begun:last] if line.strip(" ;\r\n").upper() in SECTIONS]
        if swallowed:
            faults.add(begun, f"opens a quote that swallows {swallowed[0].strip()}: close it, or remove it")
        if any(cell.strip() for cell in cells):
            yield begun, cells
        begun = last + 1


def _rows(lines: list[str], faults: _Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row with the number of its last line."""
    reader = csv.reader(lines, delimiter=";")
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as fault:
        faults.add(reader.line_num, f"cannot be cut into cells: {fault}")


def _check_header(line: int, header: Sequence[str], title: str, faults: _Faults) -> None:
    for name in SECTIONS[title]:
        if name not in header:
            faults.add(line, f"names no column {name}, which section {title} needs")
    for at in repeated(header):
        faults.add(line, f"names column {header[at]} twice")


def _meta(rows: Sequence[_Row], faults: _Faults) -> dict[str, _Cell]:
    meta: dict[str, _Cell] = {}
    for row in rows:
        name = row.cells.get("key", "").strip()
        if name in meta:
            faults.add(row.line, f"{name} stands here twice")
        meta[name] = _Cell(row.line, row.cells.get("value", "").strip())
    return meta


def _vote_type(given: _Cell, faults: _Faults) -> VoteType:
    for known in VOTE_TYPES:
        if given.text.lower() == known:
            return known
    faults.add(given.line, f"vote_type is {given.text!r}; one of {', '.join(VOTE_TYPES)} is read")
    return "approval"


def _number(cell: _Cell, what: str, faults: _Faults) -> Fraction:
    """Read a number that is not negative, with a point or a comma before its decimals."""
    if _NUMBER.fullmatch(cell.text) and not _AMBIGUOUS.fullmatch(cell.text):
        return Fraction(cell.text.replace(",", "."))
    faults.add(cell.line, f"{what} is {cell.text!r}: write digits with at most one point, like 1234.50")
    return Fraction(0)


def _project(row: _Row, faults: _Faults) -> ElectionProject:
    project_id = row.cells.get("project_id", "").strip()
    if not project_id:
        faults.add(row.line, "has no project_id")
    cost = row.cells.get("cost", "").strip()
    return ElectionProject(
        project_id=project_id,
        cost=_number(_Cell(row.line, cost), "cost", faults),
        columns=tuple((name, text) for name, text in row.cells.items() if name not in {"project_id", "cost"}),
    )


def _places(meta: Mapping[str, _Cell], count: int, faults: _Faults) -> int:
    """Return how many places a ballot may have."""
    if "max_length" not in meta:
        return count
    return int(_number(meta["max_length"], "max_length", faults))


def _ballot(
    row: _Row, vote_type: VoteType, places: int, known: Mapping[str, ElectionProject], faults: _Faults
) -> ElectionBallot:
    choices = _listed(row.cells.get("vote", ""))
    for choice in sorted(set(choices) - set(known)):
        faults.add(row.line, f"votes for {choice}, no project here")
    for at in repeated(choices):
        faults.add(row.line, f"votes for {choices[at]} twice")
    points = [Fraction(1)] * len(choices)
    if vote_type == "ordinal":
        points = [Fraction(max(places, len(choices)) - at) for at in range(len(choices))]
    elif vote_type in WITH_POINTS:
        given = _listed(row.cells.get("points", ""))
        points = [_number(_Cell(row.line, text), "points", faults) for text in given]
        if len(points) != len(choices):
            faults.add(row.line, f"gives {len(points)} times points to {len(choices)} projects")
            points = [Fraction(0)] * len(choices)
    elif vote_type == "choose-1" and len(choices) > 1:
        faults.add(row.line, f"chooses {len(choices)} projects where one may be chosen")
    return ElectionBallot(
        voter_id=row.cells.get("voter_id", "").strip(),
        choices=tuple(choice for choice in choices if choice in known),
        points=tuple(point for choice, point in zip(choices, points, strict=True) if choice in known),
    )


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",")] if cell.strip() else []


def _notes(projects: Sequence[ElectionProject], ballots: Sequence[ElectionBallot]) -> Iterator[str]:
    """Compare what the file counts with what its ballots hold."""
    votes = dict.fromkeys((project.project_id for project in projects), 0)
    score = dict.fromkeys(votes, Fraction(0))
    for ballot in ballots:
        for choice, points in zip(ballot.choices, ballot.points, strict=True):
            votes[choice] += 1
            score[choice] += points
    for project in projects:
        for name, counted in (("votes", votes), ("score", score)):
            said, real = dict(project.columns).get(name, "").strip(), counted[project.project_id]
            if _NUMBER.fullmatch(said) and Fraction(said.replace(",", ".")) != real:
                yield f"project {project.project_id}: {name} {said} in the file, {real} on the ballots"
    for at in repeated([ballot.voter_id for ballot in ballots]):
        yield f"voter {ballots[at].voter_id} has more than one ballot"


def _refuse(path: str, message: str) -> NoReturn:
    _refuse_any([finding(path, message)])
    raise AssertionError


def _refuse_any(found: Sequence[dict[str, str]]) -> None:
    if found:
        shown = "; ".join(f"{row['path']}: {row['message']}" for row in found[:MAX_FINDINGS_SHOWN])
        count = f"{len(found)} fault{'s' if len(found) > 1 else ''}"
        raise DocumentInvalid(f"Election has {count}: {shown}.", findings=[dict(row) for row in found])
