"""What the README shows runs as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from almoner import currency, money
from almoner.api.cli.entry import COMMANDS
from almoner.finance import acts
from almoner.finance.parties import Party
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, UnitOfWork

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_ten_lines_of_the_readme_run(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="meridian", name="Meridian"))
    (lines,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(lines.strip().splitlines()) <= 10
    exec(compile(lines, "README.md", "exec"), {"engine": engine})  # noqa: S102  # our own text
    with UnitOfWork(engine) as session:
        assert acts.position(session, find_fund(session, "main", "water")).free == money("250000.00", "USD")


def test_every_command_that_the_documents_name_exists() -> None:
    texts = [README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))]
    named = {shlex.split(call)[0] for text in texts for call in re.findall(r"`almoner ([^`\[]+)", text)}
    assert named <= set(COMMANDS)
    assert {"demo", "fund", "ledger"} <= named


def test_every_target_that_the_readme_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([\w-]+)", README, re.MULTILINE))
    assert {"demo", "test", "check"} <= named
    missing = [name for name in sorted(named) if not re.search(rf"^{name}:", makefile, re.MULTILINE)]
    assert not missing


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]
