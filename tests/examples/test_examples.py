"""Each example runs as a user would run it, and prints what its text promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

PRINTED = {
    "01_funder.py": [
        "The fund water has 297000.00 USD free for this use and 200000.00 USD under earmarks that exclude it",
        "balance 287000.00 USD, committed 40000.00 USD, free 247000.00 USD, pledged 200000.00 USD",
        "well-drillers was paid 200000.00 USD by northlight",
        "difference 0.00 USD",
        "verified",
    ],
    "02_hub.py": ["needs_document; documents asked: registration", "1. river-trust: 3.85 +- 0.05"],
    "03_evaluator.py": [
        "may cost at most 11420000.00 USD",
        "refused: lenders cannot determine claims",
        "paid 188349.84 USD; disbursed in all 188349.84 USD",
    ],
    "04_developer.py": [
        "401 auth.required",
        "201 250.00 false",
        "201 250.00 true",
        "422 money.unit_mismatch",
    ],
    "05_citizen.py": ["denver-sib: paid 9638911.36 USD of at most 11420000.00 USD, as published"],
    "06_terms.py": [
        "at most 500,000.00 USD (attained)",
        "T01 /metrics/nights",
        "12,457 nights pay 188,349.84 USD",
        "the limit binds in",
    ],
    "07_agreement.py": [
        "closed: 848540.00 GBP paid of at most 1083550.00 GBP; the other 235010.00 GBP is free again",
        "replayed from its events: 9 settlements, no difference",
    ],
    "08_allocation.py": [
        "within_gap: worth 8,512.50; nothing can be worth more than 8,5",
        "common-pool buys 20 beds for 8,000.00 USD",
        "VALID: worth 8512.5; none can exceed 85",
        "Fund common-pool has 900,000.00 USD in period 2027",
        "The 2 that can be funded in kind outreach take at most 256,000.00 USD together.",
    ],
    "09_challenge.py": [
        "24 applicants read each other; 10 go on to the panel.",
        "river-college owns wells-north-1 since 2025-01-01 (recorded: register of companies)",
        "50 reads, proven best: True; that pair is not assigned.",
        "a-21      250,000.00 USD",
        "with one judge left out at a time it stays outside 6 of 12 times",
        "and the panel took it from 3 that the scores do not separate; place 1 pays 100000000.00 USD.",
        "An appeal keeps back the award of 100000000.00 USD to a-02: nothing of it moves before the ruling.",
        "a-18  100,000,000.00 USD",
        "paid 111,000,000.00, promised 0.00, free 9,000,000.00 USD",
        "the statement differs from the ledger by 0.00 USD; the log is verified",
    ],
    "10_measured_progress.py": [
        "2. river-hub  0.7983 (0.7233 to 0.8733) 4 results, rated, band",
        "3. island-hub 0.6540 (0.2132 to 1.0949) 0 results, unrated, band",
        "a-4      900,000.00 USD  Lower bound of progress 0.7787 of the way",
        "a-5      300,000.00 USD  No final determination yet: from the part for newcomers",
        "founder promised this by 2028-12-31 and missed it: 3000000 of 4000000.00 is verified.",
        "river-hub kept this on 2028-05-31, promised by 2028-12-31: 304 of 300.",
        "The map falls apart without it.",
        "207 awards; largest difference 0.000000305 OP",
    ],
    "11_over_http.py": [
        "11 people, each with a password and a role of their own.",
        "Wells that keep working: prizes of 50000.00 USD are covered.",
        "9 reads are assigned, 0 lack; 9 are done.",
        "wells-north is paid its prize of 50000.00 USD.",
        "The agreement is active: at most 40000.00 USD.",
        "Settled: 26300.00 USD to hub, paid.",
        "The hub is told, signed and verified: payout.settled of 26300.00 USD.",
        "Its statement shows 26300.00 USD paid for first-half.",
        "It was 26300.00 USD of the money of foundation, read with an API key.",
        "20 postings in 7 transactions; the log is verified.",
    ],
    "12_mounting.py": [
        "{'closed': 1}",
        "401 not shown",
        "200 360.00",
        "404 not shown",
        "{'oops': 'no such table'}",
    ],
    "13_library.py": ["payer  shelter   paid        622944         USD"],
}


def test_every_example_has_its_expected_lines() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == sorted(PRINTED)


GIVEN = {
    "11_over_http.py": ["--db", "sqlite:///journey.db"]
}  # on PostgreSQL: tests/doors/test_generated_client


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_an_example_prints_what_it_promises(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *GIVEN.get(name, [])],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert all(line in done.stdout for line in PRINTED[name]), done.stdout
    assert len((EXAMPLES / name).read_text().splitlines()) < 80
