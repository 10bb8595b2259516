"""The shape of the house. Each test names the failure it prevents."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

Modules = dict[str, ast.Module]
FLOORS = ("finance", "contracts", "challenges", "api")
MODULE_LINES, FUNCTION_LINES = 500, 70
ALONE = {"finance/allocation/checking/verifier.py"}  # one file that people copy: it imports nothing of ours


def length(node: ast.stmt) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def test_no_module_is_too_long_to_be_read_in_one_sitting(root: Path, all_modules: Modules) -> None:
    lines = {name: len((root / name).read_text(encoding="utf-8").splitlines()) for name in all_modules}
    assert not {name: count for name, count in lines.items() if count > MODULE_LINES and name not in ALONE}


def test_no_function_hides_a_second_one(all_modules: Modules) -> None:
    long = {
        f"{name}:{node.name}": length(node)
        for name, tree in all_modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION_LINES
    }
    assert not long


def imported(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and first word of every absolute import."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, one.name.split(".")[0]) for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append((node.lineno, (node.module or "").split(".")[0]))
    return found


def test_imports_inside_the_library_are_relative_so_that_no_class_exists_twice(modules: Modules) -> None:
    inside = {name: tree for name, tree in modules.items() if "/migrations/" not in name}
    ours = {"almoner", *FLOORS}
    assert not [
        f"{name}:{line}" for name, tree in inside.items() for line, word in imported(tree) if word in ours
    ]


def test_tests_and_examples_import_the_package_and_never_a_bare_floor(all_modules: Modules) -> None:
    rows = [(name, line, word) for name, tree in all_modules.items() for line, word in imported(tree)]
    assert not [f"{name}:{line}" for name, line, word in rows if word in FLOORS]


def test_the_links_lead_to_the_real_folders(root: Path) -> None:
    home = root / "src" / "almoner"
    assert {path.name for path in home.iterdir() if path.name != "__pycache__"} == {
        "__init__.py",
        "py.typed",
        *FLOORS,
    }
    for floor in FLOORS:
        assert (home / floor).is_symlink()
        assert (home / floor).readlink() == Path("..") / ".." / floor
        assert (home / floor).resolve() == root / floor


def test_a_checkout_without_links_says_how_to_mend_it(root: Path, tmp_path: Path) -> None:
    package = tmp_path / "almoner"
    package.mkdir()
    (package / "__init__.py").write_text((root / "src" / "almoner" / "__init__.py").read_text())
    script = "import sys; sys.path.insert(0, sys.argv[1]); import almoner"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "core.symlinks true" in done.stderr


def test_every_folder_with_modules_is_a_package_that_the_import_rules_can_see(
    root: Path, modules: Modules
) -> None:
    folders = {(root / name).parent for name in modules}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


def checked_names(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            imports = [one for one in node.body if isinstance(one, ast.ImportFrom)]
            return sorted(name.asname or name.name for one in imports for name in one.names)
    return []


def test_the_three_lists_of_every_front_page_agree_and_every_name_is_there(
    root: Path, modules: Modules
) -> None:
    pages = [
        name for name in modules if name.endswith("__init__.py") and "shelve(" in (root / name).read_text()
    ]
    assert len(pages) >= 6
    for page in pages:
        dotted = ".".join(["almoner", *Path(page).parent.parts])
        package = import_module(dotted)
        names = list(package.__all__)
        assert checked_names(modules[page]) == names == sorted(names) == dir(package), dotted
        assert not [name for name in names if isinstance(getattr(package, name), ModuleType)], dotted


def test_the_front_page_agrees_with_itself() -> None:
    almoner = import_module("almoner")
    names = checked_names(ast.parse(Path(str(almoner.__file__)).read_text(encoding="utf-8")))
    assert sorted([*names, "__version__"]) == sorted(almoner.__all__) == dir(almoner)
    assert not [name for name in names if isinstance(getattr(almoner, name), ModuleType)]


HEAVY = {"pandas", "scipy", "pulp", "fastapi", "sqlalchemy", "numpy", "alembic", "highspy", "pydantic"}
PAGES = ["almoner", *(f"almoner.{floor}" for floor in FLOORS), "almoner.finance.allocation"]
PAGES += ["almoner.contracts.mechanisms"]


@pytest.mark.parametrize("name", PAGES)
def test_importing_a_front_page_loads_no_third_party_package(name: str) -> None:
    script = f"import sys, {name}; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_function_of_the_way_of_the_data_exists() -> None:
    acts = {
        "almoner.finance.acts": "pledge contribute offer_in_kind value position make_statement trace verify "
        "seal prove",
        "almoner.challenges.acts": "publish submit score award",
        "almoner.contracts.acts": "sign claim attach determine settle",
        "almoner.challenges": "check_eligibility pose",
        "almoner.finance.allocation": "allocate recheck",
        "almoner.finance.posting": "post_many",
        "almoner.contracts.terms.bounds": "prove",
        "almoner.contracts.terms.pay": "step",
    }
    for module, names in acts.items():
        for name in names.split():
            assert callable(getattr(import_module(module), name)), f"{module}.{name}"


def test_package_data_is_not_hidden_from_the_wheel(root: Path) -> None:
    kinds = {".json", ".csv", ".sql", ".txt", ".html", ".mako"}
    data = [str(path) for floor in FLOORS for path in (root / floor).rglob("*") if path.suffix in kinds]
    assert len(data) > 15
    ask = ["git", "check-ignore", "--stdin"]
    ignored = subprocess.run(
        ask,
        input="\n".join(data),
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ignored.stdout == ""
