"""Commands that ask a server in place of a database: ``almoner fund show pool --server URL``.

The problem: who works at a server's desk and who works from afar should type the same words. A command of
``REMOTE`` is one operation of the API: with ``--server``, or with ``ALMONER_SERVER`` and no database named,
it goes there, as the person whose token or key the environment holds. Every other command works on a
database, and says so instead of touching another one than was meant.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...finance.errors import DocumentInvalid
from .tree import command_of

OWN = frozenset({"call", "completion"})
VALUED = ("--server", "--key-file", "--as", "--book")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """One command as an operation.

    Attributes
    ----------
    operation : str
        Its name.
    words : tuple of str
        Parts of the address, as they follow the command.
    same : bool
        The JSON is the same as on a database; of a list, the items.
    sound : callable
        Takes the reply and tells whether it is without a finding; else the exit code is 1.
    """

    operation: str
    words: tuple[str, ...] = ()
    same: bool = False
    sound: Callable[[Any], bool] = lambda _reply: True


REMOTE: Mapping[tuple[str, str], Remote] = {
    ("agreement", "list"): Remote(operation="agreement.list"),
    ("agreement", "replay"): Remote(
        operation="agreement.replay", words=("agreement",), sound=lambda reply: not reply["differences"]
    ),
    ("agreement", "show"): Remote(operation="agreement.read", words=("agreement",), same=True),
    ("agreement", "statement"): Remote(operation="agreement.statement", words=("agreement",)),
    ("appeal", "list"): Remote(operation="appeal.list", words=("challenge",)),
    ("award", "list"): Remote(operation="award.list", words=("challenge",)),
    ("challenge", "list"): Remote(operation="challenge.list"),
    ("challenge", "show"): Remote(operation="challenge.read", words=("challenge",)),
    ("claim", "list"): Remote(operation="claim.list", words=("agreement",)),
    ("claim", "show"): Remote(operation="claim.read", words=("agreement", "claim")),
    ("cohort", "list"): Remote(operation="cohort.list"),
    ("dispute", "list"): Remote(operation="dispute.list", words=("agreement",)),
    ("fund", "donor"): Remote(operation="donor_statement.read", words=("fund", "giver")),
    ("fund", "in-kind"): Remote(operation="in_kind.position", words=("fund",)),
    ("fund", "list"): Remote(operation="fund.list"),
    ("fund", "show"): Remote(operation="fund.read", words=("fund",), same=True),
    ("fund", "statement"): Remote(operation="statement.read", words=("fund",)),
    ("fund", "trace"): Remote(operation="transaction.trace", words=("transaction",)),
    ("judge", "list"): Remote(operation="judge.list", words=("challenge",)),
    ("ledger", "balance"): Remote(operation="account.balance", words=("account",)),
    ("ledger", "balances"): Remote(operation="account.list"),
    ("ledger", "history"): Remote(operation="account.history", words=("account",)),
    ("ledger", "statement"): Remote(operation="trial_balance.read"),
    ("ledger", "trace"): Remote(operation="transaction.trace", words=("transaction",)),
    ("ledger", "verify"): Remote(operation="verification.run", sound=lambda reply: bool(reply["verified"])),
    ("metric", "list"): Remote(operation="metric.list"),
    ("payout", "list"): Remote(operation="payout.list", words=("agreement",)),
    ("payout", "trace"): Remote(operation="payout.trace", words=("agreement", "payout")),
    ("tie", "list"): Remote(operation="tie.list"),
}


def goes_out(words: Sequence[str]) -> bool:
    """Tell whether a command is to ask a server.

    Parameters
    ----------
    words : sequence of str
        The words after ``almoner``.

    Raises
    ------
    DocumentInvalid
        When a server and a database are both named; when only a server is, and the command needs a database.

    Examples
    --------
    >>> goes_out(["fund", "list", "--server", "https://giving.example"]), goes_out(["fund", "list"])
    (True, False)
    """
    if words[0] in OWN or asks_help(words):
        return False
    named, database = _has(words, "--server"), _has(words, "--db")
    if named and database:
        raise DocumentInvalid("Name a server or a database, not both.")
    if not named and (database or "ALMONER_DB" in os.environ or "ALMONER_SERVER" not in os.environ):
        return False
    if _verb(words) in REMOTE:
        return True
    if not named and not _needs_database(words):
        return False
    raise DocumentInvalid(
        f"almoner {' '.join(_verb(words)).strip()} works on a database, not on a server. Name one with --db, "
        "or ask the server for an operation: almoner call --list"
    )


def asks_help(words: Sequence[str]) -> bool:
    """Tell whether help is asked for."""
    return "--help" in words


def _has(words: Sequence[str], option: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in words)


def _verb(words: Sequence[str]) -> tuple[str, str]:
    return words[0], words[1] if len(words) > 1 else ""


def _needs_database(words: Sequence[str]) -> bool:
    command = command_of(words[0])
    return "--db" in (command.verbs.get(words[1], command) if len(words) > 1 else command).options
