"""The wheel, installed beside an application that has its own ``api`` and ``finance``."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

FLOORS = ("finance", "contracts", "challenges", "api")
pytestmark = pytest.mark.slow

HOST = {
    "api/__init__.py": "NAME = 'the host api'\n",
    "finance/__init__.py": "NAME = 'the host finance'\n",
    "finance/money.py": "class Money: pass\n",
}
USE = """
import api, finance, finance.money, almoner, sys
from almoner import Money, money
from almoner.api.cli import main
from almoner.contracts.casebook import list_deals, recompute
from almoner.challenges import retro_funding_4
assert (api.NAME, finance.NAME) == ("the host api", "the host finance")
assert finance.money.Money is not Money and Money.__module__ == "almoner.finance.money"
assert len(list_deals()) == 19 and all(row.match for row in recompute())
assert len(retro_funding_4().ballots) == 108
print(almoner.__file__)
sys.exit(main(["demo", "--db", "sqlite:///wheel.db", "--out", "out", "--json"]))
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    return next(target.glob("*.whl"))


def test_the_wheel_holds_every_module_and_every_data_file(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    expected = {
        f"almoner/{path.relative_to(root)}"
        for floor in FLOORS
        for path in (root / floor).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    casebook = {f"almoner/casebook/{path.name}" for path in (root / "examples" / "casebook").iterdir()}
    assert len(casebook) > 2 * 19
    assert not (expected | casebook) - packed
    assert {"almoner/__init__.py", "almoner/py.typed"} <= packed
    assert not {name.split("/")[0] for name in packed} - {
        "almoner",
        f"almoner-{wheel.name.split('-')[1]}.dist-info",
    }


def test_the_wheel_and_an_application_with_its_own_api_and_finance_both_work(
    wheel: Path, tmp_path: Path
) -> None:
    home, host = tmp_path / "venv", tmp_path / "host"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name, text in HOST.items():
        (host / name).parent.mkdir(parents=True, exist_ok=True)
        (host / name).write_text(text)
    (host / "use.py").write_text(USE)
    done = subprocess.run(
        [home / "bin" / "python", "use.py"],
        cwd=host,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(str(site))
    assert (host / "out" / "report.html").is_file()
