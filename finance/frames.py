"""Tables of the ground floor as pandas DataFrames: exact, with the unit beside every amount.

The problem: a table of money in floats loses cents as soon as it is summed. Every amount here is an int64
column ``amount_minor`` with a ``unit`` and a ``scale`` column, so sums are exact; turning it into a decimal
is the reader's last step.
"""

from collections.abc import Iterable

import pandas as pd

from .records.entries import AccountBalance
from .statements import Statement, Use

_AMOUNT = {"amount_minor": "int64", "scale": "int64", "unit": "str"}


def statement_frame(statement: Statement) -> pd.DataFrame:
    """Return the lines of a statement as a table.

    Parameters
    ----------
    statement : Statement
        From ``acts.make_statement``.

    Returns
    -------
    DataFrame
        Columns ``line``, ``amount_minor`` [minor units], ``scale`` [digits], ``unit``; one row per line.

    Examples
    --------
    >>> from almoner import currency, money
    >>> from almoner.finance.money import zero
    >>> from almoner.finance.statements import StatementLine
    >>> nothing, gift = zero(currency("USD")), money("5.00", "USD")
    >>> made = Statement(fund="water", after=None, through=None, opening=nothing, closing=gift,
    ...                  lines=(StatementLine(line="contribution", amount=gift),), ledger_closing=gift)
    >>> statement_frame(made).to_dict("records")
    [{'line': 'contribution', 'amount_minor': 500, 'scale': 2, 'unit': 'USD'}]
    """
    rows = [
        (row.line, row.amount.minor, row.amount.unit.scale, row.amount.unit.code) for row in statement.lines
    ]
    return pd.DataFrame(rows, columns=["line", *_AMOUNT]).astype({"line": "str", **_AMOUNT})


def uses_frame(uses: Iterable[Use]) -> pd.DataFrame:
    """Return the shares of payments as a table: whose money, to whom, on which line.

    Parameters
    ----------
    uses : iterable of Use
        From ``acts.trace`` or the ``uses`` of a donor statement.

    Returns
    -------
    DataFrame
        Columns ``transaction``, ``effective_on`` (datetime64), ``line``, ``payee``, ``giver``,
        ``contribution``, ``amount_minor`` [minor units], ``scale`` [digits], ``unit``.

    Examples
    --------
    >>> list(uses_frame([]).columns)[:3]
    ['transaction', 'effective_on', 'line']
    """
    rows = [
        (
            str(use.transaction),
            use.effective_on,
            use.line,
            use.payee,
            use.giver,
            use.contribution,
            use.amount.minor,
            use.amount.unit.scale,
            use.amount.unit.code,
        )
        for use in uses
    ]
    texts = dict.fromkeys(("transaction", "line", "payee", "giver", "contribution"), "str")
    columns = ["transaction", "effective_on", "line", "payee", "giver", "contribution", *_AMOUNT]
    table = pd.DataFrame(rows, columns=columns).astype({**texts, **_AMOUNT})
    table["effective_on"] = pd.to_datetime(table["effective_on"])
    return table


def balances_frame(balances: Iterable[AccountBalance]) -> pd.DataFrame:
    """Return account balances as a table.

    Parameters
    ----------
    balances : iterable of AccountBalance
        From ``records.entries.list_balances``.

    Returns
    -------
    DataFrame
        Columns ``account``, ``earmark``, ``role``, ``settled_minor``, ``promised_minor``,
        ``outstanding_minor`` [minor units], ``scale`` [digits], ``unit``.

    Examples
    --------
    >>> len(balances_frame([]))
    0
    """
    counters = dict.fromkeys(("settled_minor", "promised_minor", "outstanding_minor", "scale"), "int64")
    texts = dict.fromkeys(("account", "earmark", "role", "unit"), "str")
    rows = [
        (
            row.account.path,
            row.account.earmark,
            row.account.role,
            row.settled.minor,
            row.promised.minor,
            row.outstanding.minor,
            row.account.unit.scale,
            row.account.unit.code,
        )
        for row in balances
    ]
    columns = ["account", "earmark", "role", *counters, "unit"]
    return pd.DataFrame(rows, columns=columns).astype({**counters, **texts})
