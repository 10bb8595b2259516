"""What a rule of access says: one cell per role, as the table of the rules writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..identity import Role

ROLES: Mapping[str, Role | None] = {
    "P": None,
    "F": "funder",
    "I": "investor",
    "M": "intermediary",
    "H": "hub",
    "E": "evaluator",
    "J": "judge",
    "A": "admin",
}
_CELL = re.compile(r"(?P<letter>[PFIMHEJA])(?P<marks>[*oc]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one role may.

    Attributes
    ----------
    masked : bool
        They see less than the whole; the operation says what.
    own : bool
        Only what is their own party's.
    check : bool
        It is a checker's act: it takes the duty to check, a person's token and a fresh sign-in.
    """

    masked: bool = False
    own: bool = False
    check: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do one operation; whoever is not named may not.

    Attributes
    ----------
    cells : mapping of str to Cell
        By letter of the role: P everybody, F funder, I investor, M intermediary, H hub, E evaluator,
        J judge, A administrator of the installation.
    signed_in : bool
        Anybody who is signed in may, whatever their roles.
    fresh : bool
        It takes a sign-in of the last 15 minutes.
    """

    cells: Mapping[str, Cell]
    signed_in: bool = False
    fresh: bool = False


def rule(text: str) -> Rule:
    """Read a rule: letters of roles, each with ``*`` (masked), ``o`` (own party's only), ``c`` (checks).

    ``S`` stands for anybody signed in, ``!`` for a sign-in of the last 15 minutes.

    Parameters
    ----------
    text : str
        For example ``"F Mc Ho P*"``.

    Examples
    --------
    >>> sorted(rule("F Mc Ho P*").cells), rule("F Mc").cells["M"].check
    (['F', 'H', 'M', 'P'], True)
    """
    cells: dict[str, Cell] = {}
    words = text.split()
    for word in words:
        if word in {"S", "!"}:
            continue
        read = _CELL.fullmatch(word)
        if read is None or read["letter"] in cells:
            raise ValueError(f"{word!r} is no cell of a rule: {text!r}")
        marks = read["marks"]
        cells[read["letter"]] = Cell(masked="*" in marks, own="o" in marks, check="c" in marks)
    return Rule(cells=cells, signed_in="S" in words, fresh="!" in words)
