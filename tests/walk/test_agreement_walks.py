"""Whole agreements on the command line, from draft to close, every amount worked out by hand beside it.

The deals are real; their figures are recalled or invented, as each test says: Perspektive Augsburg, Ways to
Wellness in Newcastle, nurse visits in South Carolina with an invented guarantee. They stand in no casebook.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from almoner.finance import dates

from .deals import AUGSBURG, WELLNESS, guarantee, visits
from .walking import Calendar, Walk

Open = Callable[[str], Walk]


@pytest.fixture
def walk(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setattr(dates, "datetime", Calendar)
    return lambda unit: Walk(sqlite_url, tmp_path, capsys, unit)


@pytest.fixture
def either_walk(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setattr(dates, "datetime", Calendar)
    return lambda unit: Walk(database_url, tmp_path, capsys, unit)


def test_a_pot_that_paid_too_much_out_still_pays_everybody_what_is_theirs(either_walk: Open) -> None:
    """Perspektive Augsburg: capital of 250,000 and 3 percent recalled; price, pot and people invented."""
    walk = either_walk("EUR").on("2013-08-15")
    codes = [*AUGSBURG["parties"].values(), "lawyers", "court"]
    walk.open({"ministry": ("bavaria", "320000.00")}, codes)
    assert walk.start("augs", AUGSBURG) == {"land": "300000.00", "pot": "0.00"}
    walk.on("2015-01-20").claim("augs", "c1", "kids-firm", "jobs=12,period=y1")
    walk.find("augs", "c1", "auditor")
    assert walk.settle("augs") == [  # 12 x 14,000; all of it goes to the investors, 60 to 40
        ("back", "pot", "first", "100800.00"),
        ("back", "pot", "second", "67200.00"),
        ("job", "land", "pot", "168000.00"),
    ]
    words = ("--as", "land", "--grounds", "data_error", "--statement", "two were interns")
    walk.on("2015-02-05").run("dispute", "raise", "augs", "c1", "--code", "d1", *words)
    again = walk.signed("augs", "c1", "lawyers", "--result", "jobs=10,period=y1", "--round", "2")
    walk.resolve("augs", "d1", "partly", again)
    owed = walk.payouts("augs")[-1]
    assert (owed["amount"], owed["direction"], owed["status"]) == ("28000.00", "back", "owed")
    told = walk.refused("payout", "take-back", "augs", owed["id"], "1000.00", "--code", "r1")
    assert "nobody returns them by hand" in told["detail"]
    walk.on("2016-01-20").claim("augs", "c2", "kids-firm", "jobs=10,period=y2")
    walk.find("augs", "c2", "lawyers")
    assert walk.settle("augs") == [
        # hurdle: (250,000 x 1.03^(487/365) - 140,000) x 1.03 = 123,658.39, of which 28,000 was paid before
        ("back", "pot", "first", "57395.03"),
        ("back", "pot", "second", "38263.36"),
        ("bonus", "pot", "kids", "8170.80"),  # half of 140,000 - 123,658.39, to the even cent
        ("job", "land", "pot", "140000.00"),
    ]
    assert walk.sources("augs") == {"land": "20000.00", "pot": "8170.81"}
    walk.on("2016-04-25").run("agreement", "measure", "augs", "--as", "land")
    assert "calendar" in walk.refused("agreement", "close", "augs")["detail"]
    assert walk.settle("augs") == [("residual:pot", "pot", "juvat", "8170.81")]
    walk.finish("augs")
    fund = walk.run("fund", "show", "ministry")
    assert (fund["disbursed"], fund["free"]) == ("280000.00", "40000.00")


COLUMNS = ("--column", "person=Client", "--column", "of:steps=Step", "--column", "achieved_on=Day")


def people(*groups: tuple[str, int, str, str]) -> str:
    """Rows of a register: initial of the people, how many, step, day."""
    rows = [f"{who}{n},{step},{day}" for who, many, step, day in groups for n in range(many)]
    return "\n".join(["Client,Step,Day", *rows, ""])


def bring_in(walk: Walk, code: str, rows: str, *verifiers: str) -> None:
    """Import rows, claim what they add up to, and let verifiers find the same."""
    path = walk.write(f"{code}.csv", rows)
    secret = walk.write("people.key", "ab" * 32)
    told = ("--code", code, "--secret", secret, *COLUMNS, "--set", "metric=wellbeing")
    walk.run("claim", "import", "wtw", path, *told)
    walk.run("claim", "make", "wtw", code, "--by", "ways", "--dataset", code)
    walk.run("claim", "attach", "wtw", code, path, "--held-by", "ways")
    for verifier in verifiers:
        walk.find("wtw", code, verifier)


def test_two_payers_share_what_two_of_three_verifiers_found_and_set_off_what_fell(walk: Open) -> None:
    """Ways to Wellness: payers and the two kinds of outcome recalled; prices, counts and caps invented."""
    desk = walk("GBP").on("2015-03-01")
    codes = ["ccg", "lottery", "ways", "university", "auditor", "third-lab", "judge"]
    desk.open({"ccg-money": ("ccg", "900000.00"), "cbo-money": ("lottery", "500000.00")}, codes)
    desk.start("wtw", WELLNESS)
    first = people(("p", 100, "star-1", "2015-09-01"), ("p", 101, "star-3", "2016-03-01"))
    desk.on("2016-04-20")
    secret = desk.write("people.key", "ab" * 32)
    told = ("--code", "y1", "--secret", secret, *COLUMNS, "--set", "metric=wellbeing")
    faulty = (
        first + "p7,star-1,2015-10-01\np8,star-9,2015-10-01\np9,star-2,31.12.2015\np10,star-2,2016-05-30\n"
    )
    seen = desk.refused("claim", "import", "wtw", desk.write("faulty.csv", faulty), *told)
    assert {row["row"] for row in seen["figures"]["findings"]} >= {"204", "205", "206"}
    bring_in(desk, "y1", first, "auditor")
    other = (
        "--result",
        "wellbeing=99,period=p1,steps=star-1",
        "--result",
        "wellbeing=101,period=p1,steps=star-3",
    )
    assert desk.find("wtw", "y1", "third-lab", *other)["state"] == "determined"
    assert desk.find("wtw", "y1", "university")["state"] == "provisional"
    desk.claim("wtw", "h1", "ways", "saving=390.00,period=p1")
    desk.find("wtw", "h1", "university", "--method", "did/1", "--result", "saving=390.20,period=p1")
    desk.find("wtw", "h1", "auditor", "--method", "did/1", "--result", "saving=389.90,period=p1")
    words = ("--as", "ccg", "--grounds", "data_error", "--statement", "ten count twice")
    raised = desk.on("2016-05-05").run("dispute", "raise", "wtw", "y1", "--code", "d1", *words)
    # 100 x 120.00 + 101 x 33.33 = 15,366.33; of 3,366.33 the payers bear 2,356.43 and 1,009.90
    assert [row["amount"] for row in raised["frozen"]] == ["4609.90", "10756.43"]
    assert "10756.43 GBP of ccg" in desk.refused("settle", "wtw", "--claim", "y1")["detail"]
    # 389.90 x 500 = 194,950.00, of which the year has 200,000 - 15,366.33 left
    assert desk.on("2016-05-12").settle("wtw") == [("hospital", "ccg", "spv", "184633.67")]
    found = (
        "--result",
        "wellbeing=90,period=p1,steps=star-1",
        "--result",
        "wellbeing=101,period=p1,steps=star-3",
    )
    desk.resolve("wtw", "d1", "partly", desk.signed("wtw", "y1", "judge", *found, "--round", "2"))
    assert [(row["payer"], row["amount"]) for row in desk.payouts("wtw")[1:]] == [
        ("ccg", "1200.00"),  # hospital: the year has 1,200 more
        ("cbo", "4249.90"),
        ("ccg", "9916.43"),
    ]
    desk.on("2017-04-10")
    bring_in(desk, "y2", people(("q", 1500, "star-1", "2016-08-01")), "auditor", "university")
    assert desk.on("2017-05-01").settle("wtw") == [
        ("star", "cbo", "spv", "54000.00"),
        ("star", "ccg", "spv", "126000.00"),
    ]
    words = ("--as", "cbo", "--grounds", "fraud", "--statement", "invented people")
    assert desk.on("2017-05-20").run("dispute", "raise", "wtw", "y2", "--code", "d2", *words)["frozen"] == []
    desk.resolve(
        "wtw", "d2", "overturned", desk.signed("wtw", "y2", "third-lab", "--nothing", "--round", "2")
    )
    desk.on("2018-04-20")
    bring_in(desk, "y3", people(("q", 1600, "star-1", "2017-08-01")), "auditor", "third-lab")
    # 192,000 are owed; 180,000 of it were paid for the second year, and take no room of the limit twice
    assert desk.on("2018-05-20").settle("wtw") == [
        ("star", "cbo", "spv", "3600.00"),
        ("star", "ccg", "spv", "8400.00"),
    ]
    desk.on("2018-08-20").run("agreement", "measure", "wtw", "--as", "ccg")
    desk.finish("wtw")
    funds = [desk.run("fund", "show", code)["disbursed"] for code in ("ccg-money", "cbo-money")]
    assert funds == ["330150.10", "61849.90"]  # in all 200,000.00 and 192,000.00


def signed_again(walk: Walk, envelope: str, **changes: str) -> str:
    """Change what a determination says, and let its verifier sign that."""
    body = json.loads(base64.b64decode(json.loads(Path(envelope).read_text())["payload"])) | changes
    bare = walk.write("again.json", json.dumps(body, sort_keys=True, separators=(",", ":")))
    out = str(walk.folder / "again.dsse.json")
    walk.run("determination", "sign", bare, "--key", walk.key(body["verifier"]), "--out", out)
    return out


def forged_and_fresh(desk: Walk, aud: str) -> str:
    """Hand in determinations that must not count; returns one that does, if it comes in time."""
    submit = ("determination", "submit")
    counted = desk.signed("visits", "c1", "trial-lab", "--estimate", f"mothers={aud}")
    bare = counted.replace(".dsse.json", ".json")
    assert "not signed" in desk.refused(*submit, bare)["detail"]
    elsewhere = desk.signed("other", "c1", "trial-lab", "--estimate", f"mothers={aud}")
    foreign = signed_again(desk, elsewhere, agreement="visits")
    assert desk.refused(*submit, foreign)["code"] == "claim.determination_foreign"
    stranger = signed_again(desk, counted, verifier="stranger")
    assert desk.refused(*submit, stranger)["code"] == "claim.determination_foreign"
    party = signed_again(desk, counted, verifier="nurses")
    assert desk.refused(*submit, party)["code"] == "duty.not_independent"
    assert desk.on("2017-03-20").refused(*submit, counted)["code"] == "claim.determination_expired"
    return counted


def test_only_a_fresh_signed_finding_of_an_untied_verifier_moves_money(walk: Open) -> None:
    """Nurse visits in South Carolina; all figures invented."""
    desk = walk("USD").on("2016-01-04")
    pact = visits()
    codes = ["state", "nurses", "trial-lab", "auditor", "referee", "holding", "middle", "stranger", "bank"]
    desk.open({"success": ("state", "900000.00"), "reserve": ("bank", "100000.00")}, codes)
    desk.start("other", visits("Nurse visits elsewhere", "100000.00"))
    assert desk.start("reserve", guarantee(pact)) == {"bank": "90000.00"}
    desk.start("visits", pact)
    half = [f"m{n},{int(n % 20 < (2 if n % 2 else 4))},{n % 2}" for n in range(400)]
    trial = desk.write("trial.csv", "\n".join(["id,outcome,treated", *half, ""]))
    listed = [f"m{n},{'wrong' if n < 2 else 'right' if n < 300 else ''}" for n in range(1500)]
    audit = desk.write("audit.csv", "\n".join(["id,audit", *listed, ""]))
    rct, aud = str(desk.folder / "rct.json"), str(desk.folder / "aud.json")
    shares = desk.write("p1.json", {"scale": "relative_reduction"})
    desk.run("evaluate", "rct_difference", trial, "--params", shares, "--out", rct)
    bound = desk.write("p2.json", {"tolerance": "0.05"})
    assert desk.run("evaluate", "admin_validated", audit, "--params", bound, "--out", aud)["value"] == "1500"
    desk.on("2017-02-10").claim("visits", "c1", "nurses", "mothers=1500", evidence=audit)
    desk.claim("visits", "c2", "nurses", "preterm=50.0", evidence=trial)
    desk.claim("other", "c1", "nurses", "mothers=1500", evidence=audit)
    counted = forged_and_fresh(desk, aud)
    submit = ("determination", "submit")
    desk.on("2017-02-12").run(*submit, counted)
    desk.run("tie", "add", "owns", "holding", "nurses", "--since", "2016-06-01", "--source", "register")
    desk.run("tie", "add", "owns", "holding", "middle", "--since", "2016-06-01", "--source", "register")
    desk.run("tie", "add", "controls", "middle", "trial-lab", "--since", "2017-02-20", "--source", "press")
    told = desk.on("2017-02-25").refused("settle", "visits", "--claim", "c1")
    assert "middle controls trial-lab since 2017-02-20 (press); holding owns middle" in told["detail"]
    assert desk.settle("visits") == []
    again = desk.signed("visits", "c2", "trial-lab", "--estimate", f"preterm={rct}")
    assert desk.refused(*submit, again)["code"] == "duty.not_independent"
    since = ("--since", "2017-02-20", "--on", "2017-02-28")
    desk.run("tie", "end", "controls", "middle", "trial-lab", *since)
    desk.on("2017-03-02").find("visits", "c2", "auditor", "--estimate", f"preterm={rct}")
    assert "can still change" in desk.refused("claim", "refer", "reserve", "r1", "--by", "bank")["detail"]
    # births: 1 - 10 % / 20 % is 50 percent, of which 15 count; list: 1,500 x 137.50
    assert desk.on("2017-03-15").settle("visits") == [
        ("births", "state", "nurses", "300000.00"),
        ("list", "state", "nurses", "206250.00"),
    ]
    late = ("claim", "make", "visits", "late", "--by", "nurses", "--result", "preterm=3")
    assert desk.on("2017-08-20").refused(*late)["figures"]["until"] == "2017-07-30"
    desk.run("agreement", "measure", "visits", "--as", "state")
    taken = desk.run("claim", "refer", "reserve", "r1", "--by", "bank")
    assert (taken["results"][0]["value"], taken["state"]) == ("506250.00", "final")
    assert desk.settle("reserve") == [("half", "bank", "nurses", "46875.00")]
    desk.run("agreement", "measure", "reserve", "--as", "bank")
    desk.finish("visits")
    desk.finish("reserve")
