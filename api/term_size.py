"""How much work terms are, told before it is done.

The problem: a document of a page can ask for a payment on each day of nine hundred years, and for each of a
thousand members. Whoever sends it to be read at once would keep the server busy for minutes; here the places
to be worked out are counted first, and beyond a limit refused.
"""

from collections.abc import Mapping
from math import prod

from ..contracts.outcomes.document import OutcomesDocument
from ..contracts.terms.document import Calendar, Every
from ..contracts.terms.program import Program
from ..finance.dates import parse_day
from .errors import RequestInvalid

SHORTEST: Mapping[str, int] = {"D": 1, "M": 28, "Y": 365}
NOBODY: Mapping[str, int] = {}


def count_periods(calendar: Calendar) -> int:
    """Return how many periods a calendar has at most.

    Examples
    --------
    >>> count_periods(Calendar(starts_on="2027-01-01", ends_on="2027-12-31", periods=Every(every="P1M")))
    14
    """
    if not isinstance(calendar.periods, Every):
        return len(calendar.periods) + 1
    every = calendar.periods.every
    days = (parse_day(calendar.ends_on) - parse_day(calendar.starts_on)).days
    return max(0, days) // (int(every[1:-1]) * SHORTEST[every[-1]]) + 1


def count_places(program: Program, members: Mapping[str, int] = NOBODY) -> int:
    """Return how many places there are to be worked out: each step, in each period, for each member.

    Parameters
    ----------
    program : Program
        Compiled terms.
    members : mapping of str to int [members]
        How many an open set has; without it, it counts once.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> count_places(compile_terms(TermDocument.read(EXAMPLE)))
    4
    """
    sizes = {name: len(listed) or members.get(name, 1) for name, listed in program.sets.items()}
    of_one = sum(prod(sizes.get(name, 1) for name in node.dims) for node in program.nodes)
    return len(program.periods) * of_one


def members_of(outcomes: OutcomesDocument) -> dict[str, int]:
    """Return how many members each open set has in outcome models.

    Examples
    --------
    >>> from almoner.contracts.outcomes.document import EXAMPLE
    >>> members_of(OutcomesDocument.read(EXAMPLE))
    {}
    """
    return {
        name: int(given) if isinstance(given, str) else len(given) for name, given in outcomes.members.items()
    }


def require_fewer(count: int, most: int, pointer: str, what: str) -> None:
    """Refuse more than is worked on at once.

    Parameters
    ----------
    count, most : int [any unit]
        How many there are, and how many there may be.
    pointer : str
        The place in the request.
    what : str
        Of what, in words.

    Raises
    ------
    RequestInvalid
        With the place and both figures.

    Examples
    --------
    >>> require_fewer(12, 2000, "/terms/calendar", "periods")
    """
    if count > most:
        told = f"At most {most} {what} are worked on at once, and this has {count}"
        raise RequestInvalid(
            f"{told}. Ask for fewer; with a sign-in there may be more.",
            findings=[{"pointer": pointer, "code": "too_large", "message": told}],
        )
