"""Clauses, limits and splits: checked against the rest of the document, and made ready to be carried out."""

from collections.abc import Collection, Iterable

from ..document import PERIOD, Note, Pay, PaymentLimit, Split, TermDocument
from ..program import AccountPlan, ClausePlan, LegPlan, LimitPlan, Node, SplitPlan
from ..types import BARE, Quantity, parse_type
from .core import Lowered, Lowering, choose
from .stated import unit_of_clause

OUTCOMES = frozenset({"obs", "paid", "balance"})  # what an evaluator may have no interest in


def read_clauses(low: Lowering) -> tuple[ClausePlan, ...]:
    """Check and lower all clauses, in order."""
    seen: set[str] = set()
    plans = []
    for position, clause in enumerate(low.document.clauses):
        path = f"/clauses/{position}"
        if clause.id in seen:
            low.fault(f"{path}/id", f"clause {clause.id!r} stands twice")
        seen.add(clause.id)
        for dim in clause.each:
            low.set_known(f"{path}/each", dim)
        amount = _amount(low, clause, path)
        unit = amount.type if isinstance(amount.type, Quantity) and not amount.type.per else None
        if unit is None:
            low.fault(f"{path}/amount", f"a clause needs an amount, this is a {amount.type}")
        low.clause_units[clause.id] = unit or BARE
        strange = sorted(set(amount.node.dims) - set(clause.each))
        if strange:
            low.fault(
                f"{path}/amount",
                f"differs by {', '.join(strange)}: fold it, or name the set in the clause's each",
            )
        _moved_accounts(low, clause, path, unit or BARE)
        plans.append(_plan(low, clause, path, amount, unit or BARE))
    return tuple(plans)


def _amount(low: Lowering, clause: Pay | Note, path: str) -> Lowered:
    amount = low.lower(clause.amount, f"{path}/amount")
    if isinstance(clause, Note) or clause.when is None:
        return amount
    test = low.lower(clause.when, f"{path}/when")
    zero = low.literal(f"{path}/amount", 0, amount.type)
    return choose(low, f"{path}/when", test, amount, zero, test_path=f"{path}/when")


def _plan(low: Lowering, clause: Pay | Note, path: str, amount: Lowered, unit: Quantity) -> ClausePlan:
    anchor = f"{clause.source.document}, {clause.source.clause}".rstrip(", ") if clause.source else ""
    each = clause.each
    if isinstance(clause, Note):
        return ClausePlan(
            id=clause.id, path=path, basis="note", payer="", payee="", each=each, at=-1, amount=amount.at,
            unit=unit, two_way=True, on_decrease="recover", raises=clause.raises, lowers=clause.lowers,
            title=clause.title, source=anchor,
        )  # fmt: skip
    for end, name in (("from", clause.from_), ("to", clause.to)):
        _payable(low, clause, f"{path}/{end}", name, amount)
    if clause.from_ == clause.to:
        low.fault(f"{path}/to", f"{clause.to!r} would pay itself")
    if clause.two_way and {clause.from_, clause.to} & {*low.document.splits, *low.document.accounts}:
        low.fault(f"{path}/two_way", "splits and pots pay one way: write a clause for each direction")
    at = -1
    if clause.basis == "once":
        at = len(low.periods) - 1
        if clause.at and clause.at not in low.periods:
            low.fault(f"{path}/at", f"there is no period {clause.at!r}: {', '.join(low.periods)}")
        elif clause.at:
            at = low.periods.index(clause.at)
    elif clause.at:
        low.fault(f"{path}/at", "only a clause paid once has a period of its own")
    return ClausePlan(
        id=clause.id, path=path, basis=clause.basis, payer=clause.from_, payee=clause.to, each=each, at=at,
        amount=amount.at, unit=unit, two_way=clause.two_way, on_decrease=clause.on_decrease,
        raises=clause.raises, lowers=clause.lowers, title=clause.title, source=anchor,
    )  # fmt: skip


def _payable(low: Lowering, clause: Pay, path: str, name: str, amount: Lowered) -> None:
    document = low.document
    _no_interest(low, path, name, amount)
    if name in document.parties:
        return
    if name in document.sets:
        members = document.sets[name].members
        strange = sorted(set(members) - set(document.parties))
        if name not in clause.each:
            low.fault(path, f"{name!r} is a set: name it in each, so that every member has its own amount")
        elif strange:
            low.fault(path, f"members of {name} that are no parties: {', '.join(strange)}. Add them there")
    elif name in document.accounts:
        if document.accounts[name].kind != "pot":
            low.fault(path, f"{name!r} is a count, not money held: use raises or lowers")
        elif parse_type(document.accounts[name].type) != low.clause_units.get(clause.id, amount.type):
            low.fault(path, f"{name!r} holds {document.accounts[name].type}, the clause pays {amount.type}")
    elif name not in document.splits:
        known = ", ".join((*document.parties, *document.splits, *document.accounts))
        low.fault(path, f"{name!r} is neither party, split nor pot: {known}")


def _no_interest(low: Lowering, path: str, name: str, amount: Lowered) -> None:
    """Refuse an evaluator that pays or gets what depends on what it finds."""
    verifiers = low.document.roles("evaluator")
    for party in _behind(low.document, name):
        if party in verifiers and depends_on(low.nodes, amount.at, OUTCOMES):
            low.fault(path, f"{party!r} verifies, so nothing it pays or gets may depend on what is observed")


def _behind(document: TermDocument, name: str) -> tuple[str, ...]:
    """Return the parties that a payer or payee stands for."""
    if name in document.splits:
        return tuple(leg.party for leg in document.splits[name].legs)
    if name in document.sets:
        return document.sets[name].members
    if name in document.accounts:
        return (document.accounts[name].residual_to,)
    return (name,)


def _moved_accounts(low: Lowering, clause: Pay | Note, path: str, unit: Quantity) -> None:
    for field in ("raises", "lowers"):
        for name in getattr(clause, field):
            account = low.document.accounts.get(name)
            if account is None:
                low.fault(f"{path}/{field}", f"{name!r} is not among the accounts")
            elif account.kind == "pot":
                low.fault(
                    f"{path}/{field}", f"{name!r} holds money: pay into it or out of it with to or from"
                )
            elif parse_type(account.type) != unit:
                low.fault(f"{path}/{field}", f"{name!r} is in {account.type}, the clause in {unit}")
            elif set(account.each) - set(clause.each):
                low.fault(f"{path}/{field}", f"{name!r} is kept for each of {', '.join(account.each)}")
    if isinstance(clause, Note) and not clause.raises and not clause.lowers:
        low.fault(path, "a note changes an account: name it in raises or lowers, or make it a figure")


def depends_on(nodes: list[Node], target: int, ops: Collection[str]) -> bool:
    """Say whether a node needs one of some operations.

    Parameters
    ----------
    nodes : list of Node
        Of a program.
    target : int [node number]
        Which.
    ops : collection of str
        The operations.
    """
    return any(nodes[at].op in ops for at in needed(nodes, [target]))


def needed(nodes: Iterable[Node], targets: Iterable[int]) -> list[int]:
    """Return nodes and all they need, in order.

    Parameters
    ----------
    nodes : iterable of Node
        Of a program.
    targets : iterable of int [node number]
        Where to start.
    """
    listed = list(nodes)
    stack = list(targets)
    found = set(stack)
    while stack:
        for arg in listed[stack.pop()].args:
            if arg not in found:
                found.add(arg)
                stack.append(arg)
    return sorted(found)


def read_splits(low: Lowering) -> dict[str, SplitPlan]:
    """Check and lower all splits."""
    plans = {}
    for name, split in low.document.splits.items():
        legs = []
        units = {_unit_of_split(low, name)}
        for at, leg in enumerate(split.legs):
            path = f"/splits/{name}/legs/{at}"
            if leg.party not in low.document.parties:
                low.fault(f"{path}/party", f"{leg.party!r} is not among the parties: add it there")
            weight = _number(low, f"{path}/weight", leg.weight, _kind_of_weights(split))
            most = None
            if leg.max is not None:
                unit = next(iter(units)) or BARE
                most = _number(low, f"{path}/max", leg.max, unit)
                if most.type != unit:
                    low.fault(f"{path}/max", f"is a {most.type}, the clauses pay {unit}")
            for field, made in (("weight", weight), ("max", most)):
                if made is not None and made.node.dims:
                    low.fault(f"{path}/{field}", "is one number for all members: fold it")
            legs.append(
                LegPlan(party=leg.party, rank=leg.rank, weight=weight.at, maximum=most.at if most else -1)
            )
        if len({low.nodes[leg.weight].type for leg in legs}) > 1:
            low.fault(f"/splits/{name}/legs", "weights must be of one type")
        if len({leg.party for leg in legs}) != len(legs):
            low.fault(f"/splits/{name}/legs", "a party stands twice")
        plans[name] = SplitPlan(id=name, legs=tuple(legs), ties=split.ties)
    return plans


def _kind_of_weights(split: Split) -> Quantity:
    """Read plain weights in the digits they have: more would make a product too large for columns."""
    plain = [leg.weight for leg in split.legs if isinstance(leg.weight, str)]
    return Quantity("ratio", max((len(text.partition(".")[2]) for text in plain), default=0))


def _unit_of_split(low: Lowering, name: str) -> Quantity | None:
    """Return what the clauses that name a split pay in; all must agree."""
    users = [
        clause.id
        for clause in low.document.clauses
        if isinstance(clause, Pay) and name in (clause.from_, clause.to)
    ]
    kinds = {unit_of_clause(low, user) for user in users}
    if not users:
        low.fault(f"/splits/{name}", "no clause names this split: remove it, or use it")
    elif len(kinds) > 1:
        low.fault(f"/splits/{name}", "clauses in several units name it: write one split for each")
    return kinds.pop() if len(kinds) == 1 else None


def _number(low: Lowering, path: str, value: object, kind: Quantity) -> Lowered:
    if isinstance(value, str):
        return low.literal(path, low.count(path, value, kind), kind)
    return low.lower(value, path)  # type: ignore[arg-type]  # text or an expression


def read_limits(low: Lowering, clauses: tuple[ClausePlan, ...]) -> tuple[LimitPlan, ...]:
    """Check and lower all limits, in order."""
    seen: set[str] = set()
    plans = []
    for position, limit in enumerate(low.document.limits):
        path = f"/limits/{position}"
        if limit.id in seen:
            low.fault(f"{path}/id", f"limit {limit.id!r} stands twice")
        seen.add(limit.id)
        capped = _capped(low, limit, path, clauses)
        if capped:
            plans.append(_limit(low, limit, path, capped))
    return tuple(plans)


def _capped(
    low: Lowering, limit: PaymentLimit, path: str, clauses: tuple[ClausePlan, ...]
) -> tuple[ClausePlan, ...]:
    paying = [clause for clause in clauses if clause.basis != "note"]
    known = {clause.id for clause in paying}
    for name in limit.of:
        if name != "*" and name not in known:
            low.fault(f"{path}/of", f"{name!r} is not a paying clause: {', '.join(sorted(known))}")
    chosen = [clause for clause in paying if "*" in limit.of or clause.id in limit.of]
    if limit.unit:
        chosen = [clause for clause in chosen if str(clause.unit) == limit.unit]
    if len({clause.unit for clause in chosen}) > 1:
        low.fault(f"{path}/of", "the clauses pay in several units: name the unit of this limit")
    if not chosen:
        low.fault(f"{path}/of", "no clause pays under this limit")
    return tuple(chosen)


def _limit(low: Lowering, limit: PaymentLimit, path: str, capped: tuple[ClausePlan, ...]) -> LimitPlan:
    made = _number(low, f"{path}/max", limit.max, capped[0].unit)
    if made.type != capped[0].unit:
        low.fault(f"{path}/max", f"is a {made.type}, the clauses pay {capped[0].unit}")
    if made.node.op == "lit" and made.node.const < 0:
        low.fault(f"{path}/max", f"{limit.max} is negative")
    dims = low.order(set(limit.each) - {PERIOD})
    for name in limit.each:
        if name != PERIOD and low.set_known(f"{path}/each", name):
            lacking = [clause.id for clause in capped if name not in clause.each]
            if lacking:
                low.fault(f"{path}/each", f"clause {lacking[0]!r} is not for each of {name}")
    _counts_once(low, limit, path, capped, made)
    strange = sorted(set(made.node.dims) - set(dims))
    if strange:
        low.fault(
            f"{path}/max", f"differs by {', '.join(strange)}: fold it, or name the set in the limit's each"
        )
    if limit.cut == "pro_rata" and (len(capped) > 1 or dims or capped[0].basis == "cumulative"):
        low.fault(
            f"{path}/cut", "pro rata shares one room among the members of one clause that is not cumulative"
        )
    return LimitPlan(
        id=limit.id, path=path, clauses=tuple(clause.id for clause in capped), each=dims,
        by_period=PERIOD in limit.each, maximum=made.at, pro_rata=limit.cut == "pro_rata", title=limit.title,
    )  # fmt: skip


def _counts_once(
    low: Lowering, limit: PaymentLimit, path: str, capped: tuple[ClausePlan, ...], made: Lowered
) -> None:
    """Refuse a maximum that falls by the very payments it counts, unless each period has one of its own."""
    read = {low.nodes[at].name for at in needed(low.nodes, [made.at]) if low.nodes[at].op == "balance"}
    twice = [clause.id for clause in capped if read & set(clause.lowers)]
    if twice and not (PERIOD in limit.each and len(capped) == 1):
        told = f"clause {twice[0]!r} lowers the balance that is its limit, so payments would count twice"
        low.fault(f"{path}/max", f"{told}: put min with the balance into the amount, or limit each period")


Reader = tuple[str, int, int]


def require_order(
    low: Lowering,
    accounts: tuple[AccountPlan, ...],
    clauses: tuple[ClausePlan, ...],
    limits: tuple[LimitPlan, ...],
    splits: dict[str, SplitPlan],
) -> None:
    """Refuse what reads a payment that is made only after it: nothing can depend on its own result."""
    place = {clause.id: at for at, clause in enumerate(clauses)}
    readers: list[Reader] = [(f"{clause.path}/amount", clause.amount, place[clause.id]) for clause in clauses]
    readers += [(f"{one.path}/adds", one.adds, 0) for one in accounts if one.adds >= 0]
    for limit in limits:
        first = min(place[name] for name in limit.clauses)
        readers.append((f"{limit.path}/max", limit.maximum, first))
    for name, split in splits.items():
        used = [place[clause.id] for clause in clauses if name in (clause.payer, clause.payee)]
        for at, leg in enumerate(split.legs):
            path = f"/splits/{name}/legs/{at}"
            readers.append((path, leg.weight, min(used, default=0)))
            readers += [(path, leg.maximum, min(used, default=0))] if leg.maximum >= 0 else []
    for path, target, position in readers:
        for at in needed(low.nodes, [target]):
            node = low.nodes[at]
            late = [name for name in node.names if place.get(name, -1) >= position]
            if node.op == "paid" and not node.mode.startswith("before") and late:
                low.fault(
                    path,
                    f"reads what clause {late[0]!r} pays, which comes later: reorder, or use window before",
                )
