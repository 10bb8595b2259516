"""Conditions and indices: when something pays, and one number made of many.

The problem: "all three goals in one school", "only if quality held", "80 percent learning, 20 percent
enrolment" are each one line of a contract, and each is computed in a different order by different people.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from .banding import Schedule
from .fragments import Fragment, Route
from .parts import due, named
from .phrases import (
    Expr,
    all_of,
    any_of,
    at_least,
    choose,
    counted,
    digits_of,
    figure,
    fold,
    lit,
    more_than,
    negated,
    place,
    ratio,
    scale,
    size,
    total,
    written,
    zero,
)

Weighted = tuple[str, Expr]


def threshold(*, name: str, of: Expr, at: Expr, edge: str, amount: Expr, route: Route) -> Fragment:
    """Pay an amount from a level on.

    Composition: ``if(of >= at, amount, 0)``, or ``>`` when the edge itself does not pay.

    Parameters
    ----------
    edge : str
        ``pays`` or ``pays-not``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="ministry", payee="fund", money="GBP/2", basis="once")
    >>> print(in_short(threshold(name="cohort", of=obs("fall"), at=lit("10", "percent/2"), edge="pays",
    ...                          amount=lit("500000", "GBP/2"), route=route)))
    pay cohort: ministry -> fund once = if(fall >= 10, 500000, 0)
    """
    reached = at_least(of, at) if edge == "pays" else more_than(of, at)
    return due(name, choose(reached, amount, zero(route.money)), route)


def binary(*, name: str, test: Expr, amount: str, route: Route) -> Fragment:
    """Pay all or nothing.

    Composition: ``if(test, amount, 0)``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="agency", payee="state", money="USD/2", basis="once")
    >>> print(in_short(binary(name="law", test=obs("law_passed"), amount="1000000", route=route)))
    pay law: agency -> state once = if(law_passed, 1000000, 0)
    """
    return due(name, choose(test, lit(amount, route.money), zero(route.money)), route)


def gate(*, name: str, test: Expr, amount: Expr, route: Route) -> Fragment:
    """Pay an amount only where another condition holds: quality, additionality, a target profile.

    Composition: ``if(test, amount, 0)``; per person or site when both range over that set.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="fund", payee="maker", money="USD/2", basis="cumulative")
    >>> print(in_short(gate(name="topup", test=obs("meets_profile"), amount=figure("earned"), route=route)))
    pay topup: fund -> maker cumulative = if(meets_profile, earned, 0)
    """
    return due(name, choose(test, amount, zero(route.money)), route)


def joint_condition(
    *, name: str, tests: Sequence[Expr], over: str, need: str, into: str = "ratio/4"
) -> Fragment:
    """Share of members that meet all (or any) of several conditions.

    Composition: figures ``NAME.count`` = ``fold(over, add, if(all(tests), 1, 0))`` and ``NAME`` =
    ``scale(count, over size)``, 0 in an empty set; several levels are several of these.

    Parameters
    ----------
    over : str
        People or sites.
    need : str
        ``all`` or ``any``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> print(in_short(joint_condition(name="good", tests=[obs("read"), obs("safe")], over="sites",
    ...     need="all")))
    figure good.count = add over sites(if((read and safe), 1, 0))
    figure good = round(good.count / add over sites(1))
    """
    test = all_of(*tests) if need == "all" else any_of(*tests)
    met = f"{name}.count"
    part = scale(figure(met), over=[size(over)], into=into, if_zero=zero(into))
    return named(met, counted(over, test)) + named(name, part)


def weighted(parts: Sequence[Weighted], *, into: str) -> Expr:
    """Write a weighted sum over the sum of weights, rounded once; weights are decimals, made whole numbers.

    Composition: ``scale(add(value x weight …), over the sum of weights)``.

    Parameters
    ----------
    parts : sequence of (str, expression)
        Weight and number; all numbers are of the type ``into``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> in_short(weighted([("0.8", obs("trial")), ("0.2", obs("did"))], into="percent/2"))
    'round((round(trial * 8) + round(did * 2)) / 10)'
    """
    digits = max(digits_of(weight) for weight, _ in parts)
    whole = [Decimal(weight).scaleb(digits) for weight, _ in parts]
    terms = [scale(of, ratio(written(by)), into=into) for by, (_, of) in zip(whole, parts, strict=True)]
    return scale(total(*terms), over=[ratio(written(sum(whole, Decimal(0))))], into=into)


def composite_index(
    *, name: str, parts: Sequence[Weighted], into: str, route: Route | None = None
) -> Fragment:
    """Combine several results into one number by weights.

    Composition: one ``scale`` over the sum of whole weights x values.

    Parameters
    ----------
    parts : sequence of (str, expression)
        Weight and number; all of the type ``into``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> print(in_short(composite_index(name="index", parts=[("0.8", obs("learning")), ("0.2",
    ...     obs("enrolment"))],
    ...                                into="percent/2")))
    figure index = round((round(learning * 8) + round(enrolment * 2)) / 10)
    """
    return due(name, weighted(parts, into=into), route)


def weighted_estimator(
    *, name: str, fact: Expr, parts: Sequence[Weighted], otherwise: Expr, into: str
) -> Fragment:
    """Combine several estimates of one quantity, where a recorded fact calls for it.

    Composition: ``if(fact, weighted sum, otherwise)``.

    Parameters
    ----------
    fact : expression
        That the trial is compromised, say.
    parts : sequence of (str, expression)
        Weight and estimate.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> parts = [("0.8", obs("trial")), ("0.2", obs("did"))]
    >>> print(in_short(weighted_estimator(name="effect", fact=obs("compromised"), parts=parts,
    ...                                   otherwise=obs("trial"), into="percent/2")))
    figure effect = if(compromised, round((round(trial * 8) + round(did * 2)) / 10), trial)
    """
    return named(name, choose(fact, weighted(parts, into=into), otherwise))


def partial_credit(
    *, name: str, whole: str, indicators: Sequence[tuple[str, Expr, Schedule]], route: Route
) -> Fragment:
    """Pay a sum by weighted indicators, each giving credit by its own schedule.

    Composition: figure ``NAME.credit`` = ``add(weight x bands(indicator))`` and ``scale(whole, credit)``.

    Parameters
    ----------
    indicators : sequence of (str, expression, Schedule)
        Weight, number, and the credit between 0 and 1 it gives. A number can be a share of members.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, steps
    >>> route = Route(payer="agency", payee="state", money="USD/2", basis="once")
    >>> half = steps(below="0", rows=[("50", "0.5"), ("80", "1")], owner="above")
    >>> print(in_short(partial_credit(name="results", whole="900000", route=route,
    ...                               indicators=[("0.4", obs("a"), half), ("0.6", obs("b"), half)])))
    figure results.credit = (round(bands(a: 0 | >= 50: 0.5 | >= 80: 1) * 0.4) \
+ round(bands(b: 0 | >= 50: 0.5 | >= 80: 1) * 0.6))
    pay results: agency -> state once = round(900000 * results.credit)
    """
    fine = max(digits_of(weight) + schedule.digits() for weight, _, schedule in indicators)
    into = f"ratio/{min(9, fine)}"
    credit = total(
        *(
            scale(schedule.on(of, into=f"ratio/{schedule.digits()}"), ratio(weight), into=into)
            for weight, of, schedule in indicators
        )
    )
    owed = scale(lit(whole, route.money), figure(f"{name}.credit"), into=route.money)
    return named(f"{name}.credit", credit) + due(name, owed, route)


def cohort_trigger(*, name: str, of: Expr, at: Expr, amount: Expr, cohorts: str, route: Route) -> Fragment:
    """Let every cohort pay on its own result, from a threshold on.

    Composition: figure ``NAME.reached`` = ``of >= at`` for each cohort, and one clause ``each`` cohort.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="ministry", payee="fund", money="GBP/2", basis="cumulative")
    >>> print(in_short(cohort_trigger(name="cohort", of=obs("fall"), at=lit("10", "percent/2"),
    ...                               amount=lit("1000", "GBP/2"), cohorts="cohorts", route=route)))
    figure cohort.reached = fall >= 10
    pay cohort: ministry -> fund cumulative each cohorts = if(cohort.reached, 1000, 0)
    """
    reached = f"{name}.reached"
    owed = choose(figure(reached), amount, zero(route.money))
    return named(reached, at_least(of, at)) + due(name, owed, replace(route, each=(*route.each, cohorts)))


def pooled_fallback(
    *, name: str, trigger: str, cohorts: str, of: Expr, at: Expr, amount: Expr, route: Route
) -> Fragment:
    """Pay on all cohorts together, but only when no cohort paid on its own.

    Composition: figure ``NAME.reached`` = ``all(not any cohort reached, of >= at)``, and one clause.

    Parameters
    ----------
    trigger : str
        Name of the ``cohort_trigger``.
    of : expression
        The pooled result: observed as such, or ``comparison`` over sums; never a mean of rates.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="ministry", payee="fund", money="GBP/2", basis="once")
    >>> print(in_short(pooled_fallback(name="pooled", trigger="cohort", cohorts="cohorts",
    ...     of=obs("pooled_fall"),
    ...                                at=lit("7.5", "percent/2"), amount=lit("1000", "GBP/2"), route=route)))
    figure pooled.reached = (not any over cohorts(cohort.reached) and pooled_fall >= 7.5)
    pay pooled: ministry -> fund once = if(pooled.reached, 1000, 0)
    """
    nobody = negated(fold(cohorts, "any", figure(f"{trigger}.reached")))
    reached = f"{name}.reached"
    owed = choose(figure(reached), amount, zero(route.money))
    return named(reached, all_of(nobody, at_least(of, at))) + due(name, owed, route)


def measured_progress(*, name: str, teams: str, parts: Sequence[Weighted], into: str) -> Fragment:
    """Score and rank teams by measured and judged parts.

    Composition: figure ``NAME`` = weighted sum for each team, and ``NAME.rank`` = ``rank(NAME)``; equal
    scores share a place.

    Parameters
    ----------
    parts : sequence of (str, expression)
        Weight, and a number observed for each team; all of the type ``into``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> parts = [("0.7", obs("gain")), ("0.3", obs("jury"))]
    >>> print(in_short(measured_progress(name="score", teams="teams", parts=parts, into="point/2")))
    figure score = round((round(gain * 7) + round(jury * 3)) / 10)
    figure score.rank = rank(score over teams, highest best)
    """
    return named(name, weighted(parts, into=into)) + named(f"{name}.rank", place(figure(name), teams))
