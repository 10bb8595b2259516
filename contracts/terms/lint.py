"""Reading 4, ``lint``: what is sound and still not meant.

The problem: terms can be well-formed, bounded and wrong: a step of a million at one more night, a cap that
is never reached, a pot nobody fills, a band no result can fall into. Every check here follows from the
terms alone: from their structure, from what they can come to on whole domains, or from made-up results that
were paid exactly. A finding says where, how much money, and on which observations it shows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ...finance.errors import TermError
from ...finance.money import decimal_count
from .compiled import compile_terms
from .document import TermDocument
from .linting import amounts, limits, money, parts
from .linting.finding import LintFinding, Subject
from .linting.probes import probe
from .lowering.clauses import needed
from .program import Program
from .running.ranges import spans_of
from .types import digits_of

CHECKS: tuple[Callable[[Subject], Iterable[LintFinding]], ...] = (
    money.waits,
    money.pots,
    amounts.negative,
    parts.unused,
    amounts.cliffs_and_falls,
    parts.dead_branches,
    limits.idle_limits,
    limits.idle_caps,
    parts.equal_bands,
    amounts.noise,
    parts.interests,
    parts.sources,
    parts.undated_rates,
    amounts.idle_clauses,
)


def _both_ways(program: Program) -> Program:
    """Let all clauses pay both ways, so that terms with a negative amount can be looked at all the same."""
    clauses = tuple(replace(clause, two_way=True) for clause in program.clauses)
    return replace(program, clauses=clauses, digest=f"{program.digest} both ways")


def check(
    terms: TermDocument | Program, standard_errors: Mapping[str, str] | None = None
) -> tuple[LintFinding, ...]:
    """List what is odd about terms that compile and have a bound: errors first, then by code and place.

    Parameters
    ----------
    terms : TermDocument or Program
        A program alone does not tell sources, params that nobody reads and the like.
    standard_errors : Mapping of str to str
        How finely metrics will be estimated, where that is known.

    Raises
    ------
    TermError
        When the document does not compile, or has no bound.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> [(one.code, one.path) for one in check(TermDocument.read(EXAMPLE))]
    [('T01', '/metrics/nights'), ('T30', '/clauses/0')]
    """
    document = terms if isinstance(terms, TermDocument) else None
    program = compile_terms(terms) if isinstance(terms, TermDocument) else terms
    one_way = frozenset(clause.id for clause in program.clauses if not clause.two_way)
    refusal = None
    try:
        outturn, spans, *_ = spans_of(program)
    except TermError as error:
        refusal, program = error, _both_ways(program)
        outturn, spans, *_ = spans_of(program)
    stated = {
        name: decimal_count(text, digits_of(program.metrics[name].type), name)
        for name, text in (standard_errors or {}).items()
    }
    subject = Subject(
        program=program,
        document=document,
        outturn=outturn,
        spans=spans,
        probes=probe(program),
        one_way=one_way,
        needs={clause.id: frozenset(needed(program.nodes, [clause.amount])) for clause in program.clauses},
        standard_errors=stated,
    )
    found = [finding for look in CHECKS for finding in look(subject)]
    if refusal is not None and all(one.code != "T05" for one in found):
        raise refusal
    return tuple(sorted(found, key=lambda one: (one.severity != "error", one.code, one.path, one.message)))
