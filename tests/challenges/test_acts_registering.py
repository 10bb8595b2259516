"""Judges register, declare and step back, and conflicts are found from all that stands in the book."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from almoner import currency, money
from almoner.challenges import acts
from almoner.challenges.conflicts import AMERICA_COMPETES, Interest, JointWork, Mark
from almoner.challenges.conflicts.interests import INTEREST_KINDS
from almoner.challenges.errors import ChallengeRefused
from almoner.challenges.judges import Judge
from almoner.challenges.records.interests import keep_declaration
from almoner.challenges.records.tables import IDENTITY_MARK, INTEREST, JUDGE, JUDGE_DECLARATION
from almoner.finance import acts as finance
from almoner.finance.errors import KeyReused, Missing
from almoner.finance.parties import Party
from almoner.finance.posting import record_event
from almoner.finance.records.tables import EVENT
from almoner.finance.ties import Tie

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

DAY = date(2027, 3, 10)
EAST = {"region": "east"}
CHALLENGE = "clean-water"
ALONE: dict[str, Any] = {
    "bundle": [{"party": "hill-hub", "role": "lead", "share_bp": 10000}],
    "budget": [
        {
            "actor": "hill-hub",
            "intervention": "wells",
            "category": "staff",
            "amount": "900.30",
            "covered_by": "ask",
        }
    ],
    "disclosures": [{"party": "hill-hub", "incentives": "none", "restrictions": "none"}],
    "lead": "hill-hub",
}
NONE = {"river-trust": "none", "pump-makers": "none", "hill-hub": "none"}


@pytest.fixture
def running(round_: "Round") -> "Round":
    """Two applications: a-1 by river-trust and pump-makers, a-2 by hill-hub; two judges."""
    round_.publish(EAST)
    round_.submit("a-1")
    round_.submit("a-2", **ALONE)
    register(round_, Judge(code="j-1", organisation="school"))
    register(round_, Judge(code="j-2"))
    return round_


def register(round_: "Round", judge: Judge, *marks: Mark) -> Judge:
    clock = round_.clock("2027-03-02")
    return acts.register_judge(round_.session, "main", CHALLENGE, judge, clock=clock, marks=marks)


def mark(round_: "Round", holder: str, address: str, *, verified: bool = False) -> None:
    one = Mark(holder=holder, kind="email", value=address, verified=verified)
    acts.declare_mark(round_.session, "main", one, clock=round_.clock("2027-03-02"))


def declare(round_: "Round", judge: str, kinds: dict[str, str], day: str = "2027-03-03") -> None:
    acts.declare(round_.session, "main", CHALLENGE, judge, kinds, clock=round_.clock(day))


def hold(round_: "Round", interest: Interest, by: str = "desk") -> None:
    acts.declare_interest(round_.session, "main", interest, by=by, clock=round_.clock("2027-03-02"))


def found(round_: "Round", on: date = DAY) -> set[tuple[str, str, str, str]]:
    conflicts = acts.conflicts_of(round_.session, "main", CHALLENGE, as_of=on)
    whole = acts.check_conflicts(round_.session, "main", CHALLENGE, as_of=on)
    assert (
        conflicts == whole.conflicts
    )  # whom nothing is known of is left out of the search, not of the answer
    return {(one.judge, one.application, one.kind, one.level) for one in conflicts}


def test_nobody_is_in_conflict_of_whom_nothing_is_known(running: "Round") -> None:
    assert found(running) == set()
    check = acts.check_conflicts(running.session, "main", CHALLENGE, as_of=DAY)
    assert (check.hard, check.soft, check.overridden) == ({}, {}, frozenset())


@pytest.mark.parametrize("kind", INTEREST_KINDS)
def test_what_a_judge_declares_of_an_actor_ties_to_every_entry_of_that_actor(
    running: "Round", kind: str
) -> None:
    declare(running, "j-2", NONE | {"hill-hub": kind})
    assert {row[:3] for row in found(running)} == {("j-2", "a-2", kind)}


def test_a_judge_declares_against_every_actor_by_name_and_later_against_who_came_later(
    running: "Round",
) -> None:
    assert acts.actors_of(running.session, "main", CHALLENGE) == ("hill-hub", "pump-makers", "river-trust")
    everybody = {"j-1": acts.actors_of(running.session, "main", CHALLENGE)}
    declare(running, "j-2", NONE)
    assert acts.undeclared(running.session, "main", CHALLENGE) == everybody
    for kinds in ({"river-trust": "none"}, NONE | {"stranger": "none"}, NONE | {"hill-hub": "friend"}):
        with pytest.raises(ChallengeRefused):
            declare(running, "j-1", kinds)
    declare(running, "j-2", {"hill-hub": "family"}, day="2027-03-04")
    declare(running, "j-2", {"hill-hub": "family"}, day="2027-03-05")
    assert found(running) == {("j-2", "a-2", "family", "hard")}
    kept = running.session.scalar(select(func.count()).select_from(JUDGE_DECLARATION))
    assert kept == len(NONE) + 1


def test_an_unconfirmed_address_of_an_applicant_is_enough(running: "Round") -> None:
    mark(running, "j-2", "ana.ruiz@gmail.com", verified=True)
    mark(running, "river-trust", "AnaRuiz+office@googlemail.com")
    assert found(running) == {("j-2", "a-1", kind, "hard") for kind in ("self", "co_applicant")}


def test_mail_of_one_domain_a_register_and_ties_of_the_book_are_read(running: "Round") -> None:
    for code in ("school", "group"):
        finance.register_party(running.session, "main", Party(code=code, name=code.title()))
    clock = running.clock("2027-01-05")
    for other in ("school", "pump-makers"):
        tie = Tie(kind="owns", from_party="group", to_party=other, since=date(2027, 1, 1), source="register")
        finance.tie(running.session, "main", tie, clock=clock)
    mark(running, "j-2", "ben@hill.example")
    mark(running, "hill-hub", "office@hill.example")
    assert found(running) == {
        ("j-1", "a-1", "co_applicant", "soft"),
        ("j-1", "a-1", "same_organisation", "hard"),
        ("j-2", "a-2", "same_organisation", "hard"),
    }


def test_money_of_another_fund_ties_and_that_of_the_challenges_own_does_not(running: "Round") -> None:
    session, clock = running.session, running.clock("2027-01-10")
    for code in ("school", "hill-hub"):
        finance.register_party(session, "main", Party(code=code, name=code.title()))
    other = finance.open_fund(session, "main", "other-pool", currency("USD"), title="Other pool")
    finance.contribute(session, other, "school", money("50.00", "USD"), key="o1", clock=clock)
    finance.contribute(session, running.fund, "school", money("50.00", "USD"), key="o2", clock=clock)
    part = money("5.00", "USD")
    finance.spend(session, running.fund, "river-trust", part, line="transfer", key="s1", clock=clock)
    assert found(running) == set()
    finance.spend(session, other, "hill-hub", part, line="transfer", key="s2", clock=clock)
    assert found(running) == {("j-1", "a-2", "financial_relationship", "hard")}
    assert found(running, DAY + timedelta(days=1200)) == set()


def test_an_earlier_joint_application_and_a_supplied_publication_are_weighed(running: "Round") -> None:
    hold(running, Interest(a="j-2", b="pump-makers", kind="agent", until=date(2020, 1, 1)))
    assert found(running) == set()
    hold(running, Interest(a="j-2", b="pump-makers", kind="officer", since=date(2020, 1, 1)))
    assert ("j-2", "a-1", "officer", "hard") in found(running)
    work = JointWork(kind="collaborator", name="10.1000/1", on=date(2026, 5, 1), by=("j-1", "hill-hub"))
    seen = acts.conflicts_of(running.session, "main", CHALLENGE, as_of=DAY, judges=["j-1"], works=[work])
    assert [(one.judge, one.application, one.kind, one.level) for one in seen] == [
        ("j-1", "a-2", "collaborator", "soft")
    ]


def test_a_relation_that_is_declared_again_with_a_last_day_has_ended(running: "Round") -> None:
    job = {"a": "j-2", "b": "hill-hub", "kind": "employee", "since": date(2020, 1, 1)}
    hold(running, Interest(**job))  # type: ignore[arg-type]  # fields of one
    assert found(running) == {("j-2", "a-2", "employee", "hard")}
    hold(running, Interest(**job, until=date(2026, 12, 31)))  # type: ignore[arg-type]  # fields of one
    assert found(running) == {("j-2", "a-2", "employee", "soft")}
    assert running.session.scalar(select(func.count()).select_from(INTEREST)) == 2


def test_the_statute_bars_the_judge_from_every_entry_and_says_where_it_comes_from(running: "Round") -> None:
    declare(running, "j-2", NONE | {"hill-hub": "employee"})
    check = acts.check_conflicts(running.session, "main", CHALLENGE, as_of=DAY)
    assert check.hard == {
        ("a-1", "j-2"): "conflict:elsewhere",
        ("a-2", "j-2"): "conflict:employee",
    }
    assert acts.check_conflicts(running.session, "main", CHALLENGE, as_of=DAY, judges=["j-1"]).hard == {}


def test_a_funder_may_choose_the_pair(round_: "Round") -> None:
    round_.brief_content["judge_policy"] = {"scope": "pair"}
    round_.publish(EAST)
    round_.submit("a-1")
    round_.submit("a-2", **ALONE)
    register(round_, Judge(code="j-2", organisation="hill-hub"))
    check = acts.check_conflicts(round_.session, "main", CHALLENGE, as_of=DAY)
    assert check.hard == {("a-2", "j-2"): "conflict:employee"}


def test_a_judge_who_steps_back_is_barred_from_that_entry_for_good(running: "Round") -> None:
    clock = running.clock("2027-03-05")
    with pytest.raises(ChallengeRefused):
        acts.recuse(running.session, "main", CHALLENGE, "j-1", "a-1", reason=" ", clock=clock)
    for _ in range(2):
        acts.recuse(running.session, "main", CHALLENGE, "j-1", "a-1", reason="a friend", clock=clock)
    check = acts.check_conflicts(running.session, "main", CHALLENGE, as_of=DAY)
    assert check.hard == {("a-1", "j-1"): "recusal"}
    for judge, application in (("nobody", "a-1"), ("j-1", "a-9")):
        with pytest.raises(Missing):
            acts.recuse(running.session, "main", CHALLENGE, judge, application, reason="x", clock=clock)


def test_a_soft_conflict_is_answered_for_by_another_person_with_a_reason(running: "Round") -> None:
    def sign(judge: str, application: str, reason: str, signer: str) -> None:
        acts.override_conflict(
            running.session,
            "main",
            CHALLENGE,
            judge,
            application,
            reason=reason,
            signer=signer,
            clock=running.clock("2027-03-05"),
        )

    declare(running, "j-2", NONE | {"hill-hub": "competitor"})
    declare(running, "j-1", NONE | {"hill-hub": "adviser_student"})
    mark(running, "j-2", "ana@gmail.com")
    mark(running, "chair-2", "ana@gmail.com")
    for judge, application, reason, signer in (
        ("j-2", "a-2", "", "chair"),
        ("j-2", "a-2", "the only expert", ""),
        ("j-2", "a-2", "the only expert", "j-2"),
        ("j-2", "a-2", "the only expert", "chair-2"),
        ("j-2", "a-1", "the only expert", "chair"),
        ("j-1", "a-2", "the only expert", "chair"),
    ):
        with pytest.raises(ChallengeRefused):
            sign(judge, application, reason, signer)
    sign("j-2", "a-2", "the only expert", "chair")
    check = acts.check_conflicts(running.session, "main", CHALLENGE, as_of=DAY)
    assert check.overridden == {("a-2", "j-2")}
    assert check.soft == {("a-2", "j-2"): "competitor"}
    assert check.hard == {("a-2", "j-1"): "conflict:adviser_student"}


def test_what_is_registered_or_declared_again_is_kept_once(running: "Round") -> None:
    tables = (JUDGE, IDENTITY_MARK, INTEREST, EVENT)
    own = Mark(holder="j-3", kind="orcid", value="0000-0002-1825-0097", verified=True)
    register(running, Judge(code="j-3", load=(1, 4), attributes=("senior",)), own)
    hold(running, Interest(a="j-3", b="hill-hub", kind="personal"))
    before = [running.session.scalar(select(func.count()).select_from(one)) for one in tables]
    register(running, Judge(code="j-3", load=(1, 4), attributes=("senior",)), own)
    hold(running, Interest(a="j-3", b="hill-hub", kind="personal"))
    assert [running.session.scalar(select(func.count()).select_from(one)) for one in tables] == before
    with pytest.raises(KeyReused):
        register(running, Judge(code="j-3", load=(1, 5)))
    with pytest.raises(ChallengeRefused):
        register(running, Judge(code="j-4"), own)


@pytest.mark.parametrize(
    "change", [{"provenance": "inferred"}, {"via": "broker", "kind": "financial_relationship"}]
)
def test_only_a_declaration_is_put_on_record(running: "Round", change: dict[str, str]) -> None:
    interest = Interest(**{"a": "j-2", "b": "hill-hub", "kind": "personal", **change})  # type: ignore[arg-type]  # fields of one
    with pytest.raises(ChallengeRefused):
        hold(running, interest)
    with pytest.raises(ChallengeRefused):
        hold(running, Interest(a="j-2", b="hill-hub", kind="personal"), by="")


def test_the_database_takes_no_kind_that_is_none(running: "Round") -> None:
    clock = running.clock("2027-03-05")
    event_id, _ = record_event(running.session, "main", "judge.declared", {}, key="x", clock=clock)
    judge_id = running.session.scalar(select(JUDGE.c.id).where(JUDGE.c.party == "j-1")) or 0
    with pytest.raises(DatabaseError):
        keep_declaration(running.session, judge_id, {"hill-hub": "friend"}, event_id)


def test_a_judge_needs_a_code_and_a_load_that_can_be_kept() -> None:
    for change in ({"code": ""}, {"load": (3, 2)}, {"load": (-1, 2)}, {"load": (0, 10**6)}):
        with pytest.raises(ValueError, match=r"judge|load"):
            Judge(**{"code": "j", **change})  # type: ignore[arg-type]  # wrong on purpose


def test_the_document_says_the_default_of_every_kind_and_its_lines_run(running: "Round") -> None:
    page = (Path(__file__).parents[2] / "docs" / "conflicts.md").read_text(encoding="utf-8")
    told = {
        kind: default
        for kinds, default in re.findall(r"^\| ((?:`\w+`,? ?)+) \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
        for kind in re.findall(r"\w+", kinds)
        if kind in INTEREST_KINDS
    }
    assert told == {
        kind: f"bars from the {AMERICA_COMPETES.scope(kind)}"
        if AMERICA_COMPETES.level(kind) == "hard"
        else "is weighed"
        for kind in INTEREST_KINDS
    }
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    said = {"session": running.session, "clock": running.clock("2027-03-05")}
    exec(compile(lines, "conflicts.md", "exec"), said)  # noqa: S102  # our own text
    assert said["check"].hard["a-1", "j-7"] == "conflict:personal"  # type: ignore[attr-defined]  # made by the lines
