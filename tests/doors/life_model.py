"""What a life over HTTP should come to, in plain sums: no code of the product, no database."""

from dataclasses import dataclass, field
from datetime import date, timedelta

RATE = 1512
DISPUTE_DAYS = 30
MADE = (201, "")
Answer = tuple[int, str]


@dataclass
class Claimed:
    """A claim.

    Attributes
    ----------
    value, found : int [nights]
        Claimed, and found last; below zero while nothing is.
    found_on : date
        A finding says its day, so that only on that day the same is found again.
    """

    code: str
    value: int
    found: int = -1
    found_on: date = date.max
    final_on: date = date.max
    dispute: str = ""
    open: bool = False
    settled: bool = False
    waived: set[str] = field(default_factory=set)


@dataclass
class Transfer:
    """Money sent to a party of the book.

    Attributes
    ----------
    minor : int [minor units]
        How much.
    """

    id: str
    minor: int
    reversed: bool = False


@dataclass
class Proposed:
    """A transfer or payout that waits for the foundation.

    Attributes
    ----------
    minor : int [minor units]
        How much.
    """

    id: str
    maker: str
    minor: int
    payout: str = ""
    reverses: Transfer | None = None
    approved_by: str = ""
    executed: str = ""


@dataclass
class Model:
    """A fund, an agreement paid by it, and what waits.

    Attributes
    ----------
    most, received, sent, paid : int [minor units]
        The most the agreement may cost, and what came in, was sent, was paid by the agreement.
    policy_from, waiting_from : int or None [minor units]
        From which transfers and payouts need an approval.
    """

    most: int
    policy_from: int | None
    waiting_from: int | None
    today: date
    received: int = 0
    sent: int = 0
    paid: int = 0
    missing: set[str] = field(default_factory=set)
    claims: dict[str, Claimed] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    proposals: list[Proposed] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Tell whether everybody has signed."""
        return not self.missing

    @property
    def balance(self) -> int:
        """What the fund holds."""
        return self.received - self.sent - self.paid

    @property
    def encumbered(self) -> int:
        """What the agreement may still cost."""
        return self.most - self.paid if self.active else 0

    @property
    def free(self) -> int:
        """What nobody was promised."""
        return self.balance - self.encumbered

    # ---- signing

    def sign(self, name: str) -> Answer:
        """Sign in a name; the last signature needs the money."""
        if self.missing == {name} and self.free < self.most:
            return 409, "contract.underfunded"
        self.missing.discard(name)
        return MADE

    # ---- transfers

    def needs_approval(self, minor: int) -> bool:
        """Tell whether a transfer waits for the foundation."""
        return self.policy_from is not None and minor >= self.policy_from

    def send(self, minor: int) -> Answer:
        """Send money at once."""
        if minor > self.free:
            return 409, "fund.insufficient"
        if self.needs_approval(minor):
            return 403, "duty.not_approved"
        self.sent += minor
        return MADE

    def propose(self, minor: int) -> Answer:
        """Ask for a transfer."""
        return (409, "fund.insufficient") if minor > self.free else MADE

    def approve(self, one: Proposed, person: str) -> Answer:
        """Agree in the foundation's name."""
        if one.maker == person:
            return 403, "duty.same_person"
        one.approved_by = one.approved_by or person
        return MADE

    def execute(self, one: Proposed) -> Answer:
        """Carry a transfer out, once."""
        if one.executed:
            return 409, "storage.already_exists"
        if one.reverses and one.reverses.reversed:
            return 409, "ledger.already_resolved"
        if self.needs_approval(one.minor) and not one.approved_by:
            return 403, "duty.not_approved"
        if one.reverses:
            one.reverses.reversed = True
            self.sent -= one.minor
            return MADE
        if one.minor > self.free:
            return 409, "fund.insufficient"
        self.sent += one.minor
        return MADE

    def pay_out(self, one: Proposed) -> Answer:
        """Carry a payout out; once more changes nothing."""
        if not one.executed:
            if not one.approved_by:
                return 403, "duty.not_approved"
            self.paid += one.minor
            one.executed = "paid"
        return MADE

    def reverse(self, one: Transfer) -> Answer:
        """Take a transfer back, once."""
        if one.reversed:
            return 409, "ledger.already_resolved"
        if self.needs_approval(one.minor):
            return 403, "duty.not_approved"
        one.reversed = True
        self.sent -= one.minor
        return MADE

    # ---- claims

    def state(self, one: Claimed) -> str:
        """Say how a claim stands today."""
        if one.settled:
            return "settled"
        if one.open:
            return "disputed"
        if one.found < 0:
            return "claimed"
        return "final" if self.today >= one.final_on else "provisional"

    def claim(self, code: str, value: int) -> Answer:
        """Claim nights."""
        if not self.active:
            return 409, "contract.not_signed"
        self.claims[code] = Claimed(code=code, value=value)
        return MADE

    def determine(self, one: Claimed, value: int) -> Answer:
        """Find nights; what was signed stands."""
        if one.found >= 0:
            same = value == one.found and self.today == one.found_on
            return MADE if same else (409, "claim.already_determined")
        one.found, one.found_on = value, self.today
        one.final_on = self.today + timedelta(days=DISPUTE_DAYS)
        return MADE

    def dispute(self, one: Claimed, code: str, by: str) -> Answer:
        """Question a finding that is not final."""
        if self.state(one) != "provisional" or by in one.waived:
            return 409, "contract.dispute_refused"
        one.dispute, one.open = code, True
        return MADE

    def waive(self, one: Claimed, by: str, everybody: set[str]) -> Answer:
        """Accept a finding early; it is final once everybody has."""
        one.waived.add(by)
        if one.waived == everybody:
            one.final_on = self.today
        return MADE

    def resolve(self, one: Claimed, value: int) -> list[int]:
        """End a dispute with what holds now, which is paid at once."""
        one.found, one.open = value, False
        return self._settled(one)

    def settle(self, one: Claimed) -> tuple[Answer, list[int]]:
        """Pay a claim that is final; once more changes nothing."""
        stands = self.state(one)
        if stands in {"claimed", "provisional"}:
            return (409, "claim.evidence_missing"), []
        if stands == "disputed":
            return (409, "contract.frozen"), []
        return MADE, self._settled(one) if stands == "final" else []

    def settle_all(self) -> list[int]:
        """Pay whatever is final."""
        due = [one for one in self.claims.values() if self.state(one) == "final"]
        return [minor for one in due for minor in self._settled(one)]

    def _settled(self, one: Claimed) -> list[int]:
        """Pay a claim, or let it wait; return what is owed on it, if anything."""
        one.settled = True
        minor = RATE * one.found
        if self.waits(minor):
            return [minor]
        self.paid += minor
        return [minor] if minor else []

    def waits(self, minor: int) -> bool:
        """Tell whether a payout waits for the foundation."""
        return self.waiting_from is not None and minor >= self.waiting_from
