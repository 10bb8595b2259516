"""Laws of chance as documents: how one observation of a metric is spread.

The problem: "about 400 nights, give or take 50" is a number to one reader and a curve to another. A law names
the curve and its parameters, as decimal strings in the metric's own unit, and refuses those that make none.

| kind | what it is |
|---|---|
| ``fixed`` | always the same number, truth or label |
| ``bernoulli`` | true with probability ``p`` |
| ``categorical`` | one of several labels, by weight |
| ``binomial`` | successes among ``n`` with probability ``p`` each |
| ``beta_binomial`` | the same, where the probability itself is uncertain |
| ``poisson``, ``negative_binomial`` | counts without an end, of a mean |
| ``beta`` | a share, or a number between ``low`` and ``high`` |
| ``normal`` | cut at the ends of the metric's domain |
| ``lognormal`` | positive, with a long tail |
| ``empirical`` | one of the listed values, by weight |
| ``mixture`` | one of several laws, by weight |
"""

from collections.abc import Iterable
from decimal import Decimal
from math import sqrt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.findings import Findings, finding

CountText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")]
MAX_VALUES = 10_000
MAX_TRIALS, MAX_MEAN = 1_000_000, 1_000_000_000
ONE = Decimal(1)


def _within(at: str, name: str, text: str, least: int, most: int | None = None) -> Findings:
    """Refuse a number below its least, or above its most."""
    value = Decimal(text)
    if value < least or (most is not None and value > most):
        span = f"at least {least}" if most is None else f"from {least} to {most}"
        return [finding(f"{at}/{name}", f"{text} is outside what it can be: {span}")]
    return []


def _above(at: str, name: str, text: str) -> Findings:
    if Decimal(text) <= 0:
        return [finding(f"{at}/{name}", f"{text} is not above zero")]
    return []


def _weights(at: str, texts: Iterable[str]) -> Findings:
    values = [Decimal(text) for text in texts]
    if any(value < 0 for value in values) or not sum(values):
        return [finding(at, "weights are zero or more, and at least one is above zero")]
    return []


class FixedLaw(Document):
    """Always the same."""

    kind: Literal["fixed"]
    value: Text


class BernoulliLaw(Document):
    """True with probability ``p``."""

    kind: Literal["bernoulli"]
    p: DecimalText

    def findings(self, at: str = "") -> Findings:
        """Refuse a probability outside 0 to 1."""
        return _within(at, "p", self.p, 0, 1)


class CategoricalLaw(Document):
    """One of several labels, by weight; the weights need not sum to one."""

    kind: Literal["categorical"]
    weights: Annotated[dict[Code, DecimalText], Field(min_length=1, max_length=400)]

    def findings(self, at: str = "") -> Findings:
        """Refuse weights that choose nothing."""
        return _weights(f"{at}/weights", self.weights.values())


class BinomialLaw(Document):
    """Successes among ``n`` tries, each with probability ``p``."""

    kind: Literal["binomial"]
    n: CountText
    p: DecimalText

    def findings(self, at: str = "") -> Findings:
        """Refuse a probability outside 0 to 1."""
        return _within(at, "p", self.p, 0, 1)


class _Shape(Document):
    """A beta curve: by its ``mean`` and how many observations that is worth, or by ``a`` and ``b``."""

    mean: DecimalText | None = None
    strength: DecimalText | None = None
    a: DecimalText | None = None
    b: DecimalText | None = None

    def parameters(self, low: Decimal, high: Decimal) -> tuple[float, float] | None:
        """Return a and b of the curve; None when they are not stated, or make none."""
        if self.mean is not None and self.strength is not None and self.a is None and self.b is None:
            share, strength = (Decimal(self.mean) - low) / (high - low), Decimal(self.strength)
            found = share * strength, (ONE - share) * strength
        elif self.a is not None and self.b is not None and self.mean is None and self.strength is None:
            found = Decimal(self.a), Decimal(self.b)
        else:
            return None
        return (float(found[0]), float(found[1])) if min(found) > 0 else None

    def _shape_findings(self, at: str, low: Decimal, high: Decimal) -> Findings:
        if self.parameters(low, high) is None:
            message = f"give mean (between {low} and {high}) and strength (above 0), or a and b (above 0)"
            return [finding(at, message)]
        return []


class BetaBinomialLaw(_Shape):
    """Successes among ``n`` tries whose probability is uncertain: a beta curve.

    Attributes
    ----------
    n : str
        Tries.
    mean, strength : str
        Of the probability, and how many observations it is worth: a = mean x strength.
    a, b : str
        Instead of them.
    """

    kind: Literal["beta_binomial"]
    n: CountText

    def findings(self, at: str = "") -> Findings:
        """Refuse a curve that is none, and more tries than are tabulated."""
        found = self._shape_findings(at, Decimal(0), ONE)
        return found + _within(at, "n", self.n, 0, MAX_TRIALS)


class BetaLaw(_Shape):
    """A number between ``low`` and ``high``, by default a share.

    Attributes
    ----------
    mean, strength : str
        In the metric's unit, and how many observations it is worth.
    a, b : str
        Instead of them.
    """

    kind: Literal["beta"]
    low: DecimalText = "0"
    high: DecimalText = "1"

    def findings(self, at: str = "") -> Findings:
        """Refuse a curve that is none."""
        low, high = Decimal(self.low), Decimal(self.high)
        if low >= high:
            return [finding(f"{at}/low", f"{self.low} is not below high, {self.high}")]
        return self._shape_findings(at, low, high)


class PoissonLaw(Document):
    """A count of rare events with a mean."""

    kind: Literal["poisson"]
    mean: DecimalText

    def findings(self, at: str = "") -> Findings:
        """Refuse a negative mean, and counts beyond a table."""
        return _within(at, "mean", self.mean, 0, MAX_MEAN)


class NegativeBinomialLaw(Document):
    """A count more scattered than ``poisson``: its variance is mean + mean^2 / size."""

    kind: Literal["negative_binomial"]
    mean: DecimalText
    size: DecimalText

    def findings(self, at: str = "") -> Findings:
        """Refuse a mean or a size that is not above zero, and counts beyond a table."""
        found = _above(at, "mean", self.mean) + _above(at, "size", self.size)
        if not found and self.reach > MAX_TRIALS:
            message = f"counts reach {self.reach:.0f} above the mean; the most is {MAX_TRIALS}: use lognormal"
            found.append(finding(f"{at}/size", message))
        return found

    @property
    def reach(self) -> float:
        """How far above the mean a drawn value can lie: the tail falls as e^(-x size / mean)."""
        mean, size = float(self.mean), float(self.size)
        return 40 * (mean / size + sqrt(mean) + 1)


class NormalLaw(Document):
    """A bell curve of ``mean`` and ``sd``, cut at the ends of the metric's domain."""

    kind: Literal["normal"]
    mean: DecimalText
    sd: DecimalText

    def findings(self, at: str = "") -> Findings:
        """Refuse a spread that is not above zero."""
        return _above(at, "sd", self.sd)


class LognormalLaw(Document):
    """A positive number whose logarithm is normal; ``mean`` and ``sd`` are those of the number itself."""

    kind: Literal["lognormal"]
    mean: DecimalText
    sd: DecimalText

    def findings(self, at: str = "") -> Findings:
        """Refuse a mean or a spread that is not above zero."""
        return _above(at, "mean", self.mean) + _above(at, "sd", self.sd)


class EmpiricalLaw(Document):
    """One of the listed values; equally likely without ``weights``."""

    kind: Literal["empirical"]
    values: Annotated[tuple[DecimalText, ...], Field(min_length=1, max_length=MAX_VALUES)]
    weights: Annotated[tuple[DecimalText, ...], Field(max_length=MAX_VALUES)] = ()

    def findings(self, at: str = "") -> Findings:
        """Refuse weights that do not fit the values."""
        if not self.weights:
            return []
        if len(self.weights) != len(self.values):
            message = f"{len(self.weights)} weights for {len(self.values)} values"
            return [finding(f"{at}/weights", message)]
        return _weights(f"{at}/weights", self.weights)


class MixturePart(Document):
    """One law of a mixture, and its weight."""

    weight: DecimalText
    law: "Law"


class MixtureLaw(Document):
    """One of several laws, by weight; which one is drawn independently of everything else."""

    kind: Literal["mixture"]
    parts: Annotated[tuple[MixturePart, ...], Field(min_length=1, max_length=20)]

    def findings(self, at: str = "") -> Findings:
        """Refuse weights that choose nothing, and what is wrong with each part."""
        found = _weights(f"{at}/parts", [part.weight for part in self.parts])
        for number, part in enumerate(self.parts):
            found += part.law.findings(f"{at}/parts/{number}/law")
        return found


Law = Annotated[
    FixedLaw
    | BernoulliLaw
    | CategoricalLaw
    | BinomialLaw
    | BetaBinomialLaw
    | BetaLaw
    | PoissonLaw
    | NegativeBinomialLaw
    | NormalLaw
    | LognormalLaw
    | EmpiricalLaw
    | MixtureLaw,
    Field(discriminator="kind"),
]

MixturePart.model_rebuild()
MixtureLaw.model_rebuild()
