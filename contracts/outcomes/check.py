"""Whether outcome models fit their terms: metrics, periods, members, labels, digits and domains."""

from collections.abc import Mapping
from decimal import Decimal

from ...finance.errors import AlmonerError
from ...finance.findings import Findings, finding
from ..terms.document import PERIOD
from ..terms.program import Measure, Program
from ..terms.types import Quantity, digits_of, parse_type
from .document import OutcomeModel, OutcomesDocument, laws_of
from .laws import BernoulliLaw, CategoricalLaw, EmpiricalLaw, FixedLaw, Law, NormalLaw
from .quantiles import count_of

MAX_DRAWS = 1_000_000
FARTHEST = 37


def fit(program: Program, document: OutcomesDocument) -> Findings:
    """List every place where an outcomes document does not fit the terms.

    Parameters
    ----------
    program : Program
        The terms.
    document : OutcomesDocument
        Sound in itself.
    """
    found = _metrics(program, document) + _members(program, document) + _costs(program, document)
    if found:
        return found
    sets = members_of(program, document)
    for name, model in document.models.items():
        found += _model(program, sets, name, model)
    for number, factor in enumerate(document.common):
        known = {PERIOD, *program.sets}
        found += [
            finding(f"/common/{number}/over", f"{one} is neither a set nor {PERIOD}")
            for one in factor.over
            if one not in known
        ]
    return found


def members_of(program: Program, document: OutcomesDocument) -> Mapping[str, tuple[str, ...]]:
    """Return the members of every set: of closed ones from the terms, of open ones from the outcomes.

    Parameters
    ----------
    program : Program
        The terms.
    document : OutcomesDocument
        Known to fit them.
    """
    found = dict(program.sets)
    for name, stated in document.members.items():
        if isinstance(stated, str):
            found[name] = tuple(f"m{number}" for number in range(1, int(stated) + 1))
        else:
            found[name] = stated
    return found


def is_open(program: Program, name: str) -> bool:
    """Tell whether results name the members of a set.

    Parameters
    ----------
    program : Program
        The terms.
    name : str
        A set of them.
    """
    return not program.sets.get(name) and name in program.most


def _metrics(program: Program, document: OutcomesDocument) -> Findings:
    found = [
        finding("/models", f"the metric {name} of the terms has no model")
        for name in program.metrics
        if name not in document.models
    ]
    unknown = [name for name in document.models if name not in program.metrics]
    found += [finding(f"/models/{name}", "the terms have no such metric") for name in unknown]
    if document.correlation is not None:
        found += [
            finding(f"/correlation/metrics/{place}", f"the terms have no metric {name}")
            for place, name in enumerate(document.correlation.metrics)
            if name not in program.metrics
        ]
    return found


def _members(program: Program, document: OutcomesDocument) -> Findings:
    found = [
        finding("/members", f"{name} is an open set: say how many members it has, or which")
        for name in program.most
        if is_open(program, name) and name not in document.members
    ]
    for name, stated in document.members.items():
        if not is_open(program, name):
            found.append(finding(f"/members/{name}", "the terms have no open set of this name"))
            continue
        count = int(stated) if isinstance(stated, str) else len(stated)
        if count > program.most[name]:
            message = f"{count} members; the terms allow {program.most[name]}"
            found.append(finding(f"/members/{name}", message))
        if not isinstance(stated, str) and len(set(stated)) < count:
            found.append(finding(f"/members/{name}", "a member stands twice"))
    return found


def _costs(program: Program, document: OutcomesDocument) -> Findings:
    found = []
    periods = {name for name, _ in program.periods}
    units = {(clause.unit.unit, clause.unit.digits) for clause in program.clauses}
    for party, outlay in document.costs.items():
        at, kind = f"/costs/{party}", parse_type(outlay.type)
        if party not in program.parties:
            found.append(finding(at, "the terms have no such party"))
        if kind is None or (kind.unit, kind.digits) not in units:
            found.append(finding(f"{at}/type", f"no clause pays in {outlay.type}"))
        elif any(_digits(text) > kind.digits for text in outlay.amounts.values()):
            found.append(finding(f"{at}/amounts", f"more decimal digits than the {kind.digits} of {kind}"))
        unknown = [period for period in outlay.amounts if period not in periods]
        found += [finding(f"{at}/amounts/{period}", "the terms have no such period") for period in unknown]
    return found


def _digits(text: str) -> int:
    return len(text.partition(".")[2].rstrip("0"))


def _model(program: Program, sets: Mapping[str, tuple[str, ...]], name: str, model: OutcomeModel) -> Findings:
    measure, at = program.metrics[name], f"/models/{name}"
    laws = laws_of(model.law, f"{at}/law")
    found = []
    for number, cell in enumerate(model.cells):
        laws += laws_of(cell.law, f"{at}/cells/{number}/law")
        found += _cell(program, sets, measure, f"{at}/cells/{number}", cell.period, cell.of)
    draws = _draws(program, sets, measure)
    if draws > MAX_DRAWS:
        found.append(finding(at, f"{draws} values on each path; the most is {MAX_DRAWS}"))
    is_number = isinstance(measure.type, Quantity) and not measure.labels
    if not is_number and any(Decimal(text) for text in _noises(model)):
        found.append(finding(f"{at}/noise", "only a number has an error in its unit"))
    return found + [row for place, law in laws for row in _law(measure, law, place)]


def _noises(model: OutcomeModel) -> list[str]:
    return [model.noise, *(cell.noise for cell in model.cells if cell.noise is not None)]


def _draws(program: Program, sets: Mapping[str, tuple[str, ...]], measure: Measure) -> int:
    draws = len(program.periods) if measure.by_period else 1
    for one in measure.dims:
        draws *= len(sets[one])
    return draws


def _cell(  # a cell, and where it stands
    program: Program,
    sets: Mapping[str, tuple[str, ...]],
    measure: Measure,
    at: str,
    period: str,
    of: Mapping[str, str],
) -> Findings:
    found = []
    if period and not measure.by_period:
        found.append(finding(f"{at}/period", "the metric has one value for the whole term"))
    elif period and period not in {name for name, _ in program.periods}:
        found.append(finding(f"{at}/period", f"the terms have no period {period}"))
    for name, member in of.items():
        if name not in measure.dims:
            found.append(finding(f"{at}/of/{name}", "the metric is not observed per this set"))
        elif member not in sets[name]:
            found.append(finding(f"{at}/of/{name}", f"{member} is no member of it"))
    return found


def _law(measure: Measure, law: Law, at: str) -> Findings:
    """Refuse a law that the kind, the labels, the digits or the domain of a metric do not admit."""
    if measure.labels:
        admitted: tuple[type[Law], ...] = (FixedLaw, CategoricalLaw)
    elif not isinstance(measure.type, Quantity):
        admitted = (FixedLaw, BernoulliLaw)
    else:
        admitted = ()
    kinds = "labels" if measure.labels else "truths"
    if admitted and not isinstance(law, admitted):
        return [finding(at, f"{law.kind} makes no {kinds}")]
    if not admitted and isinstance(law, CategoricalLaw):
        return [finding(at, "categorical makes labels, and this metric is a number")]
    if isinstance(law, NormalLaw):
        return _reach(measure, law, at)
    return _values(measure, law, at)


def _values(measure: Measure, law: Law, at: str) -> Findings:
    if isinstance(law, CategoricalLaw):
        unknown = [label for label in law.weights if label not in measure.labels]
        return [finding(f"{at}/weights/{label}", "the metric has no such label") for label in unknown]
    listed = {f"{at}/value": law.value} if isinstance(law, FixedLaw) else {}
    if isinstance(law, EmpiricalLaw):
        listed = {f"{at}/values/{place}": text for place, text in enumerate(law.values)}
    found = []
    for place, text in listed.items():
        try:
            count = count_of(text, measure)
        except AlmonerError as refused:
            found.append(finding(place, refused.message))
            continue
        if not measure.low <= count <= measure.high:
            found.append(finding(place, f"{text} is outside the domain of the metric"))
    return found


def _reach(measure: Measure, law: NormalLaw, at: str) -> Findings:
    """Refuse a curve that leaves nothing inside the domain."""
    factor, mean, sd = 10 ** digits_of(measure.type), Decimal(law.mean), Decimal(law.sd)
    low, high = Decimal(measure.low) / factor, Decimal(measure.high) / factor
    if mean + FARTHEST * sd < low or mean - FARTHEST * sd > high:
        return [finding(f"{at}/mean", f"the domain, {low} to {high}, is {FARTHEST} sd away or more")]
    return []
