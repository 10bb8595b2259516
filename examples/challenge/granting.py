"""What becomes of an award: proposed by the desk, approved by the board, accepted, committed and paid."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from almoner.challenges import Award, acts
from almoner.challenges.acts import Which
from almoner.challenges.appeals import Appeal
from almoner.challenges.errors import AwardHeld
from almoner.finance.dates import Clock
from almoner.finance.funds import PooledFund
from almoner.finance.storage import Session


@dataclass(frozen=True)
class Granting:
    """The money side of one challenge."""

    session: Session
    fund: PooledFund
    code: str

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

    def pay(self, prize: int, awards: Iterable[Award], leads: dict[str, str], *, clock: Clock) -> None:
        """Have approved awards accepted by their leads, committed and paid."""
        for award in awards:
            which, lead = self.which(prize, award), leads[award.application_id]
            acts.accept_award(self.session, self.fund, self.code, which, actor=lead, clock=clock)
            acts.commit_award(self.session, self.fund, self.code, which, actor="treasurer", clock=clock)
            key = f"{prize}/{award.part}/{award.application_id}"
            acts.pay_award(self.session, self.fund, self.code, award, key=key, clock=clock)

    def try_to_pay(self, prize: int, award: Award, lead: str, *, clock: Clock) -> str:
        """Say why an award that is appealed against cannot be paid."""
        which = self.which(prize, award)
        acts.accept_award(self.session, self.fund, self.code, which, actor=lead, clock=clock)
        try:
            acts.pay_award(self.session, self.fund, self.code, award, key="too-soon", clock=clock)
        except AwardHeld as refusal:
            return refusal.message
        raise AssertionError("an award was paid while an appeal was open")


def undeclared_conflict(by: str, against: str, judge: str, statement: str) -> Appeal:
    """Write an appeal that asks for one read to be taken out."""
    remedy = {"kind": "void_read", "phase": "final", "application": against, "judge": judge}
    content = {"application": by, "ground": "undeclared_conflict", "statement": statement}
    return Appeal.read(json.dumps({**content, "remedies": [remedy]}))
