"""Notes and loans: coupons, principal, guarantees, triggers, and the end before the end.

The problem: in these deals the outcome decides what money costs, whether it comes back, and who pays it
back. Rates are percent a year or a period; every day count is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .banding import Schedule, interest
from .fragments import Fragment, Route, join
from .parts import choice, due, limit, named, pay, pot
from .phrases import (
    Expr,
    above_zero,
    all_of,
    at_least,
    choose,
    days,
    figure,
    fold,
    greatest,
    is_label,
    least,
    lit,
    minus,
    negated,
    never,
    paid,
    previous,
    ratio,
    scale,
    total,
    zero,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteClass:
    """A class of notes.

    Attributes
    ----------
    name, holder : str
        Its id, and the party that holds it.
    principal : decimal
        What it lent.
    coupon, keeps : Schedule
        Percent of a period, and percent of the principal that comes back, by the same result.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import line
    >>> NoteClass(name="p", holder="holders-p", principal="7500000", coupon=line(base="5", slope="0"),
    ...           keeps=line(base="100", slope="0")).name
    'p'
    """

    name: str
    holder: str
    principal: str
    coupon: Schedule
    keeps: Schedule


def coupon_step_up(
    *, name: str, notional: Expr, base: str, step: str, missed: Expr, route: Route, count: str = ""
) -> Fragment:
    """Pay a coupon that rises when a target is missed.

    Composition: figure ``NAME.percent`` = ``base + if(missed, step, 0)``, and the interest on it. One finding
    may feed several notes in several currencies.

    Parameters
    ----------
    base, step : decimal
        Percent.
    count : str
        Empty: percent of a period; ``actual`` (over 365) or ``30/360``: percent a year.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="utility", payee="holders", money="EUR/2", basis="period")
    >>> print(in_short(coupon_step_up(name="note", notional=lit("1000000", "EUR/2"), base="2.50", step="0.25",
    ...                               missed=obs("target_missed"), route=route)))
    figure note.percent = (2.50 + if(target_missed, 0.25, 0))
    pay note: utility -> holders period = round(1000000 * note.percent / 100)
    """
    kind = f"percent/{max(len(text.partition('.')[2]) for text in (base, step))}"
    percent = total(lit(base, kind), choose(missed, lit(step, kind), zero(kind)))
    owed = interest(notional=notional, percent=figure(f"{name}.percent"), money=route.money, count=count)
    return named(f"{name}.percent", percent) + pay(name, owed, route)


def performance_interest(
    *,
    name: str,
    loan: Expr,
    volume: tuple[Expr, Schedule],
    quality: tuple[Expr, Schedule],
    route: Route,
    count: str = "",
) -> Fragment:
    """Charge interest by volume, adjusted by quality, never below zero.

    Composition: figure ``NAME.percent`` = ``max(0, bands(volume) + bands(quality))``, and the interest on it.

    Parameters
    ----------
    loan : expression
        Its balance.
    volume, quality : (expression, Schedule)
        Number, and the percent it gives or takes.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, steps
    >>> route = Route(payer="clinic", payee="lender", money="USD/2", basis="period")
    >>> cheap = steps(below="6", rows=[("1000", "4")], owner="above")
    >>> good = steps(below="0", rows=[("90", "-1")], owner="above")
    >>> print(in_short(performance_interest(name="loan", loan=lit("100000", "USD/2"), route=route,
    ...     volume=(obs("births"), cheap), quality=(obs("score"), good))).splitlines()[0])
    figure loan.percent = max((bands(births: 6 | >= 1000: 4) + bands(score: 0 | >= 90: -1)), 0)
    """
    kind = f"percent/{max(volume[1].digits(), quality[1].digits())}"
    parts = [schedule.on(of, into=kind) for of, schedule in (volume, quality)]
    owed = interest(notional=loan, percent=figure(f"{name}.percent"), money=route.money, count=count)
    return named(f"{name}.percent", above_zero(total(*parts), kind)) + pay(name, owed, route)


def loan_conversion(*, name: str, amount: Expr, test: Expr, met: Route, missed: Route) -> Fragment:
    """Let the outcome decide who repays a loan.

    Composition: clauses ``NAME.met`` and ``NAME.missed`` of one amount with complementary conditions.

    Parameters
    ----------
    met, missed : Route
        Who pays when the condition holds, and who when not.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> donor = Route(payer="donor", payee="lender", money="USD/2", basis="once")
    >>> clinic = Route(payer="clinic", payee="lender", money="USD/2", basis="once")
    >>> print(in_short(loan_conversion(name="loan", amount=lit("50000", "USD/2"), test=obs("reached"),
    ...     met=donor,
    ...                                missed=clinic)))
    pay loan.met: donor -> lender once = 50000 when reached
    pay loan.missed: clinic -> lender once = 50000 when not reached
    """
    first = pay(f"{name}.met", amount, replace(met, when=test))
    return first + pay(f"{name}.missed", amount, replace(missed, when=negated(test)))


def waited(event_day: Expr, least_days: str) -> Expr:
    """Ask whether so many days have passed at the period's end since an event.

    Parameters
    ----------
    event_day : expression
        Days from the start of the term to the event (``day/0``).
    least_days : decimal
        Days to wait.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> in_short(waited(obs("event_day"), "84"))
    '(days(term_start to period_end) - event_day) >= 84'
    """
    return at_least(minus(days("term_start"), event_day), lit(least_days, "day/0"))


def parametric_trigger(
    *, name: str, tests: Sequence[Expr], principal: str, share: str, investor: str, route: Route
) -> Fragment:
    """Move a share of a note's principal to a beneficiary once measured series reach their values.

    Composition: a pot ``NAME.collateral`` that opens with the principal; figure ``NAME.triggered`` =
    ``fold(period, any, all(tests))``; a cumulative clause out of the pot; the rest goes back to the investor.

    Parameters
    ----------
    tests : sequence of expression
        All must hold in one period; ``waited`` adds a waiting time.
    principal, share : decimal
        Held, and the part that moves; each tranche is a trigger of its own.
    route : Route
        From the trustee to the beneficiary.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import at_least, in_short, obs
    >>> route = Route(payer="trustee", payee="country", money="USD/2", basis="cumulative")
    >>> print(in_short(parametric_trigger(name="b", tests=[at_least(obs("deaths"), lit("250", "death/0"))],
    ...                                   principal="95000000", share="0.2963", investor="holders",
    ...     route=route)))
    figure b.triggered = any over period(deaths >= 250)
    pot b.collateral opens 95000000 rest to holders
    pay b: b.collateral -> country cumulative = if(b.triggered, round(95000000 * 0.2963), 0)
    """
    held, whole = f"{name}.collateral", lit(principal, route.money)
    moved = choose(
        figure(f"{name}.triggered"), scale(whole, ratio(share), into=route.money), zero(route.money)
    )
    return (
        named(f"{name}.triggered", fold("period", "any", all_of(*tests)))
        + pot(held, route.money, holder=route.payer, residual_to=investor, opens=whole)
        + pay(name, moved, replace(route, payer=held, basis="cumulative"))
    )


def guarantee(
    *, name: str, owed: Expr, received: Sequence[str], settled: Expr, most: str, route: Route
) -> Fragment:
    """Cover what a lender did not get back, up to a limit.

    Composition: a ``once`` clause ``min(most, max(0, owed - paid(received)))``, after the clauses it covers.

    Parameters
    ----------
    received : sequence of str
        Clauses that repay the lender.
    settled : expression
        A condition that does not hold until those clauses have what they wait for: what a pending clause paid
        is 0, and the guarantee would be called too early.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, known
    >>> route = Route(payer="guarantor", payee="lender", money="USD/2", basis="once")
    >>> print(in_short(guarantee(name="call", owed=lit("9600000", "USD/2"), received=["city"],
    ...     most="7200000", settled=known("fall"),
    ...                          route=route)))
    pay call: guarantor -> lender once = min(7200000, max((9600000 - paid(city to_date)), 0)) \
when known fall
    """
    gap = above_zero(minus(owed, paid(*received)), route.money)
    return pay(name, least(lit(most, route.money), gap), replace(route, basis="once", when=settled))


def principal_protection(
    *, name: str, principal: str, of: Expr, keeps: Schedule, route: Route, earned: Expr | None = None
) -> Fragment:
    """Pay back at least a share of the principal, by result, or what was earned if that is more.

    Composition: ``max(scale(principal, bands(of), over 100), earned)``.

    Parameters
    ----------
    keeps : Schedule
        Percent of the principal that comes back.
    earned : expression
        What the result alone would pay.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, steps
    >>> route = Route(payer="issuer", payee="holders", money="AUD/2", basis="once")
    >>> half = steps(below="50", rows=[("55", "100")], owner="below")
    >>> print(in_short(principal_protection(name="principal", principal="7000000", of=obs("restored"),
    ...     keeps=half,
    ...                                     route=route)))
    pay principal: issuer -> holders once = round(7000000 * bands(restored: 50 | > 55: 100) / 100)
    """
    percent = keeps.on(of, into=f"percent/{keeps.digits()}")
    safe = interest(notional=lit(principal, route.money), percent=percent, money=route.money)
    return due(name, greatest(safe, earned) if earned else safe, route)


def tranches(*, name: str, of: Expr, classes: Sequence[NoteClass], route: Route) -> Fragment:
    """Pay several classes of notes by one result, each by its own schedules.

    Composition: for each class a clause ``NAME/CLASS`` (interest of every period) and
    ``NAME/CLASS.principal`` (once). Seniority is the order of the classes: with a pot as payer, first come is
    first served.

    Parameters
    ----------
    route : Route
        The payee is replaced by the holder of each class.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, steps
    >>> route = Route(payer="issuer", payee="*", money="AUD/2", basis="period")
    >>> equity = NoteClass(name="e", holder="holders-e", principal="2500000",
    ...                    coupon=steps(below="0", rows=[("5", "8.0")], owner="above"),
    ...                    keeps=steps(below="0", rows=[("5", "100")], owner="above"))
    >>> print(in_short(tranches(name="note", of=obs("better"), classes=[equity], route=route)))
    pay note/e: issuer -> holders-e period = round(2500000 * bands(better: 0 | >= 5: 8.0) / 100)
    pay note/e.principal: issuer -> holders-e once = round(2500000 * bands(better: 0 | >= 5: 100) / 100)
    """
    coupons, principals = [], []
    for one in classes:
        to = replace(route, payee=one.holder)
        whole, rate = (
            lit(one.principal, route.money),
            one.coupon.on(of, into=f"percent/{one.coupon.digits()}"),
        )
        coupons.append(
            pay(f"{name}/{one.name}", interest(notional=whole, percent=rate, money=route.money), to)
        )
        principals.append(
            principal_protection(
                name=f"{name}/{one.name}.principal",
                principal=one.principal,
                of=of,
                keeps=one.keeps,
                route=replace(to, basis="once"),
            )
        )
    return join([*coupons, *principals])


def redirected_coupon(
    *, name: str, coupon: Expr, route: Route, investor: str = "", share: str = "1"
) -> Fragment:
    """Pay a coupon to a third party in place of the investor, in whole or in part.

    Composition: ``scale(coupon, share)`` to the payee; the rest, by subtraction, to the investor.

    Parameters
    ----------
    share : decimal
        Part of the coupon that is redirected.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, param
    >>> route = Route(payer="issuer", payee="parks", money="ZAR/2", basis="period")
    >>> print(in_short(redirected_coupon(name="parks", coupon=param("coupon"), route=route,
    ...     investor="holders",
    ...                                  share="0.75")))
    pay parks: issuer -> parks period = round(coupon * 0.75)
    pay parks.rest: issuer -> holders period = max((coupon - earned(parks period)), 0)
    """
    given = pay(name, scale(coupon, ratio(share), into=route.money), route)
    if not investor:
        return given
    rest = above_zero(minus(coupon, paid(name, window="period", what="earned")), route.money)
    return given + pay(f"{name}.rest", rest, replace(route, payee=investor))


def early_termination(
    *, name: str, by: str, guard: Expr, settlement: Expr, route: Route, notice: bool = False
) -> Fragment:
    """Let a party end the agreement when a condition holds, with a settlement.

    Composition: an election ``NAME.choice`` by period (silence goes on); figures ``NAME.stops`` =
    ``all(choice is stop, guard)`` and ``NAME.ended`` = ``fold(period, any, stops)``; the settlement is paid
    in the period in which it ends; a limit tells the bounds that this is once. Gate what must stop with
    ``negated(figure("NAME.ended"))``.

    Parameters
    ----------
    guard : expression
        When the right exists.
    notice : bool
        Whether it ends one period after the election.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="city", payee="lender", money="USD/2", basis="period")
    >>> print(in_short(early_termination(name="exit", by="lender", guard=obs("missed"),
    ...                                  settlement=lit("1000", "USD/2"), route=route)))
    metric exit.choice: label per period
    figure exit.stops = (exit.choice is stop and missed)
    figure exit.ended = any over period(exit.stops)
    figure exit.now = (exit.ended and not previous(exit.ended, first false))
    pay exit: city -> lender period = if(exit.now, 1000, 0)
    limit exit.once: exit <= 1000
    """
    elected, ended, now = f"{name}.choice", f"{name}.ended", f"{name}.now"
    stops = all_of(is_label(elected, "stop"), guard)
    until = fold("period", "any", figure(f"{name}.stops"))
    return (
        choice(elected, values=["go_on", "stop"], by=by, per=["period"], missing="go_on")
        + named(f"{name}.stops", stops)
        + named(ended, previous(until, never()) if notice else until)
        + named(now, all_of(figure(ended), negated(previous(figure(ended), never()))))
        + pay(name, choose(figure(now), settlement, zero(route.money)), replace(route, basis="period"))
        + limit(f"{name}.once", settlement, [name], each=route.each)
    )
