"""The reader of the casebook: it must see a figure that differs, and a figure that must not come out."""

import shutil
from pathlib import Path

import pytest

from almoner.api.cli import main
from almoner.contracts.casebook import PENDING, judge, list_deals, recompute, shipped_folder
from almoner.contracts.terms.results import Expected
from almoner.finance.errors import Missing

DEAL = "dc-water-eib"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one deal, free to be changed."""
    for path in shipped_folder().glob(f"{DEAL}.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def change(folder: Path, old: str, new: str, *, name: str = f"{DEAL}.results.json") -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_folder_of_ones_own_is_read_in_place_of_the_casebook(folder: Path) -> None:
    assert list_deals(folder) == (DEAL,)
    rows = recompute(folder=folder)
    assert {row.deal for row in rows} == {DEAL}
    assert all(row.match for row in rows)


def test_a_figure_that_differs_by_one_cent_is_found_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, '"value": "3300000.00"', '"value": "3300000.01"')
    assert [row.case for row in recompute(folder=folder) if not row.match] == ["above"]
    assert main(["casebook", "--folder", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "dc-water-eib/above, contingent: 3300000.00 is not 3300000.01 within 0" in out
    assert out.endswith("5 of 6 figures match. Cases: 5. Deals: 1.\n")


def test_terms_that_give_a_refused_figure_are_found(folder: Path) -> None:
    change(folder, '"value": "-3300000.00"', '"value": "-3300000.00", "use": "refuse"')
    (row,) = [row for row in recompute(folder=folder) if not row.match]
    assert row.case == "below"
    assert row.reason.startswith("it came out, and must not")


def test_results_that_do_not_fit_the_terms_match_nothing(folder: Path) -> None:
    change(folder, '"value": "19.9"', '"value": "190"')
    (row,) = [row for row in recompute(folder=folder) if not row.match]
    assert (row.case, row.computed) == ("result", "")
    assert "outside its declared domain" in row.reason


def test_a_deal_that_is_not_there_is_named_and_exits_3(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Missing, match="no deal 'nowhere'"):
        recompute("nowhere")
    assert main(["casebook", "--deal", "nowhere"]) == 3
    assert "denver-sib" in capsys.readouterr().err


SILENT = ("", PENDING)


@pytest.mark.parametrize(
    ("use", "answer", "match"),
    [
        ("reproduce", ("10.5", ""), True),
        ("reproduce", ("9.5", ""), True),
        ("reproduce", ("9.49", ""), False),
        ("reproduce", ("10.51", ""), False),
        ("reproduce", SILENT, False),
        ("at_least", ("9.5", ""), True),
        ("at_least", ("9.49", ""), False),
        ("at_least", ("99", ""), True),
        ("at_least", SILENT, False),
        ("refuse", ("10.5", ""), False),
        ("refuse", ("10.51", ""), True),
        ("refuse", SILENT, True),
    ],
)
def test_each_use_asks_its_own_question(use: str, answer: tuple[str, str], match: bool) -> None:  # noqa: FBT001  # a case
    expected = Expected.model_validate(
        {"output": "paid", "value": "10", "tolerance": "0.5", "use": use, "note": "because"}
    )
    assert judge(expected, answer, answer)[0] is match


def test_a_disagreement_of_payment_and_simulation_never_matches() -> None:
    for use in ("reproduce", "at_least", "refuse"):
        expected = Expected.model_validate({"output": "paid", "value": "10", "use": use})
        assert judge(expected, ("10", ""), ("11", ""))[0] is False
        assert judge(expected, ("10", ""), SILENT)[0] is False
    words = Expected(output="cohort_pays", value="true")
    assert judge(words, ("true", ""), ("true", "")) == (True, "")
    assert judge(words, ("false", ""), ("false", ""))[0] is False
