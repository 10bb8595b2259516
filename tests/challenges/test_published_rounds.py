"""Published rounds are read with every digit and with their licence."""

from fractions import Fraction
from importlib.resources import files

from almoner.challenges import retro_funding_4


def test_every_digit_is_kept() -> None:
    shown = retro_funding_4()
    third = next(vote for vote in shown.ballots if vote.ballot_id == "2")
    assert dict(third.weights)["log_transaction_count"] == Fraction("24.9950004999")
    assert next(vote for vote in shown.ballots if vote.ballot_id == "0").multiplier == Fraction("1.8")
    first = shown.projects[0]
    assert dict(first.measures)["gas_fees"] == Fraction("10.354093297184738")
    assert next(award for award in shown.awards if award.name == "Splits").amount == Fraction(
        "23349.664400502443"
    )


def test_the_tables_fit_each_other() -> None:
    shown = retro_funding_4()
    assert {row.project_id for row in shown.projects} == {row.project_id for row in shown.awards}
    assert {len(row.measures) for row in shown.projects} == {16}
    assert sum(row.boosted for row in shown.projects) == 88
    assert [vote.ballot_id for vote in shown.ballots] == [str(n) for n in range(108)]
    total = sum((row.amount for row in shown.awards), start=Fraction(0))
    assert abs(total - 10_000_000) < Fraction("0.000001")


def test_origin_and_licence_travel_with_the_data() -> None:
    folder = files("almoner.challenges").joinpath("rounds", "retro_funding_4")
    notice = folder.joinpath("NOTICE.txt").read_text(encoding="utf-8")
    assert "opensource-observer/insights" in notice
    assert "opensource-observer/oss-funding" in notice
    assert "Apache License, Version 2.0" in notice
