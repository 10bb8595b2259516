"""Rows that a model of an agreement keeps: rules, claims, disputes, payouts."""

from dataclasses import dataclass, field
from datetime import date

from .agreement_arithmetic import LegName, Result

Books = tuple[tuple[Result, ...], set[tuple[str, str, tuple[str, ...]]]]  # what counts, and what fell


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the agreement says beside its terms."""

    quorum: int = 1
    dispute_days: int = 0
    late_days: int = 0
    claim_days: int | None = None
    valid_days: int | None = None
    provisional: bool = False
    approval_from: int | None = None


@dataclass
class Dispute:
    code: str
    claim: str
    round: int
    frozen: dict[LegName, int]
    kept: dict[str, int]
    outcome: str = ""
    late: bool = False  # on a finding that was final and settled: what it could have cost was free again


@dataclass
class ClaimRow:
    """A claim, what was found about it, and what counts."""

    code: str
    number: int
    results: tuple[Result, ...]
    found: dict[int, dict[str, tuple[Result, ...]]] = field(default_factory=dict)
    round: int = 0
    decided: tuple[Result, ...] = ()
    fallen: set[tuple[str, str, tuple[str, ...]]] = field(default_factory=set)
    said: set[tuple[str, str, tuple[str, ...]]] = field(default_factory=set)
    decided_on: date | None = None
    open_until: date | None = None
    dispute: Dispute | None = None
    waived: set[str] = field(default_factory=set)
    settled: int = 0
    disputes: list[Dispute] = field(default_factory=list)

    @property
    def current(self) -> int:
        """The round for which findings are taken, or that was decided last."""
        return max(1, self.round + 1 if self.dispute else self.round)


@dataclass
class PayoutRow:
    """Money owed between two names by one step."""

    position: int
    clause: str
    period: str
    payer: str
    payee: str
    amount: int
    back: bool
    route: str
    claim: str
    status: str
    done: int = 0
    approved: bool = False
    legs: dict[LegName, int] = field(default_factory=dict)
    kept_for: str = ""  # the dispute for which it is kept back while it waits

    @property
    def back_status(self) -> str:
        return "returned" if self.done == self.amount else "part_returned" if self.done else "owed"

    @property
    def name(self) -> tuple[int, str, str, str, str]:
        return self.position, self.clause, self.period, self.payer, self.payee
