from collections.abc import Callable

from tests.doors.people import Asker

Ask = Callable[..., Asker]
TIE = {
    "kind": "owns",
    "from_party": "foundation",
    "to_party": "lab",
    "since": "2025-01-01",
    "source": "register",
}


def test_the_administrator_opens_a_book_and_sees_it_and_nobody_else_does(ask: Ask) -> None:
    assert ask("ada").made("/books", {"code": "relief", "unit": "EUR"}) == {"code": "relief", "unit": "EUR"}
    assert ask("ada").seen("/books/relief")["unit"] == "EUR"
    assert [one["code"] for one in ask("ada").seen("/books")["items"]] == ["main", "relief"]
    assert [one["code"] for one in ask("mira").seen("/books")["items"]] == ["main"]
    assert ask("nora").seen("/books")["items"] == []
    assert ask("mira").get("/books/relief").status_code == 404
    assert ask("mira").post("/books", {"code": "mine", "unit": "USD"}).status_code == 404
    other = ask("ada").post("/books", {"code": "relief", "unit": "USD"})
    assert (other.status_code, other.json()["code"]) == (409, "storage.already_exists"), other.text


def test_a_code_that_no_address_can_hold_is_refused(ask: Ask) -> None:
    refused = ask("ada").post("/books", {"code": "relief/2026", "unit": "USD"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/code")


def test_units_are_registered_with_their_digits(ask: Ask) -> None:
    mira = ask("mira")
    mira.made("/books/main/units", {"code": "hour", "kind": "in_kind", "scale": 2})
    assert mira.made("/books/main/units", {"code": "JPY", "kind": "currency"})["scale"] == 0
    kinds = {one["code"]: (one["kind"], one["scale"]) for one in mira.seen("/units")["items"]}
    assert (kinds["hour"], kinds["USD"]) == (("in_kind", 2), ("currency", 2))
    wrong = mira.post("/books/main/units", {"code": "JPY", "kind": "currency", "scale": 2})
    assert (wrong.status_code, wrong.json()["figures"]) == (422, {"digits": 0})
    other = mira.post("/books/main/units", {"code": "hour", "kind": "in_kind", "scale": 0})
    assert other.json()["code"] == "money.unit_mismatch", other.text
    assert mira.post("/books/main/units", {"code": "day", "kind": "in_kind"}).status_code == 422


def test_a_party_is_registered_once_and_read_with_its_key(ask: Ask) -> None:
    asked = {"code": "city", "name": "Harbour City", "kind": "public_body", "public_key": "ab" * 32}
    mira = ask("mira")
    made = mira.made("/books/main/parties", asked)
    assert mira.made("/books/main/parties", asked) == made
    assert ask("hana").seen("/books/main/parties/city") == asked
    assert [one["code"] for one in mira.seen("/books/main/parties?kind=public_body")["items"]] == ["city"]
    other = mira.post("/books/main/parties", asked | {"name": "Another"})
    assert (other.status_code, other.json()["figures"]["name"]) == (409, "Harbour City")
    assert ask("hana").post("/books/main/parties", asked).status_code == 403


def test_everybody_declares_their_own_ties_and_only_the_books_end_them(ask: Ask) -> None:
    ask("eva").made("/books/main/ties", TIE)
    assert ask("hana").post("/books/main/ties", TIE).status_code == 404
    assert ask("mira").post("/books/main/ties", TIE | {"to_party": "foundation"}).status_code == 422
    assert [one["source"] for one in ask("eva").seen("/books/main/ties")["items"]] == ["register"]
    assert ask("emil").seen("/books/main/ties")["items"] == []
    end = {name: TIE[name] for name in ("kind", "from_party", "to_party", "since")} | {"until": "2025-06-30"}
    assert ask("eva").post("/books/main/ties/ends", end).status_code == 403
    assert ask("mira").made("/books/main/ties/ends", end)["until"] == "2025-06-30"
    early = ask("mira").post("/books/main/ties/ends", end | {"until": "2024-06-30"})
    assert early.status_code == 409
    assert ask("fiona").seen("/books/main/ties?on=2025-07-01")["items"] == []
    assert len(ask("fiona").seen("/books/main/ties?party=lab")["items"]) == 1


def test_an_earmark_narrows_another(ask: Ask) -> None:
    north = {"code": "north", "title": "North", "admits": {"region": ["north"]}, "valid_until": "2030-12-31"}
    ask("fiona").made("/books/main/earmarks", north)
    ask("mira").made("/books/main/earmarks", {"code": "wells", "title": "Wells", "wider": "north"})
    listed = {one["code"]: one for one in ask("hana").seen("/books/main/earmarks")["items"]}
    assert {code: one["wider"] for code, one in listed.items()} == {
        "north": "unrestricted",
        "unrestricted": "",
        "wells": "north",
    }
    assert listed["north"]["admits"] == {"region": ["north"]}
    assert ask("mira").post("/books/main/earmarks", north | {"title": "Else"}).status_code == 409
    lost = ask("mira").post("/books/main/earmarks", {"code": "x", "title": "X", "wider": "none"})
    assert (lost.status_code, lost.json()["figures"]["what"]) == (404, "earmark")


def test_an_overview_shows_to_everybody_what_is_published_and_to_the_parties_all(ask: Ask) -> None:
    fund = "/books/main/funds/water"
    assert ask().get("/books/main/overview").status_code == 401
    assert [one["code"] for one in ask("fiona").seen("/books/main/overview")["funds"]] == ["water"]
    ask("mira").made(f"{fund}/contributions", {"giver": "foundation", "amount": "250.00", "unit": "USD"})
    ask("mira").made(f"{fund}/disbursements", {"payee": "hub-a", "amount": "40.00", "unit": "USD"})
    ask("mira").made("/books/main/funds", {"code": "other", "title": "Other", "unit": "EUR"})
    assert ask().seen("/books")["items"] == []
    ask("fiona").made(f"{fund}/publications")
    assert [one["code"] for one in ask().seen("/books")["items"]] == ["main"]
    seen = ask().seen("/books/main/overview")
    assert [(one["code"], one["received"], one["paid"], one["free"]) for one in seen["funds"]] == [
        ("water", "250.00", "40.00", "210.00")
    ]
    assert [one["unit"] for one in seen["money"]] == ["USD"]
    assert [one["unit"] for one in ask("fiona").seen("/books/main/overview")["money"]] == ["USD", "EUR"]
    assert set(seen["funnel"].values()) == {0}
