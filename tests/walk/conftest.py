"""The demonstration, played once for all that look at it."""

import json
from pathlib import Path
from typing import Any

import pytest

from almoner.api.cli import main

Summary = dict[str, Any]


def play(url: str, out: Path) -> Summary:
    """Play the demonstration and return its summary."""
    assert main(["demo", "--db", url, "--out", str(out)]) == 0
    written: Summary = json.loads((out / "summary.json").read_text())
    return written


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the first run: its database, its summary, its report."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def summary(folder: Path) -> Summary:
    """Summary of the first run, on an empty database."""
    return play(f"sqlite:///{folder / 'almoner.db'}", folder)
