"""An agreement taken again from its events alone: the same steps, the same amounts, the same bytes.

The problem: tables can be edited by whoever owns the server, and a program can change its mind from one
version to the next. Every step says in its event what it rests on; taken again, it must come to what the
event says and to what the tables hold.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from ...finance.documents import canonical_bytes
from ...finance.posting import named_id
from ...finance.storage import Session
from ..agreement import AgreementDocument
from ..claims import digest_of, read_decision
from ..records import agreements, replays, settlements
from ..records.agreements import StoredAgreement
from ..settling import Books, Decided, Standing, changed, plan_payouts, take_step
from ..terms.amendment import Amendment, Lineage
from ..terms.pay import Entitlement, KeyName, LegName
from .settling import entitlement_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """An agreement taken again.

    Attributes
    ----------
    agreement : str
        Its code.
    steps : int [settlements]
        How many.
    content : bytes
        All that follows from the events, canonical; the same on every machine.
    differences : tuple of str
        Where the events or the tables say otherwise; empty when all is well.
    """

    agreement: str
    steps: int
    content: bytes
    differences: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Digest of the content, 64 hexadecimal digits."""
        return digest_of(self.content)


def replay(session: Session, book: str, agreement: str) -> Replay:
    """Take an agreement again from its events, and compare.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book, agreement : str
        Codes.

    Raises
    ------
    Missing
        When there is no such agreement.
    """
    stored = agreements.find_agreement(session, book, agreement)
    told = replays.read_events(session, stored.id)
    run = _Run(stored, told)
    steps = [run.take(json.loads(body)) for body in told.settlements]
    differences = [*run.differences, *_table_differences(session, stored, steps)]
    return Replay(
        agreement=agreement,
        steps=len(steps),
        content=canonical_bytes({"agreement": agreement, "steps": steps}),
        differences=tuple(differences),
    )


class _Run:
    """Events folded one after the other.

    Parameters
    ----------
    stored : StoredAgreement
        For the names of payouts, and which payers a fund pays for.
    told : AgreementEvents
        What was recorded.
    """

    def __init__(self, stored: StoredAgreement, told: replays.AgreementEvents) -> None:
        self.stored = stored
        self.document = AgreementDocument.read(told.document)
        self.amendments = tuple(Amendment.read(one) for one in told.amendments)
        self.decisions: Mapping[tuple[str, int], bytes] = told.decisions
        self.decided: tuple[Decided, ...] = ()
        self.taken: list[tuple[UUID, LegName, int]] = []
        self.standing: dict[KeyName, Standing] = {}
        self.in_force = 0
        self.differences: list[str] = []
        self.lineage = Lineage(self.document.terms)

    def take(self, body: dict[str, Any]) -> dict[str, object]:
        """Take one step again and return what it comes to."""
        position = int(body["position"])
        voided = {UUID(one) for one in body["voided"]}
        self.taken = [one for one in self.taken if one[0] not in voided]
        if body.get("amendments", self.in_force) != self.in_force:
            self.in_force = int(body["amendments"])
            self.lineage = Lineage(self.document.terms, self.amendments[: self.in_force])
        books = Books(decided=self.decided, legs=self._legs(), frozen=_frozen(body), standing=self.standing)
        if "claim" in body:
            number = int(body["round"])
            results, nothing = read_decision(self.decisions[body["claim"], number])
            decided = Decided(claim=body["claim"], round=number, results=results, nothing=nothing)
            books = replace(books, decided=books.deciding(decided))
        use = self.lineage.overlaid
        step = take_step(use, books, books.decided, as_of=date.fromisoformat(body["judged_on"]))
        rows = changed(books, step.entitlements)
        said = entitlement_rows(rows)
        if said != body["entitlements"]:
            self.differences.append(f"step {position}: the event says other amounts than its causes give")
        self.decided = books.decided
        payouts = self._remember(position, rows)
        return {
            "cause": body["cause"],
            "claim": body.get("claim", ""),
            "entitlements": said,
            "payouts": payouts,
            "position": position,
        }

    def _legs(self) -> dict[LegName, int]:
        legs: dict[LegName, int] = {}
        for _, name, due in self.taken:
            legs[name] = legs.get(name, 0) + due
        return legs

    def _remember(self, position: int, rows: Iterable[Entitlement]) -> list[dict[str, object]]:
        listed = list(rows)
        for row in listed:
            self.standing[row.clause, row.period, row.members] = (row.earned, row.entitled)
            for payer, payee, due in row.legs:
                if due:
                    identity = self._name(position, row.clause, row.period, payer, payee)
                    self.taken.append((identity, (row.clause, row.period, row.members, payer, payee), due))
        planned = plan_payouts(self.lineage.overlaid.program, listed, self.stored.kept)
        return [
            {
                "id": str(self._name(position, one.clause, one.period, one.payer, one.payee)),
                "amount": str(one.amount),
                "clause": one.clause,
                "payee": one.payee,
                "payer": one.payer,
                "period": one.period,
                "route": one.route,
                "unit": one.unit,
            }
            for one in planned
        ]

    def _name(self, position: int, *parts: str) -> UUID:
        agreement = self.stored.agreement
        return named_id(agreement.book, "payout", "#".join((agreement.code, str(position), *parts)))


def _frozen(body: Mapping[str, Any]) -> dict[LegName, int]:
    return {
        (row["clause"], row["period"], tuple(row["members"]), row["payer"], row["payee"]): int(row["amount"])
        for row in body.get("frozen", ())
    }


def _table_differences(
    session: Session, stored: StoredAgreement, steps: list[dict[str, object]]
) -> list[str]:
    """Compare what the steps come to with what the tables hold."""
    listed = settlements.list_settlements(session, stored.id)
    if len(listed) != len(steps):
        return [f"the tables hold {len(listed)} settlements, the events {len(steps)}"]
    kept = replays.read_rows(session, stored.id)
    told: dict[str, set[tuple[object, ...]]] = {
        "payouts": {
            (str(row["id"]), int(str(row["amount"]))) for step in steps for row in _rows(step, "payouts")
        },
        "obligations": {
            (step["position"], row["clause"], row["period"], tuple(row["members"]), payer, payee, int(due))
            for step in steps
            for row in _rows(step, "entitlements")
            for payer, payee, due in row["legs"]
        },
    }
    return [
        f"{len(told[name] ^ kept[name])} {name} differ between the events and the tables"
        for name in told
        if told[name] != kept[name]
    ]


def _rows(step: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return list(step[name])
