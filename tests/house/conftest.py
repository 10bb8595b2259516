"""What the house tests read: every module of the four floors, as text and as syntax tree."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("finance", "contracts", "challenges", "api")


Modules = dict[str, ast.Module]


def read_modules(*folders: str) -> Modules:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> Modules:
    """Every module of the library, by its path."""
    return read_modules(*FLOORS)


@pytest.fixture(scope="session")
def all_modules() -> Modules:
    """Every module of the project: library, tests, examples, benchmarks."""
    return read_modules(*FLOORS, "tests", "examples", "benchmarks", "src")


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every text file of the project that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]
