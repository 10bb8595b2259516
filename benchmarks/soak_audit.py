"""The audit of a soak: the same books kept by hand, in whole numbers, and held against the rows.

Nothing of the library is called here but to name accounts. Each lane's chunks are drawn again and booked in
order; since every outcome is forced, the counters of each account, what is left of each gift, and the act of
each key have one right value.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from uuid import UUID

from sqlalchemy import text

from almoner.finance.storage import Session

from .soak_plan import BATCHES, HOT, Chunk, Plan

SD, SC, PD, PC = range(4)  # settled and pending, debit and credit
SHOWN = 5  # findings of one kind that are told in full


@dataclass(slots=True)
class Ledger:
    """What must be in the database.

    Attributes
    ----------
    counters : dict of str to list of int
        By path of account: settled debit and credit, pending debit and credit, in minor units.
    lots : dict of str to int
        By key of gift: what is left of it.
    acts : dict of str to str
        By key: what was done under it.
    """

    counters: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    lots: dict[str, int] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)

    def move(self, debit: str, credit: str, minor: int) -> None:
        """Book what settles."""
        self.counters[debit][SD] += minor
        self.counters[credit][SC] += minor


class Lane:
    """One lane's books, booked chunk by chunk."""

    def __init__(self, plan: Plan, lane: int, ledger: Ledger) -> None:
        self.plan, self.lane, self.ledger = plan, lane, ledger
        self.pool, self.cash = f"lane-{lane}/pool", f"lane-{lane}/cash"
        self.gifts: list[str] = []
        self.borne: dict[str, dict[str, int]] = {}

    def book(self, step: int) -> None:
        """Book one chunk."""
        chunk = self.plan.chunk(self.lane, step)
        self._moves(chunk)
        if chunk.kind not in {*BATCHES, "single", "each", "cross"}:
            getattr(self, f"_book_{chunk.kind}")(chunk)

    def _moves(self, chunk: Chunk) -> None:
        for one in chunk.moves:
            self.ledger.acts[one.key] = "posted"
            self.ledger.move(self._path(one.debit), self._path(one.credit), one.minor)
        if chunk.kind == "each":
            self.ledger.acts |= {chunk.key("o", number): "refused" for number in range(2)}

    def _path(self, position: int) -> str:
        return account_path(self.lane, position)

    def _book_fund(self, chunk: Chunk) -> None:
        for number, minor in enumerate(chunk.amounts):
            key = chunk.key("c", number)
            self.ledger.acts[key] = "posted"
            self.ledger.lots[key] = minor
            self.ledger.move(self.cash, self.pool, minor)
            self.gifts.append(key)

    def _pay(self, key: str, minor: int) -> None:
        """Take a payment from the gifts, by the fund's rule."""
        lots = self.ledger.lots
        held = {gift: lots[gift] for gift in self.gifts if lots[gift]}
        drawn = first_in(minor, held) if self.plan.rule(self.lane) == "fifo" else in_proportion(minor, held)
        for gift, part in drawn.items():
            lots[gift] -= part
        self.borne[key] = drawn
        self.ledger.move(self.pool, self.cash, minor)

    def _book_pay(self, chunk: Chunk) -> None:
        self.borne.clear()
        for number, minor in enumerate(chunk.amounts):
            key = chunk.key("p", number)
            self.ledger.acts[key] = "posted"
            self._pay(key, minor)

    def _book_return(self, chunk: Chunk) -> None:
        paid = self.plan.step_of("pay", chunk.step)
        for number, (which, minor) in enumerate(zip(chunk.chosen, chunk.amounts, strict=True)):
            self.ledger.acts[chunk.key("r", number)] = "posted"
            for gift, part in in_proportion(minor, self.borne[f"{self.lane}.{paid}.p{which}"]).items():
                self.ledger.lots[gift] += part
            self.ledger.move(self.cash, self.pool, minor)

    def _book_hold(self, chunk: Chunk) -> None:
        for number in range(len(chunk.amounts)):
            self.ledger.acts[chunk.key("h", number)] = "pending"
        self.ledger.acts |= {chunk.key("s", 0): "post", chunk.key("s", 1): "post", chunk.key("v"): "void"}
        self._pay(chunk.key("s", 0), chunk.amounts[0])
        self._pay(chunk.key("s", 1), chunk.amounts[1] // 2)

    def _book_reverse(self, chunk: Chunk) -> None:
        before = self.plan.moves(self.lane, self.plan.step_of("batch", chunk.step))
        for number, which in enumerate(chunk.chosen):
            move = before[which]
            self.ledger.acts[chunk.key("u", number)] = "reverse"
            self.ledger.move(self._path(move.credit), self._path(move.debit), move.minor)


def account_path(lane: int, position: int) -> str:
    """Return the path of a memo account."""
    return f"common/hot-{position}" if position < HOT else f"lane-{lane}/place-{position}"


def first_in(minor: int, held: Mapping[str, int]) -> dict[str, int]:
    """Take an amount from the oldest first."""
    drawn: dict[str, int] = {}
    for gift, left in held.items():
        part = min(left, minor)
        minor -= part
        if part:
            drawn[gift] = part
    return drawn


def in_proportion(minor: int, held: Mapping[str, int]) -> dict[str, int]:
    """Share an amount in proportion, odd units to the largest remainders, ties to the first."""
    whole = sum(held.values())
    exact = [Fraction(minor * weight, whole) for weight in held.values()]
    parts = [int(one) for one in exact]
    order = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: minor - sum(parts)]:
        parts[n] += 1
    return {gift: part for gift, part in zip(held, parts, strict=True) if part}


def audit(plan: Plan, steps: Sequence[int]) -> Ledger:
    """Book the first steps of each lane."""
    ledger = Ledger()
    for lane, many in enumerate(steps):
        own = Lane(plan, lane, ledger)
        for step in range(many):
            own.book(step)
    return ledger


@dataclass(slots=True)
class Acknowledged:
    """What the clients were told is done, out of their files.

    Attributes
    ----------
    ids : dict of str to str
        By key: the transaction's identity, or ``given`` or ``refused`` where the answer names none.
    steps : list of int
        By lane: how many chunks are done.
    counted : dict of str to int
        What happened beside, in all.
    findings : list of str
        What no client may see.
    """

    ids: dict[str, str] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    findings: list[str] = field(default_factory=list)

    def read(self, lines: Iterable[str]) -> None:
        """Read one lane's file."""
        done = 0
        for line in lines:
            first, _, rest = line.rstrip("\n").partition(" ")
            if first == "!":
                self.findings.append(rest)
            elif first == "=":
                step, *figures = map(int, rest.split())
                if step != done:
                    self.findings.append(f"step {step} was done after {done - 1}")
                done = max(done, step + 1)
                for name, figure in zip(FIGURES, figures, strict=True):
                    self.counted[name] += figure
            elif self.ids.setdefault(first, rest) != rest:
                self.findings.append(f"{first} was answered with {self.ids[first]} and with {rest}")
        self.steps.append(done)


FIGURES = ("replayed", "lost_replies", "retries", "reconnected", "refused")
ROWS = "SELECT t.idem_key, t.id, t.act FROM txn t JOIN book b ON b.id = t.book_id WHERE b.code = :book"
COUNTERS = """SELECT a.path, v.settled_dr, v.settled_cr, v.pending_dr, v.pending_cr,
  v.encumbered_dr + v.encumbered_cr
  FROM account a JOIN balance v ON v.account_id = a.id JOIN book b ON b.id = a.book_id WHERE b.code = :book"""
LOTS = """SELECT c.code, sum(l.remaining) FROM lot l JOIN contribution c ON c.id = l.contribution_id
  GROUP BY c.code"""


@dataclass(slots=True)
class Compared:
    """What the rows say against the audit and against what was acknowledged."""

    transfers: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def findings(self) -> list[str]:
        """Return all that is wrong, in words."""
        said = []
        for name in ("lost", "doubled", "differing"):
            found = getattr(self, name)
            said += [f"{name}: {one}" for one in found[:SHOWN]]
            said += [f"{name}: {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        return said


def compare(session: Session, book: str, ledger: Ledger, told: Acknowledged) -> Compared:
    """Hold every row, every balance and every lot against the audit."""
    made = Compared()
    run_out = {key for key in ledger.acts if key.rpartition(".")[2] == "h3"}
    expected = dict(ledger.acts) | {
        f"expire#{UUID(told.ids[key])}": "expire" for key in run_out & told.ids.keys()
    }
    seen: set[str] = set()
    options = {"stream_results": True, "yield_per": 5000}
    for key, identity, act in session.execute(text(ROWS), {"book": book}, execution_options=options):
        hexed = bytes(identity).hex() if isinstance(identity, bytes) else identity.hex
        if key in seen or key not in expected:
            made.doubled.append(f"{key} is there {'twice' if key in seen else 'and nobody asked for it'}")
        elif act != expected[key]:
            made.differing.append(f"{key} is {act} and not {expected[key]}")
        if told.ids.get(key, hexed) not in {hexed, "given", "refused"}:
            made.lost.append(f"{key} was acknowledged as {told.ids[key]} and is {hexed}")
        made.transfers += act != "refused"
        seen.add(key)
    made.lost += sorted(f"{key} was acknowledged and is not there" for key in told.ids.keys() - seen)
    made.lost += sorted(
        f"{key} was done and is not there" for key in expected.keys() - seen - told.ids.keys()
    )
    unsaid = {key for key in expected.keys() - told.ids.keys() if not key.startswith("expire#")}
    made.differing += sorted(f"{key} was never acknowledged" for key in unsaid)
    made.differing += _differences(session, book, ledger)
    return made


def _differences(session: Session, book: str, ledger: Ledger) -> list[str]:
    """Return the accounts and gifts whose figures are not the audit's."""
    stored = {path: tuple(map(int, rest)) for path, *rest in session.execute(text(COUNTERS), {"book": book})}
    booked = {path: (*counters, 0) for path, counters in ledger.counters.items()}
    zero = (0, 0, 0, 0, 0)
    said = [
        f"{path}: the counters are {stored.get(path, zero)} and the audit's {booked.get(path, zero)}"
        for path in sorted(stored.keys() | booked.keys())
        if stored.get(path, zero) != booked.get(path, zero)
    ]
    left = {code: int(minor) for code, minor in session.execute(text(LOTS))}
    return said + [
        f"gift {code}: {left.get(code)} is left and in the audit {ledger.lots.get(code)}"
        for code in sorted(left.keys() | ledger.lots.keys())
        if left.get(code) != ledger.lots.get(code)
    ]
