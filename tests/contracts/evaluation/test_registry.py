"""Methods are found by entry points, and one that does not fit is refused by name."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from almoner.contracts.evaluation import (
    Estimate,
    EvaluationMethod,
    evaluate,
    find_method,
    list_methods,
    methods,
)
from almoner.contracts.evaluation.pairing import PrePostParams
from almoner.contracts.evaluation.registry import BUILT_IN, GROUP
from almoner.contracts.evaluation.weighting import WeightedParams
from almoner.finance.documents import Document
from almoner.finance.errors import DocumentInvalid, EvaluationRefused

MEDIAN = '''
"""A method of another distribution."""
import numpy as np
from almoner.contracts.evaluation import DataColumn, Estimate, Method, decimal_text
from almoner.finance.documents import Document


class MedianParams(Document):
    times: int = 1


MEDIAN = Method(
    name="median",
    version="3",
    params_model=MedianParams,
    uses=lambda params: (DataColumn(name="outcome", kind="number", about="of a unit"),),
    compute=lambda table, params: Estimate(
        value=decimal_text(params.times * float(np.median(table["outcome"]))),
        sample=len(table["outcome"]),
        statistic="median",
    ),
)
FLOATING = Method(
    name="floating",
    version="1",
    params_model=MedianParams,
    uses=MEDIAN.uses,
    compute=lambda table, params: Estimate(value=0.5, sample=1, statistic="a float"),
)
BARE = Method(
    name="bare", version="1", params_model=MedianParams, uses=MEDIAN.uses, compute=lambda table, params: 0.5
)
DICT = Method(name="dict", version="1", params_model=dict, uses=MEDIAN.uses, compute=MEDIAN.compute)
NOTHING = object()
'''
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution on the path as an installer would leave it."""

    def put(distribution: str, **points: str) -> None:
        home = tmp_path / distribution
        info = home / f"{distribution}-2.1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.1\n")
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
        (home / f"{distribution}_code.py").write_text(MEDIAN)
        monkeypatch.syspath_prepend(str(home))
        monkeypatch.delitem(sys.modules, f"{distribution}_code", raising=False)

    return put


def test_the_project_file_registers_exactly_the_methods_of_the_library(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    expected = {
        name: f"almoner.contracts.evaluation{module}:{attribute}"
        for name, (module, attribute) in BUILT_IN.items()
    }
    assert project["entry-points"][GROUP] == expected


@pytest.fixture
def root() -> Path:
    return Path(__file__).parents[3]


def test_every_method_has_its_name_a_version_and_documented_columns() -> None:
    found = methods()
    assert set(BUILT_IN) <= set(found)
    assert all(isinstance(method, EvaluationMethod) for method in found.values())
    assert {name: found[name].name for name in BUILT_IN} == {name: name for name in BUILT_IN}
    assert {found[name].version for name in BUILT_IN} == {"1"}
    columns = found["did"].columns(found["did"].params_model.read("{}"))
    assert [column.name for column in columns] == ["outcome", "treated", "after", "cluster"]
    assert all(column.about for column in columns)


def test_a_method_of_an_installed_distribution_runs_like_any_other(install: Install) -> None:
    install("acme", median="acme_code:MEDIAN")
    source = next(one for one in list_methods() if one.name == "median")
    assert (source.distribution, source.value) == ("acme 2.1", "acme_code:MEDIAN")
    assert "acme_code" not in sys.modules
    found = evaluate("median", {"outcome": np.array([3.0, 1.0, 2.0])}, '{"times": 2}')
    assert (found.value, found.method, found.sample) == ("4", "median/3", 3)
    assert len(found.data_sha256) == len(found.params_sha256) == 64
    with pytest.raises(DocumentInvalid):
        evaluate("median", {"outcome": np.array([1.0])}, '{"other": 2}')
    with pytest.raises(EvaluationRefused, match="row 2: 'nan'"):
        evaluate("median", {"outcome": np.array([1.0, np.nan])})


def test_an_installed_distribution_cannot_take_the_place_of_a_method_of_the_library(install: Install) -> None:
    install("acme", count="acme_code:MEDIAN")
    with pytest.raises(EvaluationRefused, match=r"offered by 2 distributions \(acme 2.1, almoner\)"):
        evaluate("count", {"id": np.array(["a"])})
    assert find_method("did").version == "1"


def test_two_distributions_that_claim_one_name_are_both_refused(install: Install) -> None:
    install("acme", median="acme_code:MEDIAN")
    install("bolt", median="bolt_code:MEDIAN")
    with pytest.raises(EvaluationRefused, match=r"acme 2.1, bolt 2.1"):
        find_method("median")


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ({"gone": "acme_none:MEDIAN"}, "ModuleNotFoundError"),
        ({"gone": "acme_code:ABSENT"}, "AttributeError"),
        ({"gone": "acme_code:NOTHING"}, "it lacks name"),
        ({"gone": "acme_code:MEDIAN"}, "it calls itself 'median'"),
        ({"dict": "acme_code:DICT"}, "params_model is no Document"),
    ],
)
def test_what_cannot_be_used_is_refused_when_asked_for_and_harms_no_other(
    install: Install, point: dict[str, str], why: str
) -> None:
    install("acme", **point)
    (name,) = point
    with pytest.raises(EvaluationRefused, match=why) as caught:
        find_method(name)
    assert caught.value.figures["distribution"] == "acme 2.1"
    assert find_method("count").name == "count"


def test_no_float_leaves_a_method_of_anybody(install: Install) -> None:
    install("acme", floating="acme_code:FLOATING", bare="acme_code:BARE")
    with pytest.raises(TypeError, match="decimal text"):
        evaluate("floating", {"outcome": np.array([1.0])})
    with pytest.raises(TypeError, match="not an Estimate"):
        evaluate("bare", {"outcome": np.array([1.0])})


def test_no_float_leaves_a_method_of_the_library() -> None:
    found = evaluate("pre_post", {"before": np.array([1, 2, 4]), "after": np.array([2.5, 3.5, 10.0])})
    row = found.row()
    texts = [value for value in row.values() if not isinstance(value, dict | int)]
    inner = [value for part in row.values() if isinstance(part, dict) for value in part.values()]
    assert type(row["sample"]) is int
    assert {type(value) for value in [*texts, *inner]} == {str}
    assert isinstance(found, Estimate)


def test_a_version_that_is_not_here_is_refused() -> None:
    assert find_method("did/1").name == "did"
    with pytest.raises(EvaluationRefused, match="version 1, not 2"):
        find_method("did/2")


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(EvaluationRefused, match="there are admin_validated, count, did"):
        find_method("guess")


def test_parameters_may_be_a_document_of_the_method_and_of_no_other() -> None:
    table = {"before": np.array([1, 2, 4]), "after": np.array([2.5, 3.5, 10.0])}
    given = PrePostParams(level="0.9")
    assert evaluate("pre_post", table, given) == evaluate("pre_post", table, '{"level": "0.9"}')
    with pytest.raises(TypeError, match="takes PrePostParams"):
        evaluate("pre_post", table, WeightedParams(weights={"x": "1"}))
    with pytest.raises(TypeError, match="takes PrePostParams"):
        find_method("pre_post").columns(Document())
    with pytest.raises(DocumentInvalid):
        evaluate("pre_post", table, PrePostParams(level="7"))


def test_importing_the_package_loads_no_statistics_library() -> None:
    script = (
        "import sys, almoner.contracts.evaluation as e; "
        "heavy = {'numpy', 'scipy', 'pandas', 'statsmodels', 'pydantic'}; "
        "print(sorted(heavy & set(sys.modules))); "
        "e.list_methods(); e.find_method('count'); print('statsmodels' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "False"]
