"""Overpaid: what earlier payments proved too much, and later ones between the same two may take up.

The problem: money that was paid on a finding which fell is out; it keeps its place under limits and in pots.
What the same two are owed later is set off against it and moves nothing. So it needs no place of its own: it
takes over that of what was paid too much, of the same clause under limits, of any clause in a pot.
"""

from .holding import Before, Between, Key


class Overpaid:
    """What is still to be set off while terms are carried out.

    Parameters
    ----------
    before : Before
        What was obligated, and how much of it proved too much.
    """

    def __init__(self, before: Before) -> None:
        self._left = {pair: dict(rows) for pair, rows in before.over.items()}
        self._before = before.amounts
        self._taken: dict[Key, int] = {}

    def beside(self, pair: Between, key: Key) -> dict[Key, int]:
        """Return what other keys between the same two were paid too much."""
        return {one: amount for one, amount in self._left.get(pair, {}).items() if amount and one != key}

    def take(self, pair: Between, key: Key, entitled: int) -> dict[Key, int]:
        """Set off what a key is entitled to beyond what it was paid; its own clause first.

        Parameters
        ----------
        pair : Between
            Payer, payee and unit.
        key : Key
            Which.
        entitled : int [counts]
            To date.
        """
        more = entitled - self._before.get(key, 0) - self._taken.get(key, 0)
        parts: dict[Key, int] = {}
        for one, amount in sorted(self.beside(pair, key).items(), key=lambda row: row[0][0] != key[0]):
            parts[one] = max(0, min(more, amount))
            more -= parts[one]
            self._left[pair][one] -= parts[one]
            self._taken[key] = self._taken.get(key, 0) + parts[one]
        return parts
