"""From a claim to money on the command line: found, settled, disputed, followed, returned."""

import json
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from almoner.api.cli import main
from almoner.api.cli.show import DEFAULT_BOOK
from almoner.finance import acts, verifier
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import system_clock
from almoner.finance.money import money
from almoner.finance.signatures import public_key
from almoner.finance.storage import UnitOfWork, open_engine

from .conftest import secret_of

if TYPE_CHECKING:
    from .conftest import Office

SIX = "6229.44"  # 412 nights at 15.12


def test_a_claim_moves_nothing_until_a_verifier_has_found_it(either_office: "Office") -> None:
    office = either_office
    office.start()
    made = office.run(
        "claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights=412,period=p1"
    )
    assert (made["state"], made["results"]) == (
        "claimed",
        [{"metric": "nights", "period": "p1", "value": "412"}],
    )
    assert office.run("settle", "pact")["settlements"] == []
    told = office.run("settle", "pact", "--claim", "c1", code=4)
    assert told["code"] == "claim.evidence_missing"
    register = office.write("register.txt", "412 nights")
    words = (
        "claim",
        "attach",
        "pact",
        "c1",
        register,
        "--method",
        "register",
        "--description",
        "the register",
    )
    kept = office.run(*words)
    assert office.run("claim", "check", "pact", "c1", register)["sha256"] == kept["sha256"]
    asked = ("claim", "ask", "pact", "c1", "q1", "--by", "count-lab", "--words", "Who counted?")
    assert office.run(*asked, "--metric", "bed", code=2)["code"] == "document.invalid"
    assert office.run(*asked, "--metric", "nights", "--dry-run")["written"] is False
    office.run(*asked, "--metric", "nights")
    said = ("claim", "answer", "pact", "c1", "q1", "--by", "night-shelter", "--words", "The staff.")
    office.run(*said, "--evidence", kept["sha256"])
    (question,) = office.run("claim", "show", "pact", "c1")["questions"]
    assert (question["words"], question["answer"]["words"]) == ("Who counted?", "The staff.")
    assert "question q1 by count-lab about nights: Who counted?" in office.say("claim", "show", "pact", "c1")
    forged = office.write("forged.txt", "413 nights")
    assert office.run("claim", "check", "pact", "c1", forged, code=4)["code"] == "claim.evidence_tampered"
    assert office.determine("c1")["state"] == "final"
    paid = office.run("settle", "pact")["settlements"]
    assert [one["payouts"][0]["amount"] for one in paid] == [SIX]
    assert office.run("settle", "pact")["settlements"] == []
    again = office.run("settle", "pact", "--claim", "c1")["settlements"]
    assert [one["payouts"] for one in again] == [one["payouts"] for one in paid]
    assert office.run("claim", "show", "pact", "c1")["state"] == "settled"
    assert [one["state"] for one in office.run("claim", "list", "pact")] == ["settled"]


def test_a_dry_run_of_a_settlement_explains_and_pays_nothing(either_office: "Office") -> None:
    office = either_office
    office.start()
    office.find("c1", "412")
    tried = office.run("settle", "pact", "--dry-run", "--explain")
    assert tried["written"] is False
    (one,) = tried["settlements"]
    assert one["payouts"][0]["status"] == "paid"
    assert one["clauses"][0]["trace"]
    assert one["rests_on"]["determinations"][0]["verifier"] == "count-lab"
    assert office.run("payout", "list", "pact") == []
    assert office.run("fund", "show", "shelter")["disbursed"] == "0.00"
    said = office.say("settle", "pact", "--explain")
    assert "6,229.44 USD" in said
    assert f"evidence {one['rests_on']['evidence'][0]['sha256']}" in said
    assert "is due now" in said


def test_what_a_limit_cuts_is_explained(office: "Office") -> None:
    office.start()
    office.find("c1", "20000", "p1")
    office.find("c2", "20000", "p2")
    office.run("settle", "pact", "--claim", "c1")
    last = office.run("settle", "pact", "--claim", "c2", "--dry-run")["settlements"][0]["clauses"]
    assert [(row["earned"], row["cuts"], row["due"]) for row in last] == [
        ("302400.00", {"most": "104800.00"}, "197600.00")
    ]
    assert "most cuts 104,800.00 USD" in office.say("settle", "pact", "--claim", "c2", "--explain")


def test_the_trail_of_a_payout_runs_from_contribution_to_log(either_office: "Office", tmp_path: Path) -> None:
    office = either_office
    office.start()
    office.find("c1", "412")
    (payout,) = office.run("settle", "pact")["settlements"][0]["payouts"]
    assert "not sealed yet" in office.say("payout", "trace", payout["id"])
    office.run("ledger", "seal", "--name", "example.org", "--key-file", office.key("arbiter"))
    trail = office.run("payout", "trace", payout["id"])
    order = ["contributions", "fund", "agreement", "amounts", "claim", "evidence", "determinations"]
    assert list(trail) == [*order, "disputes", "payout", "log"]
    assert sum(Decimal(one["amount"]) for one in trail["contributions"]) == Decimal(SIX)
    assert {one["giver"] for one in trail["contributions"]} == {"north-giver"}
    assert trail["determinations"][0]["evidence_sha256"] == trail["evidence"][0]["sha256"]
    assert trail == office.run("payout", "trace", payout["transactions"][0])
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(trail["log"][0]["proof"]))
    assert verifier.main([str(proof), "--key", trail["log"][0]["proof"]["key"]]) == 0
    steps = [line.split("  ")[0].strip() for line in office.say("payout", "trace", payout["id"]).splitlines()]
    named = [step for step in steps if step and not step.startswith("sha256")]
    places = [
        named.index(step)
        for step in (
            "contribution",
            "fund",
            "agreement",
            "clause",
            "claim",
            "evidence",
            "determination",
            "payout",
            "log",
        )
    ]
    assert places == sorted(places)
    missing = office.run("payout", "trace", "01a67499-4280-79a8-9689-4c5e2b1853c1", code=3)
    assert missing["code"] == "storage.missing"


def test_a_verifier_signs_offline_and_a_foreign_signature_is_refused(
    office: "Office", tmp_path: Path
) -> None:
    office.start()
    office.run("claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights=412,period=p1")
    office.run("claim", "attach", "pact", "c1", office.write("r.txt", "412"))
    draft = tmp_path / "d.json"
    found = ("determination", "draft", "pact", "c1", "--as", "count-lab", "--method", "recount")
    office.run(*found, "--result", "nights=401,period=p1", "--out", str(draft))
    assert json.loads(draft.read_bytes())["findings"][0]["value"] == "401"
    assert (
        main(
            [
                "determination",
                "sign",
                str(draft),
                "--key",
                office.key("holding"),
                "--out",
                str(tmp_path / "x"),
            ]
        )
        == 0
    )
    told = office.run("determination", "submit", str(tmp_path / "x"), code=4)
    assert told["code"] == "claim.signature"
    out = tmp_path / "d.dsse.json"
    assert (
        main(["determination", "sign", str(draft), "--key", office.key("count-lab"), "--out", str(out)]) == 0
    )
    tried = office.run("determination", "submit", str(out), "--dry-run")
    assert (tried["state"], tried["written"]) == ("final", False)
    assert office.run("determination", "show", "pact", "c1") == []
    office.run("determination", "submit", str(out))
    office.run("determination", "submit", str(out))
    (shown,) = office.run("determination", "show", "pact", "c1")
    assert shown["findings"][0]["value"] == "401"
    assert office.run("settle", "pact")["settlements"][0]["payouts"][0]["amount"] == "6063.12"


def test_a_determination_is_exported_as_envelope_and_as_credential(office: "Office", tmp_path: Path) -> None:
    office.start()
    office.find("c1", "412")
    again = tmp_path / "again.json"
    office.say("determination", "export", "pact", "c1", "--out", str(again))
    assert office.run("determination", "submit", str(again))["state"] == "final"
    out = tmp_path / "vc.json"
    words = ("determination", "export", "pact", "c1", "--credential", "--key")
    office.say(*words, office.key("count-lab"), "--out", str(out))
    public = public_key(secret_of("count-lab")).hex()
    assert main(["determination", "verify", str(out), "--public-key", public]) == 0
    out.write_text(out.read_text().replace('"412"', '"413"'))
    assert main(["determination", "verify", str(out), "--public-key", public]) == 4
    assert main(["determination", "verify", str(out), "--public-key", "zz"]) == 2
    assert office.run(*words, office.key("second-lab"), code=2)["code"] == "document.invalid"


def test_nothing_of_a_claim_can_hold(office: "Office") -> None:
    office.start()
    office.run("claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights=412,period=p1")
    office.run("claim", "attach", "pact", "c1", office.write("r.txt", "412"))
    assert office.determine("c1", "pact", "count-lab", "--nothing")["findings"] == []
    made = office.run("settle", "pact")["settlements"]
    assert [one["payouts"] for one in made] == [[]]


def test_a_dispute_keeps_exactly_its_money_back_and_is_overturned(either_office: "Office") -> None:
    office = either_office
    office.start(disputes={"days": 30})
    assert office.find("c1", "412")["state"] == "provisional"
    office.find("c2", "100", "p2")
    raised = office.run(
        "dispute", "raise", "pact", "c1", "--code", "d1", "--as", "city", "--grounds", "data_error",
        "--statement", "12 nights are counted twice",
    )  # fmt: skip
    assert raised["frozen"] == [{"payer": "city", "amount": SIX, "unit": "USD"}]
    told = office.run("settle", "pact", "--claim", "c1", code=4)
    assert told["code"] == "contract.frozen"
    found = office.signed("c1", "pact", "second-lab", "--result", "nights=400,period=p1")
    words = ("dispute", "resolve", "pact", "d1", "--outcome", "partly", "--reason", "12 nights come off")
    named = ("--determination", found, "--key", f"resolver={office.key('arbiter')}")
    tried = office.run(*words, *named, "--dry-run")
    assert (tried["outcome"], tried["written"]) == ("partly", False)
    assert office.run("dispute", "list", "pact")[0]["outcome"] == "open"
    assert office.run(*words, *named)["outcome"] == "partly"
    paid = [one["amount"] for one in office.run("payout", "list", "pact")]
    assert paid == ["6048.00"]
    assert office.run("dispute", "waive", "pact", "c2", "--as", "city")["state"] == "provisional"
    assert office.run("dispute", "waive", "pact", "c2", "--as", "home")["state"] == "final"
    office.run("settle", "pact")
    assert [one["amount"] for one in office.run("payout", "list")] == ["6048.00", "1512.00"]
    assert office.run("agreement", "replay", "pact")["same"] is True


def test_what_is_overturned_after_payment_is_taken_back(office: "Office") -> None:
    terms = json.loads(Path(office.document()).read_text())["terms"]
    terms["clauses"][0]["on_decrease"] = "recover"
    office.start(terms=terms, disputes={"days": 30}, verification={"pays": "provisional"})
    office.find("c1", "412")
    office.run("settle", "pact")
    office.run(
        "dispute",
        "raise",
        "pact",
        "c1",
        "--code",
        "d1",
        "--as",
        "city",
        "--grounds",
        "fraud",
        "--statement",
        "no",
    )
    found = office.signed("c1", "pact", "second-lab", "--nothing")
    words = ("dispute", "resolve", "pact", "d1", "--outcome", "overturned", "--reason", "no register")
    office.run(*words, "--determination", found, "--key", f"resolver={office.key('arbiter')}")
    back = office.run("payout", "list", "pact")[1]
    assert (back["direction"], back["amount"], back["status"]) == ("back", SIX, "owed")
    part = ("payout", "take-back", "pact", back["id"])
    assert office.run(*part, "2000.00", "--code", "r1")["status"] == "part_returned"
    assert office.run(*part, "2000.00", "--code", "r1")["done"] == "2000.00"
    assert office.run(*part, "4229.45", "--code", "r2", code=4)["code"] == "money.out_of_range"
    assert office.run(*part, "4229.44", "--code", "r2", "--dry-run")["status"] == "returned"
    assert office.run(*part, "4229.44", "--code", "r2")["status"] == "returned"
    assert office.run("fund", "show", "shelter")["refunds"] == SIX


def test_a_payout_above_a_band_waits_for_others_than_its_maker(office: "Office") -> None:
    engine = open_engine(office.url)
    with UnitOfWork(engine) as session:
        band = ApprovalPolicy(
            kind="payout",
            least=money("1000.00", "USD"),
            quorum=1,
            since=system_clock() + timedelta(seconds=1),
        )
        acts.set_policy(session, DEFAULT_BOOK, band, key="large", clock=system_clock)
    engine.dispose()
    time.sleep(1)
    office.start()
    office.find("c1", "412")
    assert office.run("settle", "pact", code=4)["code"] == "duty.not_approved"
    (one,) = office.run("settle", "pact", "--maker", "holding")["settlements"][0]["payouts"]
    assert one["status"] == "waiting"
    carry = ("payout", "carry-out", "pact", one["id"])
    assert office.run(*carry, code=4)["code"] == "duty.not_approved"
    reject = ("payout", "reject", "pact", one["id"], "--as", "treasurer", "--why", "Counted twice.")
    assert office.run(*reject)["rejected_by"] == "treasurer"
    assert office.run(*carry, code=4)["code"] == "duty.rejected"
    assert office.run("payout", "propose", "pact", one["id"], "--as", "holding")["status"] == "waiting"
    approve = ("payout", "approve", "pact", one["id"], "--as")
    assert office.run(*approve, "holding", code=4)["code"] == "duty.same_person"
    assert office.run(*approve, "treasurer")["approved_by"] == ["treasurer"]
    assert office.run(*carry)["status"] == "paid"
    assert office.run(*carry)["status"] == "paid"


REFUSALS = {
    "no result": (["claim", "make", "pact", "c1", "--by", "night-shelter"], 2, "Nothing is claimed"),
    "half a result": (
        ["claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights"],
        2,
        "is no result",
    ),
    "a stranger": (
        ["claim", "make", "pact", "c1", "--by", "holding", "--result", "nights=1,period=p1"],
        4,
        "has no part",
    ),
    "outside the domain": (
        ["claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights=20001,period=p1"],
        4,
        "20001",
    ),
    "no evidence": (["claim", "attach", "pact", "c0"], 2, "Give the evidence"),
    "no claim": (["claim", "show", "pact", "c9"], 3, "c9"),
    "no agreement": (["settle", "nope"], 3, "nope"),
    "no payout": (
        ["payout", "carry-out", "pact", "01a67499-4280-79a8-9689-4c5e2b1853c1"],
        3,
        "01a67499",
    ),
    "no dispute": (
        [
            "dispute",
            "raise",
            "pact",
            "c0",
            "--code",
            "d1",
            "--as",
            "city",
            "--grounds",
            "mood",
            "--statement",
            "s",
        ],
        2,
        "mood",
    ),
    "no determination": (["determination", "export", "pact", "c0"], 3, "none"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_its_cause_and_exits_by_it(office: "Office", name: str) -> None:
    words, code, told = REFUSALS[name]
    office.start()
    office.run("claim", "make", "pact", "c0", "--by", "night-shelter", "--result", "nights=1,period=p2")
    assert told in office.say(*words, code=code)
    assert [one["claim"] for one in office.run("claim", "list", "pact")] == ["c0"]


def test_ties_are_declared_checked_and_ended(office: "Office") -> None:
    office.start()
    assert office.run("tie", "check", "pact")["conflicts"] == []
    add = ("tie", "add", "owns", "holding", "--since", "2024-01-01", "--source", "register")
    tried = office.run(*add, "count-lab", "--dry-run")
    assert (tried["from"], tried["written"]) == ("holding", False)
    office.run(*add, "count-lab")
    office.run(*add, "night-shelter")
    found = office.run("tie", "check", "pact", code=1)["conflicts"]
    assert [(one["verifier"], one["other"]) for one in found] == [("count-lab", "night-shelter")]
    office.run("claim", "make", "pact", "c1", "--by", "night-shelter", "--result", "nights=412,period=p1")
    office.run("claim", "attach", "pact", "c1", office.write("r.txt", "412"))
    signed = office.signed("c1")
    assert office.run("determination", "submit", signed, code=4)["code"] == "duty.not_independent"
    end = ("tie", "end", "owns", "holding", "count-lab", "--since", "2024-01-01", "--on", "2024-06-30")
    assert office.run(*end)["until"] == "2024-06-30"
    assert len(office.run("tie", "list")) == 2
    assert [one["to"] for one in office.run("tie", "list", "--on", "2025-01-01")] == ["night-shelter"]
    assert office.run("tie", "check", "pact")["conflicts"] == []
    assert office.say("tie", "add", "owns", "holding", "holding", *add[4:], code=2)
