"""The register: a promise is kept by verified facts, in time or late, and never by a word."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from almoner.challenges.frames import register_frame
from almoner.challenges.register import CommitmentFact, PublicCommitment, enter_commitment
from almoner.finance.errors import DocumentInvalid

Content = dict[str, Any]
MONEY: Content = {"kind": "money", "amount": "100.00", "unit": "USD", "fund": "water-pool"}
TOTAL: Content = {
    "kind": "outcome", "agreement": "pact", "metric": "nights", "op": ">=", "value": "100", "sums": True,
}  # fmt: skip
LOW: Content = {"kind": "outcome", "agreement": "pact", "metric": "ill", "op": "<=", "value": "5"}


def made(promise: Content = MONEY, **changes: object) -> PublicCommitment:
    content = {
        "schema": "almoner.commitment/1",
        "code": "c-1",
        "party": "giver",
        "title": "A promise",
        "promise": promise,
        "made_on": "2027-01-10",
        "by": "2028-12-31",
        "source": "a speech",
        **changes,
    }
    return PublicCommitment.read(json.dumps(content))


def fact(value: int, on: str, *, known: str = "", state: str = "final") -> CommitmentFact:
    day = date.fromisoformat(on)
    known_on = date.fromisoformat(known) if known else day
    return CommitmentFact(on=day, known_on=known_on, value=Fraction(value), state=state, source=f"s {on}")  # type: ignore[arg-type]  # one of two


def status(promise: Content, facts: list[CommitmentFact], day: str, **changes: object) -> str:
    return enter_commitment(made(promise, **changes), facts, as_of=date.fromisoformat(day)).status


@pytest.mark.parametrize(
    ("facts", "day", "expected"),
    [
        ([], "2028-12-31", "due"),
        ([], "2029-01-01", "overdue"),
        ([], "2029-03-31", "overdue"),
        ([], "2029-04-01", "missed"),
        ([fact(60, "2027-05-01"), fact(40, "2028-12-31")], "2029-06-01", "kept"),
        ([fact(60, "2027-05-01"), fact(40, "2029-01-01")], "2029-06-01", "kept_late"),
        ([fact(60, "2027-05-01"), fact(39, "2028-12-31")], "2029-06-01", "missed"),
        ([fact(100, "2027-05-01"), fact(-1, "2028-01-01")], "2028-06-01", "due"),
        ([fact(100, "2027-05-01"), fact(-1, "2028-01-01"), fact(1, "2029-02-01")], "2029-06-01", "kept_late"),
        ([fact(100, "2028-05-01")], "2028-04-30", "due"),
    ],
)
def test_money_counts_on_the_day_of_posting_and_what_went_back_does_not(
    facts: list[CommitmentFact], day: str, expected: str
) -> None:
    assert status(MONEY, facts, day) == expected
    assert status(TOTAL, facts, day) == expected


@pytest.mark.parametrize(
    ("facts", "day", "expected"),
    [
        ([fact(4, "2028-06-30")], "2028-07-01", "kept"),
        ([fact(6, "2028-06-30")], "2028-07-01", "due"),
        ([fact(6, "2028-06-30"), fact(5, "2029-02-01")], "2029-03-01", "kept_late"),
        ([fact(6, "2028-12-31")], "2029-01-02", "missed"),
        ([fact(6, "2028-06-30")], "2029-01-02", "overdue"),
        ([fact(4, "2028-12-31", known="2029-02-15")], "2029-02-01", "overdue"),
        ([fact(4, "2028-12-31", known="2029-02-15")], "2029-02-15", "kept"),
    ],
)
def test_one_result_that_reaches_it_is_enough_once_it_is_final(
    facts: list[CommitmentFact], day: str, expected: str
) -> None:
    assert status(LOW, facts, day) == expected


def test_what_would_decide_it_and_is_in_dispute_is_said_to_be() -> None:
    disputed = fact(4, "2028-06-30", state="disputed")
    assert status(LOW, [disputed], "2028-07-01") == "disputed"
    assert status(LOW, [disputed, fact(3, "2028-03-31")], "2028-07-01") == "kept"
    assert (
        status(LOW, [fact(6, "2028-06-30", state="disputed"), fact(9, "2028-01-01")], "2028-07-01") == "due"
    )
    assert status(
        TOTAL, [fact(60, "2028-01-01"), fact(40, "2028-06-01", state="disputed")], "2030-01-01"
    ) == ("disputed")


def test_nothing_that_nobody_can_verify_is_ever_kept() -> None:
    deed = made({"kind": "deed", "text": "We publish all our contracts."})
    entry = enter_commitment(deed, [fact(1, "2027-02-01")], as_of=date(2027, 3, 1))
    assert (entry.status, entry.facts, entry.wanted) == ("unverifiable", (), "")
    gone = enter_commitment(
        made(), [fact(100, "2027-02-01")], as_of=date(2027, 3, 1), unverifiable="there is no fund"
    )
    assert gone.status == "unverifiable"
    assert "there is no fund" in gone.says


def test_an_entry_says_what_was_wanted_and_reached_and_when() -> None:
    entry = enter_commitment(made(), [fact(60, "2027-05-01"), fact(45, "2027-06-01")], as_of=date(2027, 7, 1))
    assert (entry.wanted, entry.reached, entry.reached_on) == ("100.00", "105", "2027-06-01")
    assert entry.facts == ("s 2027-05-01", "s 2027-06-01")
    assert entry.says == "giver kept this on 2027-06-01, promised by 2028-12-31: 105 of 100.00."
    row = register_frame([entry]).to_dict("records")[0]
    assert (row["status"], row["unit"], row["replaced_by"]) == ("kept", "USD", "")
    for day in ("2028-01-01", "2029-01-02", "2030-01-01"):
        assert "0 of 100.00" in enter_commitment(made(), [], as_of=date.fromisoformat(day)).says


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"by": "2027-01-09"}, "/by"),
        ({"replaces": "c-1"}, "/replaces"),
        ({"promise": {**MONEY, "amount": "0.00"}}, "/promise/amount"),
        ({"promise": {**LOW, "sums": True}}, "/promise/sums"),
        ({"promise": {"kind": "wish", "text": "x"}}, "/promise"),
        ({"by": "2028-02-30"}, "/by"),
    ],
)
def test_a_commitment_that_cannot_be_checked_is_refused(changes: Content, path: str) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        made(**changes)
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    assert path in {row["path"] for row in found if isinstance(row, dict)}


def test_a_commitment_written_and_read_again_has_the_same_bytes() -> None:
    one = made(TOTAL, replaces="c-0")
    assert PublicCommitment.read(one.canonical_bytes()) == one
    assert PublicCommitment.read(one.canonical_bytes()).digest() == one.digest()
