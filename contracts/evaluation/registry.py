"""The methods there are, and the one way to run them.

The problem: a method of another distribution must be found by name, must not take the place of one that an
agreement already names, and must not be loaded (or fail) where nobody asked for it. Methods are entry points
of the group ``almoner.evaluation_methods``; the library's own are registered the same way, and are also known
where its metadata are older than its code. A name that two distributions claim is refused.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from ...finance.documents import Document
from ...finance.errors import EvaluationRefused
from .estimate import Estimate
from .method import EvaluationMethod
from .tables import Table, data_digest, prepare

GROUP = "almoner.evaluation_methods"
OWN = "almoner"
BUILT_IN: Mapping[str, tuple[str, str]] = {
    "admin_validated": (".counting", "ADMIN_VALIDATED"),
    "count": (".counting", "COUNT"),
    "did": (".differencing", "DID"),
    "matched": (".matching", "MATCHED"),
    "pre_post": (".pairing", "PRE_POST"),
    "rct_difference": (".randomised", "RCT_DIFFERENCE"),
    "weighted": (".weighting", "WEIGHTED"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MethodSource:
    """Where a method comes from; known without loading it.

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


def list_methods() -> tuple[MethodSource, ...]:
    """List every method there is, by name; loads none.

    Examples
    --------
    >>> [one.name for one in list_methods() if one.distribution == "almoner"]
    ['admin_validated', 'count', 'did', 'matched', 'pre_post', 'rct_difference', 'weighted']
    """
    own = [
        MethodSource(name=name, distribution=OWN, value=f"almoner.contracts.evaluation{module}:{attribute}")
        for name, (module, attribute) in BUILT_IN.items()
    ]
    return tuple(sorted([*own, *map(_source, _plugins())]))


def _source(point: EntryPoint) -> MethodSource:
    dist = point.dist
    said = f"{dist.name} {dist.version}" if dist is not None else "unknown"
    return MethodSource(name=point.name, distribution=said, value=point.value)


def _plugins() -> tuple[EntryPoint, ...]:
    """Entry points of other distributions; one that is found twice on the path counts once."""
    return _plugins_on(tuple(sys.path))


@lru_cache(maxsize=16)
def _plugins_on(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Search a path once: it takes as long as evaluating thousands of rows."""
    found = {
        (point.name, point.value, point.dist.name if point.dist else ""): point
        for point in entry_points(group=GROUP)
        if point.dist is None or point.dist.name != OWN
    }
    return tuple(found[key] for key in sorted(found))


def find_method(name: str) -> EvaluationMethod:
    """Load a method.

    Parameters
    ----------
    name : str
        Of the method, or ``name/version``: then no other version will do.

    Raises
    ------
    EvaluationRefused
        When there is none of that name or version, when two distributions claim the name, or when what a
        distribution offers cannot be loaded or is no method.

    Examples
    --------
    >>> find_method("count/1").version
    '1'
    """
    wanted, _, version = name.partition("/")
    plugins = [point for point in _plugins() if point.name == wanted]
    claims = [_source(point).distribution for point in plugins] + [OWN] * (wanted in BUILT_IN)
    if len(claims) != 1:
        raise _unclear(wanted, claims)
    method = _load(plugins[0]) if plugins else _built_in(wanted)
    if version not in {"", method.version}:
        raise EvaluationRefused(
            f"Method {wanted} is here in version {method.version}, not {version}. Install the version that "
            "is agreed, or amend the agreement.",
            reason="version",
            found=method.version,
            asked=version,
        )
    return method


def _unclear(name: str, claims: list[str]) -> EvaluationRefused:
    if claims:
        return EvaluationRefused(
            f"Method {name} is offered by {len(claims)} distributions ({', '.join(claims)}): uninstall all "
            "but one.",
            reason="ambiguous",
            distributions=claims,
        )
    known = sorted({one.name for one in list_methods()})
    return EvaluationRefused(
        f"There is no method {name!r}; there are {', '.join(known)}. Install the distribution that "
        "offers it.",
        reason="unknown_method",
        known=known,
    )


def _built_in(name: str) -> EvaluationMethod:
    module, attribute = BUILT_IN[name]
    method: EvaluationMethod = getattr(import_module(module, __package__), attribute)
    return method


def _load(point: EntryPoint) -> EvaluationMethod:
    source = _source(point)
    try:
        method = point.load()
    except Exception as fault:  # whatever another distribution raises while it is loaded
        raise _not_loaded(source, f"{type(fault).__name__}: {fault}") from fault
    if not isinstance(method, EvaluationMethod):
        raise _not_loaded(source, "it lacks name, version, params_model, columns or estimate")
    if method.name != point.name or not isinstance(method.version, str) or not method.version:
        raise _not_loaded(source, f"it calls itself {method.name!r}, version {method.version!r}")
    if not (isinstance(method.params_model, type) and issubclass(method.params_model, Document)):
        raise _not_loaded(source, "its params_model is no Document")
    return method


def _not_loaded(source: MethodSource, why: str) -> EvaluationRefused:
    return EvaluationRefused(
        f"Method {source.name} of {source.distribution} ({source.value}) cannot be used: {why}. Repair or "
        "uninstall it.",
        reason="not_loaded",
        distribution=source.distribution,
        value=source.value,
    )


def methods() -> dict[str, EvaluationMethod]:
    """Load every method there is, by name.

    Raises
    ------
    EvaluationRefused
        When one of them cannot be used; ``list_methods`` tells where each comes from without loading any.

    Examples
    --------
    >>> methods()["did"].name
    'did'
    """
    return {name: find_method(name) for name in sorted({one.name for one in list_methods()})}


def evaluate(name: str, table: Table, params: Document | bytes | str = "{}") -> Estimate:
    """Run a method on a table of data.

    The same content gives the same estimate, byte for byte, in whatever order rows and columns come.

    Parameters
    ----------
    name : str
        Of the method, or ``name/version``.
    table : dict of str to array
        Columns by name; those that the method does not use are left aside.
    params : Document, bytes or str
        Its parameters, as a document or as JSON.

    Returns
    -------
    Estimate
        With the method, and the digests of the columns that were used and of the parameters.

    Raises
    ------
    EvaluationRefused
        When the table has not what the method needs, or the method gives no result that may be paid on.
    DocumentInvalid
        When the parameters are not the method's.

    Examples
    --------
    >>> import numpy as np
    >>> found = evaluate("pre_post", {"before": np.array([1, 2, 4]), "after": np.array([2, 4, 5])})
    >>> found.value, found.method, found.sample
    ('1.33333333333', 'pre_post/1', 3)
    """
    method = find_method(name)
    chosen = _params(method, params)
    used = prepare(table, method.columns(chosen))
    estimate = method.estimate(used, chosen)
    if not isinstance(estimate, Estimate):
        raise TypeError(f"{method.name} gave {type(estimate).__name__}, not an Estimate")
    return replace(
        estimate,
        method=f"{method.name}/{method.version}",
        data_sha256=data_digest(used),
        params_sha256=chosen.digest(),
    )


def _params(method: EvaluationMethod, params: Document | bytes | str) -> Document:
    if not isinstance(params, Document):
        return method.params_model.read(params)
    if not isinstance(params, method.params_model):
        raise TypeError(f"{method.name} takes {method.params_model.__name__}, not {type(params).__name__}")
    if broken := params.findings():
        raise params.refusal(broken)
    return params
