"""The scoring methods there are, found by name.

The problem: a method of another distribution must be found by name, must not take the place of one that is
already in use, and must not be loaded (or fail) where nobody asked for it. Methods are entry points of the
group ``almoner.scoring_methods``; the library's own are also known where its metadata are older than its
code. A name that two distributions claim is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from ...finance.documents import Document
from ..errors import ScoreInvalid
from .method import ScoringMethod

GROUP: Final = "almoner.scoring_methods"
OWN: Final = "almoner"
BUILT_IN: Final[Mapping[str, tuple[str, str]]] = {
    "mean": (".built_in", "MEAN"),
    "median": (".built_in", "MEDIAN"),
    "trimmed_mean": (".built_in", "TRIMMED_MEAN"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ScoringSource:
    """Where a scoring method comes from; known without loading it.

    Attributes
    ----------
    name : str
        Of the method.
    distribution : str
        What installed it, with its version; ``almoner`` for the library's own.
    value : str
        Module and object.
    """

    name: str
    distribution: str
    value: str


def list_scoring() -> tuple[ScoringSource, ...]:
    """List every scoring method there is, by name; loads none.

    Examples
    --------
    >>> [one.name for one in list_scoring() if one.distribution == "almoner"]
    ['mean', 'median', 'trimmed_mean']
    """
    own = [
        ScoringSource(name=name, distribution=OWN, value=f"almoner.challenges.scoring{module}:{attribute}")
        for name, (module, attribute) in BUILT_IN.items()
    ]
    return tuple(sorted([*own, *map(_source, _plugins())]))


def _source(point: EntryPoint) -> ScoringSource:
    dist = point.dist
    said = f"{dist.name} {dist.version}" if dist is not None else "unknown"
    return ScoringSource(name=point.name, distribution=said, value=point.value)


def _plugins() -> tuple[EntryPoint, ...]:
    """Entry points of other distributions; one that is found twice on the path counts once."""
    found = {
        (point.name, point.value, point.dist.name if point.dist else ""): point
        for point in entry_points(group=GROUP)
        if point.dist is None or point.dist.name != OWN
    }
    return tuple(found[key] for key in sorted(found))


def find_scoring(name: str) -> ScoringMethod:
    """Load a scoring method.

    Parameters
    ----------
    name : str
        Of the method, or ``name/version``: then no other version will do.

    Raises
    ------
    ScoreInvalid
        When there is none of that name or version, when two distributions claim the name, or when what a
        distribution offers cannot be loaded or is no method.

    Examples
    --------
    >>> find_scoring("median/1").name
    'median'
    """
    wanted, _, version = name.partition("/")
    plugins = [point for point in _plugins() if point.name == wanted]
    claims = [_source(point).distribution for point in plugins] + [OWN] * (wanted in BUILT_IN)
    if len(claims) != 1:
        raise _unclear(wanted, claims)
    method = _load(plugins[0]) if plugins else _built_in(wanted)
    if version not in {"", method.version}:
        raise ScoreInvalid(
            f"Scoring method {wanted} is here in version {method.version}, not {version}. Install what was "
            "announced.",
            reason="version",
            found=method.version,
            asked=version,
        )
    return method


def _unclear(name: str, claims: list[str]) -> ScoreInvalid:
    if claims:
        return ScoreInvalid(
            f"Scoring method {name} is offered by {len(claims)} distributions ({', '.join(claims)}): keep "
            "one of them.",
            reason="ambiguous",
            distributions=claims,
        )
    known = sorted({one.name for one in list_scoring()})
    return ScoreInvalid(
        f"There is no scoring method {name!r}; there are {', '.join(known)}. Install the distribution that "
        "offers it.",
        reason="unknown_method",
        known=known,
    )


def _built_in(name: str) -> ScoringMethod:
    module, attribute = BUILT_IN[name]
    method: ScoringMethod = getattr(import_module(module, __package__), attribute)
    return method


def _load(point: EntryPoint) -> ScoringMethod:
    source = _source(point)
    try:
        method = point.load()
    except Exception as fault:  # whatever another distribution raises while it is loaded
        raise _not_loaded(source, f"{type(fault).__name__}: {fault}") from fault
    if not isinstance(method, ScoringMethod):
        raise _not_loaded(source, "it lacks name, version, params_model or score")
    if method.name != point.name or not isinstance(method.version, str) or not method.version:
        raise _not_loaded(source, f"it calls itself {method.name!r}, version {method.version!r}")
    if not (isinstance(method.params_model, type) and issubclass(method.params_model, Document)):
        raise _not_loaded(source, "its params_model is no Document")
    return method


def _not_loaded(source: ScoringSource, why: str) -> ScoreInvalid:
    return ScoreInvalid(
        f"Scoring method {source.name} of {source.distribution} ({source.value}) cannot be used: {why}. "
        "Repair or uninstall it.",
        reason="not_loaded",
        distribution=source.distribution,
        value=source.value,
    )
