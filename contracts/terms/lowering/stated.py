"""Stated types: what a clause pays in, read off its expression before it is lowered.

A value may read what other clauses pay, so the type of a payment has to be known while types are being
checked.
"""

from .. import expressions as ex
from ..types import Quantity, parse_type
from .core import MAX_DEPTH, Lowering


def unit_of_clause(low: Lowering, name: str) -> Quantity | None:
    """Return what a clause pays in: known once it is lowered, else read off its expression's stated type."""
    if name in low.clause_units:
        return low.clause_units[name]
    amount = next(clause.amount for clause in low.document.clauses if clause.id == name)
    return _stated_type(low, amount)


def _stated_type(low: Lowering, tree: ex.Expression) -> Quantity | None:
    """Follow an expression to the first type that is written down."""
    for _ in range(MAX_DEPTH):
        below = _towards_type(low, tree)
        if below is None:
            return _written_type(low, tree)
        tree = below
    return None


def _towards_type(low: Lowering, tree: ex.Expression) -> ex.Expression | None:  # noqa: PLR0911  # one for each kind
    """Return the part of an expression that has its type; None when it states its own."""
    match tree:
        case ex.FigureRef():
            figure = low.document.figures.get(tree.name)
            return figure.value if figure else None
        case ex.Several():
            return next((part for part in tree.of if not isinstance(part, ex.Paid)), tree.of[0])
        case ex.Less():
            return tree.less if isinstance(tree.of, ex.Paid) else tree.of
        case ex.Fold() | ex.Previous():
            return tree.of
        case ex.If():
            return tree.then
        case ex.Share():
            return tree.total
    return None


def _written_type(low: Lowering, tree: ex.Expression) -> Quantity | None:
    match tree:
        case ex.Scaling() | ex.Bands():
            return parse_type(tree.as_)
        case ex.Lit():
            return parse_type(tree.type)
        case ex.ParamRef():
            return low.params.get(tree.name)
        case ex.Obs():
            kind = low.measures[tree.metric].type if tree.metric in low.measures else None
            return kind if isinstance(kind, Quantity) else None
        case ex.Balance():
            account = low.document.accounts.get(tree.account)
            return parse_type(account.type) if account else None
    return None
