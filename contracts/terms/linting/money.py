"""Lint of money held and awaited: waits without an end, pots that cannot pay or are never emptied."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..lowering.clauses import needed
from ..program import AccountPlan, ClausePlan, Measure
from ..running.arithmetic import WHOLE_NUMBERS
from ..running.cells import Cells, Table
from ..running.engine import carry_out
from .finding import LintFinding, Subject, listed, money
from .probes import RESTS

MOST = RESTS.index("most")


def waits(subject: Subject) -> Iterator[LintFinding]:
    """T01: waits without an end. T02: waits that end when the money is gone."""
    deciding = _deciding(subject)
    silent = {name for name, one in subject.program.metrics.items() if one.stand_in is None and not one.last}
    endless = [name for name in deciding if name in silent]
    stated = {name: measure.by for name, measure in subject.program.metrics.items() if measure.by}
    withheld = [name for name in endless if stated.get(name) in deciding[name]]
    if endless:
        yield LintFinding(
            code="T01", severity="warning", path=f"/metrics/{endless[0]}",
            message=f"what depends on {listed(endless)} waits without an end while nothing is stated: it is "
            "neither paid nor ever lapses.",
            fix="Say in on_missing what stands in and after how many days.",
        )  # fmt: skip
    for name in withheld:
        by = stated[name]
        yield LintFinding(
            code="T01", severity="warning", path=f"/metrics/{name}",
            message=f"{by} states {name} and pays on it: as long as {by} is silent, nothing is due.",
            fix="Say in on_missing what counts when it is silent.",
        )  # fmt: skip
    for account in subject.program.accounts:
        yield from _locked(subject, account, silent)
    for name in deciding:
        if subject.program.metrics[name].after_days:
            yield from _late(subject, name, subject.program.metrics[name])


def _deciding(subject: Subject) -> dict[str, set[str]]:
    """Return the metrics that decide payments, each with the parties that pay on them."""
    program = subject.program
    found: dict[str, set[str]] = {}
    for clause in program.clauses:
        targets = [clause.amount]
        targets += [one.maximum for one in program.limits if clause.id in one.clauses]
        for split in (program.splits.get(clause.payer), program.splits.get(clause.payee)):
            legs = split.legs if split else ()
            targets += [at for leg in legs for at in (leg.weight, leg.maximum) if at >= 0]
        split = program.splits.get(clause.payer)
        payers = {leg.party for leg in split.legs} if split else {clause.payer}
        for name in sorted(subject.metrics_of(needed(program.nodes, targets))):
            found.setdefault(name, set()).update(payers)
    return {name: found[name] for name in program.metrics if name in found}


def _locked(subject: Subject, account: AccountPlan, silent: set[str]) -> Iterator[LintFinding]:
    """T01: a pot whose balance is unknown as long as something is not observed."""
    targets = [at for at in (account.opens, account.adds) if at >= 0]
    names = sorted(subject.metrics_of(needed(subject.program.nodes, targets)) & silent)
    if account.pot and names:
        yield LintFinding(
            code="T01", severity="error", path=account.path,
            message=f"what {account.id} holds is unknown while {listed(names)} is not stated: nothing leaves "
            "it, not even at the end of the term.",
            fix="Say in on_missing what stands in and after how many days.",
        )  # fmt: skip


def _late(subject: Subject, name: str, measure: Measure) -> Iterator[LintFinding]:
    """T02: what a pot hands out at the end of the term differs from what it would hand out after the wait."""
    pots = [account for account in subject.program.accounts if account.pot]
    if not pots:
        return
    stand_in: object = measure.stand_in
    if measure.last:
        stand_in = measure.high
    waiting, known = (_residuals(subject, name, value) for value in (None, stand_in))
    for pot in pots:
        gap = waiting[pot.id] - known[pot.id]
        if gap:
            yield LintFinding(
                code="T02", severity="error", path=f"/metrics/{name}/on_missing",
                size=money(pot.unit, abs(gap)),
                message=f"{name} may be awaited until {measure.after_days} days after the term, but at its "
                f"end {pot.id} is emptied: {money(pot.unit, gap)} more would go to {pot.residual_to}.",
                fix="End the wait with the term, or let the term end after the wait.",
            )  # fmt: skip


def _residuals(subject: Subject, name: str, value: object) -> dict[str, int]:
    """Pay all at their most, but one metric in the last period."""
    probes = subject.probes
    truth = (
        not hasattr(subject.program.metrics[name].type, "unit") and not subject.program.metrics[name].labels
    )
    cells: dict[str, list[Cells]] = {
        metric: [[cell[MOST].item() for cell in row] for row in rows]
        for metric, rows in probes.table.cells.items()
    }
    cells[name][-1] = [bool(value) if truth and value is not None else value for _ in cells[name][-1]]
    outturn = carry_out(subject.program, WHOLE_NUMBERS, Table(members=probes.table.members, cells=cells))
    return {
        account.id: sum(cell for key, cell in outturn.flows.items() if key[0] == f"residual:{account.id}")
        for account in subject.program.accounts
    }


def pots(subject: Subject) -> Iterator[LintFinding]:
    """T03: promises that a pot cannot keep. T04: money that a pot only collects."""
    for account in subject.program.accounts:
        if not account.pot:
            continue
        paid_in = [clause for clause in subject.program.clauses if clause.payee == account.id]
        paid_out = [clause for clause in subject.program.clauses if clause.payer == account.id]
        if paid_out and not paid_in and account.opens < 0 and account.adds < 0:
            yield LintFinding(
                code="T03", severity="error", path=account.path,
                message=f"nothing is ever paid into {account.id}, so {listed(one.id for one in paid_out)} "
                "cannot be paid out of it.",
                fix="Add a clause that pays into it, or opens.",
            )  # fmt: skip
        else:
            for clause in paid_out:
                yield from _short(subject, account, clause)
        yield from _undistributed(subject, account, paid_in, paid_out)


def _short(subject: Subject, account: AccountPlan, clause: ClausePlan) -> Iterator[LintFinding]:
    """T03: a clause that its pot never pays in full."""
    least, witness = None, 0
    name = f"account:{account.id}"
    for (known, _, _), kept in subject.probes.outturn.keys.items():
        earned = subject.probes.column(kept.earned) if known == clause.id else None
        if earned is None or not (earned > 0).any():
            continue
        cut = subject.probes.column(kept.cuts.get(name, 0))
        short = np.where(earned > 0, cut if cut is not None else 0, np.iinfo(np.int64).max)
        case = int(short.argmin())
        if least is None or short[case] < least:
            least, witness = int(short[case]), case
    if least:
        yield LintFinding(
            code="T03", severity="warning", path=clause.path, size=money(clause.unit, least),
            message=f"{clause.id} is never paid in full: {account.id} lacks {money(clause.unit, least)} at "
            "the least in every case that was tried.",
            fix="Pay more into it, promise less, or make the amount what is left of it.",
            witness=subject.probes.witness(witness),
        )  # fmt: skip


def _undistributed(
    subject: Subject, account: AccountPlan, paid_in: list[ClausePlan], paid_out: list[ClausePlan]
) -> Iterator[LintFinding]:
    givers = {clause.payer for clause in paid_in}
    if not paid_out:
        if paid_in and givers == {account.residual_to}:
            yield LintFinding(
                code="T04", severity="error", path=account.path,
                message=f"nobody is paid out of {account.id}: what {account.residual_to} pays in goes back.",
                fix="Add the clauses that pay out of it, or take it out.",
            )  # fmt: skip
        return
    if account.residual_to not in givers:
        return
    inflow, left = _moved(subject, account)
    filled = inflow > 0
    if filled.any() and (2 * left >= inflow)[filled].all():
        case = int(np.where(filled, left, np.iinfo(np.int64).max).argmin())
        yield LintFinding(
            code="T04", severity="warning", path=account.path, size=money(account.unit, int(left[case])),
            message=f"{account.id} keeps at least half of what is paid into it in every case that was tried; "
            f"{money(account.unit, int(left[case]))} or more goes back to {account.residual_to} at the end.",
            fix="Pay less in, or name who is to have the rest.",
            witness=subject.probes.witness(case),
        )  # fmt: skip


def _moved(subject: Subject, account: AccountPlan) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what goes into a pot, and what is left at its end, case by case."""
    inflow = left = np.zeros(subject.probes.size, dtype=np.int64)
    for (name, _, payee, _), cell in subject.probes.outturn.flows.items():
        column = subject.probes.column(cell)
        if column is None:
            continue
        if payee == account.id:
            inflow = inflow + column
        elif name == f"residual:{account.id}":
            left = left + column
    return inflow, left
