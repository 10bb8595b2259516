"""What the clients of a soak do: drawn from a seed, in plain whole numbers, the same at every drawing.

A lane is one client's sequence of chunks. Each chunk is drawn by itself from seed, lane and step, so a client
that was killed begins again at the chunk it was in, and the audit draws the same chunks without a database.
Every outcome follows from the plan: what is to pass has the money, what is to be refused never has it.
"""

import random
from dataclasses import dataclass
from typing import Literal

HOT = 40  # accounts that all lanes write to
PLACES = 250  # accounts of one lane
OVERDRAFT = 10**12  # minor units; more than a lane's fund ever has
CYCLE = (
    *("fund", "batch", "batch", "single", "batch", "each", "batch", "hold", "batch", "pay"),
    *("batch", "return", "batch", "reverse", "batch", "cross", "batch", "batch", "batch", "lost"),
)
BATCHES = ("batch", "lost")
HELD = 8  # four holds and what ends them
RETURNS = 3  # movements undone, or payments of which something comes back, per chunk


@dataclass(frozen=True, slots=True)
class Move:
    """One movement between two accounts; positions below ``HOT`` are shared, the others are the lane's."""

    key: str
    debit: int
    credit: int
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What one client does next.

    Attributes
    ----------
    lane, step : int
        Whose, and which.
    kind : str
        One of ``CYCLE``.
    moves : tuple of Move
        New movements between memo accounts.
    again : tuple of Move
        Movements that are asked for once more in the same batch: of this chunk, or of an earlier one.
    amounts : tuple of int
        Minor units of gifts, holds, payments, or of what comes back of them.
    chosen : tuple of int
        Which movements or payments of an earlier chunk are undone or come back.
    """

    lane: int
    step: int
    kind: str
    moves: tuple[Move, ...] = ()
    again: tuple[Move, ...] = ()
    amounts: tuple[int, ...] = ()
    chosen: tuple[int, ...] = ()

    def key(self, name: str, number: int = 0) -> str:
        """Return the key of what is no movement."""
        return f"{self.lane}.{self.step}.{name}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a soak is and from which seed it is drawn."""

    seed: int
    lanes: int
    batch: int

    def rule(self, lane: int) -> Literal["pro_rata", "fifo"]:
        """Return the draw rule of a lane's fund."""
        return "fifo" if lane % 2 else "pro_rata"

    def kind(self, step: int) -> str:
        """Return what a step is."""
        return CYCLE[step % len(CYCLE)]

    def step_of(self, kind: str, step: int) -> int:
        """Return the step of the same cycle that is the first of its kind."""
        return step - step % len(CYCLE) + CYCLE.index(kind)

    def chunk(self, lane: int, step: int) -> Chunk:
        """Draw a chunk."""
        kind, dice = self.kind(step), self._dice("chunk", lane, step)
        moves, amounts = self.moves(lane, step), self.amounts(lane, step)
        again: tuple[Move, ...] = ()
        chosen: tuple[int, ...] = ()
        if kind in BATCHES:
            some = max(1, self.batch // 250)
            before = self.moves(lane, self.step_of("batch", step))
            again = (*dice.sample(moves, some), *dice.sample(before, some))
        elif kind == "return":
            paid = self.amounts(lane, self.step_of("pay", step))
            chosen = tuple(dice.sample(range(len(paid)), RETURNS))
            amounts = tuple(dice.randint(1, paid[number]) for number in chosen)
        elif kind == "reverse":
            chosen = tuple(dice.sample(range(self.batch), RETURNS))
        return Chunk(
            lane=lane, step=step, kind=kind, moves=moves, again=again, amounts=amounts, chosen=chosen
        )

    def size(self, step: int) -> int:
        """Return how many transactions a chunk writes, without those that are kept as refused."""
        kind = self.kind(step)
        fixed = {"hold": HELD, "return": RETURNS, "reverse": RETURNS}
        return fixed.get(kind, 0) or self._many(kind) + len(self.amounts(0, step))

    def moves(self, lane: int, step: int) -> tuple[Move, ...]:
        """Draw the movements between memo accounts of a chunk."""
        kind, dice = self.kind(step), self._dice("moves", lane, step)
        made = []
        for number in range(self._many(kind)):
            shared = kind == "cross" or (step % 4 == 1 and number % 10 == 0)
            first, last = (0, HOT) if shared else (HOT, HOT + PLACES)
            if kind == "cross":  # one half of the movements is in one half of the accounts
                first, last = (0, HOT // 2) if number % 2 else (HOT // 2, HOT)
            debit, credit = dice.sample(range(first, last), 2)
            made.append(Move(f"{lane}.{step}.m{number}", debit, credit, dice.randint(1, 1_000_000)))
        return tuple(made)

    def _many(self, kind: str) -> int:
        counts = {"batch": self.batch, "lost": self.batch // 4, "single": 3}
        counts |= {"each": max(4, self.batch // 16), "cross": max(4, self.batch // 10)}
        return counts.get(kind, 0)

    def amounts(self, lane: int, step: int) -> tuple[int, ...]:
        """Draw the amounts of gifts, holds or payments of a chunk."""
        kind, dice = self.kind(step), self._dice("amounts", lane, step)
        counts = {
            "fund": (2, 200_000, 400_000),
            "hold": (4, 2, 500),
            "pay": (max(4, self.batch // 20), 1, 1000),
        }
        many, least, most = counts.get(kind, (0, 0, 0))
        return tuple(dice.randint(least, most) for _ in range(many))

    def _dice(self, what: str, lane: int, step: int) -> random.Random:
        return random.Random(f"{self.seed}/{what}/{lane}/{step}")  # noqa: S311  # a workload, no secret
