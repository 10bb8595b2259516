"""``almoner allocate``: solve, explain, check in another process, compare, export; refusals in words."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from almoner.api.cli import main
from almoner.finance.allocation.checking import verifier

EXAMPLE = Path(__file__).parents[2] / "examples" / "allocation" / "winter.json"


def problem() -> dict[str, Any]:
    return {
        "schema": "almoner.allocation/2",
        "unit": "USD",
        "scale": 2,
        "funds": [{"fund_id": "pool", "budget_minor": 8000}],
        "interventions": [
            {"intervention_id": "w7", "title": "Wells", "region": "north"},
            {"intervention_id": "s1", "title": "Seeds", "region": "south"},
        ],
        "tickets": [
            {"intervention_id": "w7", "min_minor": 5000, "max_minor": 9000},
            {"intervention_id": "s1", "min_minor": 5000, "max_minor": 9000},
        ],
        "response": [
            {"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2_000_000},
            {"intervention_id": "s1", "cap_minor": 9000, "gain_micro_per_k": 1_000_000},
        ],
    }


def written(tmp_path: Path, content: dict[str, Any]) -> str:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(content))
    return str(path)


def run_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_problem_is_solved_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, problem())
    made = run_json(capsys, "allocate", path)
    assert made["funded"] == ["w7"]
    assert made["lines"] == [{"intervention_id": "w7", "period": 0, "fund_id": "pool", "amount": "80.00"}]
    assert main(["allocate", path, "--gap", "1/1000"]) == 0
    shown = capsys.readouterr().out
    assert "80.00" in shown
    assert "Wells" in shown
    assert "Binding: budget/pool/0" in shown


def test_budget_and_explanations_are_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, problem())
    made = run_json(capsys, "allocate", path, "--budget", "pool=180.00", "--explain", "s1")
    assert made["funded"] == ["s1", "w7"]
    assert made["explanations"][0]["is_funded"] is True
    assert main(["allocate", path, "--explain", "s1"]) == 0
    assert "It would be funded if one of these were true:" in capsys.readouterr().out
    for wrong in ("pool", "nobody=5.00", "pool/9=5.00", "pool=5.001"):
        assert main(["allocate", path, "--budget", wrong]) == 2
        capsys.readouterr()


def test_the_written_files_are_checked_by_the_command_and_by_the_verifier_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "saved"
    answer, proof = tmp_path / "a.json", tmp_path / "c.json"
    words = [
        "allocate",
        str(EXAMPLE),
        "--out",
        str(answer),
        "--certificate",
        str(proof),
        "--save",
        str(saved),
    ]
    assert main(words) == 0
    capsys.readouterr()
    written_here = [str(EXAMPLE), str(answer), str(proof)]
    assert run_json(capsys, "allocate", "check", *written_here)["accepted"] is True
    files = [str(saved / name) for name in ("problem.json", "allocation.json", "certificate.json")]
    copied = tmp_path / "verifier.py"
    copied.write_bytes(Path(str(verifier.__file__)).read_bytes())
    command = [sys.executable, "-I", str(copied), *files]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    answer = saved / "allocation.json"
    content = json.loads(answer.read_bytes())
    content["lines"]["amount_minor"][0] += 1
    answer.write_text(json.dumps(content))
    assert run_json(capsys, "allocate", "check", *files, code=1)["accepted"] is False
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_a_conflict_names_its_rules_and_ways_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = problem()
    content["limits"] = [{"group_kind": "region", "group_id": "north", "floor_minor": 8500}]
    told = run_json(capsys, "allocate", written(tmp_path, content), code=7)
    assert told["code"] == "allocation.infeasible"
    assert set(told["figures"]["rules"]) == {"budget/pool/0", "floor/region/north/all"}
    assert any("5.00" in fix["sentence"] for fix in told["figures"]["fixes"])


def test_rules_are_compared_and_the_model_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, problem())
    rows = {row["rule"]: row for row in run_json(capsys, "allocate", "compare", path)["rules"]}
    assert set(rows) == {"optimum", "greedy", "proportional", "equal group shares"}
    points = run_json(capsys, "allocate", "frontier", path, "--points", "4")["points"]
    values = [point["value"] for point in points]
    assert values[0] == "0"
    assert len(values) == 4
    model = tmp_path / "p.mps"
    assert main(["allocate", "export", path, "--out", str(model)]) == 0
    assert model.read_text().startswith("*")
    assert main(["allocate", "export", path, "--out", str(tmp_path / "p.txt")]) == 2


def test_what_is_wrong_is_said_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, problem())
    assert main(["allocate", path, "--gap", "zero"]) == 2
    assert "Write a fraction" in capsys.readouterr().err
    assert main(["allocate", str(tmp_path / "gone.json")]) == 2
    assert main(["allocate"]) in {0, 2}
    old = {"schema": "almoner.allocation/1", "unit": "USD", "scale": 2, "funds": [], "interventions": []}
    assert main(["allocate", written(tmp_path, old)]) == 2
    assert "almoner.allocation/2" in capsys.readouterr().err
