import ast
import inspect
import pickle
import re

import pytest

from almoner.api import errors as door_errors
from almoner.challenges import errors as challenge_errors
from almoner.finance import errors
from almoner.finance.errors import AlmonerError, InsufficientFunds

MODULES = (errors, challenge_errors, door_errors)
ALL = [
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, AlmonerError) and kind.__module__ == module.__name__
]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in ALL if kind is not door_errors.RequestKeyReused]  # one cause, two floors
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(\.[a-z_]+)?", code) for code in codes)
    assert [kind.__name__ for kind in ALL if "code" not in vars(kind)] == []


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    said = "".join(module.__doc__ or "" for module in MODULES)
    drawn = re.findall(r"[|`]- (\w+) +(.+(?:\n +\|  {9,}.+)*)", said)
    tree = {base: set(re.findall(r"\w+", names)) for base, names in drawn}
    real = {
        base.__name__: {kind.__name__ for kind in base.__subclasses__()}
        for base in AlmonerError.__subclasses__()
    }
    assert tree == real


@pytest.mark.parametrize("kind", ALL)
def test_errors_keep_their_figures_across_processes(kind: type[AlmonerError]) -> None:
    error = kind("What happened, and what to do.", short="1.00", count=3, parts=["a"])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(again) is kind
    assert (again.message, again.figures, str(again)) == (error.message, error.figures, error.message)


def test_a_floor_raises_no_bare_exception_of_its_own() -> None:
    source = "".join(inspect.getsource(module) for module in MODULES)
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert "HTTPException" not in names
    assert InsufficientFunds.__mro__[1].__name__ == "FundError"
