"""The recipes of a container, read and held against the program: nothing in them is made up."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from almoner.api.cli.entry import COMMANDS
from almoner.api.cli.secrets import FILES
from almoner.api.cli.show import told_database
from almoner.api.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "Containerfile").read_text(encoding="utf-8")
STAGES = re.split(r"^FROM .*$", RECIPE, flags=re.MULTILINE)
NAMES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}SECRETS_DIR"}


@pytest.fixture(scope="module")
def compose() -> Any:  # noqa: ANN401  # a document
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def copied() -> list[str]:
    lines = re.findall(r"^COPY (?!--)(.+)$", RECIPE, flags=re.MULTILINE)
    return [one for line in lines for one in line.split()[:-1]]


def test_all_that_is_copied_is_there_and_let_through() -> None:
    admitted = set(re.findall(r"^!(.+)$", (ROOT / ".containerignore").read_text(), flags=re.MULTILINE))
    for one in copied():
        assert (ROOT / one).exists(), one
        assert one in admitted, one


def test_all_that_the_wheel_holds_is_copied() -> None:
    wheel = re.search(r"^only-include = \[(.+)\]$", (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    assert wheel is not None
    assert set(re.findall(r'"([^"]+)"', wheel[1])) <= set(copied())


def test_the_last_stage_is_nobody_special_and_builds_nothing() -> None:
    assert len(STAGES) == 3
    last = STAGES[-1]
    assert re.search(r"^USER 10001:10001$", last, flags=re.MULTILINE)
    assert "pip install" not in last
    assert "apt-get" not in RECIPE
    assert re.search(r"^ENTRYPOINT \[\"almoner\"\]$", last, flags=re.MULTILINE)
    assert "/ops/live" in last
    assert not re.search(r"(SECRET|KEY|TOKEN|PASSWORD)=\S", RECIPE.replace("ALMONER_SECRETS_DIR=", ""))


def test_every_variable_is_a_setting_and_every_command_is_one(compose: Any) -> None:  # noqa: ANN401  # a document
    services = {name: one for name, one in compose["services"].items() if name != "database"}
    told = set(re.findall(r"ALMONER_[A-Z_]+(?==\S)", STAGES[-1]))
    for one in services.values():
        told |= set(one.get("environment", {}))
        assert one["command"][0] in COMMANDS
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        assert set(one["secrets"]) == {*FILES, "almoner_db"}
    assert told
    assert told <= NAMES
    grace = int(services["server"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_fields["drain"].default + Settings.model_fields["notice"].default


def test_secrets_come_from_files_and_never_from_the_recipe(compose: Any) -> None:  # noqa: ANN401  # a document
    assert set(compose["secrets"]) == {*FILES, "almoner_db", "database_password"}
    assert all(set(one) == {"file"} for one in compose["secrets"].values())
    published = [port for one in compose["services"].values() for port in one.get("ports", ())]
    assert published == ["127.0.0.1:8080:8080"]


def test_commands_find_the_database_where_the_server_does(tmp_path: Path) -> None:
    (tmp_path / "almoner_db").write_text("postgresql://almoner@database/almoner\n")
    assert told_database(tmp_path) == "postgresql://almoner@database/almoner"
