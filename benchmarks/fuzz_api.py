"""Schemathesis against a served world: every operation, all phases and checks, as each kind of caller.

``python -m benchmarks.fuzz_api`` serves a filled book on 127.0.0.1, once per database, and lets the fuzzer at
the whole schema as somebody who holds every role, as each role and as nobody. It prints a line per noun and a
summary, and exits with 1 when anything was found. ``--database``, ``--role``, ``--tag``, ``--phases``,
``--examples`` and ``--cases`` narrow or widen it; what it does not know goes to the fuzzer.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from almoner.api.routes import OPERATIONS

from .databases import durable_server, folder, named
from .fuzz_server import EVERYBODY, NOBODY, PARTIES, served

TAGS = sorted({one.tag for one in OPERATIONS})
CALLERS = (EVERYBODY, *PARTIES, NOBODY)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
FEWER = 4
"""How many times fewer cases a single role sends than somebody who holds them all."""
USUALLY = 0.9
CONFIG = Path(__file__).parent.parent / "schemathesis.toml"
Parts = Mapping[str, Sequence[str | int]]


@dataclass(slots=True, kw_only=True)
class Run:
    """What one run of the fuzzer found.

    Attributes
    ----------
    seconds : float [s]
        How long it took.
    code : int [exit code]
        Of the fuzzer.
    database, role : str
        Where, and as whom.
    cases, failures : Counter
        By phase and noun.
    answers : Counter
        By status.
    asked, reached : int [operations]
        That were tried, and that did at least once what they are for.
    """

    database: str
    role: str
    seconds: float = 0.0
    code: int = 0
    cases: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    reached: int = 0
    asked: int = 0

    @property
    def found(self) -> int:
        """Return how much is wrong: cases that failed, or 1 for a fuzzer that broke off."""
        return sum(self.failures.values()) or int(self.code != 0 or self.faults > 0)

    @property
    def faults(self) -> int:
        """Return how often the server failed; that it is busy (503) is no fault."""
        return sum(number for status, number in self.answers.items() if status[0] == "5" and status != "503")

    def by(self, place: int) -> dict[str, dict[str, int]]:
        """Return cases and failures by phase (0) or noun (1).

        Parameters
        ----------
        place : int [position]
            In the key.
        """
        told: dict[str, dict[str, int]] = {}
        for key, number in sorted(self.cases.items()):
            line = told.setdefault(key[place], {"cases": 0, "failures": 0})
            line["cases"] += number
            line["failures"] += self.failures[key]
        return told


def configured(home: Path, parts: Parts) -> Path:
    """Write the settings of a run: those of every run, and what usually stands in the path."""
    dictionaries = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in parts.items()]
    bound = [
        f'"path.{name}" = {{dictionary = "{name}", probability = {USUALLY}}}'
        for name, values in parts.items()
    ]
    written = home / "schemathesis.toml"
    written.write_text("\n".join([CONFIG.read_text(), *dictionaries, "[parameters]", *bound]))
    return written


def fuzz(run: Run, address: str, parts: Parts, home: Path, asked: argparse.Namespace) -> None:
    """Run the fuzzer as one caller, and count what it sent and found."""
    tally = home / f"{run.database}-{run.role}.jsonl"
    examples = asked.examples if run.role == EVERYBODY else max(1, asked.examples // FEWER)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(configured(home, parts))),
        *("run", f"{address}/v1/openapi.json", "--max-examples", str(examples), "--no-color"),
        *("--continue-on-failure", "--phases", ",".join(asked.phases), "--warnings", "off"),
        *([] if run.role == NOBODY else ["-H", f"Authorization: Bearer {run.role}"]),
        *(word for tag in asked.tag or () for word in ("--include-tag", tag)),
        *asked.more,
    ]
    told = {"FUZZ_TALLY": str(tally), "FUZZ_PARTS": json.dumps(parts)}
    whole = asked.cases if run.role == EVERYBODY else max(1, asked.cases // FEWER)
    told["FUZZ_WHOLE"] = str(whole)
    begun = time.monotonic()
    done = subprocess.run(command, check=False, env=os.environ | told, capture_output=True, text=True)  # noqa: S603  # the dev extra's own tool
    run.seconds, run.code = time.monotonic() - begun, done.returncode
    if tally.exists():
        count(run, tally.read_text(encoding="utf-8").splitlines())
        tally.unlink()
    if run.found or not run.cases:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr, flush=True)


def count(run: Run, lines: Sequence[str]) -> None:
    """Add up the lines that the hooks wrote, each of one operation in one phase."""
    nouns = {f"{one.method} /v1{one.path}": one.tag for one in OPERATIONS}
    reached: dict[str, bool] = {}
    for line in map(json.loads, lines):
        key = (line["phase"], nouns.get(line["operation"], "other"))
        run.cases[key] += line["cases"]
        run.failures[key] += line["failures"]
        run.answers.update(line["answers"])
        got = any(status[0] == "2" for status in line["answers"])
        reached[line["operation"]] = reached.get(line["operation"], False) or got
    run.reached, run.asked = sum(reached.values()), len(reached)


def tell(run: Run) -> Iterator[str]:
    """Say what one run found, a line per noun and one for all."""
    head = f"{run.database:<10} {run.role:<12}"
    for noun, line in run.by(1).items():
        yield f"{head} {noun:<22} {line['cases']:>8,} cases {line['failures']:>4} failures"
    yield (
        f"{head} {'all nouns':<22} {sum(run.cases.values()):>8,} cases {run.found:>4} failures "
        f"{run.faults} server errors, {run.reached} of {run.asked} operations succeeded, {run.seconds:.0f} s"
    )


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Return totals per database, role and phase."""
    answers = sum((run.answers for run in runs), Counter[str]())
    return {
        "cases": sum(sum(run.cases.values()) for run in runs),
        "failures": sum(run.found for run in runs),
        "server_errors": sum(run.faults for run in runs),
        "seconds": round(sum(run.seconds for run in runs)),
        "answers": dict(sorted(answers.items())),
        "runs": [
            {
                "database": run.database,
                "role": run.role,
                "seconds": round(run.seconds),
                "exit_code": run.code,
                "operations": run.asked,
                "succeeded": run.reached,
                "phases": run.by(0),
                "nouns": run.by(1),
            }
            for run in runs
        ],
    }


def lines_of(told: Mapping[str, Any]) -> Iterator[str]:
    """Say the summary, a line per database, role and phase."""
    for run in told["runs"]:
        for phase, line in run["phases"].items():
            yield (
                f"{run['database']:<10} {run['role']:<12} {phase:<10} "
                f"{line['cases']:>8,} cases {line['failures']:>4} failures"
            )
    yield (
        f"{told['cases']:,} cases, {told['failures']} failures, {told['server_errors']} server errors, "
        f"{told['seconds']} s"
    )


def main(given: Sequence[str] | None = None) -> int:
    """Fuzz each database as each caller; 0 when nothing was found."""
    asked = _asked(given)
    runs: list[Run] = []
    out = sys.stderr if asked.json else sys.stdout
    with folder(None) as home:
        for database in asked.database or ["sqlite", "postgresql"]:
            with place(database, home) as url, served(url) as (address, parts):
                for role in asked.role or CALLERS:
                    run = Run(database=database, role=role)
                    fuzz(run, address, parts, home, asked)
                    runs.append(run)
                    print(*tell(run), sep="\n", file=out, flush=True)
    told = summary(runs)
    print(json.dumps(told, indent=2) if asked.json else "\n".join(lines_of(told)))
    return int(any(run.found for run in runs))


def _asked(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--role", choices=CALLERS, action="append")
    parser.add_argument("--tag", choices=TAGS, action="append", help="a noun; may be given again")
    parser.add_argument("--phases", type=lambda text: text.split(","), default=PHASES)
    parser.add_argument(
        "--examples", type=int, default=12, help="per operation; a single role a quarter of it"
    )
    parser.add_argument(
        "--cases", type=int, default=100, help="per operation in the coverage phase, before few"
    )
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    asked, asked_more = parser.parse_known_args(given)
    asked.more = asked_more
    return asked


@contextmanager
def place(database: str, home: Path) -> Iterator[str]:
    """Yield the address of an empty database."""
    if database == "sqlite":
        yield f"sqlite:///{home / 'fuzz.db'}"
        return
    with durable_server(home) as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE fuzz")
        yield named(server.get_uri(), "fuzz")


if __name__ == "__main__":
    raise SystemExit(main())
