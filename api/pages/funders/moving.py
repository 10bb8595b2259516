"""Money of a fund that is no payment: returned to its giver, charged as a fee, moved between restrictions.

Each is tried before it is done, and shown with its effect on the balances; what takes approval is proposed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...wire.contributions import ContributionList
from ...wire.ledger import TransactionMade
from ...wire.proposals import ProposalMade
from ..page import Act, Page, Show
from ..view import Done, View
from ..visit import Refused, Visit
from ..words import Words
from .tasks import MOST, UNAPPROVED, amount_typed, balances_moved, earmarks_offered, given_in, task_page
from .telling import earmark_titles, party_names


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTask:
    """One thing that is done with the money of a fund.

    Attributes
    ----------
    page, word : str
        Name of the page, and the end of its address.
    operation, act : str
        What does it, and what proposes it.
    fields : tuple of str
        What is asked beside the amount.
    title, means : callable
        What it is called, and what it means.
    """

    page: str
    word: str
    operation: str
    act: str
    fields: tuple[str, ...]
    title: Callable[[Words], str]
    means: Callable[[Words], str]


TASKS = (
    MoneyTask(
        page="desk_return",
        word="return",
        operation="donor_return.make",
        act="donor-return",
        fields=("giver", "earmark"),
        title=lambda words: words._("Return money to its giver"),
        means=lambda words: words._(
            "What is free of a giver's own money goes back to that giver. Nobody else's money is touched."
        ),
    ),
    MoneyTask(
        page="desk_fee",
        word="fee",
        operation="fee.charge",
        act="fee",
        fields=("contribution", "agent"),
        title=lambda words: words._("Charge a fee on a deposit"),
        means=lambda words: words._(
            "The fee is paid out of one deposit, to whoever runs the fund, and is shown apart from what the "
            "money achieves."
        ),
    ),
    MoneyTask(
        page="desk_move",
        word="move",
        operation="move.make",
        act="move",
        fields=("given", "taken"),
        title=lambda words: words._("Move money between restrictions"),
        means=lambda words: words._(
            "Free money gets another restriction that its givers' own restriction allows. It stays in the "
            "fund, and stays theirs."
        ),
    ),
)


def _body(visit: Visit, task: MoneyTask) -> dict[str, Any]:
    body = amount_typed(visit) | given_in(visit, *task.fields)
    if task.act == "fee":
        body["amount"] = {"amount": body.pop("amount"), "unit": body.pop("unit", "")}
    return body


def _shown(visit: Visit, task: MoneyTask, checked: Mapping[str, object] | None) -> View:
    found = visit.find(ContributionList, "contribution.list", limit=MOST)
    names, words = party_names(visit), visit.words
    deposits = [
        (
            one.code,
            words._(
                "%(number)s. %(amount)s from %(giver)s",
                number=words.number(str(place)),
                amount=words.amount(one.amount, one.unit),
                giver=names.get(one.giver, one.giver),
            ),
        )
        for place, one in enumerate(found.items if found else (), start=1)
    ]
    return task_page(
        visit,
        task.title(visit.words),
        task=task,
        means=task.means(visit.words),
        earmarks=earmarks_offered(visit),
        deposits=deposits,
        checked=checked,
    )


def _show(task: MoneyTask) -> Show:
    return lambda visit: _shown(visit, task, None)


def _check(task: MoneyTask) -> Act:
    """Return what tries a task without doing it, and says what it would do or that it takes approval."""

    def check(visit: Visit) -> View:
        try:
            tried = visit.write(TransactionMade, task.operation, _body(visit, task), dry_run=True)
        except Refused as refused:
            if refused.problem["code"] != UNAPPROVED:
                raise
            return _shown(visit, task, {"act": "propose", "moves": None})
        moves = balances_moved(visit.words, tried, earmark_titles(visit))
        return _shown(visit, task, {"act": "do", "moves": moves})

    return check


def _do(task: MoneyTask) -> Act:
    def do(visit: Visit) -> Done:
        visit.write(TransactionMade, task.operation, _body(visit, task))
        return Done(to=visit.address("desk_fund"), said="moved")

    return do


def _propose(task: MoneyTask) -> Act:
    def propose(visit: Visit) -> Done:
        made = visit.write(ProposalMade, "proposal.make", _body(visit, task) | {"act": task.act})
        return Done(to=visit.address("desk_proposal", proposal=str(made.id)), said="proposed")

    return propose


PAGES = tuple(
    Page(
        name=one.page,
        path=f"/books/{{book}}/desk/funds/{{fund}}/{one.word}",
        show=_show(one),
        acts={"check": _check(one), "do": _do(one), "propose": _propose(one)},
    )
    for one in TASKS
)
