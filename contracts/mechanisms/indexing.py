"""Agreements on agreements: an index of outcomes, and slices of the loss of a portfolio.

The problem: a second agreement that pays on the outcome of others must name them by the digest of their
terms, so that it is about exactly those; and a slice of a loss is defined by where it starts and ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .fragments import Fragment, Route, join
from .judging import weighted
from .parts import named, pay
from .phrases import Expr, clamp, figure, lit, minus, obs, scale, zero


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherOutcome:
    """An outcome of another agreement.

    Attributes
    ----------
    name : str
        Under which it is read here.
    terms : str
        Digest of its terms.
    output : str
        A clause, figure, metric or account of it, or ``paid``, ``earned``.
    unit, least, most : str
        Its type and domain.
    weight : decimal
        In an index.

    Examples
    --------
    >>> OtherOutcome(name="north", terms="0" * 64, output="paid", unit="USD/2", most="1000000").weight
    '1'
    """

    name: str
    terms: str
    output: str
    unit: str
    most: str
    least: str = "0"
    weight: str = "1"


def ref_metric(*, of: OtherOutcome) -> Fragment:
    """Read an outcome of another agreement as a metric.

    Composition: a metric with ``ref``.

    Examples
    --------
    >>> north = OtherOutcome(name="north", terms="0" * 64, output="paid", unit="USD/2", most="1000000")
    >>> ref_metric(of=north).metrics["north"]["ref"]["output"]
    'paid'
    """
    content = {
        "title": f"{of.output} of {of.name}",
        "type": of.unit,
        "domain": [of.least, of.most],
        "method": "outcome of another agreement",
        "ref": {"terms": of.terms, "output": of.output},
    }
    return Fragment(metrics={of.name: content})


def ref_index(*, name: str, of: Sequence[OtherOutcome], into: str) -> Fragment:
    """Make one number of the outcomes of several agreements, by weight.

    Composition: a metric with ``ref`` for each, and a weighted mean.

    Parameters
    ----------
    of : sequence of OtherOutcome
        All of the type ``into``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> pair = [OtherOutcome(name=one, terms="0" * 64, output="loss", unit="percent/2", most="100", weight=by)
    ...         for one, by in (("north", "3"), ("south", "1"))]
    >>> print(in_short(ref_index(name="loss", of=pair, into="percent/2")).splitlines()[-1])
    figure loss = round((round(north * 3) + round(south * 1)) / 4)
    """
    parts = weighted([(one.weight, obs(one.name)) for one in of], into=into)
    return join(ref_metric(of=one) for one in of) + named(name, parts)


def ref_tranche(
    *, name: str, loss: Expr, attach: str, detach: str, unit: str, notional: str, route: Route
) -> Fragment:
    """Repay a slice of a portfolio: it loses from where it attaches to where it detaches.

    Composition: figure ``NAME.loss`` = ``scale(notional, clamp(loss - attach, 0, width), over width)``, and a
    clause that pays ``notional - loss``. First loss attaches at 0; mezzanine where that ends; senior above.

    Parameters
    ----------
    loss : expression
        Of the portfolio, in ``unit``: money, or percent.
    attach, detach : decimal
        Where the slice starts and ends.
    notional : decimal
        What it lent.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="issuer", payee="mezzanine", money="USD/2", basis="once")
    >>> print(in_short(ref_tranche(name="mezz", loss=obs("loss"), attach="10", detach="30", unit="percent/2",
    ...                            notional="2000000", route=route)))
    figure mezz.loss = round(2000000 * max(0, min((loss - 10), 20)) / 20)
    pay mezz: issuer -> mezzanine once = (2000000 - mezz.loss)
    """
    width = lit(str(Decimal(detach) - Decimal(attach)), unit)
    part = clamp(minus(loss, lit(attach, unit)), zero(unit), width)
    whole = lit(notional, route.money)
    lost = f"{name}.loss"
    gone = scale(whole, part, over=[width], into=route.money)
    return named(lost, gone) + pay(name, minus(whole, figure(lost)), route)
