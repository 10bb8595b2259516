"""Panels that are judged within themselves: ranked, drawn, decided and told each by itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest

from almoner.challenges import acts
from almoner.challenges.plans import PlanWishes

if TYPE_CHECKING:
    from tests.challenges.conftest import Judged, Round

pytestmark = pytest.mark.parametrize("empty_engine", ["sqlite"], indirect=True)  # no rule of the database
NAMES = tuple(f"a-{n}" for n in range(1, 13))
PANELS = {name: "north" if n < 8 else "south" for n, name in enumerate(NAMES)}
ROUND = ("main", "clean-water", "panel")
AFTER = "2027-04-13"


@pytest.fixture
def apart(round_: "Round", open_judged: "Callable[..., Judged]") -> "Judged":
    """Twelve applications, eight in the north and four in the south, three places, no common judge."""
    round_.brief_content["phases"][1]["advances"] = {"rule": "top", "n": 3, "tie": "panel"}
    judged = open_judged(round_, reads=3, panel_model="within")
    judged.enter(*NAMES)
    judged.register("n-1", "n-2", "n-3", "n-4", panel="north")
    judged.register("s-1", "s-2", "s-3", panel="south")
    clock = judged.at("2027-03-05")
    plan = acts.plan_assignment(judged.session, *ROUND, PlanWishes(seed=7, panels=PANELS), clock=clock)
    published = acts.publish_assignment(
        judged.session, *ROUND, plan.number, maker="desk", reason="two panels", clock=clock
    )
    judged.mark_all(published)
    judged.freeze()
    return judged


def test_each_panel_is_ranked_by_itself_for_places_by_its_size(apart: "Judged") -> None:
    north, south = acts.rank_phase(apart.session, *ROUND)
    assert {*north.order} == {name for name, panel in PANELS.items() if panel == "north"}
    assert {*south.order} == {name for name, panel in PANELS.items() if panel == "south"}
    assert (north.entries, south.entries) == (8, 4)
    assert [len(one.band.sure) + one.band.places for one in (north, south)] == [2, 1]
    assert acts.rank_phase(apart.session, *ROUND, line=12)[1].band.out == ()


def test_the_band_and_the_decision_are_of_each_panel(apart: "Judged") -> None:
    told = acts.publish_band(apart.session, *ROUND, clock=apart.at(AFTER))
    bands = cast("list[dict[str, Any]]", told["bands"])
    assert [one["part"] for one in bands] == ["north", "south"]
    chosen = tuple(name for one in bands for name in one["members"][: one["places"]])
    choice = acts.PanelChoice(chosen=chosen, members=("p-1",), reason="Wider reach.")
    decide = {"maker": "desk", "clock": apart.at(AFTER), "choice": choice}
    made = acts.advance_phase(apart.session, *ROUND, **decide)  # type: ignore[arg-type]  # as named
    assert sorted(PANELS[name] for name in made.inside) == ["north", "north", "south"]
    assert {*made.inside, *made.outside} == {*NAMES}


def test_a_packet_counts_ranks_and_reads_of_its_own_panel(apart: "Judged") -> None:
    packets = acts.feedback_packets(apart.session, *ROUND, key=b"sixteen bytes or more")
    assert {name: (one.process.entries, one.process.reads) for name, one in packets.items()} == {
        name: (8, 24) if panel == "north" else (4, 12) for name, panel in PANELS.items()
    }
    assert all(one.agreement is not None and one.expected_rank is not None for one in packets.values())
    assert {one.outcome for one in packets.values()} == {"open"}


def test_a_list_of_entries_is_shown_for_panels_apart(apart: "Judged") -> None:
    shown = acts.show_entries(apart.session, *ROUND, "desk", clock=apart.at(AFTER))
    assert {row.application for row in shown.rows} == {*NAMES}
