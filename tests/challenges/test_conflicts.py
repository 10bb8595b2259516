"""Conflicts are found in whatever spelling and over whatever step; what only looks like one is none."""

import json
from datetime import date, timedelta
from itertools import product

import pytest

from almoner import money
from almoner.challenges.conflicts import (
    AMERICA_COMPETES,
    Aliases,
    ConflictPolicy,
    Contender,
    Interest,
    JointWork,
    JudgeConflict,
    Mark,
    MoneyFlow,
    alias_sets,
    barred_pairs,
    conflict_policy,
    find_conflicts,
    infer_from_mail,
    infer_from_money,
    infer_from_work,
    interest_of_tie,
)
from almoner.challenges.conflicts.interests import INTEREST_KINDS
from almoner.challenges.errors import BriefInvalid
from almoner.finance.ties import TIE_KINDS, Tie

DAY = date(2027, 3, 1)
LAB = Contender(application="a-1", actors=("lab", "home"))
OTHER = Contender(application="a-2", actors=("hill",))
PAIRS = tuple(product(("j-1", "j-2"), (LAB, OTHER)))
NOBODY = Aliases()


def found(*interests: Interest, marks: tuple[Mark, ...] = (), on: date = DAY) -> list[JudgeConflict]:
    return list(find_conflicts(interests, AMERICA_COMPETES, PAIRS, on, aliases=alias_sets(marks)))


def told(*interests: Interest, marks: tuple[Mark, ...] = ()) -> list[tuple[str, str, str, str]]:
    return [(one.judge, one.application, one.kind, one.level) for one in found(*interests, marks=marks)]


def mail(holder: str, address: str, *, verified: bool = False) -> Mark:
    return Mark(holder=holder, kind="email", value=address, verified=verified)


@pytest.mark.parametrize("kind", INTEREST_KINDS)
def test_each_kind_is_found_in_either_direction_with_its_level(kind: str) -> None:
    level = AMERICA_COMPETES.level(kind)
    for a, b in (("j-1", "lab"), ("lab", "j-1")):
        assert told(Interest(a=a, b=b, kind=kind)) == [("j-1", "a-1", kind, level)]  # type: ignore[arg-type]  # one of them


ANA = ("Ana.Ruiz@gmail.com", "ana.ruiz@river.org")
SPELLINGS = [
    (ANA[0], "ANA.RUIZ@GMAIL.COM"),
    (ANA[0], "anaruiz@gmail.com"),
    (ANA[0], "a.n.a.ruiz@googlemail.com"),
    (ANA[0], "ana.ruiz+reviews@gmail.com"),
    (ANA[0], "\u0430na.ruiz@gmail.com"),
    (ANA[0], "ana.ru\u03b9z@gmail.com"),
    (ANA[0], "ana.ruiz@gm\u0430il.com"),
    (ANA[0], "\uff41na.ruiz\uff20gmail.com"),
    (ANA[0], "ana\u200b.ruiz@gmail.com"),
    (ANA[1], "ana.ruiz+x@River.ORG"),
    (ANA[1], " ana.ruiz@river.org "),
    ("ana_ruiz@pm.me", "ana.ruiz@protonmail.com"),
    ("ana@b\u00fccher.example", "ana@xn--bcher-kva.example"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_an_author_is_recognised_by_an_unconfirmed_address_in_any_spelling(one: str, other: str) -> None:
    marks = (mail("j-1", one, verified=True), mail("home", other))
    (conflict,) = found(marks=marks)
    assert (conflict.judge, conflict.actor, conflict.kind, conflict.level) == ("j-1", "home", "self", "hard")
    assert any(one in sentence for sentence in conflict.provenance)
    assert alias_sets(marks).certainly("j-1") == ("j-1",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("orcid", "0000-0002-1825-0097"), ("orcid", "https://orcid.org/0000000218250097")),
        (("registry", "GB-COH 01234567"), ("registry", "gb-coh-01234567")),
        (("alias", "home"), ("registry", "anything")),
        (("name", "Dr. Ruiz, José", 1970, ""), ("name", "jose RUIZ", 1970, "")),
        (("name", "Ana Ruiz", None, "river"), ("name", "Ana Ru\u0456z", None, "river")),
        (("name", "Ana Ruiz", None, "river"), ("name", "Ana Ruiz", 1970, "river")),
    ],
)
def test_numbers_names_and_declared_aliases_identify_too(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    def mark(holder: str, kind: str, value: str, born: int | None = None, at: str = "") -> Mark:
        return Mark(holder=holder, kind=kind, value=value, birth_year=born, organisation=at)  # type: ignore[arg-type]  # one of them

    marks = (mark("j-1", *one), mark("home", *other))  # type: ignore[arg-type]  # kind, value and what makes a name one's
    assert [(one.actor, one.kind) for one in found(marks=marks)] == [("home", "self")]
    assert alias_sets(marks).why("j-1", "home")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Ana Ruiz", 1970, ""), ("Ana Ruiz", 1980, "")),
        (("Ana Ruiz", None, "river"), ("Ana Ruiz", None, "hill")),
        (("Ana Ruiz", None, ""), ("Ana Ruiz", None, "")),
        (("Ana Ruiz", 1970, "river"), ("Ana Ruiz", 1980, "river")),
    ],
)
def test_another_person_of_the_same_name_is_another_person(
    one: tuple[str, int | None, str], other: tuple[str, int | None, str]
) -> None:
    marks = [
        Mark(holder=holder, kind="name", value=name, birth_year=born, organisation=at)
        for holder, (name, born, at) in (("j-1", one), ("home", other))
    ]
    assert alias_sets(marks).of("j-1") == ("j-1",)


def test_confirmed_marks_in_one_spelling_alone_count_for_somebody() -> None:
    sure = alias_sets([mail("a", ANA[0], verified=True), mail("b", "anaruiz@gmail.com", verified=True)])
    assert sure.certainly("a") == ("a", "b")
    seen = alias_sets([mail("a", ANA[0], verified=True), mail("b", "\u0430naruiz@gmail.com", verified=True)])
    assert (seen.certainly("a"), seen.of("a")) == (("a",), ("a", "b"))


def test_aliases_chain_and_the_way_is_told_mark_by_mark() -> None:
    marks = [
        mail("a", "x@river.org"),
        mail("b", "x@river.org"),
        Mark(holder="b", kind="orcid", value="0000-0002-1825-0097"),
        Mark(holder="c", kind="orcid", value="0000-0002-1825-0097"),
    ]
    aliases = alias_sets(marks)
    assert aliases.of("c") == ("a", "b", "c")
    assert len(aliases.why("a", "c")) == 4
    assert aliases.why("a", "a") == aliases.why("a", "d") == ()


def test_an_office_mailbox_identifies_nobody_and_still_tells_the_organisation() -> None:
    marks = (mail("j-1", "info@river.org"), mail("home", "info@river.org"))
    assert alias_sets(marks).of("j-1") == ("j-1",)
    assert told(*infer_from_mail(marks)) == [("j-1", "a-1", "same_organisation", "hard")]


@pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        ("ana@river.org", "ben@river.org", True),
        ("ana@water.river.org", "ben@river.org", True),
        ("ana@river.org", "ben@hill.org", False),
        ("ana@river.org", "ben@r\u0456ver.org", True),
        ("ana@gmail.com", "ben@gmail.com", False),
        ("ana@gm\u0430il.com", "ben@gm\u0430il.com", False),
        ("ana@mail.ru", "ben@mail.ru", False),
        ("ana@one.co.uk", "ben@two.co.uk", False),
    ],
)
def test_a_mail_domain_ties_unless_anybody_can_have_it(one: str, other: str, tied: bool) -> None:  # noqa: FBT001  # a row
    marks = (mail("j-1", one), mail("home", other))
    expected = [("j-1", "a-1", "same_organisation", "hard")] if tied else []
    assert told(*infer_from_mail(marks), marks=marks) == expected


def owns(one: str, other: str) -> Interest:
    return Interest(a=one, b=other, kind="ownership")


def test_a_subsidiary_is_another_party_and_its_owner_is_found_behind_it() -> None:
    works = Interest(a="j-1", b="sister", kind="employee")
    chain = (owns("group", "holding"), owns("holding", "sister"), owns("group", "lab"))
    (conflict,) = found(works, *chain)
    assert (conflict.kind, conflict.level, conflict.scope) == ("same_organisation", "hard", "pair")
    assert [sentence.split(" (")[0] for sentence in conflict.provenance] == [
        "j-1 is employed by sister",
        "holding owns sister",
        "group owns holding",
        "group owns lab",
    ]


def test_who_owns_the_owner_owns_the_participant() -> None:
    (conflict,) = found(owns("j-1", "group"), owns("group", "lab"))
    assert (conflict.kind, conflict.level, conflict.scope) == ("ownership", "hard", "competition")


def test_a_colleague_who_is_named_in_the_application_ties() -> None:
    held = [Interest(a="j-1", b="school", kind="employee"), Interest(a="home", b="school", kind="director")]
    assert told(*held) == [("j-1", "a-1", "same_organisation", "hard")]


@pytest.mark.parametrize("kind", ["family", "personal", "adviser_student"])
def test_whoever_is_close_to_somebody_of_the_applicant_is_weighed(kind: str) -> None:
    close = Interest(a="j-1", b="ben", kind=kind)  # type: ignore[arg-type]  # one of them
    (conflict,) = found(close, Interest(a="ben", b="lab", kind="officer"))
    assert (conflict.kind, conflict.level, len(conflict.provenance)) == (kind, "soft", 2)


def test_what_the_judges_organisation_holds_is_weighed_and_its_money_bars() -> None:
    works = Interest(a="j-1", b="school", kind="employee")
    for kind, level in (("competitor", "soft"), ("co_applicant", "soft"), ("financial_relationship", "hard")):
        held = Interest(a="school", b="lab", kind=kind)  # type: ignore[arg-type]  # one of them
        assert [(one.kind, one.level, one.scope) for one in found(works, held)] == [(kind, level, "pair")]


@pytest.mark.parametrize(
    ("days", "level"), [(-1, None), (0, "hard"), (1, "soft"), (1095, "soft"), (1096, None)]
)
def test_what_has_ended_is_weighed_until_the_look_back_is_over(days: int, level: str | None) -> None:
    left = date(2026, 6, 30)
    job = Interest(a="j-1", b="lab", kind="employee", since=left, until=left)
    assert [one.level for one in found(job, on=left + timedelta(days=days))] == ([level] if level else [])


def test_joint_work_counts_in_full_within_the_look_back() -> None:
    for on, expected in ((DAY - timedelta(days=1095), ["hard"]), (DAY - timedelta(days=1096), [])):
        work = JointWork(kind="co_applicant", name="earlier", on=on, by=("j-1", "lab", "far"))
        interests = infer_from_work([work], {"j-1"})
        assert [one.b for one in interests] == ["lab", "far"]
        assert [one.level for one in found(*interests)] == expected


def test_a_soft_look_at_what_is_not_sure() -> None:
    policy = ConflictPolicy.read(
        '{"schema": "almoner.conflict_policy/1", "name": "own", "levels": {"employee": "hard"},'
        ' "sure_from_bp": 5000}'
    )
    for sure, level in ((4999, "soft"), (5000, "hard")):
        held = [Interest(a="j-1", b="lab", kind="employee", confidence_bp=sure)]
        assert [one.level for one in find_conflicts(held, policy, PAIRS, DAY)] == [level]


def flow(
    payer: str, payee: str, *, minor: int = 500, days: int = 10, state: str = "settled", lots: str = ""
) -> MoneyFlow:
    on = DAY - timedelta(days=days)
    amount = money(f"{minor / 100:.2f}", "USD")
    return MoneyFlow(payer=payer, payee=payee, amount=amount, state=state, first=on, last=on, through=lots)


def paid(*flows: MoneyFlow, policy: ConflictPolicy = AMERICA_COMPETES) -> list[tuple[str, str, str, str]]:
    works = Interest(a="j-1", b="school", kind="employee")
    inferred = infer_from_money(
        flows, {"j-1", "school"}, {"lab", "home", "hill"}, DAY, look_back_days=1095, aliases=NOBODY
    )
    conflicts = find_conflicts([works, *inferred], policy, PAIRS, DAY)
    return [(one.judge, one.application, one.kind, one.level) for one in conflicts]


HARD = [("j-1", "a-1", "financial_relationship", "hard")]
SOFT = [("j-1", "a-1", "financial_relationship", "soft")]


@pytest.mark.parametrize("state", ["settled", "pending", "encumbered"])
@pytest.mark.parametrize("near", ["j-1", "school"])
def test_money_that_went_straight_across_bars_in_either_direction(near: str, state: str) -> None:
    assert paid(flow(near, "lab", state=state, lots="water")) == HARD
    assert paid(flow("lab", near, state=state, lots="water")) == HARD


@pytest.mark.parametrize("via", ["fund:water", "broker"])
def test_money_through_one_party_or_fund_is_weighed_and_through_two_is_not(via: str) -> None:
    assert paid(flow("school", via), flow(via, "lab")) == SOFT
    assert paid(flow("lab", via), flow(via, "school")) == SOFT
    assert paid(flow("school", via), flow(via, "x"), flow("x", "lab")) == []


def test_two_who_were_paid_by_one_fund_gave_each_other_nothing() -> None:
    assert paid(flow("fund:water", "school"), flow("fund:water", "lab")) == []
    assert paid(flow("school", "fund:water"), flow("lab", "fund:water")) == []


def test_old_money_does_not_count_and_an_old_promise_does() -> None:
    assert paid(flow("school", "lab", days=1095)) == HARD
    assert paid(flow("school", "lab", days=1096)) == []
    assert paid(flow("school", "lab", days=1096, state="encumbered")) == HARD
    assert paid(flow("school", "lab", days=-1)) == []


def test_sums_up_to_the_floor_do_not_count_in_the_unit_of_the_floor() -> None:
    for unit, minor, expected in (("USD", 500, []), ("USD", 501, HARD), ("EUR", 1, HARD)):
        content = AMERICA_COMPETES.model_dump(mode="json", by_alias=True)
        policy = ConflictPolicy.read(json.dumps(content | {"floor": "5.00", "floor_unit": unit}))
        assert paid(flow("school", "lab", minor=minor), policy=policy) == expected


def test_a_shared_mark_joins_two_ends_of_a_flow() -> None:
    aliases = alias_sets([mail("school", "x@school.org"), mail("school-2", "x@school.org")])
    inferred = infer_from_money(
        [flow("school-2", "lab")], {"school"}, {"lab"}, DAY, look_back_days=10, aliases=aliases
    )
    held = [Interest(a="j-1", b="school", kind="officer"), *inferred]
    (conflict,) = find_conflicts(held, AMERICA_COMPETES, PAIRS, DAY, aliases=aliases)
    assert len(conflict.provenance) == 4


@pytest.mark.parametrize("kind", TIE_KINDS)
def test_a_tie_of_the_book_is_an_interest(kind: str) -> None:
    tie = Tie(kind=kind, from_party="j-1", to_party="lab", since=DAY, source="register")  # type: ignore[arg-type]  # one of them
    interest = interest_of_tie(tie)
    assert interest.provenance == "recorded"
    assert [one.level for one in found(interest)] == ["hard"]


def test_the_statute_bars_from_the_competition_and_a_funder_may_choose_the_pair() -> None:
    held = [Interest(a="j-1", b="lab", kind="employee")]
    for policy, barred in (
        (AMERICA_COMPETES, {("j-1", "a-1"), ("j-1", "a-2")}),
        (AMERICA_COMPETES.with_scope("pair"), {("j-1", "a-1")}),
    ):
        assert barred_pairs(find_conflicts(held, policy, PAIRS, DAY), PAIRS) == barred
    softened = find_conflicts([Interest(a="j-1", b="lab", kind="competitor")], AMERICA_COMPETES, PAIRS, DAY)
    assert softened
    assert not barred_pairs(softened, PAIRS)


def test_the_scope_of_a_phase_reaches_the_entries_of_that_phase() -> None:
    entries = [
        Contender(application="a-1", actors=("lab",), phases=("first",)),
        Contender(application="a-2", actors=("hill",), phases=("first", "second")),
        Contender(application="a-3", actors=("dale",), phases=("second",)),
    ]
    pairs = [("j-1", one) for one in entries]
    held = [Interest(a="j-1", b="lab", kind="employee")]
    conflicts = find_conflicts(held, AMERICA_COMPETES.with_scope("phase"), pairs, DAY)
    assert barred_pairs(conflicts, pairs) == {("j-1", "a-1"), ("j-1", "a-2")}


def test_order_and_repetition_of_what_is_given_change_nothing() -> None:
    held = [
        Interest(a="j-1", b="group", kind="employee"),
        owns("group", "lab"),
        owns("group", "hill"),
        Interest(a="j-2", b="hill", kind="family", since=date(2020, 1, 1)),
        Interest(a="j-2", b="hill", kind="family", since=date(2021, 1, 1)),
    ]
    first = find_conflicts(held, AMERICA_COMPETES, PAIRS, DAY)
    assert first == find_conflicts(
        [*reversed(held), *held], AMERICA_COMPETES, [*reversed(PAIRS), *PAIRS], DAY
    )
    assert len(first) == 3


def test_a_policy_is_named_or_stated_and_its_faults_are_told() -> None:
    stated = AMERICA_COMPETES.model_dump(mode="json", by_alias=True)
    assert conflict_policy(stated).digest() == conflict_policy("america_competes").digest()
    assert conflict_policy("america_competes", "phase").scope("employee") == "phase"
    for change, path in (
        ({"levels": {"friend": "hard"}}, "/levels"),
        ({"floor": "5.00"}, "/floor_unit"),
        ({"floor": "-5.00", "floor_unit": "USD"}, "/floor"),
        ({"scopes": {"competitor": "phase"}}, "/scopes/competitor"),
    ):
        with pytest.raises(BriefInvalid) as refused:
            conflict_policy(stated | change)
        assert path in refused.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "friend"},
        {"provenance": "guessed"},
        {"b": "j-1"},
        {"since": DAY, "until": DAY - timedelta(days=1)},
        {"confidence_bp": 10_001},
    ],
)
def test_an_interest_that_says_nothing_lawful_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"interest|confidence"):
        Interest(**{"a": "j-1", "b": "lab", "kind": "employee", **change})  # type: ignore[arg-type]  # wrong on purpose


def test_a_mark_needs_a_kind_a_holder_and_a_value() -> None:
    for change in ({"kind": "shoe"}, {"holder": ""}, {"value": " "}):
        with pytest.raises(ValueError, match="mark"):
            Mark(**{"holder": "j-1", "kind": "email", "value": "x@y.org", **change})  # type: ignore[arg-type]  # wrong on purpose
