"""What becomes of an award: proposed by the desk, approved by the board, accepted, committed and paid."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from almoner.challenges import Award, acts
from almoner.challenges.acts import Which
from almoner.challenges.appeals import Appeal
from almoner.challenges.errors import AwardHeld
from almoner.challenges.packets import FeedbackPacket
from almoner.finance import acts as finance
from almoner.finance.dates import Clock
from almoner.finance.funds import PooledFund
from almoner.finance.money import grouped
from almoner.finance.storage import Session


@dataclass(frozen=True)
class Granting:
    """The money side of one challenge."""

    session: Session
    fund: PooledFund
    code: str
    leads: Mapping[str, str]

    def which(self, prize: int, award: Award) -> Which:
        """Name an award."""
        return Which(prize=prize, application=award.application_id, part=award.part)

    def approve(
        self,
        prize: int,
        awards: Iterable[Award],
        *,
        clock: Clock,
        maker: str = "desk",
        checker: str = "board",
    ) -> None:
        """Have awards proposed by one and approved by another."""
        for award in awards:
            acts.propose_award(self.session, self.fund, self.code, prize, award, maker=maker, clock=clock)
            which = self.which(prize, award)
            acts.approve_award(self.session, self.fund, self.code, which, actor=checker, clock=clock)

    def pay(self, prize: int, awards: Iterable[Award], *, clock: Clock) -> None:
        """Have approved awards accepted by their leads, committed and paid."""
        for award in awards:
            which, lead = self.which(prize, award), self.leads[award.application_id]
            acts.accept_award(self.session, self.fund, self.code, which, actor=lead, clock=clock)
            acts.commit_award(self.session, self.fund, self.code, which, actor="treasurer", clock=clock)
            key = f"{prize}/{award.part}/{award.application_id}"
            acts.pay_award(self.session, self.fund, self.code, award, key=key, clock=clock)

    def try_to_pay(self, prize: int, award: Award, *, clock: Clock) -> str:
        """Say why an award that is appealed against cannot be paid."""
        which, lead = self.which(prize, award), self.leads[award.application_id]
        acts.accept_award(self.session, self.fund, self.code, which, actor=lead, clock=clock)
        try:
            acts.pay_award(self.session, self.fund, self.code, award, key="too-soon", clock=clock)
        except AwardHeld as refusal:
            return refusal.message
        raise AssertionError("an award was paid while an appeal was open")


def undeclared_conflict(by: str, judge: str, statement: str) -> Appeal:
    """Write an appeal that asks for a judge's read of the own application to be taken out."""
    remedy = {"kind": "void_read", "phase": "final", "application": by, "judge": judge}
    content = {"application": by, "ground": "undeclared_conflict", "statement": statement}
    return Appeal.read(json.dumps({**content, "remedies": [remedy]}))


def show(title: str, awards: Iterable[Award]) -> None:
    """Print awards as a table."""
    print(f"\n{title}:")
    for one in awards:
        print(f"  {one.application_id}  {grouped(one.amount.text):>14} {one.amount.unit.code}  {one.reason}")


def show_packet(packets: Mapping[str, FeedbackPacket]) -> None:
    """Print what the closest loser is told."""
    lost = [one for one in packets.values() if one.outcome == "outside" and one.distance is not None]
    packet = max(lost, key=lambda one: (one.distance or 0.0, one.application_id))
    told, tested = packet.told(), packet.agreement
    print(f"\nWhat {packet.application_id} is told, the closest of those who do not go on:")
    print(
        f"  total {packet.level:.2f} +- {packet.standard_error:.2f}, expected rank {packet.expected_rank:.1f}"
    )
    print(f"  {packet.distance:+.3f} points from the line, {packet.distance_in_errors:+.2f} standard errors")
    if tested is not None:
        print(f"  with one judge left out at a time it stays outside {tested.stays} of {tested.cases} times")
    for trait in packet.traits:
        print(
            f"  {trait.trait:11} {trait.raw_mean:.2f}; {trait.mark_at_line:.2f} would have reached the line"
        )
    print(f"  judged by {told['method']}; appeals until {told['appeal_until']}")


def balances(session: Session, fund: PooledFund, through: date) -> str:
    """Say how the fund stands, and that its statement agrees with the ledger."""
    at = finance.position(session, fund)
    made = finance.make_statement(session, fund, through=through)
    rows = {"paid": at.disbursed, "promised": at.committed + at.encumbered, "free": at.free}
    said = ", ".join(f"{name} {grouped(amount.text)}" for name, amount in rows.items())
    sound = "verified" if finance.verify(session, fund.book).verified else "not verified"
    return f"{said} USD; the statement differs from the ledger by {made.difference}; the log is {sound}"
