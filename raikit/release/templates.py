"""Template notebooks: where they are, what they ask, which parameters they declare."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.release.schema import suggestion


@dataclass(frozen=True)
class Parameter:
    """One line of a template's parameters cell.

    Parameters
    ----------
    name : str
        The variable.
    type : str
        Its annotation as written; "" without one.
    default : object
        The value it has when nobody gives another.
    help : str
        The comment behind it.
    """

    name: str
    type: str
    default: Any
    help: str


@dataclass(frozen=True)
class Template:
    """A notebook that a run can be made from.

    Parameters
    ----------
    name : str
        The shipped template's name, also of a copy; the file's, with .ipynb, for a notebook of one's own.
    path : pathlib.Path
        The notebook.
    title, question, version : str
        From the notebook's metadata; "" where there is none.
    shipped : bool
        Whether it comes with raikit.
    sha256 : str
        ``sha256:…`` of the file.
    parameters : tuple of Parameter
        In the order of the cell.
    """

    name: str
    path: Path
    title: str
    question: str
    version: str
    shipped: bool
    sha256: str
    parameters: tuple[Parameter, ...]


def folder() -> Path:
    """Return the folder of the shipped templates.

    Returns
    -------
    pathlib.Path
        Inside the installed package, or at the top of a checkout.
    """
    inside = Path(__file__).parents[1] / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


def shipped() -> list[Template]:
    """Return the templates that come with raikit.

    Returns
    -------
    list of Template
        By name.
    """
    return [read(path) for path in sorted(folder().glob("*.ipynb"))]


def find(name: str, *, beside: Path | None = None) -> Template:
    """Return the template of that name, or the notebook at that path.

    Parameters
    ----------
    name : str
        A shipped template's name, or a path that ends in ``.ipynb``.
    beside : pathlib.Path, optional
        The folder that a relative path starts from; by default the working directory.

    Returns
    -------
    Template
        Read and checked.

    Raises
    ------
    InputError
        If there is none.
    """
    if name.endswith(".ipynb"):
        path = (beside or Path.cwd()) / name
        if not path.is_file():
            raise InputError(f"template {name!r}: no such notebook: {path}")
        return read(path)
    names = [path.stem for path in sorted(folder().glob("*.ipynb"))]
    if name not in names:
        raise InputError(
            f"template {name!r}: there is none of this name{suggestion(name, names)}; templates: "
            f"{', '.join(names) or 'none'}; a notebook of your own is named by its path, NAME.ipynb"
        )
    return read(folder() / f"{name}.ipynb")


def read(path: Path) -> Template:
    """Return what a notebook says of itself.

    Parameters
    ----------
    path : pathlib.Path
        A notebook of format 4.

    Returns
    -------
    Template
        With its parameters.

    Raises
    ------
    InputError
        If the file is no notebook, or its parameters cell is no Python.
    """
    content = path.read_bytes()
    try:
        notebook = json.loads(content)
        cells, metadata = notebook["cells"], notebook["metadata"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not a Jupyter notebook of format 4") from None
    about = metadata.get("raikit", {})
    return Template(
        name=str(about.get("template") or path.name),  # a stem could pass for a shipped template
        path=path,
        title=str(about.get("title", "")),
        question=str(about.get("question", "")),
        version=str(about.get("version", "")),
        shipped=path.parent.resolve() == folder().resolve(),
        sha256="sha256:" + hashlib.sha256(content).hexdigest(),
        parameters=_parameters(cells, path),
    )


def copy(name: str, path: Path) -> Template:
    """Copy a template for editing; the copy remembers which it came from.

    Parameters
    ----------
    name : str
        A shipped template's name.
    path : pathlib.Path
        The new notebook; must not exist.

    Returns
    -------
    Template
        The one that was copied.

    Raises
    ------
    InputError
        If there is no such template, or `path` exists or can't be written.
    """
    template = find(name)
    if path.suffix != ".ipynb":
        raise InputError(f"{path}: a notebook's name ends in .ipynb")
    notebook = copied(template)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    except FileExistsError:
        raise InputError(f"{path}: is there already; give another name") from None
    except OSError as error:
        raise InputError(f"{path}: can't be written: {os.strerror(error.errno or 0)}") from None
    return template


def copied(template: Template) -> dict[str, Any]:
    """Return a template's content as a copy holds it.

    Parameters
    ----------
    template : Template
        A shipped one.

    Returns
    -------
    dict
        A notebook; its metadata names the template, with its digest and one of each cell.
    """
    notebook: dict[str, Any] = json.loads(template.path.read_bytes())
    about = notebook["metadata"].setdefault("raikit", {})
    cells = {cell["id"]: source_digest(cell) for cell in notebook["cells"] if "id" in cell}
    about.update(template=template.name, sha256=template.sha256, cells=cells)
    return notebook


def source_digest(cell: Any) -> str:
    """Return a short digest of a cell's source, by which a later template's changes are told.

    Parameters
    ----------
    cell : dict
        As in the notebook's file.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> source_digest({"source": ["1 ", "+ 1"]}) == source_digest({"source": "1 + 1"})
    True
    """
    return hashlib.sha256("".join(cell["source"]).encode()).hexdigest()[:12]


def _parameters(cells: list[Any], path: Path) -> tuple[Parameter, ...]:
    """Read the parameters cell as Python.

    papermill's own reader works by regular expression and drops, with a log line only, every line
    with a second ``=``, such as a default of ``"demo:acs-employment?year=2018"``.
    """
    for cell in cells:
        if cell.get("cell_type") == "code" and "parameters" in cell.get("metadata", {}).get("tags", []):
            source = "".join(cell["source"])
            try:
                body, comments = ast.parse(source).body, _comments(source)
            except (SyntaxError, tokenize.TokenError) as error:
                raise InputError(f"{path}: the cell tagged 'parameters' is not Python: {error}") from None
            found = [_parameter(statement, comments) for statement in body]
            return tuple(item for item in found if item is not None)
    return ()


def _parameter(statement: ast.stmt, comments: dict[int, str]) -> Parameter | None:
    target: ast.expr
    if isinstance(statement, ast.AnnAssign):
        target, kind = statement.target, ast.unparse(statement.annotation)
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, kind = statement.targets[0], ""
    else:
        return None
    if not isinstance(target, ast.Name) or statement.value is None:
        return None
    try:
        default = ast.literal_eval(statement.value)
    except ValueError:
        default = ast.unparse(statement.value)  # shown as written; the kernel knows its value
    return Parameter(target.id, kind.strip("'\""), default, comments.get(statement.end_lineno or 0, ""))


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {item.start[0]: item.string.lstrip("# ") for item in tokens if item.type == tokenize.COMMENT}
