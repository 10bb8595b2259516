"""Rows of outcomes on the command line: previewed, imported, summed, and taken all the way to money."""

import csv
import hashlib
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from almoner.api.cli import main

if TYPE_CHECKING:
    from .conftest import Office

PRICE = Decimal("15.12")


def rows_of(count: int, *, first: int = 0) -> list[dict[str, str]]:
    """Make rows of as many people, one night each, over the first year."""
    return [
        {"Client ID": f"P-{number:06}", "metric": "nights", "achieved_on": f"2024-{number % 12 + 1:02}-15"}
        for number in range(first, first + count)
    ]


def as_csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def imported(office: "Office", file: str, *more: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
    words = ("claim", "import", "pact", file, "--code", "march", "--secret", office.key("holding"))
    return office.run(*words, "--column", "person=Client ID", *more, code=code)


def settled(office: "Office", file: str, *more: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
    words = ("outcomes", "settle", file, "--agreement", "pact", "--code", "march", "--by", "night-shelter")
    keys = ("--secret", office.key("holding"), "--key", f"count-lab={office.key('count-lab')}")
    return office.run(*words, *keys, "--column", "person=Client ID", *more, code=code)


def test_a_preview_counts_rows_and_writes_nothing(either_office: "Office") -> None:
    office = either_office
    office.start()
    file = office.write("rows.csv", as_csv(rows_of(40)))
    seen = imported(office, file, "--dry-run")
    assert (seen["rows"], seen["persons"], seen["passes"], seen["written"]) == (40, 40, True, False)
    assert [(one["period"], one["value"]) for one in seen["counts"]] == [("p1", "40")]
    assert "P-0000" not in json.dumps(seen)
    assert office.run("claim", "rows", "pact") == []


def test_a_preview_lists_each_fault_by_row_and_column_and_exits_1(office: "Office") -> None:
    office.start()
    rows = rows_of(6)
    rows[1]["achieved_on"] = "15.02.2024"
    rows[2]["Client ID"] = ""
    rows[3]["metric"] = "meals"
    rows[5]["Client ID"] = rows[4]["Client ID"]
    file = office.write("rows.csv", as_csv(rows))
    seen = imported(office, file, "--dry-run", code=1)
    assert seen["passes"] is False
    listed = {(one["row"], one["column"], one["kind"]) for one in seen["findings"]}
    assert {("3", "achieved_on", "invalid"), ("4", "person", "invalid"), ("5", "metric", "invalid")} <= listed
    assert any((row, kind) == ("7", "repeated") for row, _, kind in listed)
    told = imported(office, file, code=2)
    assert told["code"] == "claim.rows_invalid"
    words = ("claim", "import", "pact", file, "--code", "march", "--secret", office.key("holding"))
    said = office.say(*words, "--column", "person=Client ID", "--dry-run", code=1)
    assert "The rows would be refused" in said
    assert office.run("claim", "rows", "pact") == []


def test_rows_of_a_workbook_are_imported_once_summed_and_claimed(office: "Office") -> None:
    office.start()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = rows_of(30)
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    path = office.folder / "rows.xlsx"
    book.save(path)
    made = imported(office, str(path))
    assert (made["rows"], made["persons"], made["written"]) == (30, 30, True)
    assert made["source_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert imported(office, str(path)) == made
    (listed,) = office.run("claim", "rows", "pact", "march")
    assert [(one["group"], one["value"]) for one in listed["groups"]] == [({"period": "p1"}, "30")] or [
        one["value"] for one in listed["groups"]
    ] == ["30"]
    claim = office.run("claim", "make", "pact", "c1", "--by", "night-shelter", "--dataset", "march")
    assert claim["results"] == [{"metric": "nights", "period": "p1", "value": "30"}]
    twice = office.run("claim", "make", "pact", "c2", "--by", "night-shelter", "--dataset", "march", code=5)
    assert twice["code"] == "claim.already_claimed"


def test_rows_become_money_in_one_command_and_only_once(either_office: "Office") -> None:
    office = either_office
    office.start()
    file = office.write("rows.csv", as_csv(rows_of(100)))
    tried = settled(office, file, "--dry-run", "--explain")
    assert (tried["written"], tried["state"]) == (False, "settled")
    assert tried["settlements"][0]["rests_on"]["evidence"][0]["sha256"] == tried["dataset"]["source_sha256"]
    assert office.run("claim", "list", "pact") == []
    made = settled(office, file)
    assert made["written"] is True
    (payout,) = made["settlements"][0]["payouts"]
    assert Decimal(payout["amount"]) == 100 * PRICE
    again = settled(office, file)
    assert again["settlements"][0]["payouts"] == made["settlements"][0]["payouts"]
    assert len(office.run("payout", "list", "pact")) == 1
    trail = office.run("payout", "trace", payout["id"])
    assert trail["evidence"][0]["sha256"] == hashlib.sha256(Path(file).read_bytes()).hexdigest()
    finding = trail["determinations"][0]["findings"][0]
    assert (finding["method"], finding["value"], finding["sample"]) == ("count/1", "100", 100)
    assert len(finding["data_sha256"]) == 64
    assert office.run("agreement", "replay", "pact")["same"] is True


def test_what_can_be_disputed_is_not_paid_yet(office: "Office") -> None:
    office.start(disputes={"days": 30})
    made = settled(office, office.write("rows.csv", as_csv(rows_of(20))))
    assert (made["state"], made["settlements"]) == ("provisional", [])
    assert office.run("fund", "show", "shelter")["disbursed"] == "0.00"


def test_one_person_counts_once_over_all_imports(office: "Office") -> None:
    office.start()
    settled(office, office.write("rows.csv", as_csv(rows_of(20))))
    more = office.write("more.csv", as_csv(rows_of(20, first=19)))
    words = ("claim", "import", "pact", more, "--code", "april", "--secret", office.key("holding"))
    told = office.run(*words, "--column", "person=Client ID", code=5)
    assert told["code"] == "claim.already_claimed"
    other = ("claim", "import", "pact", more, "--code", "april", "--secret", office.key("treasurer"))
    assert office.run(*other, "--column", "person=Client ID", code=2)["code"] == "claim.rows_invalid"


def test_a_refused_finding_leaves_no_row_behind(office: "Office") -> None:
    office.start()
    file = office.write("rows.csv", as_csv(rows_of(20)))
    words = ("outcomes", "settle", file, "--agreement", "pact", "--code", "march", "--by", "night-shelter")
    keys = ("--secret", office.key("holding"), "--key", f"count-lab={office.key('treasurer')}")
    told = office.run(*words, *keys, "--column", "person=Client ID", code=4)
    assert told["code"] == "claim.signature"
    assert office.run("claim", "rows", "pact") == []
    assert office.run("claim", "list", "pact") == []


METRIC = {
    "schema": "almoner.metric/1",
    "code": "nights",
    "title": "Nights spent indoors",
    "unit": "night/0",
    "direction": "higher",
    "method": "shelter register, audited",
}
COHORT = {
    "schema": "almoner.cohort/1",
    "code": "rough-sleepers",
    "title": "People who sleep rough",
    "referral": {"by": "street teams", "from": "2024-01"},
    "eligibility": [{"id": "adult", "rule": "18 years or older", "source": "referral form"}],
    "size": 400,
    "comparison": {"kind": "none"},
}


@pytest.mark.parametrize(("kind", "document"), [("metric", METRIC), ("cohort", COHORT)])
def test_a_definition_has_versions_and_the_same_again_changes_nothing(
    office: "Office", kind: str, document: dict[str, object]
) -> None:
    file = office.write("definition.json", document)
    assert office.run(kind, "define", file, "--dry-run")["written"] is False
    assert office.run(kind, "list") == []
    first = office.run(kind, "define", file)
    assert office.run(kind, "define", file) == first
    changed = office.write("definition.json", document | {"title": "Something else"})
    assert office.run(kind, "define", changed)["name"] == f"{document['code']}/2"
    assert [one["version"] for one in office.run(kind, "list")] == [1, 2]
    shown = office.run(kind, "show", f"{document['code']}/1")
    assert shown["document"]["title"] == document["title"]
    assert str(document["title"]) in office.say(kind, "show", f"{document['code']}/1")
    assert office.run(kind, "show", "nothing/1", code=3)["code"] == "storage.missing"


def test_an_estimate_takes_the_place_of_a_claimed_value(
    office: "Office", capsys: pytest.CaptureFixture[str]
) -> None:
    data = office.write("pairs.csv", "before,after\n" + "".join(f"{n},{n + 2 + n % 2}\n" for n in range(40)))
    out = office.folder / "estimate.json"
    assert main(["evaluate", "pre_post", data, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["value"], found["sample"], found["method"]) == ("2.5", 40, "pre_post/1")
    assert json.loads(out.read_text()) == found
    assert main(["evaluate", "--json"]) == 0
    assert "did" in [one["name"] for one in json.loads(capsys.readouterr().out)]
    assert main(["evaluate", "pre_post", data, "--column", "before=Nope"]) == 4
    assert main(["evaluate", "nope", data]) in {3, 4}
    assert main(["evaluate", "pre_post"]) == 2
    office.start()
    office.run("claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights=3,period=p1")
    office.run("claim", "attach", "pact", "c1", data)
    made = office.determine("c1", "pact", "count-lab", "--estimate", f"nights@p1={out}")
    (finding,) = made["findings"]
    assert (finding["value"], finding["estimate"], finding["method"]) == ("2", "2.5", "pre_post/1")
    assert finding["data_sha256"] == found["data_sha256"]
    wrong = office.write("wrong.json", {"value": 2.5})
    draft = ("determination", "draft", "pact", "c1", "--as", "count-lab", "--estimate")
    assert office.run(*draft, f"nights@p1={wrong}", code=2)["code"] == "document.invalid"
    assert office.run(*draft, f"meals={out}", code=2)["code"] == "document.invalid"
