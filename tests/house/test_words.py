"""Words: what must be said, and what must not."""

import ast
import re
from pathlib import Path

Modules = dict[str, ast.Module]
NUMBERS = {"int", "float", "int | None", "float | None"}
UNIT_ENDINGS = ("_minor", "_bp", "_days", "_s", "_digits", "_id", "_ids", "_micro")
REASON = re.compile(r"#\s*(?:type: ignore\[[\w, -]+\]|noqa: ?[A-Z0-9, ]+)\s+(?:#|-|—)\s*\S")


def glossary(root: Path) -> set[str]:
    rows = (root / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    return {row.split("|")[1].strip().strip("`") for row in rows if row.startswith("| `")}


def test_every_public_class_stands_in_the_glossary(root: Path, modules: Modules) -> None:
    known = glossary(root)
    missing = sorted(
        f"{node.name} ({name})"
        for name, tree in modules.items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in known
    )
    assert not missing


def test_the_glossary_names_nothing_that_is_gone(root: Path, modules: Modules) -> None:
    there = {node.name for tree in modules.values() for node in tree.body if isinstance(node, ast.ClassDef)}
    assert not glossary(root) - there


def numbers(node: ast.FunctionDef) -> list[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [one.arg for one in arguments if one.annotation and ast.unparse(one.annotation) in NUMBERS]


def has_unit(node: ast.FunctionDef, argument: str) -> bool:
    pattern = rf"^\s*[\w, ]*\b{argument}\b[\w, ]* : [^\n]*\[[^\n]+\]"
    documented = re.search(pattern, ast.get_docstring(node) or "", re.MULTILINE)
    return argument.endswith(UNIT_ENDINGS) or documented is not None


def test_every_number_of_a_public_function_has_a_unit(modules: Modules) -> None:
    inner = {"records", "charts", "cli", "migrations"}
    silent = [
        f"{name}:{node.name}({argument})"
        for name, tree in modules.items()
        if not inner & set(Path(name).parts)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for argument in numbers(node)
        if not has_unit(node, argument)
    ]
    assert not silent


def test_every_silenced_check_says_why(root: Path, all_modules: Modules) -> None:
    marks = ("# " + "type: ignore", "# " + "noqa")
    silent = [
        f"{name}:{number}"
        for name in all_modules
        for number, line in enumerate((root / name).read_text(encoding="utf-8").splitlines(), start=1)
        if any(mark in line for mark in marks) and not REASON.search(line)
    ]
    assert not silent


def test_nothing_unfinished_is_left(root: Path, modules: Modules) -> None:
    words = ["TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error"]
    texts = {name: (root / name).read_text(encoding="utf-8") for name in modules}
    assert not [name for name, text in texts.items() for word in words if re.search(rf"\b{word}\b", text)]


def test_the_project_speaks_of_itself_alone(tracked: list[Path]) -> None:
    words = ["/" + "work/", "/" + "root/", "/" + "home/", "pypi" + ".org", "python" + "hosted"]
    words += ["registry." + "npmjs", "index" + "-url", "Co-Authored" + "-By", "sha" + "red/d"]
    found = []
    for path in tracked:
        if path.suffix in {".csv", ".png"} or path.name == "LICENSE":
            continue
        text = path.read_text(encoding="utf-8")
        found += [f"{path.name}: {word}" for word in words if word in text]
    assert not found


def test_vague_names_stay_out(modules: Modules) -> None:
    vague = {"manager", "helper", "helpers", "utils", "util", "service", "services", "misc", "common"}
    assert not [name for name in modules if vague & set(re.split(r"[/_.]", name))]
    classes = [
        node.name for tree in modules.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    assert not [name for name in classes if re.search(r"(Manager|Helper|Util|Service)s?$", name)]
