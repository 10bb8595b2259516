"""A second reading of the problem, which checks every pair and every row of an answer in whole numbers.

The problem: a fault in the tables, the matrix or the solver must not become an assigned conflict. This check
reads the problem as it was asked, shares no table with the solver, and nothing passes without it.
"""

from collections import Counter
from collections.abc import Iterable

from ..errors import AssignmentInvalid
from .problem import AssignmentProblem, Counts, Pair


def recheck_assignment(
    problem: AssignmentProblem, pairs: Iterable[Pair], *, anchors: Iterable[str] = ()
) -> None:
    """Refuse an answer that breaks a rule that has no exception.

    Parameters
    ----------
    problem : AssignmentProblem
        As it was asked.
    pairs : iterable of pairs
        Application and judge.
    anchors : iterable of str
        Applications with extra reads.

    Raises
    ------
    AssignmentInvalid
        With every breach.

    Examples
    --------
    >>> import numpy as np
    >>> problem = AssignmentProblem(applications=("a",), judges=("j",), affinity=np.array([[0.5]]), load_hi=1,
    ...   barred={("a", "j"): "conflict:family"})
    >>> recheck_assignment(problem, [("a", "j")])
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.AssignmentInvalid: An assignment breaks 1 rule: a, j: conflict:family.
    """
    listed = list(pairs)
    faults = [
        *_faults_of_pairs(problem, listed, set(anchors)),
        *_faults_of_counts(problem, listed, set(anchors)),
        *_faults_of_groups(problem, listed),
    ]
    if faults:
        raise AssignmentInvalid(
            f"An assignment breaks {len(faults)} rule{'s' * (len(faults) > 1)}: {'; '.join(faults[:20])}.",
            findings=faults,
        )


def _faults_of_pairs(problem: AssignmentProblem, pairs: list[Pair], anchors: set[str]) -> list[str]:
    known = set(problem.applications), set(problem.judges)
    bans, pins, lifted = set(problem.bans), set(problem.pins), set(problem.lifted)
    panel = dict(zip(problem.applications, problem.panels or [""] * len(known[0]), strict=True))
    own = dict(zip(problem.judges, problem.judge_panels or [""] * len(known[1]), strict=True))
    faults = [f"{application}, {judge}: twice" for (application, judge), n in Counter(pairs).items() if n > 1]
    for application, judge in pairs:
        pair = (application, judge)
        if application not in known[0] or judge not in known[1]:
            faults.append(f"{application}, {judge}: unknown")
            continue
        if pair in problem.barred and pair not in lifted:
            faults.append(f"{application}, {judge}: {problem.barred[pair]}")
        if judge in problem.closed and pair not in pins:
            faults.append(f"{application}, {judge}: {problem.closed[judge]}")
        if pair in bans and not (pair in lifted and problem.is_liftable("ban")):
            faults.append(f"{application}, {judge}: ban")
        is_abroad = problem.within_panels and panel[application] != own[judge]
        if is_abroad and application not in anchors and pair not in lifted:
            faults.append(f"{application}, {judge}: panel")
    return faults + [
        f"{application}, {judge}: pin left out" for application, judge in sorted(pins - set(pairs))
    ]


def _faults_of_counts(problem: AssignmentProblem, pairs: list[Pair], anchors: set[str]) -> list[str]:
    reads, loads = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    faults = []
    for at, application in enumerate(problem.applications):
        demand = count_of(problem.demand, at) + problem.anchor_reads * (application in anchors)
        if reads[application] > demand:
            faults.append(f"{application}: {reads[application]} reads of {demand}")
    for at, judge in enumerate(problem.judges):
        most = count_of(problem.load_hi, at) + count_of(problem.overload, at)
        if loads[judge] > most:
            faults.append(f"{judge}: {loads[judge]} reads of {most} at most")
    return faults


def _faults_of_groups(problem: AssignmentProblem, pairs: list[Pair]) -> list[str]:
    readers: dict[str, set[str]] = {}
    for application, judge in pairs:
        readers.setdefault(application, set()).add(judge)
    faults = [
        f"{application}: {one} and {other} are separated"
        for one, other in problem.separated
        for application, names in sorted(readers.items())
        if one in names and other in names
    ]
    if not problem.organisations:
        return faults
    own = dict(zip(problem.judges, problem.organisations, strict=True))
    per = problem.per_organisation
    for application, names in sorted(readers.items()):
        for organisation, count in Counter(own.get(name, "") for name in names).items():
            cap = per if isinstance(per, int) else per.get(organisation, 1)
            cap += problem.organisation_extra.get((application, organisation), 0)
            if organisation and count > cap:
                faults.append(f"{application}: {count} judges of {organisation}, at most {cap}")
    return faults


def count_of(counts: Counts, at: int) -> int:
    """Return one figure of a sequence, or the one for all [reads].

    Parameters
    ----------
    counts : int or sequence of int [reads]
        As the problem gives them.
    at : int [place]
        Whose, counted from 0.

    Examples
    --------
    >>> count_of(5, 2), count_of([1, 2, 3], 2)
    (5, 3)
    """
    return counts if isinstance(counts, int) else int(counts[at])
