"""Real elections, read in place: their licence is not settled, so none is kept here.

Expected results of two files are those of pabutools 1.2.3 and of an independent exact implementation; for the
winners of Assen (2024, equal shares with ``add1``) they are what the town announced. Where the files are not
beside the project, these tests are skipped; ``ALMONER_ELECTIONS`` names another folder.
"""

import json
import os
from pathlib import Path

import pytest

from almoner.finance.allocation.simple.elections import election_problem
from almoner.finance.allocation.simple.pabulib import Election, read_election
from almoner.finance.allocation.simple.shares import equal_shares, greedy_points
from almoner.finance.allocation.solve import allocate

BESIDE = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data"
FOLDER = Path(os.environ.get("ALMONER_ELECTIONS", BESIDE))

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no elections in {FOLDER}")


def read(name: str) -> Election:
    return read_election((FOLDER / name).read_bytes())


def names(folder: str) -> list[str]:
    return sorted(path.name for path in (FOLDER / folder).glob("*.pb")) if FOLDER.is_dir() else []


@pytest.mark.parametrize("name", names("pabulib"))
def test_every_file_is_read_with_the_counts_that_are_known(name: str) -> None:
    known = json.loads((FOLDER / "expected_imports.json").read_text(encoding="utf-8"))[f"pabulib/{name}"]
    election = read(f"pabulib/{name}")
    assert (len(election.projects), len(election.ballots)) == (known["projects"], known["votes"])
    assert (election.currency, election.vote_type) == (known["currency"], known["vote_type"])
    assert election.budget == int(float(known["budget"]))
    assert len(election.notes) == (1 if name == "Switzerland_Zurich_S5R.pb" else 0)


@pytest.mark.parametrize(
    ("name", "winners", "cost", "points", "greedy", "optimum"),
    [
        ("poland_czestochowa_2020_grabowka", "47 196 198 463", 58_500, 968, 1227, 1346),
        ("france_toulouse_2019", "1 3 6 7 10 12 13 14 16 18 20 24 26 27 30", 312_000, 4435, 6364, 6490),
    ],
)
def test_known_results_are_reproduced(  # one column each
    name: str, winners: str, cost: int, points: int, greedy: int, optimum: int
) -> None:
    election = read(f"allocation/pabulib/{name}.pb")
    found = equal_shares(election)
    assert sorted(found.winners, key=int) == winners.split()
    assert (int(found.cost), int(found.points), found.ties) == (cost, points, ())
    assert int(greedy_points(election, per_cost=True).points) == greedy
    result = allocate(election_problem(election))
    assert optimum == int(result.value) <= result.bound < optimum + 1


def test_assen_announced_what_equal_shares_of_cost_give() -> None:
    election = read("pabulib/Netherlands_Assen_2024.pb")
    announced = {
        project.project_id for project in election.projects if dict(project.columns)["selected"] == "1"
    }
    for completion in ("add1", "add1_exhaustive"):
        assert set(equal_shares(election, utility="cost", completion=completion).winners) == announced
