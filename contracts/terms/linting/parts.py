"""Lint of parts: those nobody uses, branches and bands that cannot be reached, interests, and sources."""

import re
from collections.abc import Iterator
from fractions import Fraction

from ..document import Pay, TermDocument
from ..program import Node, Row
from ..types import Label, Quantity, digits_of
from .finding import FINDERS, LintFinding, Subject, listed

PAYING_ROLES = ("outcome_payer", "guarantor")
_CURRENCY = re.compile(r"[A-Z]{3}")


def _warning(code: str, path: str, message: str, fix: str) -> LintFinding:
    return LintFinding(code=code, severity="warning", path=path, message=message, fix=fix)


def unused(subject: Subject) -> Iterator[LintFinding]:
    """T06: what is declared and has no effect."""
    if subject.document is None:
        return
    document, nodes = subject.document, subject.program.nodes
    read = {node.name for node in nodes if node.op == "param"}
    for name, table in document.params.items():
        if name not in read:
            yield _warning(
                "T06", f"/params/{name}", f"param {name} is never read.", "Use it, or take it out."
            )
        elif table.dated:
            yield from _unread_days(subject, name)
    for name in document.sets:
        if name not in _sets(subject, document):
            yield _warning("T06", f"/sets/{name}", f"set {name} is never used.", "Use it, or take it out.")
    yield from _idle_accounts(subject, document)
    yield from _idle_parties(document)


def _unread_days(subject: Subject, name: str) -> Iterator[LintFinding]:
    """T06: a dated value that no period reads."""
    rows = subject.program.params[name][""]
    used = {max(since for since, _ in rows if since <= day) for _, day in subject.program.periods}
    for at, (since, _) in enumerate(rows):
        if since not in used:
            yield _warning(
                "T06", f"/params/{name}/dated/{at}",
                f"no period ends while the value of {name} from {since} is in force: it is never read.",
                "Shorten the periods, or take the value out.",
            )  # fmt: skip


def _sets(subject: Subject, document: TermDocument) -> set[str]:
    used = {name for metric in document.metrics.values() for name in metric.per}
    used |= {table.per for table in document.params.values()}
    used |= {name for clause in document.clauses for name in clause.each}
    used |= {name for limit in document.limits for name in limit.each}
    used |= {name for account in document.accounts.values() for name in account.each}
    ranging = {"fold", "share", "rank", "position"}
    return used | {node.name for node in subject.program.nodes if node.op in ranging}


def _idle_accounts(subject: Subject, document: TermDocument) -> Iterator[LintFinding]:
    read = {node.name for node in subject.program.nodes if node.op == "balance"}
    moved = {name for clause in document.clauses for name in (*clause.raises, *clause.lowers)}
    paying = [clause for clause in document.clauses if isinstance(clause, Pay)]
    moved |= {name for clause in paying for name in (clause.from_, clause.to)}
    for name, account in document.accounts.items():
        if name not in moved and account.opens is None and account.adds is None:
            told = "is never moved: it is always zero" if name in read else "is neither moved nor read"
            yield _warning("T06", f"/accounts/{name}", f"account {name} {told}.", "Use it, or take it out.")


def _idle_parties(document: TermDocument) -> Iterator[LintFinding]:
    named = {metric.by for metric in document.metrics.values()}
    named |= {leg.party for split in document.splits.values() for leg in split.legs}
    for account in document.accounts.values():
        named |= {account.holder, account.residual_to}
    for clause in document.clauses:
        if isinstance(clause, Pay):
            for end in (clause.from_, clause.to):
                named |= {end, *(document.sets[end].members if end in document.sets else ())}
    for name, party in document.parties.items():
        if document.clauses and name not in named and party.role in PAYING_ROLES:
            yield _warning(
                "T06", f"/parties/{name}", f"{name} ({party.role}) neither pays nor is paid.",
                "Name it in a clause, or take it out.",
            )  # fmt: skip


def dead_branches(subject: Subject) -> Iterator[LintFinding]:
    """T12: conditions that always or never hold, and bands that no number falls into."""
    for at, node in enumerate(subject.program.nodes):
        if at not in subject.spans:
            continue
        if node.op == "if":
            yield from _dead_choice(subject, node)
        elif node.op in {"all", "any"} and subject.spans[at] == (0, 1):
            for arg in node.args:
                span = subject.spans.get(arg, (0, 1))
                if span in {(1, 1), (0, 0)}:
                    yield _told_condition(subject.node(arg).path, f"the condition in {node.op}", span)
        elif node.edges:
            yield from _dead_bands(subject, node)


def _dead_choice(subject: Subject, node: Node) -> Iterator[LintFinding]:
    span = subject.spans.get(node.args[0], (0, 1))
    if span == (0, 1):
        return
    if node.path.endswith("/when"):
        if span == (1, 1):
            yield _told_condition(node.path, "the condition", span)
        return
    yield _told_condition(f"{node.path}/test", "the test", span)


def _told_condition(path: str, what: str, span: tuple[int, int]) -> LintFinding:
    always = span == (1, 1)
    told = "always holds" if always else "never holds"
    return _warning(
        "T12", path, f"{what} {told}, whatever is observed within the domains.",
        "Take it out, or look at the domains and the threshold.",
    )  # fmt: skip


def _dead_bands(subject: Subject, node: Node) -> Iterator[LintFinding]:
    low, high = subject.spans.get(node.args[0], (0, 0))
    for at, row in enumerate(node.rows):
        least = -(2**62) if at == 0 else _first(node.edges[at - 1])
        most = 2**62 if at == len(node.edges) else _first(node.edges[at]) - 1
        outer = at in {0, len(node.edges)}
        padding = outer and row.slope == 0 and (row.base == 0 or _continues(subject, node, at))
        if (most < low or least > high) and not padding:
            yield _warning(
                "T12", f"{node.path}/rows/{at}", "no number within the domains falls into this band.",
                "Take it out, or widen the domain of its metric.",
            )  # fmt: skip


def _first(edge: tuple[int, bool]) -> int:
    """Return the first count of the band above an edge."""
    count, above = edge
    return count if above else count + 1


def _continues(subject: Subject, node: Node, at: int) -> bool:
    """Say whether an outer band goes on flat from its neighbour at the edge."""
    near = 1 if at == 0 else at - 1
    edge = node.edges[0 if at == 0 else -1][0]
    scale = 10 ** digits_of(subject.node(node.args[0]).type)
    other = node.rows[near]
    return other.base + other.slope * (Fraction(edge, scale) - other.origin) == node.rows[at].base


def equal_bands(subject: Subject) -> Iterator[LintFinding]:
    """T15: neighbouring bands that are the same line."""
    for node in subject.program.nodes:
        for at in range(1, len(node.rows)):
            if _line(node.rows[at - 1]) == _line(node.rows[at]):
                yield _warning(
                    "T15", f"{node.path}/edges/{at - 1}", "the bands beside this edge pay the same.",
                    "Merge them, or put right the one that was meant to differ.",
                )  # fmt: skip


def _line(row: Row) -> tuple[object, object]:
    return row.slope, row.base - row.slope * row.origin


def interests(subject: Subject) -> Iterator[LintFinding]:
    """T21: who states what it is paid on. T23: nobody verifies."""
    program = subject.program
    for clause in program.clauses:
        split = program.splits.get(clause.payee)
        payees = {leg.party for leg in split.legs} if split else {clause.payee}
        payees |= set(program.sets.get(clause.payee, ())) if clause.payee in clause.each else set()
        metrics = sorted(subject.metrics_of(subject.needs[clause.id]))
        for name in metrics:
            measure = program.metrics[name]
            if measure.by and measure.by in payees and not isinstance(measure.type, Label):
                yield _warning(
                    "T21", f"/metrics/{name}/by",
                    f"{measure.by} states {name} and is paid on it by {clause.id}.",
                    "Let an evaluator find it, or have it countersigned.",
                )  # fmt: skip
    found = [name for name, measure in program.metrics.items() if not measure.by and not measure.ref]
    if found and not any(role in FINDERS for role in program.parties.values()):
        yield _warning(
            "T23", "/parties", f"nobody is named to find {listed(found)}.",
            "Name the evaluator, or say in by who states it.",
        )  # fmt: skip


def sources(subject: Subject) -> Iterator[LintFinding]:
    """T30: what decides money and does not say where it is written."""
    if subject.document is None:
        return
    document = subject.document
    rows = [(f"/clauses/{at}", one.id, one.source) for at, one in enumerate(document.clauses)]
    rows += [(f"/limits/{at}", one.id, one.source) for at, one in enumerate(document.limits)]
    rows += [(f"/metrics/{name}", name, one.source) for name, one in document.metrics.items()]
    bare = [(path, name) for path, name, source in rows if source is None]
    if bare:
        yield _warning(
            "T30", bare[0][0],
            f"{len(bare)} of {len(rows)} clauses, limits and metrics name no source: "
            f"{listed(name for _, name in bare)}.",
            "Name document and place of the signed text in source.",
        )  # fmt: skip


def undated_rates(subject: Subject) -> Iterator[LintFinding]:
    """T31: a rate between currencies that holds for ever."""
    seen = set()
    for node in subject.program.nodes:
        kind = node.type
        if node.op not in {"lit", "param"} or node.varies or not isinstance(kind, Quantity):
            continue
        if _CURRENCY.fullmatch(kind.unit) and _CURRENCY.fullmatch(kind.per) and kind.unit != kind.per:
            path = f"/params/{node.name}" if node.op == "param" else node.path
            if path not in seen:
                seen.add(path)
                yield _warning(
                    "T31", path, f"one rate of {kind.unit} per {kind.per} holds on every day of the term.",
                    "Make it a dated param, or a metric that is observed.",
                )  # fmt: skip
