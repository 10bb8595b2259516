"""Lowering of what ranges over members or time: folds, shares, ranks, positions, days, previous periods."""

from collections.abc import Callable

from ....finance.dates import parse_day
from ....finance.documents import Document
from ....finance.errors import AlmonerError
from .. import expressions as ex
from ..document import PERIOD
from ..program import Node
from ..types import BARE, Quantity, Truth
from .core import Lowered, Lowering

BOUNDARIES = ("term_start", "term_end", "period_start", "period_end")


def _fold(low: Lowering, tree: ex.Fold, path: str, depth: int) -> Lowered:
    of = low.lower(tree.of, f"{path}/of", depth)
    wanted: type = Truth if tree.with_ in {"all", "any"} else Quantity
    if not isinstance(of.type, wanted):
        low.fault(f"{path}/of", f"{tree.with_} cannot fold a {of.type}")
    if tree.over == PERIOD:
        return low.make("fold", path, of.type, (of,), varies=True, name=PERIOD, mode=tree.with_)
    if not low.set_known(f"{path}/over", tree.over):
        return of
    args: tuple[Lowered, ...] = (of,)
    if tree.empty is not None:
        args += (low.lower(tree.empty, f"{path}/empty", depth),)
        if args[1].type != of.type:
            low.fault(f"{path}/empty", f"is a {args[1].type}, the fold is a {of.type}")
    elif tree.with_ in {"min", "max"} and not low.document.sets[tree.over].members:
        low.fault(f"{path}/empty", f"{tree.over} can be without members: say what {tree.with_} is then")
    rest = low.order({name for arg in args for name in arg.node.dims} - {tree.over})
    return low.make("fold", path, of.type, args, dims=rest, name=tree.over, mode=tree.with_)


def _share(low: Lowering, tree: ex.Share, path: str, depth: int) -> Lowered:
    total, weight = (
        low.lower(tree.total, f"{path}/total", depth),
        low.lower(tree.weight, f"{path}/weight", depth),
    )
    if not isinstance(total.type, Quantity) or not isinstance(weight.type, Quantity):
        low.fault(path, "a share needs a number as total and as weight")
    if not low.set_known(f"{path}/over", tree.over):
        return total
    if tree.over in total.node.dims:
        low.fault(f"{path}/total", f"differs between the {tree.over} that share it: fold it first")
    dims = low.order({*total.node.dims, *weight.node.dims, tree.over})
    return low.make("share", path, total.type, (total, weight), dims=dims, name=tree.over, mode=tree.ties)


def _rank(low: Lowering, tree: ex.Rank, path: str, depth: int) -> Lowered:
    of = low.lower(tree.of, f"{path}/of", depth)
    if not isinstance(of.type, Quantity):
        low.fault(f"{path}/of", "only numbers have a rank")
    if not low.set_known(f"{path}/over", tree.over):
        return of
    dims = low.order({*of.node.dims, tree.over})
    return low.make("rank", path, BARE, (of,), dims=dims, name=tree.over, mode=tree.best)


def _position(low: Lowering, tree: ex.Position, path: str, _depth: int) -> Lowered:
    if tree.of == PERIOD:
        return low.keep(Node(path=path, op="position", type=BARE, name=PERIOD, varies=True))
    if not low.set_known(f"{path}/of", tree.of):
        return low.literal(path, 0, BARE)
    return low.keep(Node(path=path, op="position", type=BARE, name=tree.of, dims=(tree.of,)))


def _days(low: Lowering, tree: ex.Days, path: str, _depth: int) -> Lowered:
    ends = (tree.from_, tree.to)
    for name, end in (("from", tree.from_), ("to", tree.to)):
        if end not in BOUNDARIES:
            try:
                parse_day(end)
            except AlmonerError as error:
                low.fault(f"{path}/{name}", error.message)
                return low.literal(path, 0, Quantity("day", 0))
    varies = any(end.startswith("period_") for end in ends)
    return low.keep(
        Node(path=path, op="days", type=Quantity("day", 0), names=ends, mode=tree.count, varies=varies)
    )


def _previous(low: Lowering, tree: ex.Previous, path: str, depth: int) -> Lowered:
    of, first = low.lower(tree.of, f"{path}/of", depth), low.lower(tree.first, f"{path}/first", depth)
    if of.type != first.type:
        low.fault(path, f"of is a {of.type}, first is a {first.type}: both must be of one type")
    return low.make("previous", path, of.type, (of, first), varies=True)


SETS: dict[type[Document], Callable[..., Lowered]] = {
    ex.Fold: _fold,
    ex.Share: _share,
    ex.Rank: _rank,
    ex.Position: _position,
    ex.Days: _days,
    ex.Previous: _previous,
}
