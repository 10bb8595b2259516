"""Tables of this floor as pandas DataFrames: numbers as exact decimals or whole minor units.

The problem: a table of money in floats loses cents as soon as it is summed. A number here is a ``Decimal``,
or a count of minor units beside its unit; turning it into a float is the reader's choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import pandas as pd

from ..finance.frames import money_columns
from .portfolio_rows import FORECASTS, KEYS, MEASURES, PortfolioRow
from .settlement import Payout

Frame = pd.DataFrame
PAYOUT_TEXTS = (
    *("agreement", "clause", "period", "payer", "payee", "party", "claim"),
    *("direction", "route", "status"),
)


def frame_of(rows: Sequence[Mapping[str, str]], numbers: frozenset[str]) -> Frame:
    """Return rows of text as a table.

    Parameters
    ----------
    rows : sequence of dict of str to str
        All with the same names.
    numbers : frozenset of str
        Columns that hold decimal text; an empty text there is a missing value.

    Examples
    --------
    >>> frame_of([{"what": "paid", "mean": "1.50"}], frozenset({"mean"})).to_dict("records")
    [{'what': 'paid', 'mean': Decimal('1.50')}]
    """
    names = list(rows[0]) if rows else []
    return Frame({name: _column([row[name] for row in rows], name in numbers) for name in names})


def _column(texts: list[str], is_number: bool) -> "pd.Series[str]":  # noqa: FBT001  # private, one caller
    if is_number:
        return pd.Series([Decimal(text) if text else None for text in texts], dtype="object")
    return pd.Series(texts, dtype="str")


def payout_frame(payouts: Iterable[Payout]) -> Frame:
    """Return payouts as a table, one row for each, in the order given.

    Parameters
    ----------
    payouts : iterable of Payout
        As ``acts.list_payouts`` gives them, or those of a ``Settlement``.

    Returns
    -------
    DataFrame
        Texts ``payout``, ``agreement``, ``clause``, ``period``, ``payer``, ``payee``, ``party``, ``claim``,
        ``direction``, ``route``, ``status``; ``position`` [place, int64]; of ``amount`` and ``done`` each
        ``…_minor`` [minor units, int64], ``…_unit`` and ``…_scale`` [digits]. ``finance.frames.read_money``
        reads amounts back.

    Examples
    --------
    >>> [name for name in payout_frame(()).columns if name.startswith("amount")]
    ['amount_minor', 'amount_unit', 'amount_scale']
    """
    rows = list(payouts)
    texts = {"payout": [str(one.id) for one in rows]}
    texts |= {name: [str(getattr(one, name)) for one in rows] for name in PAYOUT_TEXTS}
    return Frame(
        {
            **{name: pd.Series(cells, dtype="str") for name, cells in texts.items()},
            "position": pd.Series([one.position for one in rows], dtype="int64"),
            **money_columns("amount", [one.amount for one in rows]),
            **money_columns("done", [one.done for one in rows]),
        }
    )


def portfolio_frame(rows: Iterable[PortfolioRow]) -> Frame:
    """Return a portfolio as a table: one row per key, exact decimals; a forecast that was not made is None.

    Parameters
    ----------
    rows : iterable of PortfolioRow
        As ``acts.viewing.portfolio`` gives them.

    Examples
    --------
    >>> list(portfolio_frame(()).columns)[:7]
    ['agreement', 'state', 'payer', 'fund', 'window', 'period', 'unit']
    """
    numbers = frozenset((*MEASURES, *FORECASTS))
    listed = [_portfolio_cells(row) for row in rows]
    return frame_of(listed, numbers) if listed else Frame(columns=[*KEYS, "unit", *MEASURES, *FORECASTS])


def _portfolio_cells(row: PortfolioRow) -> dict[str, str]:
    keys = {name: str(getattr(row, name)) for name in KEYS}
    amounts = {name: row.measure(name).text for name in MEASURES}
    forecasts = {name: str(getattr(row, name)) for name in FORECASTS}
    return keys | {"unit": row.unit.code} | amounts | forecasts
