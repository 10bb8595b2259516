"""Counts: what was accepted, and what an audit sample says about the rest.

The problem: a count is paid on in full although part of it was never looked at, or a person was counted
twice. ``count`` adds accepted claims, each once. ``admin_validated`` pays the whole count only where an audit
sample bounds the share of wrong ones, and else reduces it by the share that was found.
"""

from typing import Annotated

import numpy as np
from pydantic import Field
from scipy import stats

from ...finance.documents import DecimalText, Document
from ...finance.errors import EvaluationRefused
from ...finance.findings import Findings, finding
from .estimate import Estimate, decimal_text
from .method import IntervalParams, Method
from .soundness import require_enough, require_once
from .tables import Array, DataColumn, Table

RIGHT, WRONG = "right", "wrong"


class CountParams(Document):
    """A count has no parameters."""


class AuditParams(IntervalParams):
    """Parameters of a count with an audit sample.

    Attributes
    ----------
    tolerance : str
        Share of wrong claims up to which the whole count is paid, if the bound stays within it.
    least : int [observations]
        Audited claims.
    """

    tolerance: DecimalText
    least: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    def findings(self, at: str = "") -> Findings:
        """List what is wrong with level and tolerance."""
        wrong = super().findings(at)
        if not 0 <= float(self.tolerance) < 1:
            wrong.append(finding(f"{at}/tolerance", f"{self.tolerance} is no share from 0 to below 1"))
        return wrong


def _count(table: Table, params: CountParams) -> Estimate:  # noqa: ARG001  # every method takes parameters
    rows = len(table["id"])
    first = _first_of_each(table)
    accepted = table["accepted"][first] if "accepted" in table else np.ones(first.size, dtype=np.bool_)
    quantity = table["quantity"][first] if "quantity" in table else np.ones(first.size)
    total = float(np.sum(quantity[accepted]))
    return Estimate(
        value=decimal_text(total),
        sample=int(first.size),
        statistic="accepted claims" if "quantity" not in table else "quantity of accepted claims",
        details={"accepted_share": decimal_text(float(np.mean(accepted)))},
        diagnostics={
            "accepted": str(int(accepted.sum())),
            "duplicates": str(rows - int(first.size)),
            "rejected": str(int((~accepted).sum())),
        },
    )


def _first_of_each(table: Table) -> Array:
    """Rows of distinct claims; a claim that stands twice must say the same twice."""
    _, first, which = np.unique(table["id"], return_index=True, return_inverse=True)
    unlike = [name for name in table if name != "id" and np.any(table[name] != table[name][first][which])]
    if unlike:
        rows = np.zeros(len(which), dtype=np.bool_)
        for name in unlike:
            rows |= table[name] != table[name][first][which]
        clashes = int(np.unique(which[rows]).size)
        raise EvaluationRefused(
            f"{clashes} claims stand twice and differ in {', '.join(unlike)}. Decide which row holds and "
            "take the other out.",
            reason="contradiction",
            claims=clashes,
            columns=unlike,
        )
    return first


COUNT = Method(
    name="count",
    version="1",
    params_model=CountParams,
    uses=lambda _: (
        DataColumn(name="id", kind="label", about="the claim; the same again counts once"),
        DataColumn(
            name="accepted", kind="truth", about="whether it holds; all do without it", required=False
        ),
        DataColumn(name="quantity", kind="number", about="how much; one without it", required=False),
    ),
    compute=_count,
)


def upper_bound(wrong: int, audited: int, level: str) -> float:
    """Bound the share of wrong claims from above, exactly (Clopper and Pearson, Biometrika 26, 1934).

    The bound is the share at which so few wrong ones have the probability ``1 - level``: the ``level``
    quantile of the beta law with parameters ``wrong + 1`` and ``audited - wrong``.

    Parameters
    ----------
    wrong, audited : int [claims]
        In the sample.
    level : str
        One-sided.

    Examples
    --------
    >>> round(upper_bound(0, 59, "0.95"), 4), upper_bound(3, 3, "0.95")
    (0.0495, 1.0)
    """
    return 1.0 if wrong == audited else float(stats.beta.ppf(float(level), wrong + 1, audited - wrong))


def _admin_validated(table: Table, params: AuditParams) -> Estimate:
    """``N`` if the one-sided bound on the wrong share stays within the tolerance, else ``N (1 - k / m)``.

    The interval goes from ``N`` less the bound to ``N``: one-sided. The standard error is the binomial one,
    ``N sqrt(p (1 - p) / m)``, which does not count that the sample is part of a finite list: it is on the
    safe side.
    """
    require_once(table["id"], "claim")
    verdicts = table["audit"]
    odd = sorted(set(np.unique(verdicts).tolist()) - {"", RIGHT, WRONG})
    if odd:
        raise EvaluationRefused(
            f"Column audit holds {', '.join(map(repr, odd[:5]))}: write {RIGHT}, {WRONG}, or nothing for a "
            "claim that was not audited.",
            reason="cells",
            column="audit",
            cells=odd[:5],
        )
    claims, wrong = len(verdicts), int((verdicts == WRONG).sum())
    audited = wrong + int((verdicts == RIGHT).sum())
    require_enough({"audit sample": audited}, params.least)
    share, bound = wrong / audited, upper_bound(wrong, audited, params.level)
    within = bound <= float(params.tolerance)
    return Estimate(
        value=decimal_text(claims if within else claims * (audited - wrong) / audited),
        standard_error=decimal_text(claims * float(np.sqrt(share * (1 - share) / audited))),
        low=decimal_text(claims * (1 - bound)),
        high=decimal_text(claims),
        level=params.level,
        sample=audited,
        statistic="claims, in full" if within else "claims less the share that was found wrong",
        details={"wrong_share": decimal_text(share), "wrong_share_bound": decimal_text(bound)},
        diagnostics={
            "audited": str(audited),
            "claims": str(claims),
            "tolerance": params.tolerance,
            "within_tolerance": "yes" if within else "no",
            "wrong": str(wrong),
        },
    )


ADMIN_VALIDATED = Method(
    name="admin_validated",
    version="1",
    params_model=AuditParams,
    uses=lambda _: (
        DataColumn(name="id", kind="label", about="the claim, once"),
        DataColumn(
            name="audit", kind="label", about="right or wrong; blank where it was not audited", blanks=True
        ),
    ),
    compute=_admin_validated,
)
