"""Reading elections: real files are odd, and what would change a result silently is refused with its line."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.finance.allocation.simple.pabulib import EXAMPLE, read_election
from almoner.finance.errors import DocumentInvalid

F = Fraction
FILE = Path(__file__).parent.parent / "data" / "synthetic_election.pb"


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(DocumentInvalid) as caught:
        read_election(text)
    rows = caught.value.figures["findings"]
    assert isinstance(rows, list)
    return [f"{row['path']}: {row['message']}" for row in rows if isinstance(row, dict)]


def with_type(vote_type: str, *votes: str, extra: str = "") -> str:
    head, _, _ = EXAMPLE.partition("VOTES")
    head = head.replace("vote_type;cumulative", f"vote_type;{vote_type}{extra}")
    head = head.replace("num_votes;2", f"num_votes;{len(votes)}")
    return "\n".join([f"{head}VOTES", "voter_id;vote", *votes])


def test_a_file_with_the_oddities_of_real_ones_is_read() -> None:
    election = read_election(FILE.read_bytes())
    assert (election.budget, election.currency, election.vote_type) == (F(12_000), "EUR", "cumulative")
    assert [project.cost for project in election.projects][:4] == [
        F(6000),
        F("4500.5"),
        F(3000),
        F("1500.25"),
    ]
    assert dict(election.projects[1].columns)["category"] == "parks; and ponds"
    assert dict(election.meta)["comment"].endswith('a semicolon and "quotes"')
    assert election.projects[0].name == "p1"
    assert list(map(int, election.points().values())) == [16, 13, 9, 7, 5, 0]
    assert election.notes == ()


@pytest.mark.parametrize(
    "change", [("\n", "\r\n"), ("META", "\ufeffMETA"), ("VOTES", " votes ;;"), ("\n", "\n;;\n")]
)
def test_line_ends_marks_and_empty_cells_make_no_difference(change: tuple[str, str]) -> None:
    text = EXAMPLE.replace(*change)
    assert read_election(text.encode()) == read_election(text) == read_election(EXAMPLE)


def test_ranks_count_from_the_places_of_a_ballot() -> None:
    ranked = read_election(with_type("ordinal", "v1;b,a", "v2;a", extra="\nmax_length;2"))
    assert ranked.points() == {"a": F(3), "b": F(2)}
    assert read_election(with_type("ordinal", "v1;b,a")).points() == {"a": F(1), "b": F(2)}


def test_approvals_count_one_and_ballots_may_be_empty() -> None:
    election = read_election(with_type("approval", "v1;b,a", "v2;a", "v3;"))
    assert election.points() == {"a": F(2), "b": F(1)}
    assert len(election.ballots) == 3


def test_points_may_be_parts_of_one() -> None:
    assert read_election(EXAMPLE.replace("2,1", "2.5,0")).points() == {"a": F("5.5"), "b": F(0)}


def test_counts_that_the_ballots_do_not_hold_are_noted() -> None:
    text = (
        EXAMPLE.replace("cost;name", "cost;votes").replace('"Trees; and a bench"', "7").replace("Swings", "1")
    )
    assert read_election(text).notes == ("project a: votes 7 in the file, 2 on the ballots",)
    assert read_election(EXAMPLE.replace("v2", "v1")).notes == ("voter v1 has more than one ballot",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("v2;a;3", "v2;c;3", "line 16: votes for c, no project here"),
        ("v1;a,b;2,1", "v1;a,a;2,1", "line 15: votes for a twice"),
        ("v1;a,b;2,1", "v1;a,b;2", "line 15: gives 1 times points to 2 projects"),
        ("v1;a,b;2,1", "v1;a,b;2,-1", "line 15: points is '-1': write digits with at most one point"),
        ("b;50;", "a;50;", "line 12: project a stands here twice"),
        ("b;50;", ";50;", "line 12: has no project_id"),
        ("b;50;", "b;;", "line 12: cost is ''"),
        ("b;50;", "b;fifty;", "line 12: cost is 'fifty'"),
        ('"Trees; and a bench"', "Trees; and a bench", "line 11: has 4 cells under 3 names"),
        ("Swings", '"Swings', "line 12: opens a quote that swallows VOTES"),
        ("budget;100", "budget;1,000", "line 4: budget is '1,000'"),
        ("budget;100\n", "", "file: says no budget in META"),
        ("budget;100", "budget;100\nbudget;200", "line 5: budget stands here twice"),
        ("cumulative", "plurality", "line 5: vote_type is 'plurality'; one of approval, choose-1"),
        ("num_votes;2", "num_votes;3", "line 8: num_votes is 3, and the file holds 2"),
        ("num_projects;2", "num_projects;1", "line 7: num_projects is 1, and the file holds 2"),
        ("voter_id;vote;", "voter_id;ballot;", "line 14: names no column vote, which section VOTES needs"),
        ("cost;name", "cost;cost", "line 10: names column cost twice"),
        ("META\n", "", "line 1: stands before the first section"),
        ("PROJECTS", "META", "line 9: section META begins a second time"),
    ],
)
def test_what_would_change_a_result_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    assert any(fault.startswith(said) for fault in faults(EXAMPLE.replace(old, new))), said


def test_a_file_cut_short_is_refused() -> None:
    head, _, _ = EXAMPLE.partition("VOTES")
    assert faults(head) == ["file: lacks the section VOTES"]
    assert faults("") == ["file: lacks the section META and PROJECTS and VOTES"]
    assert faults(EXAMPLE.removesuffix("v2;a;3\n")) == ["line 8: num_votes is 2, and the file holds 1"]


def test_one_choice_is_one() -> None:
    assert faults(with_type("choose-1", "v1;a,b")) == ["line 15: chooses 2 projects where one may be chosen"]


def test_bytes_that_are_no_text_are_refused() -> None:
    assert faults(EXAMPLE.encode().replace(b"Swings", b"Sch\xfctte")) == [
        "line 12: byte 176 is not UTF-8: save the file as UTF-8"
    ]
    assert faults(EXAMPLE.replace("Swings", "S" * 200_000))[0].startswith("line 12: cannot be cut into cells")


def test_every_fault_is_listed_at_once() -> None:
    assert len(faults(EXAMPLE.replace("a;60", "a;x").replace("v2;a", "v2;z"))) == 2


@given(st.text())
def test_no_text_is_answered_with_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(DocumentInvalid):
        read_election(text)
    try:
        read_election(EXAMPLE.replace("Swings", text))
    except DocumentInvalid as refused:
        assert refused.figures["findings"]  # noqa: PT017  # either outcome is right
