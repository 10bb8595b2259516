"""Plans on both databases: drafted by one joint problem, published with open eyes, kept where opened."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from almoner.challenges import acts
from almoner.challenges.errors import AssignmentInvalid, ConflictRecused
from almoner.challenges.plans import AssignmentPlan
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.tables import PLAN, PLAN_PUBLICATION
from almoner.finance.errors import Missing

if TYPE_CHECKING:
    from tests.challenges.conftest import Judged, Round

NAMES = ("a-1", "a-2", "a-3", "a-4", "a-5", "a-6")

ONE_DATABASE = pytest.mark.parametrize(
    "empty_engine", ["sqlite"], indirect=True
)  # no rule of the database in it


@pytest.fixture
def entered(judged: "Judged") -> "Judged":
    """Six applications and four judges."""
    judged.enter(*NAMES)
    judged.register("j-1", "j-2", "j-3", "j-4")
    return judged


def publish(
    judged: "Judged",
    number: int,
    *,
    checker: str | None = None,
    reason: str = "",
    day: str = "2027-03-05",
    maker: str = "desk",
) -> AssignmentPlan:
    return acts.publish_assignment(
        judged.session,
        "main",
        "clean-water",
        "panel",
        number,
        maker=maker,
        checker=checker,
        reason=reason,
        clock=judged.at(day),
    )


def test_a_plan_gives_everybody_the_reads_of_the_brief_and_says_from_what_it_was_made(
    entered: "Judged",
) -> None:
    plan = entered.plan()
    assert Counter(name for name, _ in plan.pairs) == dict.fromkeys(NAMES, 2)
    assert (plan.number, plan.published, plan.proven, plan.missing, plan.lacks) == (1, False, True, (), ())
    said = json.loads(plan.body)
    brief = find_challenge(entered.session, "main", "clean-water").challenge.brief
    assert said["brief_sha256"] == brief.digest()
    assert said["assignment"]["seed"] == 7
    (row,) = entered.session.execute(select(PLAN))
    assert bytes(row.body_sha256) == hashlib.sha256(plan.body).digest()
    published = publish(entered, 1)
    assert published.published
    assert publish(entered, 1) == published
    assert acts.find_assignment(entered.session, "main", "clean-water", "panel") == published


@ONE_DATABASE
def test_whoever_competes_reads_in_no_panel(entered: "Judged") -> None:
    competing = sorted(acts.actors_of(entered.session, "main", "clean-water"))
    entered.register(*competing)
    assert not {judge for _, judge in entered.plan().pairs} & set(competing)


@ONE_DATABASE
def test_the_same_draft_comes_out_of_the_same_seed(entered: "Judged") -> None:
    signals = {"topics": {(name, "j-1"): 0.9 for name in NAMES}}
    first, second = (entered.plan(signals=signals) for _ in range(2))
    assert first.pairs == second.pairs
    by_judge = Counter(judge for _, judge in first.pairs)
    assert by_judge["j-1"] >= 3


def test_a_hard_conflict_is_never_planned_and_one_that_came_up_since_stops_the_publication(
    entered: "Judged",
) -> None:
    entered.tie("j-1", "hub-1", day="2027-02-02")
    entered.tie("j-1", "lab-2", day="2027-02-02")
    plan = entered.plan()
    assert not {("a-1", "j-1"), ("a-2", "j-1")} & set(plan.pairs)
    name, judge = next(pair for pair in plan.pairs if pair[1] != "j-1")
    entered.tie(judge, f"hub-{name[2:]}", day="2027-03-04")
    with pytest.raises(ConflictRecused, match=judge) as caught:
        publish(entered, plan.number)
    assert name not in caught.value.message
    again = entered.plan()
    assert (name, judge) not in again.pairs
    assert publish(entered, again.number).published


def test_a_soft_conflict_is_published_only_when_somebody_answers_for_it(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    judged = open_judged(round_)
    judged.enter("a-1")
    judged.register("j-1", "j-2")
    judged.tie("j-1", "hub-1", kind="competitor", day="2027-02-02")
    plan = judged.plan()
    assert ("a-1", "j-1") in plan.pairs
    with pytest.raises(AssignmentInvalid, match="soft conflict: a-1 by j-1"):
        publish(judged, 1)
    acts.override_conflict(
        judged.session,
        "main",
        "clean-water",
        "j-1",
        "a-1",
        reason="no other engineer reads Swahili",
        signer="chair",
        clock=judged.at("2027-03-05"),
    )
    assert publish(judged, 1).published


def test_a_shortage_is_a_result_and_publishing_it_needs_a_reason(judged: "Judged") -> None:
    judged.enter("a-1", "a-2")
    judged.register("j-1")
    plan = judged.plan()
    assert plan.missing == (("a-1", 1), ("a-2", 1))
    with pytest.raises(AssignmentInvalid, match=r"2 reads are missing: a-1 \(1\), a-2 \(1\)"):
        publish(judged, 1)
    publish(judged, 1, reason="a second judge registers next week")
    (kept,) = judged.session.execute(select(PLAN_PUBLICATION))
    assert (kept.maker, kept.checker, kept.reason) == ("desk", None, "a second judge registers next week")


@ONE_DATABASE
def test_nobody_at_all_to_read_is_a_result_as_well(judged: "Judged") -> None:
    judged.enter("a-1")
    plan = judged.plan()
    assert (plan.pairs, plan.missing) == ((), (("a-1", 2),))


@ONE_DATABASE
def test_reads_that_fall_apart_are_published_with_a_reason(judged: "Judged") -> None:
    judged.enter(*NAMES)
    judged.register("j-1", "j-2", panel="north")
    judged.register("j-3", "j-4", panel="south")
    for judge, names in (("j-1", NAMES[3:]), ("j-2", NAMES[3:]), ("j-3", NAMES[:3]), ("j-4", NAMES[:3])):
        for name in names:
            judged.tie(judge, f"hub-{name[2:]}", day="2027-02-02")
    plan = judged.plan()
    assert plan.unlinked == {"": 2}
    with pytest.raises(AssignmentInvalid, match="all applications together fall into 2 parts"):
        publish(judged, 1)
    assert publish(judged, 1, reason="prizes are given per region").published


@ONE_DATABASE
def test_what_the_solver_could_not_prove_needs_a_second_person(entered: "Judged") -> None:
    plan = entered.plan(limit_s=1e-9)
    assert not plan.proven
    with pytest.raises(AssignmentInvalid, match="A second person has to agree"):
        publish(entered, 1, reason="no time left")
    with pytest.raises(AssignmentInvalid, match="cannot be the second person"):
        publish(entered, 1, reason="no time left", checker="desk")
    assert publish(entered, 1, reason="no time left", checker="head").published


@ONE_DATABASE
def test_a_draft_that_was_overtaken_is_not_published(entered: "Judged") -> None:
    entered.plan()
    entered.plan(seed=8)
    with pytest.raises(AssignmentInvalid, match="overtaken by plan 2"):
        publish(entered, 1)
    with pytest.raises(Missing, match="no plan 3"):
        publish(entered, 3)


@ONE_DATABASE
def test_a_phase_without_readers_is_not_planned(entered: "Judged") -> None:
    with pytest.raises(AssignmentInvalid, match="judged by ballot"):
        entered.plan("vote")


def test_what_a_judge_has_opened_or_read_stays_his_when_the_plan_is_made_again(entered: "Judged") -> None:
    plan = entered.assign()
    (opened, read), clock = plan.pairs[:2], entered.at("2027-03-10")
    acts.open_entry(entered.session, "main", "clean-water", "panel", *opened, clock=clock)
    entered.score(*read, "3.0")
    entered.register("j-5", "j-6")
    against = {"topics": dict.fromkeys((opened, read), 0.0)}
    for seed in range(3):
        again = entered.plan(seed=seed, signals=against, day="2027-03-11")
        assert {opened, read} <= set(again.pairs)
    assert publish(entered, again.number, day="2027-03-11").published
    entered.score(*opened, "4.0", day="2027-03-12")


def test_a_void_read_in_conflict_is_replaced_by_another_judge(entered: "Judged") -> None:
    plan = entered.assign()
    entered.mark_all(plan)
    name, judge = plan.pairs[0]
    entered.tie(judge, f"hub-{name[2:]}")
    clock = entered.at("2027-03-15")
    voided = acts.void_conflicts(entered.session, "main", "clean-water", "panel", clock=clock)
    assert [(one.application, one.judge) for one in voided] == [(name, judge)]
    assert acts.void_conflicts(entered.session, "main", "clean-water", "panel", clock=clock) == ()
    assert acts.list_short(entered.session, "main", "clean-water", "panel") == {name: 1}
    again = entered.assign(day="2027-03-15")
    (new,) = set(again.pairs) - set(plan.pairs)
    assert new[0] == name
    assert (name, judge) not in again.pairs
    assert set(plan.pairs) - set(again.pairs) == {(name, judge)}
    entered.score(*new, "3.3", day="2027-03-16")
    assert acts.list_short(entered.session, "main", "clean-water", "panel") == {}


def test_a_judge_opens_what_the_brief_shows_and_nothing_else(entered: "Judged") -> None:
    plan = entered.assign()
    name, judge = plan.pairs[0]
    clock = entered.at("2027-03-10")
    seen = acts.open_entry(entered.session, "main", "clean-water", "panel", name, judge, clock=clock)
    text = json.dumps(seen)
    assert "Wells that keep working" in text
    application = seen["application"]
    assert isinstance(application, dict)
    assert "lead" not in application
    assert "bundle" not in application
    listed = acts.list_to_read(entered.session, "main", "clean-water", "panel", judge, clock=clock)
    assert listed == tuple(one for one, by in plan.pairs if by == judge)
    entered.tie(judge, f"lab-{name[2:]}", day="2027-03-10")
    assert name not in acts.list_to_read(entered.session, "main", "clean-water", "panel", judge, clock=clock)


def test_an_administrator_in_conflict_gets_lists_counts_and_means_without_the_entry(
    entered: "Judged",
) -> None:
    plan = entered.assign()
    entered.mark_all(plan)
    entered.freeze()
    entered.tie("admin", "hub-3", kind="family")
    clock = entered.at("2027-04-20")

    def listed(person: str) -> acts.EntryList:
        return acts.show_entries(entered.session, "main", "clean-water", "panel", person, clock=clock)

    whole, part = listed("desk"), listed("admin")
    assert [row.application for row in part.rows] == [
        row.application for row in whole.rows if row.application != "a-3"
    ]
    assert (whole.reads, part.reads) == (12, 10)
    means = [row.raw_mean for row in whole.rows if row.application != "a-3" and row.raw_mean is not None]
    assert part.mean == pytest.approx(sum(means) / 5)
    assert [row.place for row in part.rows] == [1, 2, 3, 4, 5]

    def shown(name: str, person: str) -> acts.EntryRow | dict[str, object]:
        return acts.show_application(
            entered.session, "main", "clean-water", "panel", name, viewer="chair", person=person, clock=clock
        )

    assert shown("a-3", "admin") == {}
    assert shown("a-3", "desk") != {}
    assert shown("a-2", "admin") != {}
