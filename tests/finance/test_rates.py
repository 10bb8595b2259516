from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from almoner import Money, Unit, currency, money
from almoner.api import migrations
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.errors import (
    AlreadyExists,
    AmountOutOfRange,
    CurrencyMismatch,
    KeyReused,
    Missing,
    RateSuspicious,
    TooPrecise,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.money import MAX_MINOR
from almoner.finance.rates import (
    MAX_AGE,
    MAX_TERM,
    Conversion,
    FxRounding,
    Rate,
    convert,
    rate_of,
    require_direction,
    residue,
)
from almoner.finance.records.tables import EVENT, FX_RATE
from almoner.finance.storage import Session

USD, EUR, JPY, KWD = (currency(code) for code in ("USD", "EUR", "JPY", "KWD"))
DAY = date(2026, 1, 15)
ROUNDINGS: tuple[FxRounding, ...] = get_args(FxRounding)


def rate(written: str, base: Unit = EUR, quote: Unit = USD, day: date = DAY, source: str = "bank") -> Rate:
    return rate_of(written, base, quote, day, source)


def exact_round(value: Fraction, rounding: FxRounding) -> int:
    """Round a positive rational by definition, without integer tricks."""
    if rounding == "down":
        return value.__floor__()
    if rounding == "up":
        return value.__ceil__()
    return round(value)


@pytest.mark.parametrize(
    ("written", "base", "quote", "num", "den"),
    [
        ("1.0850", EUR, USD, 217, 200),
        ("157.35", USD, JPY, 3147, 2000),
        ("0.00635", JPY, USD, 127, 200),
        ("3.25", KWD, USD, 13, 40),
        ("0.3077", USD, KWD, 3077, 1000),
        ("0.00203", JPY, KWD, 203, 100),
        ("1", EUR, USD, 1, 1),
    ],
)
def test_a_published_rate_between_major_units_is_exact_between_minor_units(
    written: str, base: Unit, quote: Unit, num: int, den: int
) -> None:
    made = rate(written, base, quote)
    assert (made.num, made.den) == (num, den)
    assert made.major == Fraction(written)
    assert Fraction(made.text) == Fraction(written)
    assert made.fraction * 10**base.scale == Fraction(written) * 10**quote.scale


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("0", ValueError),
        ("-1.1", ValueError),
        ("1,1", TooPrecise),
        ("1e3", TooPrecise),
        ("", TooPrecise),
        ("1.0000000001", TooPrecise),
        ("99999999999", TooPrecise),
    ],
)
def test_what_is_no_rate_is_refused(written: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        rate(written)


def test_the_fields_of_a_rate_are_checked() -> None:
    good: dict[str, Any] = {"base": EUR, "quote": USD, "num": 1, "den": 1, "as_of": DAY, "source": "bank"}
    Rate(**good | {"num": MAX_TERM, "den": MAX_TERM})
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"quote": EUR}, CurrencyMismatch),
        ({"base": in_kind_unit("hour", 2)}, CurrencyMismatch),
        ({"quote": Unit(code="USD.v", kind="valued", scale=2, base_code="USD")}, CurrencyMismatch),
        ({"num": 0}, ValueError),
        ({"den": MAX_TERM + 1}, ValueError),
        ({"num": 1.5}, TypeError),
        ({"den": True}, TypeError),
        ({"as_of": "2026-01-15"}, TypeError),
        ({"source": " "}, ValueError),
    ]
    for change, error in wrong:
        with pytest.raises(error):
            Rate(**good | change)
    assert str(Rate(**good | {"den": 3})) == "1 EUR = 1/3 USD on 2026-01-15 (bank)"


def test_a_conversion_must_be_what_its_rate_gives() -> None:
    one = convert(money("0.50", "EUR"), rate("1.0850"))
    assert (one.bought, residue(one).exact) == (money("0.54", "USD"), Fraction(-1, 4))
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"bought": money("0.55", "USD")}, AmountOutOfRange),
        ({"rounding": "up"}, AmountOutOfRange),
        ({"rounding": "half_up"}, ValueError),
        ({"bought": money("0.54", "EUR")}, CurrencyMismatch),
        ({"sold": money("0.50", "USD")}, CurrencyMismatch),
    ]
    good: dict[str, Any] = {"rate": one.rate, "sold": one.sold, "bought": one.bought, "rounding": "half_even"}
    for change, error in wrong:
        with pytest.raises(error):
            Conversion(**good | change)


def test_what_cannot_be_converted_is_refused_with_its_figures() -> None:
    with pytest.raises(CurrencyMismatch, match="sells EUR"):
        convert(money("1", "USD"), rate("1.0850"))
    with pytest.raises(AmountOutOfRange, match="buys 0 minor units of USD"):
        convert(money("1", "JPY"), rate("0.00400", JPY, USD))
    for amount in ("0", "-1"):
        with pytest.raises(AmountOutOfRange):
            convert(money(amount, "EUR"), rate("1.0850"))
    with pytest.raises(AmountOutOfRange):
        convert(Money(minor=MAX_MINOR, unit=EUR), rate("2"))
    with pytest.raises(ValueError, match="rounding"):
        convert(money("1", "EUR"), rate("1.0850"), "half_up")  # type: ignore[arg-type]  # the point of the test


def test_the_residue_says_whom_the_rounding_favours() -> None:
    one = rate("1.0850")
    down, up = (residue(convert(money("0.51", "EUR"), one, rounding)) for rounding in ("down", "up"))
    assert (down.exact, down.beneficiary) == (Fraction(-67, 200), "counterparty")
    assert (up.exact, up.beneficiary) == (Fraction(133, 200), "book")
    assert residue(convert(money("2.00", "EUR"), one)).beneficiary == "nobody"


terms = st.integers(1, MAX_TERM)


@given(sold=st.integers(1, MAX_MINOR), num=terms, den=terms, rounding=st.sampled_from(ROUNDINGS))
@example(sold=1, num=1, den=2, rounding="half_even")
@example(sold=3, num=1, den=2, rounding="half_even")
def test_convert_agrees_with_exact_rationals(sold: int, num: int, den: int, rounding: FxRounding) -> None:
    expected = exact_round(Fraction(sold * num, den), rounding)
    pair = Rate(base=EUR, quote=USD, num=num, den=den, as_of=DAY, source="bank")
    if not 1 <= expected <= MAX_MINOR:
        with pytest.raises(AmountOutOfRange):
            convert(Money(minor=sold, unit=EUR), pair, rounding)
        return
    made = convert(Money(minor=sold, unit=EUR), pair, rounding)
    assert made.bought.minor == expected
    assert residue(made).exact == expected - Fraction(sold * num, den)


CHECK = """CASE WHEN {b} - ({s} / {d} * {n} + {s} % {d} * {n} / {d}) = CASE
    WHEN {s} % {d} * {n} % {d} = 0 OR {r} = 'down' THEN 0
    WHEN {r} = 'up' OR 2 * ({s} % {d} * {n} % {d}) > {d} THEN 1
    WHEN 2 * ({s} % {d} * {n} % {d}) < {d} THEN 0
    ELSE ({s} / {d} * {n} + {s} % {d} * {n} / {d}) % 2 END THEN 1 ELSE 0 END"""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cases=st.lists(
        st.tuples(st.integers(1, 2**40), terms, terms, st.sampled_from(ROUNDINGS)), min_size=20, max_size=20
    ),
    off=st.sampled_from([-1, 0, 1]),
)
def test_the_database_computes_the_same_rounding(
    session: Session, cases: list[tuple[int, int, int, FxRounding]], off: int
) -> None:
    for sold, num, den, rounding in cases:
        bought = exact_round(Fraction(sold * num, den), rounding)
        if not 1 <= bought <= MAX_MINOR - 1:
            continue
        figures = {"s": sold, "n": num, "d": den, "b": bought + off}
        cast = {name: f"CAST({value} AS BIGINT)" for name, value in figures.items()}
        said = session.scalar(text("SELECT " + CHECK.format(**cast, r=f"'{rounding}'")))
        assert said == (off == 0)


def test_the_check_under_test_is_the_one_of_the_schema() -> None:
    root_sql = (Path(str(migrations.__file__)).parent / "sql" / "v0001_tables.sql").read_text("utf-8")
    plain = CHECK.split(" THEN 1 ELSE 0 END", maxsplit=1)[0].removeprefix("CASE WHEN ")
    names = {"s": "sold_minor", "n": "num", "d": "den", "b": "bought_minor", "r": "rounding"}
    assert " ".join(plain.format(**names).split()) in " ".join(root_sql.split())


@pytest.mark.parametrize(
    ("last", "new", "base", "quote", "suspicious"),
    [
        ("1.0850", "1.0900", EUR, USD, False),
        ("1.0850", "0.9217", EUR, USD, True),
        ("1.01", "1.02", EUR, USD, False),
        ("1.01", "0.995", EUR, USD, True),  # over parity: nearer to 1/1.01 = 0.990 than to 1.01
        ("1", "0.99", EUR, USD, False),  # at parity both are equally near
        ("0.99", "1.0101", EUR, USD, True),
        ("157.35", "0.006355", USD, JPY, True),
        ("157.35", "0.7", USD, JPY, True),
        ("157.35", "1.7", USD, JPY, False),
        ("99", "0.0101", USD, JPY, True),  # between minor units 0.99 and 0.0001: the inverse looks nearer
        ("101", "99", USD, JPY, False),  # between minor units this would cross parity
        ("0.3077", "3.25", USD, KWD, True),
    ],
)
def test_a_rate_upside_down_is_noticed(
    last: str,
    new: str,
    base: Unit,
    quote: Unit,
    suspicious: bool,  # noqa: FBT001  # a column of the table
) -> None:
    p, r = rate(last, base, quote).major, rate(new, base, quote).major
    assert (max(r / p, p / r) > max(r * p, 1 / (r * p))) is suspicious
    if suspicious:
        with pytest.raises(RateSuspicious):
            require_direction(rate(new, base, quote), rate(last, base, quote))
    else:
        require_direction(rate(new, base, quote), rate(last, base, quote))


@given(a=terms, b=terms, c=terms, d=terms)
def test_the_guard_agrees_with_its_definition(a: int, b: int, c: int, d: int) -> None:
    new, last = (
        Rate(base=USD, quote=JPY, num=num, den=den, as_of=DAY, source="bank") for num, den in ((a, b), (c, d))
    )
    r, p = new.major, last.major
    refused = False
    try:
        require_direction(new, last)
    except RateSuspicious:
        refused = True
    assert refused is (max(r / p, p / r) > max(r * p, 1 / (r * p)))
    with pytest.raises(CurrencyMismatch):
        require_direction(new, rate("1.1"))


@pytest.mark.usefixtures("water")
def test_a_rate_is_recorded_once_and_found_by_day_and_source(session: Session, clock: Clock) -> None:
    one = acts.record_rate(session, "main", rate("1.0850"), key="x1", clock=clock)
    assert acts.record_rate(session, "main", rate("1.0850"), key="x1", clock=clock) == one
    assert acts.record_rate(session, "main", rate("1.0850"), key="another", clock=clock) == one
    assert session.scalar(select(func.count()).select_from(FX_RATE)) == 1
    assert session.scalar(select(func.count()).select_from(EVENT).where(EVENT.c.kind == "rate.recorded")) == 1
    with pytest.raises(AlreadyExists, match=r"1\.085"):
        acts.record_rate(session, "main", rate("1.0860"), key="x2", clock=clock)
    later = rate("1.0860", day=DAY + timedelta(days=1))
    with pytest.raises(KeyReused):
        acts.record_rate(session, "main", later, key="x1", clock=clock)
    acts.record_rate(session, "main", rate("1.0860", source="treasury"), key="x3", clock=clock)
    found = acts.find_rate(session, EUR, USD, on=DAY, source="treasury")
    assert (found.text, found.source) == ("1.086", "treasury")
    assert acts.verify(session, "main").findings == ()


@pytest.mark.usefixtures("water")
def test_a_rate_is_found_within_its_age_and_never_turned_round(session: Session, clock: Clock) -> None:
    for n, (written, day) in enumerate((("1.08", DAY), ("1.09", DAY + timedelta(days=2)))):
        acts.record_rate(session, "main", rate(written, day=day), key=f"x{n}", clock=clock)

    def find(days: int, base: Unit = EUR, quote: Unit = USD, max_age: timedelta = MAX_AGE) -> str:
        day = DAY + timedelta(days=days)
        return acts.find_rate(session, base, quote, on=day, source="bank", max_age=max_age).text

    assert [find(days) for days in (0, 1, 2, 9)] == ["1.08", "1.08", "1.09", "1.09"]
    assert find(2, max_age=timedelta(0)) == "1.09"
    for days, max_age in ((-1, MAX_AGE), (10, MAX_AGE), (1, timedelta(0))):
        with pytest.raises(Missing):
            find(days, max_age=max_age)
    with pytest.raises(Missing, match="not turned round"):
        find(2, USD, EUR)
    with pytest.raises(Missing, match="There is none"):
        acts.find_rate(session, EUR, USD, on=DAY, source="nobody")


@pytest.mark.usefixtures("water")
def test_a_suspicious_rate_is_recorded_only_when_confirmed(session: Session, clock: Clock) -> None:
    acts.record_rate(session, "main", rate("1.0850"), key="x1", clock=clock)
    turned = rate("0.9217", day=DAY + timedelta(days=1), source="treasury")
    with pytest.raises(RateSuspicious) as caught:
        acts.record_rate(session, "main", turned, key="x2", clock=clock)
    assert caught.value.figures == {"rate": "0.9217", "last": "1.085", "base": "EUR", "quote": "USD"}
    assert session.scalar(select(func.count()).select_from(FX_RATE)) == 1
    acts.record_rate(session, "main", turned, key="x2", clock=clock, confirm=True)
    earlier = rate("0.93", day=DAY - timedelta(days=9))  # compared with the first rate after it
    with pytest.raises(RateSuspicious):
        acts.record_rate(session, "main", earlier, key="x3", clock=clock)


def test_a_rate_with_another_number_of_digits_is_refused(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    odd = Unit(code="USD", kind="currency", scale=3)
    with pytest.raises(CurrencyMismatch, match="2 digits"):
        acts.record_rate(session, water.book, rate("1.1", EUR, odd), key="x1", clock=clock)
    with pytest.raises(Missing):
        acts.record_rate(session, "nowhere", rate("1.1"), key="x1", clock=clock)
