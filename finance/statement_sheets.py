"""Every statement as a sheet: the one place that decides which figures of it are shown, and where."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from .ledger import LINES, Transaction
from .sheets import Cell, Column, Sheet, table_of
from .statements import DonorStatement, InKindGift, Statement, Use
from .turnover import LAYER_WORDS, AccountHistory, AccountTurnover, TrialBalance, TurnoverLayer, UnitTurnover

AMOUNT = Column("amount", "amount")
SIDES = (Column("debits", "amount"), Column("credits", "amount"))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def statement_sheet(statement: Statement, title: str = "") -> Sheet:
    """Return a statement of sources and uses as a sheet.

    Parameters
    ----------
    statement : Statement
        From ``acts.make_statement``.
    title : str
        Name of the fund for people; its code when empty.

    Examples
    --------
    >>> from almoner import money
    >>> from almoner.finance.statements import StatementLine
    >>> nothing, gift = money("0", "USD"), money("5.00", "USD")
    >>> made = Statement(fund="water", after=None, through=None, opening=nothing, closing=gift,
    ...                  lines=(StatementLine(line="contribution", amount=gift),), ledger_closing=gift)
    >>> dict(statement_sheet(made).totals)["difference"]
    Money('0.00 USD')
    """
    columns = (Column("line"), Column("class"), AMOUNT)
    return Sheet(
        kind="source_and_use",
        title=title or statement.fund,
        about=(
            ("fund", statement.fund),
            ("unit", statement.opening.unit.code),
            ("after", _day(statement.after)),
            ("through", _day(statement.through)),
        ),
        sections=(
            table_of("lines", columns, statement.lines, lambda row: (row.line, LINES[row.line], row.amount)),
        ),
        totals=(
            ("opening", statement.opening),
            ("sources", statement.sources),
            ("uses", statement.uses),
            ("closing", statement.closing),
            ("difference", statement.difference),
        ),
    )


def donor_sheet(statement: DonorStatement, title: str = "") -> Sheet:
    """Return a donor statement as a sheet; gifts in kind stand apart and in no total.

    Parameters
    ----------
    statement : DonorStatement
        From ``acts.donor_statement``.
    title : str
        For people; donor and fund when empty.
    """
    uses = (Column("on", "day"), *map(Column, ("line", "payee", "earmark", "contribution")), AMOUNT)
    gifts = (
        *map(Column, ("contribution", "earmark")),
        *(Column(name, "amount") for name in ("given", "used", "remaining")),
        Column("value", "amount", "value_unit"),
        *map(Column, ("method", "valued_by")),
        Column("valued_on", "day"),
    )
    return Sheet(
        kind="donor",
        title=title or f"{statement.giver} in {statement.fund}",
        about=(
            ("fund", statement.fund),
            ("giver", statement.giver),
            ("unit", statement.deposited.unit.code),
            ("through", _day(statement.through)),
        ),
        sections=(
            table_of("uses", (*uses, Column("transaction")), statement.uses, _use_cells),
            table_of(
                "by_payee",
                (Column("line"), Column("payee"), AMOUNT),
                statement.by_payee,
                lambda row: (row.line, row.payee, row.amount),
            ),
            table_of(
                "remaining_by_earmark",
                (Column("earmark"), AMOUNT),
                statement.remainders,
                lambda row: (row.earmark, row.amount),
            ),
            table_of("in_kind", gifts, statement.in_kind, _gift_cells),
        ),
        totals=(
            ("pledged", statement.pledged),
            ("deposited", statement.deposited),
            ("used", statement.used),
            ("refunded", statement.refunded),
            ("remaining", statement.remaining),
            ("difference", statement.difference),
        ),
    )


def _use_cells(use: Use) -> tuple[Cell, ...]:
    said = (use.effective_on, use.line, use.payee, use.earmark, use.contribution)
    return (*said, use.amount, str(use.transaction))


def _gift_cells(gift: InKindGift) -> tuple[Cell, ...]:
    known = gift.valuation
    told = (None, None, None) if known is None else (known.method, known.valued_by, known.valued_on)
    return (gift.contribution, gift.earmark, gift.given, gift.used, gift.remaining, gift.value, *told)


def shares_sheet(transaction: UUID, shares: Iterable[Use]) -> Sheet:
    """Return whose money a payment was, as a sheet.

    Parameters
    ----------
    transaction : UUID
        The payment.
    shares : iterable of Use
        From ``acts.trace``.
    """
    columns = tuple(map(Column, ("giver", "contribution", "earmark", "line", "payee")))
    return Sheet(
        kind="trace",
        title=f"Transaction {transaction}",
        about=(("transaction", str(transaction)),),
        sections=(
            table_of(
                "shares",
                (*columns, AMOUNT),
                shares,
                lambda use: (use.giver, use.contribution, use.earmark, use.line, use.payee, use.amount),
            ),
        ),
    )


def uses_sheet(contribution: str, uses: Iterable[Use]) -> Sheet:
    """Return what became of a contribution, as a sheet.

    Parameters
    ----------
    contribution : str
        Its code.
    uses : iterable of Use
        From ``acts.uses``.
    """
    columns = (Column("on", "day"), *map(Column, ("line", "payee", "earmark", "contribution")), AMOUNT)
    return Sheet(
        kind="uses",
        title=f"Uses of contribution {contribution}",
        about=(("contribution", contribution),),
        sections=(table_of("uses", (*columns, Column("transaction")), uses, _use_cells),),
    )


def trial_sheet(made: TrialBalance, title: str = "") -> Sheet:
    """Return a trial balance as a sheet: a section per layer in use, and the sums per unit.

    Parameters
    ----------
    made : TrialBalance
        From ``acts.trial_balance``.
    title : str
        For people; the book when empty.
    """
    columns = (*map(Column, ("account", "earmark", "role")), *SIDES, Column("balance", "amount"))
    layers: list[TurnoverLayer] = [
        layer for layer in LAYER_WORDS if layer == "S" or any(row.layer == layer for row in made.totals)
    ]
    return Sheet(
        kind="trial_balance",
        title=title or f"Trial balance of {made.book}",
        about=(("book", made.book), ("on", _day(made.on))),
        sections=(
            *(
                table_of(
                    LAYER_WORDS[layer],
                    columns,
                    _moved(made, layer),
                    lambda row, at=layer: _trial_cells(row, at),
                )
                for layer in layers
            ),
            table_of(
                "sums", (Column("layer"), *SIDES, Column("difference", "amount")), made.totals, _sum_cells
            ),
            table_of(
                "below_floor",
                (*columns[:3], Column("free", "amount")),
                made.below_floor,
                lambda row: (row.account.path, row.account.earmark, row.account.role, row.free),
            ),
        ),
    )


def _moved(made: TrialBalance, layer: TurnoverLayer) -> list[AccountTurnover]:
    return [row for row in made.accounts if row.layer(layer).debits or row.layer(layer).credits]


def _trial_cells(row: AccountTurnover, layer: TurnoverLayer) -> tuple[Cell, ...]:
    account, sides = row.account, row.layer(layer)
    return (account.path, account.earmark, account.role, sides.debits, sides.credits, row.balance_of(layer))


def _sum_cells(row: UnitTurnover) -> tuple[Cell, ...]:
    return (LAYER_WORDS[row.layer], row.debits, row.credits, row.difference)


def account_sheet(made: AccountTurnover, on: date | None = None) -> Sheet:
    """Return what one account holds, as a sheet: each layer, and what is free.

    Parameters
    ----------
    made : AccountTurnover
        From ``acts.balance`` or ``acts.balance_on``.
    on : date or None
        The day it was asked for.
    """
    account = made.account
    return Sheet(
        kind="account_balance",
        title=f"Balance of {account.path}",
        about=(
            ("account", account.path),
            ("earmark", account.earmark),
            ("unit", account.unit.code),
            ("role", account.role),
            ("grows_by", "debits" if account.normal == 1 else "credits"),
            ("on", _day(on)),
        ),
        sections=(
            table_of(
                "layers",
                (Column("layer"), *SIDES, Column("balance", "amount")),
                LAYER_WORDS,
                lambda at: (
                    LAYER_WORDS[at],
                    made.layer(at).debits,
                    made.layer(at).credits,
                    made.balance_of(at),
                ),
            ),
        ),
        totals=(("balance", made.balance), ("free", made.free)),
    )


def history_sheet(made: AccountHistory) -> Sheet:
    """Return the history of an account as a sheet.

    Parameters
    ----------
    made : AccountHistory
        From ``acts.account_history``.
    """
    account = made.account
    columns = (Column("on", "day"), *map(Column, ("kind", "payee", "line")), *SIDES)
    return Sheet(
        kind="account_history",
        title=f"History of {account.path}",
        about=(
            ("account", account.path),
            ("earmark", account.earmark),
            ("unit", account.unit.code),
            ("layer", LAYER_WORDS[made.layer]),
            ("after", _day(made.after)),
            ("through", _day(made.through)),
            ("following", None if made.following is None else str(made.following)),
        ),
        sections=(
            table_of(
                "entries",
                (*columns, Column("balance", "amount"), Column("transaction")),
                made.entries,
                lambda row: (
                    row.effective_on,
                    row.kind,
                    row.payee,
                    row.line,
                    row.amount if row.side == 1 else None,
                    row.amount if row.side != 1 else None,
                    row.balance,
                    str(row.transaction),
                ),
            ),
        ),
        totals=(("opening", made.opening), ("closing", made.closing)),
    )


def posted_sheet(book: str, posted: Iterable[tuple[str, Transaction]]) -> Sheet:
    """Return what was posted, as a sheet.

    Parameters
    ----------
    book : str
        Code of the book.
    posted : iterable of (str, Transaction)
        Keys, and what stands in the ledger under them.
    """
    columns = (*map(Column, ("key", "kind")), Column("on", "day"), *map(Column, ("transaction", "answer")))
    return Sheet(
        kind="posted",
        title=f"Posted in {book}",
        about=(("book", book),),
        sections=(
            table_of(
                "posted",
                columns,
                posted,
                lambda one: (
                    one[0],
                    one[1].kind,
                    one[1].effective_on,
                    str(one[1].id),
                    "posted before" if one[1].replayed else "posted",
                ),
            ),
        ),
    )
