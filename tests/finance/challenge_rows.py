"""One row for each table of challenges, written past the library."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, MetaData

Cell = Any  # what a column of a reflected table holds


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    tables: MetaData

    def put(self, connection: Connection, name: str, /, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection, *, book: str = "main") -> uuid.UUID: ...


def write_challenge(raw: Raw, connection: Connection, now: datetime) -> None:
    """Write one row into each table of challenges, by hand."""
    book, fund = raw.find(connection, "book", code="main"), raw.find(connection, "fund", code="water")
    party = raw.find(connection, "party", code="hub", book_id=book)

    def put(name: str, **values: object) -> None:
        columns = raw.tables.tables[name].c
        known = {**common, **values}
        known |= {"event_id": raw.event(connection)}
        raw.put(connection, name, **{key: value for key, value in known.items() if key in columns})

    common: dict[str, object] = {"book_id": book, "fund_id": fund, "body": b"{}", "body_sha256": bytes(32)}
    common |= {"reason": "said so", "maker": "desk", "checker": "head", "phase": "panel", "version": 1}
    common |= {"number": 1, "party": "lab", "amount": 1, "unit": "USD", "prize": 1, "part": "whole"}
    put("challenge", code="h1", judging="assigned")
    common |= {"challenge_id": raw.find(connection, "challenge", code="h1"), "code": "b1", "judge": "lab"}
    put("brief", kind="first", effective_at=now)
    put("challenge_move", state="decided")
    put("notice", subject="amendment/2", recipient="hub", delivered_at=now)
    put("draft", revision=1, editor="hub", saved_at=now)
    put("accord", bundle_sha256=bytes(32), signer="hub")
    put("application", lead="hub")
    common |= {"application_id": raw.find(connection, "application", code="b1")}
    put("submission", received_at=now)
    put("submission_party", seq=1, party="hub")
    _write_facts(put, now)
    put("judge", load_lo=0, load_hi=9, profile=b"{}")
    common |= {"judge_id": raw.find(connection, "judge", party="lab")}
    for name in ("judge_declaration", "conflict_override", "plan"):
        put(name, actor="hub", kind="none", signer="chair")
    common |= {"plan_id": raw.find(connection, "plan")}
    for name in ("assigned", "plan_publication", "entry_opening"):
        put(name, opened_at=now)
    put(
        "judge_read",
        judging="assigned",
        finding_number=1,
        finding="pass",
        rubric="merit/1",
        revision=1,
        read_at=now,
    )
    common |= {"read_id": raw.find(connection, "judge_read")}
    put("score", trait="reach", steps=3, remark="")
    for name in ("advancement", "read_void", "calibration", "ballot", "recusal"):
        put(name, kind="band")
    _write_awards(raw, connection, put, common)
    put("appeal", ground="procedure", filed_at=now)
    common |= {"appeal_id": raw.find(connection, "appeal")}
    put("award_hold")
    put("ruling", upheld=0, ruled_by="judge")
    put("public_commitment", party_id=party)
    put("withdrawal")


def _write_facts(put: Callable[..., None], now: datetime) -> None:
    put(
        "applicant_fact",
        fact="age",
        seq=1,
        value="1",
        source="declared",
        stated_by="hub",
        state="kept",
        received_at=now,
    )
    put("clause_waiver", clause="2.1", effect="clause")
    put("finding", status="pass")
    put(
        "identity_mark",
        holder="hub",
        kind="email",
        value="hub@hub.example",
        organisation="",
        verified=1,
        source="said so",
    )
    put(
        "interest",
        from_party="hub",
        to_party="lab",
        kind="family",
        since=now.date(),
        declared_by="lab",
        source="said so",
        confidence_bp=10000,
    )


def _write_awards(
    raw: Raw, connection: Connection, put: Callable[..., None], common: dict[str, object]
) -> None:
    book = common["book_id"]
    txn = raw.find(connection, "txn", idem_key="e1", book_id=book)
    put("award", finding_number=1, finding="pass", rule="ranking", part="other")
    put("award_end", award_id=raw.find(connection, "award"), state="lapsed", txn_id=txn)
    put("award", finding_number=1, finding="pass", rule="ranking", amount=9)
    common |= {"award_id": raw.find(connection, "award", part="whole")}
    put("award_step", state="approved", actor="head", txn_id=txn)
    put("award_payment", txn_id=txn)
    put("prize_end", prize=2, rest=1, released=1, txn_id=txn)
