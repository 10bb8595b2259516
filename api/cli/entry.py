"""Entry of the command line: lazy commands, one message per refusal, exit codes by cause.

Every refusal prints one clear message on standard error and leaves with the code of ``api/problems.py``;
a traceback is never shown unless ``ALMONER_TRACEBACK`` is set. With ``--json`` the refusal also stands on
standard output as a problem document.
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from typer import Abort, TyperException

from ... import __version__
from ...finance.errors import AlmonerError
from ..problems import DONE, INTERRUPTED, MISSING, OUR_FAULT, USAGE, exit_of, problem_of
from .remote import REMOTE, asks_help, goes_out

COMMANDS: dict[str, str] = {
    "demo": "Run the main job on published cases, from pledge to donor statement.",
    "migrate": "Build or update the tables of a database.",
    "secrets": "Make the secrets of an installation.",
    "serve": "Serve the API.",
    "worker": "Seal the log, deliver webhooks, run jobs.",
    "backup": "Copy a SQLite database while it is in use.",
    "user": "People: added, given roles, disabled, listed.",
    "key": "API keys: made, revoked, listed.",
    "fund": "Funds: where they stand, statements, donors, traces.",
    "ledger": "The ledger: entries, balances, histories, trial balance, traces, verification.",
    "contract": "Terms on files: pay, explain, simulate, bounds, wording, schema.",
    "agreement": "Agreements: draft, sign, amend, suspend, measure, close; statements and replays.",
    "metric": "Metrics of the book: what is counted, in which unit, by which method.",
    "cohort": "Cohorts of the book: who is referred, who is eligible, with whom they are compared.",
    "tie": "Ties between parties: who owns, runs, pays or is related to whom.",
    "claim": "Claims: results that a party reports, their evidence, rows of outcomes.",
    "evaluate": "Compute an effect from data by a named method.",
    "determination": "Determinations: drafted, signed with a key file, submitted, exported.",
    "sign": "Sign the bytes of a file with your own key.",
    "dispute": "Disputes: raised, resolved, waived.",
    "settle": "Pay what final findings make due, out of what was set aside.",
    "payout": "Payouts: from contribution to log; approved, carried out, returned.",
    "outcomes": "Rows of outcomes to money in one command: imported, claimed, determined, settled.",
    "portfolio": "All agreements: liability, earned, paid, set aside, remaining, forecast.",
    "casebook": "Recompute published deals and compare with the printed figures.",
    "brief": "Briefs of challenges: linted, simulated, shown, amended.",
    "challenge": "Challenges: published, decided, announced, settled.",
    "eligibility": "Eligibility: checked, asked as a quiz, printed as a list.",
    "application": "Applications: drafted, accepted, submitted, shown through masks.",
    "judge": "Judges: registered, declared, recused; what they are to read.",
    "conflicts": "Conflicts between judges and entries, with what they rest on.",
    "assignment": "Assignment: who reads what, drafted, explained, published.",
    "score": "Scores: one read, or many from a file.",
    "calibration": "Calibration: frozen at the close, shown, tested.",
    "ranking": "Rankings: places, the band, the lot, who goes on.",
    "award": "Awards: proposed, approved, accepted, committed, paid.",
    "feedback": "Feedback: what one applicant is told.",
    "appeal": "Appeals: filed, ruled on, listed.",
    "rating": "Ratings of hubs by verified results.",
    "leaderboard": "Leaderboard of hubs by verified results.",
    "landscape": "The map of actors and ties, for one audience.",
    "commitment": "Public commitments: entered, and checked by facts.",
    "call": "Ask a server for any operation by its name, with a key.",
    "completion": "Print the completion of all commands for a shell.",
    "allocate": "Solve an allocation problem and check the answer.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str or None
        The words after ``almoner``; those of the process when None.

    Examples
    --------
    >>> main(["--version"])
    almoner 0.1.0
    0
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"--help", "-h", "help"}:
        print(usage())
        return DONE if words else USAGE
    if words[0] == "--version":
        print(f"almoner {__version__}")
        return DONE
    if words[0] not in COMMANDS:
        _say(f"There is no command {words[0]!r}. Commands: {', '.join(COMMANDS)}. Try: almoner --help")
        return USAGE
    try:
        return _run(words)
    except AlmonerError as error:
        return _refused(error, as_json="--json" in words)
    except Exception as error:  # noqa: BLE001  # the last line of defence against a traceback
        return _failed(error)


def usage() -> str:
    """Return what ``almoner --help`` prints."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name.ljust(width)}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: almoner COMMAND [ARGUMENTS]... [--json] [--help]",
            "",
            "Pooled funds, outcome contracts and challenges.",
            "",
            "Commands:",
            *lines,
            "",
            "Examples:",
            "  almoner demo --db sqlite:///almoner.db --out almoner-demo",
            "  almoner fund show pool",
            "  almoner ledger verify --json",
            "  almoner fund show pool --server https://giving.example",
        ]
    )


def _run(words: list[str]) -> int:
    try:
        app = import_module(f".{words[0]}", __package__).app
    except ModuleNotFoundError as lacking:
        _say(f"{lacking.name} is not installed, and {words[0]} needs it: pip install 'almoner[server]'")
        return MISSING
    try:
        if _names_server(words) and goes_out(words):
            return int(import_module(".remoting", __package__).run(words))
        answer = app(args=words[1:], prog_name=f"almoner {words[0]}", standalone_mode=False)
        if asks_help(words) and tuple(words[:2]) in REMOTE:
            print("With --server URL it asks a server, by the key in ALMONER_KEY or ALMONER_TOKEN.")
    except TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        _say(f"{message} Try: almoner {words[0]} --help")
        return USAGE
    except (KeyboardInterrupt, Abort):
        answer = INTERRUPTED
    except SystemExit:  # the reader of a pipe went away
        answer = DONE
    if answer == INTERRUPTED:
        _say("Interrupted. What was committed stays; the step at hand was undone.")
    return answer if isinstance(answer, int) else DONE


def _names_server(words: Sequence[str]) -> bool:
    return "ALMONER_SERVER" in os.environ or any(word.split("=")[0] == "--server" for word in words)


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _refused(error: AlmonerError, *, as_json: bool) -> int:
    _say(f"{error.message} [{error.code}]")
    if as_json:
        print(json.dumps(problem_of(error), ensure_ascii=False, indent=1))
    return exit_of(error)


def _failed(error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if isinstance(error, OSError):
        _say(f"Cannot use {error.filename or 'a file'}: {error.strerror or error}.")
        return USAGE
    if os.environ.get("ALMONER_TRACEBACK"):
        raise error
    _say(
        f"almoner {__version__} failed at its own fault ({type(error).__name__}: {error}). Nothing "
        "half-written was kept. Set ALMONER_TRACEBACK=1 and run it again for the details of a report."
    )
    return OUR_FAULT
