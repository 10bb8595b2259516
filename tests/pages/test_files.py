"""Files with an application: digests are kept, kind and length checked, and anybody can compare."""

import hashlib
from collections.abc import Callable
from copy import deepcopy

import pytest
from tests.doors.people import Asker
from tests.pages.test_hub import API, ONE, Hand, write_all
from tests.pages.visiting import Visitor, read

from almoner.api.routes.brief_examples import BRIEF

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PLAN = b"%PDF-1.7 how the wells are dug"
SHA256 = hashlib.sha256(PLAN).hexdigest()
ASKED = {"type": "string", "title": "Plan", "x-file": {"media_types": ["application/pdf"], "max_bytes": 100}}
FIELD = "file-answers-plan"
HOSTILE = '../<script>alert(1)</script>"><img src=x>\u202efdp' + "w" * 300 + ".pdf"
Ask = Callable[..., Asker]
Visit = Callable[..., Visitor]


@pytest.fixture
def clock() -> Hand:
    """The clock of the server."""
    return Hand()


@pytest.fixture
def hana(ask: Ask, visit: Visit, clock: Hand) -> Visitor:
    """A hub that has written an application in which a file is asked."""
    gift = {"giver": "foundation", "amount": "1000000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    brief = deepcopy(BRIEF)
    schema = brief["forms"][0]["schema"]
    schema["properties"]["plan"] = ASKED
    schema["required"].append("plan")
    ask("mira").made("/books/main/challenges", {"brief": brief})
    clock.at("2027-01-20T12:00")
    written = visit("hana")
    write_all(written)
    return written


def send(hana: Visitor, name: str, content: bytes, status: int = 303) -> str:
    """Choose a file for the question, and save."""
    reply = hana.send(f"{ONE}/sections/answers", "save", files={FIELD: (name, content)}, status=status)
    return str(reply.text)


def test_a_file_is_taken_by_its_digest_handed_in_and_known_again(
    hana: Visitor, ask: Ask, visit: Visit, clock: Hand
) -> None:
    assert "/answers/plan" in str(ask("hana").seen(f"{API}/drafts/a-1/findings"))
    send(hana, HOSTILE, PLAN)
    page = hana.see(f"{ONE}/sections/answers")
    assert SHA256 in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    hana.send(f"{ONE}/sections/answers", "save", {"file-address-answers-plan": "https://files.example/plan"})
    assert "stand between you" not in hana.text(f"{ONE}/check")
    assert SHA256 in hana.text(f"{ONE}/check")
    assert "Your application is handed in" in hana.do(f"{ONE}/check", "submit")
    stored = ask("hana").seen(f"{API}/applications/a-1")["application"]
    (kept,) = stored["files"]
    assert stored["answers"]["plan"] == kept["sha256"] == SHA256
    assert (kept["size_bytes"], kept["media_type"]) == (len(PLAN), "application/pdf")
    assert (kept["address"], len(kept["name"])) == ("https://files.example/plan", 200)
    assert "script>" in kept["name"]
    assert 'href="https://files.example/plan"' in hana.see(ONE)
    same = hana.send(ONE, "check-file", files={"content": ("x.bin", PLAN)}, status=200)
    assert "is the one that was handed in" in read(same.text)
    other = hana.send(ONE, "check-file", files={"content": ("x.bin", PLAN + b".")}, status=409)
    assert "it was changed, or is another file" in read(other.text)
    assert "Choose a file" in read(hana.send(ONE, "check-file", status=422).text)

    def compared(name: str) -> int:
        headers = {"content-type": "application/octet-stream"}
        where = f"/v1{API}/applications/a-1/file-checks"
        return int(visit(name).client.post(where, content=PLAN, headers=headers).status_code)

    assert compared("fiona") == 409
    clock.at("2027-03-02T12:00")
    assert [compared(name) for name in ("fiona", "hugo", "jana")] == [200, 200, 404]


def test_what_is_of_another_kind_too_long_or_empty_is_refused_at_its_field(hana: Visitor, ask: Ask) -> None:
    for name, content, said in (
        ("plan.txt", b"text", "the file is text/plain; asked is application/pdf"),
        ("plan.pdf", b"MZ\x90", "does not begin as such a file does"),
        ("plan.pdf", b"%PDF-" + b"w" * 200, "the limit is 100"),
        ("plan.pdf", b"", "the file is empty"),
    ):
        page = send(hana, name, content, 422)
        assert said in page
        assert 'href="#answers-plan"' in page
    draft = f"{API}/drafts/a-1"
    assert "files" not in ask("hana").seen(draft)["content"]
    send(hana, "plan.pdf", PLAN)
    bad = hana.send(
        f"{ONE}/sections/answers", "save", {"file-address-answers-plan": "javascript:alert(1)"}, status=422
    )
    assert "an address begins with https://" in read(bad.text)
    send(hana, "new.pdf", PLAN + b".")
    assert [row["name"] for row in ask("hana").seen(draft)["content"]["files"]] == ["new.pdf"]
    hana.send(f"{ONE}/sections/answers", "save", {"file-remove-answers-plan": "yes"})
    left = ask("hana").seen(draft)["content"]
    assert "files" not in left
    assert "plan" not in left["answers"]
