"""Agreements on the command line: drafted, signed, changed, ended; and what a dry run leaves behind."""

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from almoner.api.cli import main
from almoner.finance.signatures import sign_bytes

if TYPE_CHECKING:
    from .conftest import Office


def secret_file(folder: Path, text: str) -> str:
    path = folder / "some.key"
    path.write_text(text)
    return str(path)


def test_an_agreement_is_drafted_proposed_and_signed_by_everybody(either_office: "Office") -> None:
    office = either_office
    drafted = office.run("agreement", "draft", office.document(), "--code", "pact")
    assert (drafted["state"], drafted["written"]) == ("draft", True)
    assert drafted["most"] == [{"payer": "city", "unit": "USD", "most": "500000.00"}]
    said = office.say("agreement", "draft", office.document(), "--code", "pact")
    assert "city may have to pay 500,000.00 USD at most: proven." in said
    proposed = office.run("agreement", "propose", "pact")
    assert proposed["sources"] == [
        {"payer": "city", "fund": "shelter", "unit": "USD", "most": "500000.00", "encumbered": "0.00"}
    ]
    some = office.run("agreement", "sign", "pact", "--as", "city", "--key", office.key("harbour-city"))
    assert (some["state"], some["missing"]) == ("proposed", ["home", "lab", "resolver", "second"])
    signed = office.run("agreement", "sign", "pact", *office.keys("home", "lab", "resolver", "second"))
    assert (signed["state"], signed["sources"][0]["encumbered"]) == ("active", "500000.00")
    shown = office.run("agreement", "show", "pact")
    assert all(one["signed"] for one in shown["parties"])
    assert [one["code"] for one in office.run("agreement", "list")] == ["pact"]
    assert office.run("fund", "show", "shelter")["encumbered"] == "500000.00"


def test_a_signature_made_elsewhere_over_the_printed_bytes_counts(office: "Office", tmp_path: Path) -> None:
    office.run("agreement", "draft", office.document(), "--code", "pact")
    office.run("agreement", "propose", "pact")
    content = bytes.fromhex(office.run("agreement", "bytes", "pact")["bytes"])
    assert office.say("agreement", "bytes", "pact").strip() == content.hex()
    out = tmp_path / "pact.bytes"
    office.say("agreement", "bytes", "pact", "--out", str(out))
    assert out.read_bytes() == content
    secret = bytes.fromhex(Path(office.key("harbour-city")).read_text())
    signature = sign_bytes(secret, out.read_bytes()).hex()
    made = office.run("agreement", "sign", "pact", "--as", "city", "--signature", signature)
    assert "city" not in made["missing"]
    wrong = office.run("agreement", "sign", "pact", "--as", "home", "--signature", signature, code=4)
    assert wrong["code"] == "claim.signature"


def test_a_dry_run_shows_what_would_come_and_writes_nothing(either_office: "Office") -> None:
    office = either_office
    office.run("agreement", "draft", office.document(), "--code", "pact")
    office.run("agreement", "propose", "pact")
    tried = office.run("agreement", "sign", "pact", *office.keys(), "--dry-run")
    assert (tried["state"], tried["written"]) == ("active", False)
    assert tried["sources"][0]["encumbered"] == "500000.00"
    assert office.run("agreement", "show", "pact")["state"] == "proposed"
    assert office.run("fund", "show", "shelter")["encumbered"] == "0.00"
    assert main(["agreement", "propose", "pact", "--dry-run", "--db", office.url]) == 0
    assert "Dry run: nothing was written." in office.capsys.readouterr().err


def test_a_fund_that_cannot_cover_the_most_refuses_with_figures(office: "Office") -> None:
    office.start()
    office.run("agreement", "draft", office.document(), "--code", "second")
    office.run("agreement", "propose", "second")
    told = office.run("agreement", "sign", "second", *office.keys(), code=4)
    assert (told["code"], told["figures"]["maximum"]) == ("contract.underfunded", "500000.00")
    assert office.run("agreement", "show", "second")["missing"] == [
        "city",
        "home",
        "lab",
        "resolver",
        "second",
    ]


MALFORMED = {
    "nobody signs": ([], "Nobody signs"),
    "no name": (["--key", "{key}"], "Say who signs"),
    "twice": (["--key", "city={key}", "--key", "city={key}"], "would sign twice"),
    "short": (["--as", "city", "--signature", "ab"], "instead of 128"),
    "no key": (["--as", "city", "--key", "{empty}"], "holds no secret key"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_signature_exits_2_and_says_what_to_do(
    office: "Office", tmp_path: Path, name: str
) -> None:
    words, told = MALFORMED[name]
    office.run("agreement", "draft", office.document(), "--code", "pact")
    office.run("agreement", "propose", "pact")
    given = {"key": office.key("harbour-city"), "empty": secret_file(tmp_path, "swordfish")}
    said = office.say("agreement", "sign", "pact", *(word.format(**given) for word in words), code=2)
    assert told in said
    assert "swordfish" not in said


def test_a_key_that_others_can_read_is_used_with_a_warning(office: "Office") -> None:
    office.run("agreement", "draft", office.document(), "--code", "pact")
    office.run("agreement", "propose", "pact")
    key = Path(office.key("harbour-city"))
    words = ["agreement", "sign", "pact", "--as", "city", "--key", str(key), "--db", office.url]
    assert main(words) == 0
    assert "chmod 600" not in office.capsys.readouterr().err
    key.chmod(0o644)
    assert main(words) == 0
    said = office.capsys.readouterr()
    assert f"chmod 600 {key}" in said.err
    assert key.read_text() not in said.err + said.out


def test_what_not_everybody_signed_is_withdrawn(office: "Office") -> None:
    office.run("agreement", "draft", office.document(), "--code", "pact")
    assert office.run("agreement", "withdraw", "pact")["state"] == "withdrawn"
    assert office.run("agreement", "propose", "pact", code=4)["code"] == "contract.state"
    assert office.run("agreement", "show", "nope", code=3)["code"] == "storage.missing"


def test_it_is_suspended_and_resumed_by_consent_of_all_with_money_in_it(office: "Office") -> None:
    office.start()
    words = ("agreement", "suspend", "pact", "--act-code", "s1", "--reason", "the roof leaks")
    assert office.run(*words, *office.keys("city"), code=4)["figures"]["missing"] == ["home"]
    assert office.run(*words, *office.keys("city", "home"))["state"] == "suspended"
    again = ("agreement", "resume", "pact", "--act-code", "s1", "--reason", "it is mended")
    assert office.run(*again, *office.keys("city", "home"))["state"] == "active"


def test_it_is_terminated_on_a_day_and_its_bytes_can_be_signed_elsewhere(office: "Office") -> None:
    office.start()
    said = ("--reason", "the home closes", "--on", "2025-06-30")
    content = bytes.fromhex(office.run("agreement", "bytes", "pact", "--for", "terminate", *said)["bytes"])
    home = sign_bytes(bytes.fromhex(Path(office.key("night-shelter")).read_text()), content).hex()
    ended = office.run(
        "agreement", "terminate", "pact", *said, *office.keys("city"), "--signature", f"home={home}"
    )
    assert ended["state"] == "terminated"


def test_an_amendment_needs_the_others_and_raises_what_is_set_aside(office: "Office") -> None:
    office.start()
    shown = office.run("agreement", "show", "pact")
    change = {
        "schema": "almoner.amendment/1",
        "of": shown["terms_sha256"],
        "effective_on": "2024-02-01",
        "reason": "more places",
        "changes": [{"op": "replace", "path": "/limits/0/max", "value": "550000.00"}],
    }
    file = office.write("amendment.json", change)
    words = ("agreement", "amend", "pact", file, "--act-code", "a1", "--as", "city", *office.keys("city"))
    made = office.run(*words)
    assert (made["missing"], made["in_force"]) == (["home"], False)
    assert made["changes"] == ["limit most, max: 500000.00 becomes 550000.00"]
    tried = office.run("agreement", "approve", "pact", "a1", *office.keys("home"), "--dry-run")
    assert (tried["in_force"], tried["written"]) == (True, False)
    assert office.run("agreement", "amendments", "pact")[0]["missing"] == ["home"]
    assert office.run("agreement", "approve", "pact", "a1", *office.keys("home"))["in_force"] is True
    after = office.run("agreement", "show", "pact")
    assert (after["amended"], after["sources"][0]["most"]) == (["a1"], "550000.00")
    assert (
        office.run("agreement", "approve", "pact", "a9", *office.keys("home"), code=2)["code"]
        == "document.invalid"
    )
    content = office.run(
        "agreement", "bytes", "pact", "--for", "amend", "--amendment", file, "--act-code", "a1"
    )["bytes"]
    assert b'"amendment":"a1"' in bytes.fromhex(content)


def test_it_is_measured_settled_closed_stated_and_replayed(office: "Office", tmp_path: Path) -> None:
    office.start()
    office.find("c1", "412")
    assert office.run("agreement", "close", "pact", code=4)["code"] == "contract.state"
    office.run("settle", "pact")
    measured = office.run("agreement", "measure", "pact", "--as", "city", *office.keys("city", "home"))
    assert measured["state"] == "measured"
    closed = office.run("agreement", "close", "pact")
    assert closed["state"] == "closed"
    assert office.run("fund", "show", "shelter")["encumbered"] == "0.00"
    stated = office.run("agreement", "statement", "pact", "--party", "home")
    assert stated["payouts"][0]["amount"] == "6229.44"
    out = tmp_path / "statement.csv"
    office.say("agreement", "statement", "pact", "--csv", str(out))
    assert "6229.44" in out.read_text()
    first, second = (office.run("agreement", "replay", "pact") for _ in range(2))
    assert first == second
    assert first["same"] is True
    written = tmp_path / "replay.json"
    office.say("agreement", "replay", "pact", "--out", str(written))
    assert json.loads(written.read_bytes())["agreement"] == "pact"
    assert Decimal(stated["payouts"][0]["amount"]) == Decimal("15.12") * 412
