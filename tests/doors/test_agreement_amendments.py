from collections.abc import Callable

from fastapi import FastAPI
from tests.doors.deals import NIGHTS, agreed, consents, document_of, drawn_up, sign_all, tag_of
from tests.doors.people import Asker, grants_of, identify_by_name, signed

from almoner.api import create_app
from almoner.api.records.tables import PUBLICATION
from almoner.finance.dates import Clock
from almoner.finance.records.tables import BOOK, EVENT
from almoner.finance.storage import Engine, Session

Ask = Callable[..., Asker]
AMENDMENTS = f"{NIGHTS}/amendments"


def amendment_to(ask: Ask, most: str) -> dict[str, object]:
    """Return an amendment of the most that is paid."""
    return {
        "schema": "almoner.amendment/1",
        "of": ask("mira").seen(NIGHTS)["terms_sha256"],
        "effective_on": "2026-02-01",
        "reason": "More places",
        "changes": [{"op": "replace", "path": "/limits/0/max", "value": most}],
    }


def made_by_city(ask: Ask, most: str) -> str:
    """Make an amendment as the funder; return its bytes."""
    asked = {"code": "a1", "amendment": amendment_to(ask, most)}
    shown = ask("fiona").made(f"{AMENDMENTS}/readings/preview", asked)
    assert shown["most"] == [{"payer": "city", "unit": "USD", "before": "30000.00", "after": most}]
    body = asked | {"by": "city", "signature": signed("foundation", shown["content"])}
    made = ask("fiona").made(AMENDMENTS, body)
    assert (made["missing"], made["content"]) == (["home"], shown["content"])
    return str(shown["content"])


def test_an_amendment_is_made_by_one_party_and_approved_by_the_other(ask: Ask) -> None:
    agreed(ask)
    content = made_by_city(ask, "36000.00")
    body = {"name": "home", "signature": signed("hub-a", content)}
    assert ask("hugo").post(f"{AMENDMENTS}/a1/approvals", body).status_code == 404
    assert ask("hana").made(f"{AMENDMENTS}/a1/approvals", body)["in_force"] is True
    stands = ask("ivo").seen(NIGHTS)
    assert (stands["amended"], stands["sources"][0]["encumbered"]) == (["a1"], "36000.00")
    assert ask("ivo").seen(f"{NIGHTS}/readings/bounds")["amounts"][0]["most"] == "36000.00"
    assert ask("ivo").seen(f"{NIGHTS}/document")["amended_terms"]["limits"][0]["max"] == "36000.00"
    assert [one["code"] for one in ask("eva").seen(AMENDMENTS)["items"]] == ["a1"]


def test_an_amendment_that_is_not_covered_is_refused_and_keeps_no_approval(ask: Ask) -> None:
    agreed(ask)
    content = made_by_city(ask, "50000.00")
    body = {"name": "home", "signature": signed("hub-a", content)}
    refused = ask("hana").post(f"{AMENDMENTS}/a1/approvals", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "contract.underfunded")
    assert refused.json()["figures"]["extra"] == "20000.00"
    assert ask("hana").seen(f"{AMENDMENTS}/a1")["missing"] == ["home"]


def test_nobody_amends_in_another_name_and_one_person_signs_for_one_party(
    ask: Ask, engine: Engine, clock: Clock
) -> None:
    agreed(ask)
    foreign = {
        "code": "a2",
        "by": "home",
        "amendment": amendment_to(ask, "36000.00"),
        "signature": "00" * 64,
    }
    assert ask("fiona").post(AMENDMENTS, foreign).status_code == 404
    content = made_by_city(ask, "36000.00")
    both = {"fiona": grants_of(("funder", "foundation", ""), ("hub", "hub-a", ""))}
    app: FastAPI = create_app(engine=engine, identify=identify_by_name(clock, both), clock=clock)
    refused = Asker(app, "fiona").post(
        f"{AMENDMENTS}/a1/approvals",
        {"name": "home", "signature": signed("hub-a", content)},
        {"Almoner-Party": "hub-a"},
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "duty.same_person")


def test_an_agreement_rests_goes_on_and_ends_by_the_consent_of_all(ask: Ask) -> None:
    agreed(ask)
    mira = ask("mira")
    for act, path, state in (
        ("suspend", "suspensions", "suspended"),
        ("resume", "resumptions", "active"),
    ):
        content = mira.seen(f"{NIGHTS}/signing-bytes?act={act}&code=s1&reason=audit")["content"]
        asked = {"code": "s1", "reason": "audit", "signatures": consents(content)}
        assert mira.made(f"{NIGHTS}/{path}", asked)["state"] == state
    lone = {"on": "2026-01-15", "reason": "closes", "signatures": {}}
    refused = mira.post(f"{NIGHTS}/termination", lone, tag_of(mira, NIGHTS))
    assert (refused.status_code, refused.json()["figures"]["missing"]) == (409, ["city", "home"])
    early = ask("fiona").post(f"{NIGHTS}/measurement", {"by": "city"}, tag_of(ask("fiona"), NIGHTS))
    assert (early.status_code, early.json()["figures"]["until"]) == (409, "2027-03-31")
    assert mira.post(f"{NIGHTS}/measurement", {"by": "city"}, tag_of(mira, NIGHTS)).status_code == 403
    content = mira.seen(f"{NIGHTS}/signing-bytes?act=terminate&reason=closes&on=2026-01-15")["content"]
    ended = lone | {"signatures": consents(content)}
    assert mira.made(f"{NIGHTS}/termination", ended, tag_of(mira, NIGHTS))["state"] == "terminated"
    assert mira.seen(f"{NIGHTS}/liability")["sources"][0]["held"] == "0.00"
    closed = mira.made(f"{NIGHTS}/closing", {}, tag_of(mira, NIGHTS))
    assert (closed["state"], closed["released"]) == (
        "closed",
        [{"payer": "city", "unit": "USD", "amount": "0.00"}],
    )


def publish(engine: Engine, engagement: str) -> None:
    """Let everybody read an engagement."""
    with Session(engine) as session, session.begin():
        book = session.query(BOOK.c.id).filter(BOOK.c.code == "main").scalar()
        event = session.query(EVENT.c.id).limit(1).scalar()
        session.execute(PUBLICATION.insert().values(book_id=book, engagement=engagement, event_id=event))


def test_the_public_reads_a_published_agreement_once_it_is_signed(ask: Ask, engine: Engine) -> None:
    gift = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    drawn_up(ask)
    drawn_up(ask, document_of(funding=[{"payer": "city", "fund": "water"}]), "second")
    assert ask().get(NIGHTS).status_code == 401
    publish(engine, "agreement/nights")
    assert ask().get(NIGHTS).status_code == 404
    assert ask().seen("/books/main/agreements")["items"] == []
    sign_all(ask)
    shown = ask().seen(NIGHTS)
    assert {one["signed"] for one in shown["parties"]} == {None}
    assert [one["code"] for one in ask().seen("/books/main/agreements")["items"]] == ["nights"]
    assert "15.12 USD" in ask().seen(f"{NIGHTS}/readings/wording")["wording"]
    assert ask().get(f"{NIGHTS}/document").status_code == 401
    assert ask().get("/books/main/agreements/second").status_code == 401
