"""The house rules that a reader of DESIGN can check by reading the files: here a test reads them."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "raikit"
MODULES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").glob("*.ipynb"))
NOTEBOOKS = [*TEMPLATES, *sorted((ROOT / "notebooks").glob("*.ipynb"))]

# A layer may import those named before it; sources and stats stand side by side.
LAYERS = {
    "errors": 0,
    "sources": 1,
    "stats": 1,
    "analyses": 2,
    "evidence": 3,
    "report": 4,
    "release": 5,
    "cli": 6,
}
HEAVY = {"duckdb", "fairlearn", "matplotlib", "nbconvert", "pandas", "papermill"}
HEAVY |= {"pyspark", "scipy", "seaborn", "shap", "sklearn", "statsmodels"}
PARAMETER = re.compile(r"[a-z_]+: (?:str|int|float|bool|dict|list(?:\[[a-z]+\])?) = .+  # \S.*")


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def layer(module: str) -> str | None:
    """Return the folder (or module) of raikit that a dotted name lies in; None for raikit itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "raikit" else None


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the layers that a module imports, lazily or not, with the line."""
    package = ("raikit", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join(filter(None, [*above, node.module]))
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((found, node.lineno) for name in names if (found := layer(name)))


def test_imports_go_one_way() -> None:
    wrong = []
    for path in MODULES:
        own = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if own == "__init__":  # raikit itself: names only, loaded when used
            continue
        wrong += [
            f"{place(path)}:{line} imports raikit.{other}"
            for other, line in imported(path)
            if other in LAYERS and other != own and LAYERS[other] >= LAYERS[own]
        ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_of_the_package_has_its_layer() -> None:
    found = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in MODULES}
    assert found - {"__init__", "__main__"} <= set(LAYERS)


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: lines for name, lines in project["optional-dependencies"].items() if name != "test"}
    lines = itertools.chain(project["dependencies"], *extras.values())
    declared = {re.match(r"[\w.-]+", line)[0].lower() for line in lines}
    homes = packages_distributions()
    missing = set()
    for path in MODULES:
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"raikit"}:
                if not {home.lower().replace("_", "-") for home in homes.get(name, [name])} & declared:
                    missing.add(f"{place(path)} imports {name}")
    assert not missing, sorted(missing)


def public_names() -> dict[str, str]:
    """Map each name in the ``__all__`` of a public module to that module."""
    names: dict[str, str] = {}
    for path in MODULES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        for node in tree(path).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                module = ".".join(part for part in parts if part != "__init__")
                names |= {f"{name}": module for name in ast.literal_eval(node.value)}
    return names


def test_forty_public_names_at_most() -> None:
    assert len(public_names()) <= 40, sorted(public_names())


@pytest.mark.parametrize(("name", "module"), sorted(public_names().items()))
def test_public_name_is_documented_with_an_example(name: str, module: str) -> None:
    value = getattr(importlib.import_module(module), name)
    if not callable(value):
        pytest.fail(f"{module}.{name} is a {type(value).__name__}: constants are no public names")
    text = inspect.getdoc(value) or ""
    assert re.search(r"^Examples\n-{8}$", text, re.MULTILINE), f"{module}.{name} has no Examples section"
    assert ">>> " in text, f"{module}.{name}: its Examples section runs nothing"


def test_no_module_is_called_utils() -> None:
    names = {path.stem for path in [*MODULES, *(ROOT / "tests").rglob("*.py")]}
    assert not names & {"utils", "util", "helpers", "common", "misc"}


@pytest.mark.parametrize(
    "start", ["import raikit", "import raikit.cli; sys.argv[1:] = ['--help']; raikit.cli.main()"]
)
def test_start_imports_nothing_heavy(start: str) -> None:
    # Which modules are loaded is the same on every machine; seconds are not.
    code = f"""
import sys
try:
    {start}
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}} & {HEAVY!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded:"


def code_lines(node: ast.AST) -> int:
    """Count the lines that hold code: no docstring, comment or blank line."""
    docstrings = {
        part
        for inner in ast.walk(node)
        if isinstance(inner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(inner) is not None
        for part in ast.walk(inner.body[0])
    }
    lines: set[int] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.expr | ast.stmt | ast.arg | ast.alias) and inner not in docstrings:
            lines |= {inner.lineno, inner.end_lineno or inner.lineno}
    return len(lines)


def test_modules_and_functions_stay_small() -> None:
    large = []
    for path in MODULES:
        if (count := code_lines(tree(path))) > 300:
            large.append(f"{place(path)}: {count} lines of code; is it one idea?")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (count := code_lines(node)) > 40:
                large.append(f"{place(path)}:{node.lineno} {node.name}: {count} lines of code; the aim is 30")
    assert not large, "\n".join(large)


def code_cells(path: Path) -> list[tuple[str, dict]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [("".join(cell["source"]), cell) for cell in cells if cell["cell_type"] == "code"]


def test_the_four_templates_are_there() -> None:
    assert {"fairness", "performance", "drift", "safety", "incident"} <= {path.stem for path in TEMPLATES}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=place)
def test_notebooks_are_committed_without_outputs(path: Path) -> None:
    for source, cell in code_cells(path):
        assert not cell["outputs"], source
        assert cell["execution_count"] is None, source


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_template_cells_are_short_and_plain(path: Path) -> None:
    cells = code_cells(path)
    assert len(cells) < 15
    for source, cell in cells:
        if "parameters" not in cell["metadata"].get("tags", []):  # that one has a line for each parameter
            assert len([line for line in source.splitlines() if line.strip()]) <= 12, source
        assert not re.search(r"^\s*(?:async def|def|class)\b|filterwarnings|simplefilter", source, re.M), (
            source
        )


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_template_declares_its_parameters(path: Path) -> None:
    tagged = [source for source, cell in code_cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    declared = [line for line in tagged[0].splitlines() if line.strip()]
    assert not [line for line in declared if not PARAMETER.fullmatch(line)]
    said = [line.partition("  # ")[2] for line in declared]
    assert not [text for text in said if "=" in text]  # papermill can't parse a second "=" and warns of it
    names = {line.partition(":")[0] for line in declared}
    assert {"confidence", "min_n", "suppress_below", "seed", "policy"} <= names


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_template_says_what_it_is(path: Path) -> None:
    about = json.loads(path.read_text(encoding="utf-8"))["metadata"]["raikit"]
    assert about["template"] == path.stem
    assert set(about) == {"template", "version", "question", "title"}


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_template_types_no_number_into_a_sentence(path: Path) -> None:
    for source, _ in code_cells(path):
        for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
            named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if named in {"note", "finding", "limit"}:
                texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
                assert not [text for text in texts if isinstance(text, str) and re.search(r"\d", text)]


def committed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout: which files are committed is not known")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_committed_files_name_no_machine_and_leave_nothing_unfinished() -> None:
    signs = {
        "a path of one machine": r"/(?:home|Users)/\w+/|/roo[t]/",
        "a package registry's host": r"py[p]i\.org|pythonhoste[d]\.org|npm[j]s\.(?:org|com)",
        "unfinished": r"\b(?:TOD[O]|FIXM[E]|XX[X]|NotImplemente[d]Error)\b",
    }
    wrong = []
    for path in committed():
        if path.suffix in {".png", ".parquet", ".pq", ".gz"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong += [
            f"{place(path)}: {sign} ({found[0]!r})"
            for sign, pattern in signs.items()
            if (found := re.search(pattern, text))
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_lock_pins_hashes_and_names_no_place(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9][\w.-]*==[^ ]+ .*\\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-zA-Z0-9]", lock, re.MULTILINE)) > 100
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|file:| @ ", lock)


def test_both_locks_pin_the_same_versions() -> None:
    pins = [
        set(
            re.findall(r"^([a-z0-9][\w.-]*==[^ ]+) ", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        )
        for name in ("requirements.txt", "requirements-test.txt")
    ]
    assert pins[0] < pins[1]
