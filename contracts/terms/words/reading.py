"""What an expression of a document reads: its parts, its type, the metrics behind it."""

from collections.abc import Iterator

from ....finance.documents import Document
from ..document import Note, Pay, TermDocument
from ..expressions import (
    Balance,
    Bands,
    Days,
    Expression,
    FigureRef,
    Fold,
    If,
    Is,
    Known,
    Less,
    Lit,
    Obs,
    Paid,
    ParamRef,
    Position,
    Previous,
    Rank,
    Scaling,
    Several,
    Share,
)
from ..types import RATIO, Quantity, parse_type


def parts_of(expression: object) -> Iterator[Document]:
    """Yield an expression and everything inside it, outside first.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> document = TermDocument.read(EXAMPLE)
    >>> [part.op for part in parts_of(document.clauses[0].amount)]
    ['scale', 'obs', 'lit']
    """
    if isinstance(expression, Document):
        yield expression
        for name in type(expression).model_fields:
            yield from parts_of(getattr(expression, name))
    elif isinstance(expression, tuple):
        for one in expression:
            yield from parts_of(one)


def parts_behind(document: TermDocument, *expressions: object) -> Iterator[Document]:
    """Yield everything that expressions read, also through figures, accounts and other clauses, each once.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> document = TermDocument.read(EXAMPLE)
    >>> [type(part).__name__ for part in parts_behind(document, document.clauses[0].amount)]
    ['Scaling', 'Obs', 'Lit']
    """
    seen: set[str] = set()
    waiting = list(expressions)
    while waiting:
        for part in parts_of(waiting.pop()):
            yield part
            for name, behind in _behind(document, part):
                if name not in seen:
                    seen.add(name)
                    waiting.append(behind)


def metrics_behind(document: TermDocument, *expressions: object) -> tuple[str, ...]:
    """Return the metrics that expressions depend on, also through figures, accounts and other clauses.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> document = TermDocument.read(EXAMPLE)
    >>> metrics_behind(document, document.clauses[0].amount)
    ('nights',)
    """
    found = {
        part.metric for part in parts_behind(document, *expressions) if isinstance(part, Obs | Is | Known)
    }
    return tuple(name for name in document.metrics if name in found)


def _behind(document: TermDocument, part: Document) -> Iterator[tuple[str, object]]:
    if isinstance(part, FigureRef) and part.name in document.figures:
        yield f"figure:{part.name}", document.figures[part.name].value
    if isinstance(part, Paid):
        yield from ((f"clause:{one.id}", one) for one in document.clauses if one.id in part.clauses)
    if isinstance(part, Balance) and part.account in document.accounts:
        account = document.accounts[part.account]
        yield f"account:{part.account}", (account.opens, account.adds)
        for one in document.clauses:
            touched = (*one.raises, *one.lowers)
            if isinstance(one, Pay):
                touched = (*touched, one.from_, one.to)
            if part.account in touched:
                yield f"clause:{one.id}", one


def quantity_of(document: TermDocument, expression: object) -> Quantity | None:
    """Return the type of a number; None for a condition.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> document = TermDocument.read(EXAMPLE)
    >>> str(quantity_of(document, document.clauses[0].amount))
    'USD/2'
    """
    inner = _carrier(expression)
    if inner is not None:
        return quantity_of(document, inner)
    if isinstance(expression, Lit):
        return parse_type(expression.type)
    if isinstance(expression, Scaling | Bands):
        return parse_type(expression.as_)
    if isinstance(expression, Rank | Position):
        return Quantity(RATIO, 0)
    if isinstance(expression, Days):
        return Quantity("day", 0)
    return _named_quantity(document, expression)


def _carrier(expression: object) -> Expression | None:
    """Return the part whose type an expression has."""
    if isinstance(expression, Several):
        return expression.of[0]
    if isinstance(expression, Less | Previous):
        return expression.of
    if isinstance(expression, If):
        return expression.then
    if isinstance(expression, Share):
        return expression.total
    if isinstance(expression, Fold) and expression.with_ not in {"all", "any"}:
        return expression.of
    return None


def _named_quantity(document: TermDocument, expression: object) -> Quantity | None:
    if isinstance(expression, ParamRef) and expression.name in document.params:
        return parse_type(document.params[expression.name].type)
    if isinstance(expression, Obs) and expression.metric in document.metrics:
        return parse_type(document.metrics[expression.metric].type)
    if isinstance(expression, FigureRef) and expression.name in document.figures:
        return quantity_of(document, document.figures[expression.name].value)
    if isinstance(expression, Balance) and expression.account in document.accounts:
        return parse_type(document.accounts[expression.account].type)
    if isinstance(expression, Paid):
        clause = next((one for one in document.clauses if one.id == expression.clauses[0]), None)
        return quantity_of(document, clause.amount) if isinstance(clause, Pay | Note) else None
    return None


def at_pointer(document: TermDocument, path: str) -> object:
    """Return the part of a document that a JSON pointer names; None when there is none.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> at_pointer(TermDocument.read(EXAMPLE), "/clauses/0/amount/by/0").value
    '15.12'
    """
    part: object = document
    for name in path.split("/")[1:]:
        plain = name.replace("~1", "/").replace("~0", "~")
        if isinstance(part, Document):
            fields = {field.alias or own: own for own, field in type(part).model_fields.items()}
            part = getattr(part, fields.get(plain, plain), None)
        elif isinstance(part, dict):
            part = part.get(plain)
        elif isinstance(part, tuple) and plain.isdecimal() and int(plain) < len(part):
            part = part[int(plain)]
        else:
            return None
    return part
