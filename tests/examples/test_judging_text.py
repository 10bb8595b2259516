"""The lines of the judging document run as they stand there."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")


def test_the_lines_on_calibration_run(capsys: pytest.CaptureFixture[str]) -> None:
    section = TEXT.split("## Calibration")[1].split("\n## ")[0]
    (lines,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(compile(lines, "judging.md", "exec"), {})  # noqa: S102  # our own text
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3 + 1 + 5
    assert all("stays in" in line for line in printed[4:])


def test_the_lines_on_assignment_run(capsys: pytest.CaptureFixture[str]) -> None:
    section = TEXT.split("## Assignment")[1].split("\n## ")[0]
    (lines,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(compile(lines, "judging.md", "exec"), {})  # noqa: S102  # our own text
    assert capsys.readouterr().out.splitlines() == [
        "optimal True 120 True",
        "2 applications need 2 reads, their 1 judge can give 1.",
        "Raise the load of j by 1 (0 reads missing then).",
    ]
