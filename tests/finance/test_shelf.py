import subprocess
import sys

import pytest

import almoner
from almoner import finance
from almoner.finance.shelf import shelve


def test_a_shelf_finds_lists_and_refuses_names() -> None:
    find, names = shelve("almoner.finance", {".money": ("Money", "money")}, also=("__version__",))
    assert find("Money") is almoner.Money
    assert names() == ["Money", "__version__", "money"]
    with pytest.raises(AttributeError, match=r"module 'almoner\.finance' has no attribute 'Monye'"):
        find("Monye")


def test_front_pages_answer_for_their_names() -> None:
    assert finance.Money is almoner.Money
    assert "Money" in dir(finance)
    assert {"Money", "__version__"} <= set(dir(almoner))
    with pytest.raises(AttributeError):
        getattr(almoner, "Monye")  # noqa: B009  # a checker refuses the plain spelling


@pytest.mark.parametrize("name", ["almoner", "almoner.finance", "almoner.finance.money"])
def test_an_import_costs_little(name: str) -> None:
    code = (
        f"import sys, time; before = time.process_time(); import {name}; "
        "print(time.process_time() - before, *sorted(m for m in sys.modules if '.' not in m))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    spent, *loaded = done.stdout.split()
    heavy = {"pandas", "scipy", "pulp", "fastapi", "sqlalchemy", "numpy", "alembic", "highspy", "pydantic"}
    assert not heavy & set(loaded)
    assert float(spent) < 0.3
