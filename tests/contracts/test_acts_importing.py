"""Rows of people are imported: all or none, nobody counted twice, nobody to be recognised."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from almoner.contracts import acts
from almoner.contracts.acts import importing
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.claims import Claim, ClaimedResult
from almoner.contracts.evaluation import evaluate
from almoner.contracts.measurement.datasets import ImportedDataset
from almoner.contracts.measurement.frames import read_rows
from almoner.contracts.measurement.preview import Preview
from almoner.contracts.measurement.rows import Progress
from almoner.contracts.records import datasets
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    AlmonerError,
    AlreadyClaimed,
    Busy,
    ClaimLate,
    KeyReused,
    Missing,
    NotSigned,
    ResultsInvalid,
    RowsInvalid,
)
from almoner.finance.storage import Engine, Session

Content = dict[str, Any]
if TYPE_CHECKING:
    from .conftest import Desk

SECRET = b"a key of thirty-two random bytes"
JUNE = fixed_clock(datetime(2026, 6, 1, tzinfo=UTC))
HEADER = "person,metric,achieved_on,quantity\n"
ROWS = HEADER + "Anna-1,nights,2026-03-05,3\nBen-2,nights,2026-04,4\nCem-3,nights,2026-05-31,1\n"


@dataclass
class Register:
    """A desk whose agreement is active, and a key for pseudonyms."""

    desk: "Desk"
    clock: Clock = JUNE
    secret: bytes = SECRET

    @property
    def session(self) -> Session:
        return self.desk.session

    def put(
        self, rows: str = ROWS, key: str = "spring", *, progress: Progress | None = None
    ) -> ImportedDataset:
        raw = read_rows(rows.encode())
        return importing.import_rows(
            self.session,
            "main",
            "pact",
            raw,
            key=key,
            secret=self.secret,
            clock=self.clock,
            progress=progress,
        )

    def see(self, rows: str = ROWS) -> Preview:
        raw = read_rows(rows.encode())
        return importing.preview_rows(self.session, "main", "pact", raw, secret=self.secret, clock=self.clock)

    def count(self, table: str = "outcome_row") -> int:
        return int(self.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  # our tables

    def claim(self, dataset: str, key: str = "c1") -> Claim:
        results = importing.claimed_results(self.session, "main", "pact", dataset)
        party = self.desk.stands().party_of("home")
        return acts.claim(
            self.session, "main", "pact", results, party, key=key, clock=self.clock, dataset=dataset
        )


@pytest.fixture
def register(desk: "Desk") -> Register:
    """An agreement of two years from January 2026; the lab verifies alone, disputes are open for ten days."""
    opened = desk.given(disputes={"days": 10})
    opened.start()
    return Register(opened.at(JUNE))


@pytest.fixture
def kept(kept_desk: "Desk") -> Register:
    """The same, committed, in a database of its own."""
    kept_desk.start()
    kept_desk.session.commit()
    return Register(kept_desk.at(JUNE))


def test_rows_come_in_as_sums_and_pseudonyms(register: Register) -> None:
    made = register.put()
    assert (made.rows, made.persons) == (3, 3)
    assert made.results == (ClaimedResult(metric="nights", period="term", value="8"),)
    assert made.source_sha256 == hashlib.sha256(ROWS.encode()).hexdigest()
    assert register.count() == 3
    assert importing.find_dataset(register.session, "main", "pact", "spring") == made
    assert importing.claimed_results(register.session, "main", "pact", "spring") == made.results


def test_no_name_and_no_key_is_anywhere_in_the_database(kept: Register) -> None:
    kept.put()
    kept.session.commit()
    connection = kept.session.connection()
    tables = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if connection.dialect.name == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    held = b""
    for name in kept.session.scalars(text(tables)).all():
        for row in kept.session.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608  # names of our tables
            held += b" ".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
    assert b"dataset.imported" in held
    assert not [one for one in (b"Anna-1", b"Ben-2", SECRET, SECRET.hex().encode()) if one in held]


def test_the_same_import_again_changes_nothing_even_when_its_time_is_over(register: Register) -> None:
    made = register.put()
    shuffled = "\n".join([HEADER.strip(), *sorted(ROWS.splitlines()[1:], reverse=True)]) + "\n"
    register.clock = fixed_clock(datetime(2035, 1, 1, tzinfo=UTC))
    assert register.put() == made
    assert register.count() == 3
    with pytest.raises(KeyReused, match="holds other rows"):
        register.put(shuffled)  # another file of the same rows is another source


def test_a_code_that_belongs_to_other_rows_is_refused_with_both_digests(register: Register) -> None:
    made = register.put()
    with pytest.raises(KeyReused) as caught:
        register.put(ROWS.replace(",3\n", ",2\n"))
    assert caught.value.figures["on_record"] == made.sha256
    assert register.count() == 3


@pytest.mark.parametrize(
    ("line", "error", "told"),
    [
        ("Dea-4,nights,soon,1", RowsInvalid, r"row 5, achieved_on: 'soon' is no date"),
        ("Dea-4,days,2026-03,1", RowsInvalid, r"row 5, metric: the terms know no metric 'days'"),
        ("Dea-4,nights,2026-06-02,1", ClaimLate, r"row 5, achieved_on: 2026-06-02 has not come yet"),
        ("Anna-1,nights,2026-05,1", AlreadyClaimed, r"row 5, person: the terms count it once"),
    ],
)
def test_one_wrong_row_keeps_all_of_them_out(
    register: Register, line: str, error: type[AlmonerError], told: str
) -> None:
    with pytest.raises(error, match=told):
        register.put(ROWS + line + "\n")
    assert register.count() == register.count("dataset") == 0


def test_a_deadline_is_the_day_after_which_rows_are_late(desk: "Desk") -> None:
    opened = desk.given(verification={"claim_days": 30})
    opened.start()
    register = Register(opened, clock=fixed_clock(datetime(2028, 1, 31, tzinfo=UTC)))
    with pytest.raises(ClaimLate, match=r"nights could be claimed until 2028-01-30; today is 2028-01-31"):
        register.put()
    register.clock = fixed_clock(datetime(2028, 1, 30, 23, 59, tzinfo=UTC))
    assert register.put().rows == 3


def test_a_person_on_record_does_not_count_again_in_another_dataset(register: Register) -> None:
    register.put()
    with pytest.raises(AlreadyClaimed, match="on record in spring") as caught:
        register.put(HEADER + "Eva-5,nights,2026-05,1\nBen-2,nights,2026-05,1\n", "summer")
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    assert [row["row"] for row in found if isinstance(row, dict)] == ["3"]
    assert register.put(HEADER + "Eva-5,nights,2026-05,1\n", "summer").rows == 1


def test_many_people_are_compared_with_the_record_as_few_are(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.put()
    monkeypatch.setattr(datasets, "FEW_PERSONS", 0)
    monkeypatch.setattr(datasets, "CHUNK_ROWS", 2)
    with pytest.raises(AlreadyClaimed, match="2 findings"):
        register.put(HEADER + "Ben-2,nights,2026-05,1\nCem-3,nights,2026-05,1\n", "summer")


def test_milestones_that_may_repeat_count_up_to_their_number_and_apart(desk: "Desk") -> None:
    rule = {"repeats": {"nights": {"most": 3, "min_gap_days": 30}}}
    opened = desk.given(verification=rule)
    opened.start()
    register = Register(opened.at(JUNE))
    register.put(HEADER + "Anna-1,nights,2026-01-05,1\nAnna-1,nights,2026-03-05,1\n")
    with pytest.raises(AlreadyClaimed, match="less than 30 days from 2026-03-05"):
        register.put(HEADER + "Anna-1,nights,2026-03-20,1\n", "near")
    register.put(HEADER + "Anna-1,nights,2026-04-20,1\n", "third")
    with pytest.raises(AlreadyClaimed, match="at most 3 times"):
        register.put(HEADER + "Anna-1,nights,2026-06-01,1\n", "fourth")
    places = register.session.execute(text("SELECT nth FROM outcome_row ORDER BY nth")).scalars().all()
    assert list(places) == [1, 2, 3]


def test_a_claim_that_was_found_not_to_hold_leaves_its_milestones_free_once_that_is_final(
    register: Register,
) -> None:
    register.put()
    made = register.claim("spring")
    register.desk.attach(made)
    register.desk.determine(register.desk.finding(made, None))
    with pytest.raises(AlreadyClaimed):
        register.put(key="again")
    register.clock = fixed_clock(datetime(2026, 6, 11, tzinfo=UTC))
    again = register.put(key="again")
    lives = register.session.execute(text("SELECT DISTINCT life FROM outcome_row ORDER BY life")).scalars()
    assert list(lives) == [0, 1]
    assert again.results == made.results
    with pytest.raises(AlreadyClaimed):
        register.put(key="a third time")


@pytest.mark.parametrize(("value", "told"), [("9", "at 9; the rows say 8"), ("7", "at 7; the rows say 8")])
def test_a_claim_says_what_its_rows_add_up_to(register: Register, value: str, told: str) -> None:
    register.put()
    wrong = (ClaimedResult(metric="nights", value=value),)
    with pytest.raises(ResultsInvalid, match=told) as caught:
        acts.claim(
            register.session, "main", "pact", wrong, "night-shelter",
            key="c1", clock=register.clock, dataset="spring",
        )  # fmt: skip
    assert caught.value.figures["findings"]


def test_the_same_rows_are_claimed_once_until_the_claim_is_void_for_good(register: Register) -> None:
    register.put()
    made = register.claim("spring")
    register.desk.attach(made)
    register.desk.determine(register.desk.finding(made, None))
    with pytest.raises(AlreadyClaimed, match="claimed already, by c1"):
        register.claim("spring", "c2")
    register.clock = fixed_clock(datetime(2026, 6, 11, tzinfo=UTC))
    assert register.claim("spring", "c2").results == made.results


def test_a_claim_that_holds_keeps_its_milestones(register: Register) -> None:
    register.put()
    made = register.claim("spring")
    register.desk.attach(made)
    register.desk.determine(register.desk.finding(made, "8"))
    register.clock = fixed_clock(datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(AlreadyClaimed):
        register.put(key="again")


def test_another_key_for_pseudonyms_is_refused_by_name(register: Register) -> None:
    register.put()
    register.secret = b"another key of thirty-two bytes!"
    with pytest.raises(RowsInvalid, match="another key for pseudonyms than the one of pact's first import"):
        register.put(key="summer")
    with pytest.raises(RowsInvalid, match="another key"):
        register.see()


def test_rows_need_an_active_agreement(desk: "Desk") -> None:
    desk.draw_up()
    register = Register(desk.at(JUNE))
    assert register.see().passes
    with pytest.raises(NotSigned):
        register.put()
    with pytest.raises(Missing, match="no agreement 'pact2'"):
        importing.list_datasets(desk.session, "main", "pact2")


def test_an_import_of_nothing_is_refused(register: Register) -> None:
    with pytest.raises(RowsInvalid, match="no row below its header"):
        register.put(HEADER + ",,,\n")


def test_a_preview_tells_all_and_writes_nothing(register: Register) -> None:
    register.put()
    events = register.count("event")
    found = register.see(
        HEADER
        + "Ben-2,nights,2026-05,1\nEva-5,nights,2026-05,7\nEva-5,nights,never,1\n,,,\n"
        + "Fay-6,nights,2026-07,2\n"
    )
    assert found.found == {"invalid": 1, "late": 1, "repeated": 1}
    assert [(row.row, row.kind) for row in found.findings] == [(2, "repeated"), (4, "invalid"), (6, "late")]
    assert (found.rows, found.empty, found.persons) == (4, 1, 3)
    assert [(one.rows, one.persons, one.value) for one in found.counts] == [(3, 3, "10")]
    assert [one.value for one in found.on_record] == ["8"]
    assert [row["row"] for row in found.first] == ["2", "3", "6"]
    assert "Eva" not in repr(found)
    assert not found.passes
    assert (register.count(), register.count("event")) == (3, events)


def test_progress_runs_to_the_number_of_rows(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("almoner.contracts.measurement.checking.BATCH_ROWS", 2)
    told: list[tuple[int, int]] = []
    register.put(progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (2, 3), (3, 3)]


def test_groups_of_few_people_do_not_leave(register: Register) -> None:
    lines = [f"p{at},nights,2026-0{1 + at % 3},1" for at in range(30)] + ["q,nights,2026-04,1"]
    register.put(HEADER + "\n".join(lines) + "\n")
    by_month = importing.aggregate(register.session, "main", "pact", "spring", by=("month",))
    shown = {one.group[0][1]: (one.persons, one.value) for one in by_month}
    assert shown == {
        "2026-01": (None, ""),
        "2026-02": (10, "10"),
        "2026-03": (10, "10"),
        "2026-04": (None, ""),
    }
    (whole,) = importing.aggregate(register.session, "main", "pact", "spring", by=("metric", "year"))
    assert (whole.persons, whole.rows, whole.value) == (31, 31, "31")


@pytest.mark.parametrize(
    ("by", "least", "told"), [(("sex",), 5, "cannot be grouped by sex"), (("month",), 1, "single people")]
)
def test_groups_that_would_tell_too_much_are_refused(
    register: Register, by: tuple[str, ...], least: int, told: str
) -> None:
    register.put()
    with pytest.raises(RowsInvalid, match=told):
        importing.aggregate(register.session, "main", "pact", "spring", by=by, least=least)


COPIED = "INSERT INTO outcome_row SELECT {dataset}, {agreement}, {no}, {person}, metric, period, members, "
COPIED += "achieved_on, quantity, {nth}, life FROM outcome_row WHERE no = 1"
SAME = {
    "dataset": "dataset_id",
    "agreement": "agreement_id",
    "no": "no + 100",
    "person": "person",
    "nth": "nth",
}
ATTACKS = {
    "a row is changed": "UPDATE outcome_row SET quantity = 1000",
    "a row is deleted": "DELETE FROM outcome_row",
    "a dataset is changed": "UPDATE dataset SET size = 1000",
    "a milestone counts twice": COPIED.format(**SAME),
    "a row stands twice": COPIED.format(**SAME | {"no": "no", "nth": "2"}),
    "a row has no person": COPIED.format(**SAME | {"person": "{empty}"}),
    "a row belongs to another agreement": COPIED.format(
        **SAME | {"agreement": "agreement_id + 1", "nth": "2"}
    ),
    "a row belongs to no dataset": COPIED.format(**SAME | {"dataset": "dataset_id + 1", "nth": "2"}),
}


@pytest.mark.parametrize("statement", ATTACKS.values(), ids=ATTACKS)
def test_the_database_itself_keeps_rows_as_they_came(register: Register, statement: str) -> None:
    register.put()
    empty = "X''" if register.session.get_bind().dialect.name == "sqlite" else "''::bytea"
    with pytest.raises(DBAPIError), register.session.begin_nested():
        register.session.execute(text(statement.format(empty=empty)))
    assert register.count() == 3


def test_a_batch_that_the_database_refuses_leaves_nothing(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.put()
    monkeypatch.setattr(datasets, "find_recorded", lambda *_: {})  # as if another session had come in between
    with pytest.raises(Busy, match="Try again"):
        register.put(HEADER + "Eva-5,nights,2026-05,1\nBen-2,nights,2026-05,1\n", "summer")
    assert (register.count(), register.count("dataset")) == (3, 1)


def test_of_two_imports_at_once_one_counts_and_the_other_is_told(kept: Register, engine: Engine) -> None:
    outcomes: list[str] = []

    def put(key: str) -> None:
        with Session(engine) as session:
            desk = replace(kept.desk, session=session)
            try:
                Register(desk).put(key=key)
                session.commit()
                outcomes.append("stored")
            except AlmonerError as error:
                outcomes.append(type(error).__name__)

    threads = [Thread(target=put, args=(key,)) for key in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "stored" in outcomes
    assert set(outcomes) - {"stored"} <= {"AlreadyClaimed", "Busy"}
    assert outcomes.count("stored") == 1
    assert kept.count() == 3


@pytest.fixture
def by_site(desk: "Desk", content: Content) -> Register:
    """Nights counted for each of two sites and half-years."""
    terms = json.loads(json.dumps(content))
    terms["calendar"]["periods"] = {"every": "P6M"}
    terms["sets"] = {"site": {"title": "Sites", "members": ["north", "south"]}}
    terms["metrics"]["nights"] |= {"per": ["site", "period"]}
    terms["clauses"][0] |= {"each": ["site"], "basis": "period"}
    document = json.loads(desk.document.canonical_bytes()) | {"terms": terms}
    opened = replace(desk, document=AgreementDocument.read(json.dumps(document)))
    opened.start()
    return Register(opened.at(JUNE))


def test_rows_add_up_to_results_that_can_be_claimed_as_they_are(by_site: Register) -> None:
    header = "person,metric,achieved_on,quantity,of:site\n"
    made = by_site.put(
        header + "a,nights,2026-01-05,3,north\nb,nights,2026-02,4,north\na,nights,2026-03,5,south\n"
    )
    assert [(one.period, one.of, one.value) for one in made.results] == [
        ("p1", (("site", "north"),), "7"),
        ("p1", (("site", "south"),), "5"),
    ]
    assert by_site.claim("spring").results == made.results


def test_stored_rows_can_be_evaluated_where_they_are_claimed(by_site: Register) -> None:
    header = "person,metric,achieved_on,quantity,of:site\n"
    rows = "a,nights,2026-01-05,3,north\nb,nights,2026-02,4,north\na,nights,2026-03,5,south\n"
    made = by_site.put(header + rows)
    tables = importing.evaluation_tables(by_site.session, "main", "pact", "spring")
    found = {place: evaluate("count", table).value for place, table in tables.items()}
    assert found == {one.place: one.value for one in made.results}


def test_every_row_that_was_stored_is_read_again(register: Register) -> None:
    made = register.put(ROWS)
    tables = importing.evaluation_tables(register.session, "main", "pact", made.code)
    assert sum(len(table["id"]) for table in tables.values()) == made.rows == 3


def test_a_milestone_is_a_metric_of_a_member_so_that_one_person_counts_at_each(by_site: Register) -> None:
    header = "person,metric,achieved_on,quantity,of:site\n"
    by_site.put(header + "a,nights,2026-01-05,3,north\n")
    by_site.put(header + "a,nights,2026-01-05,3,south\n", "south")
    with pytest.raises(AlreadyClaimed):
        by_site.put(header + "a,nights,2026-02-05,3,south\n", "more")
