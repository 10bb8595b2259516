"""Rows of people over HTTP: every fault before anything is written, all or none, nobody named."""

from typing import Any

import pytest
from tests.doors.pacts import CLAIMS, PACT, PEOPLE, Deal, clients, open_deal
from tests.doors.people import identify_by_name

from almoner.api.door import Door
from almoner.finance.storage import Engine

HEADER = "person,metric,achieved_on,quantity\n"
ROWS = HEADER + "Anna-1,nights,2026-01-03,3\nBen-2,nights,2026-01-04,4\nCem-3,nights,2026-01-05,1\n"
WRONG = HEADER + "Anna-1,nights,2026-01-03,3\nBen-2,nights,tomorrow,4\nCem-3,days,2026-01-05,=1+1\n"


@pytest.fixture
def deal(engine: Engine) -> Deal:
    """The agreement in force."""
    return open_deal(engine)


def send(deal: Deal, name: str, path: str, content: str, key: str = "") -> Any:  # noqa: ANN401  # a reply
    """Send a file in somebody's name."""
    asker = deal.of(name)
    headers = {"Authorization": f"Bearer {name}", "Content-Type": "text/csv"}
    if key:
        headers["Idempotency-Key"] = key
    return asker.client.post(f"/v1{PACT}{path}", content=content.encode(), headers=headers)


def digest(deal: Deal, content: str = ROWS, name: str = "hana", query: str = "") -> str:
    """Return the digest of a preview that passes."""
    seen = send(deal, name, f"/dataset-previews{query}", content).json()
    assert seen["passes"], seen
    return str(seen["digest"])


def test_rows_are_previewed_imported_once_and_claimed(deal: Deal) -> None:
    seen = send(deal, "hana", "/dataset-previews", ROWS).json()
    assert (seen["passes"], seen["rows"], seen["persons"]) == (True, 3, 3)
    assert [(row["metric"], row["value"]) for row in seen["counts"]] == [("nights", "8")]
    assert deal.of("hana").seen(f"{PACT}/datasets")["items"] == []
    path = f"/datasets?code=spring&rows=3&preview={seen['digest']}"
    first, again = (send(deal, "hana", path, ROWS, "i1") for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.content == again.content
    same = send(deal, "hana", path, ROWS, "i2")
    assert (same.status_code, same.json()) == (201, first.json())
    claim = deal.of("hana").made(CLAIMS, {"code": "c1", "dataset": "spring"})
    assert [row["value"] for row in claim["results"]] == ["8"]
    sums = deal.of("fiona").seen(f"{PACT}/datasets/spring/sums?by=metric,month")
    assert [(row["group"], row["value"]) for row in sums["items"]] == [({"month": "2026-01"}, None)]
    for reply in (first.text, str(seen), str(sums), str(claim)):
        assert "Anna" not in reply


def test_every_fault_is_told_and_nothing_is_written(deal: Deal) -> None:
    seen = send(deal, "hana", "/dataset-previews", WRONG).json()
    assert (seen["passes"], [(row["row"], row["column"]) for row in seen["findings"]]) == (
        False,
        [(3, "achieved_on"), (4, "metric")],
    )
    faults = send(deal, "hana", "/dataset-faults", WRONG).json()
    lines = faults["content"].splitlines()
    assert lines[0] == "person,metric,achieved_on,quantity,faults"
    assert (lines[1].endswith(","), "tomorrow" in lines[2], "'=1+1" in lines[3]) == (True, True, True)
    path = f"/datasets?code=spring&rows=3&preview={seen['digest']}"
    refused = send(deal, "hana", path, WRONG, "i1")
    assert (refused.status_code, refused.json()["code"]) == (422, "claim.rows_invalid")
    assert len(refused.json()["figures"]["findings"]) == 2
    assert deal.of("hana").seen(f"{PACT}/datasets")["items"] == []


def test_what_was_not_previewed_is_not_imported(deal: Deal) -> None:
    seen = digest(deal)
    other = send(
        deal, "hana", f"/datasets?code=spring&rows=3&preview={seen}", ROWS.replace(",1\n", ",2\n"), "i1"
    )
    assert (other.status_code, other.json()["code"]) == (412, "precondition.stale")
    reused = send(deal, "hana", f"/datasets?code=other&rows=3&preview={seen}", ROWS, "i1")
    assert reused.status_code == 201, reused.text
    again = send(deal, "hana", f"/datasets?code=spring&rows=3&preview={seen}", ROWS, "i1")
    assert (again.status_code, again.json()["code"]) == (422, "idempotency.key_reused")
    moved = send(deal, "hana", f"/datasets?code=spring&rows=3&preview={seen}", ROWS, "i2")
    assert moved.status_code == 412


def test_a_table_of_other_columns_is_read_as_it_says(deal: Deal) -> None:
    table = "Client;Day\nAnna-1;03.01.2026\n"
    query = "?columns=person=Client;achieved_on=Day&fixed=metric=nights;quantity=1&days=dmy"
    seen = send(deal, "hana", f"/dataset-previews{query}", table)
    assert (seen.status_code, seen.json()["counts"][0]["value"]) == (200, "1"), seen.text
    unnamed = send(deal, "hana", "/dataset-previews", table)
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "claim.rows_invalid")
    assert send(deal, "hana", "/dataset-previews?columns=person", table).json()["code"] == "request.invalid"
    assert send(deal, "hana", "/dataset-previews", "").status_code == 422
    assert send(deal, "hana", "/dataset-previews", "PK\x03\x04 no workbook").status_code == 422


def test_a_stranger_and_an_installation_without_a_key_take_no_rows(deal: Deal) -> None:
    assert send(deal, "hugo", "/dataset-previews", ROWS).status_code == 404
    assert send(deal, "ada", "/dataset-previews", ROWS).status_code == 403
    assert deal.of("hugo").get(f"{PACT}/datasets").status_code == 404
    assert deal.of("eva").seen(f"{PACT}/datasets")["items"] == []
    identify = identify_by_name(deal.watch, PEOPLE)
    bare = Door(engine=deal.engine, identify=identify, clock=deal.watch, secret=bytes(32))
    keyless = Deal(deal.engine, deal.watch, clients(bare))
    refused = send(keyless, "hana", "/dataset-previews", ROWS)
    assert (refused.status_code, refused.json()["code"]) == (503, "import.no_key")
