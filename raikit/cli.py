"""The command line: parses, prints, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raikit.errors import InputError, RaikitError

if TYPE_CHECKING:
    from raikit.release.gate import Gate
    from raikit.report.summary import ReleaseSummary

app = typer.Typer(
    name="raikit",
    help="Turn one release file into responsible-AI evidence that a reviewer can read, check and trust.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")]


def main() -> None:
    """Run the command line; errors made on purpose become one sentence and an exit status."""
    try:
        app()
    except InputError as error:
        _fail(error, 2)
    except RaikitError as error:
        _fail(error, 3)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="The release file.", metavar="FILE")],
    outputs: Annotated[Path, typer.Option(help="Where evidence folders are made.")] = Path("outputs"),
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks at a time.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="A run to execute anew; others are reused.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Reuse nothing.")] = False,
    no_fork: Annotated[bool, typer.Option("--no-fork", help="Start each kernel anew.")] = False,
    memory: Annotated[int | None, typer.Option(min=100, help="A kernel's memory in MB.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write JUnit XML.")] = None,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a Markdown summary.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Run a release file and publish its evidence folder.

    Exit status: 0 every rule passed or has a valid acceptance; 1 a rule failed, was insufficient or was
    not run; 2 the input was wrong and nothing was started; 3 a run did not complete; 130 interrupted.
    """
    from raikit.release.session import Options
    from raikit.release.warm import Warm

    options = Options(
        jobs=jobs, only=tuple(only or ()), fresh=fresh, fork=False if no_fork else None, memory_mb=memory
    )
    try:
        with Warm(options) as kernels:
            kernels.start_for(file, outputs)  # it takes longest: only then import what this process needs
            from raikit.release.progress import on_stderr
            from raikit.release.run import run_release

            with on_stderr() as display:
                made, folder = run_release(file, outputs, display, options, kernels)
    except KeyboardInterrupt:
        print(
            "interrupted: nothing was published, earlier evidence is as it was; "
            "the same command goes on after the runs that had finished",
            file=sys.stderr,
        )
        raise typer.Exit(130) from None
    _print_summary(made)
    _write_for_ci(made, junit, summary)
    print(folder / "index.html")
    raise typer.Exit(made.exit_status)


@app.command("list")
def list_(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Copied notebooks, or folders of them.", metavar="[PATH]...")
    ] = None,
    debug: Debug = False,
) -> None:
    """List the templates, or which copies are behind theirs.

    Exit status with PATHs: 0 none is behind; 1 some are, and what their templates changed is printed.
    """
    from raikit.release.templates import shipped

    if paths:
        raise typer.Exit(_print_standings(paths))
    _print_table(
        ("template", "version", "question"),
        [(item.name, item.version, item.question) for item in shipped()],
    )


@app.command()
def show(
    template: Annotated[str, typer.Argument(help="A template's name, or a path NAME.ipynb.")],
    debug: Debug = False,
) -> None:
    """Show a template's parameters: type, default and help."""
    from raikit.release.templates import find

    found = find(template)
    print(f"{found.name} {found.version}: {found.title or found.question}")
    if found.title and found.question:
        print(found.question)
    rows = [(item.name, item.type, repr(item.default), item.help) for item in found.parameters]
    _print_table(("parameter", "type", "default", "help"), rows)


@app.command()
def new(
    template: Annotated[str, typer.Argument(help="A template's name; with --release a notebook.")],
    path: Annotated[
        Path, typer.Argument(help="The new NAME.ipynb; with --release NAME.yaml.", metavar="PATH")
    ],
    data: Annotated[str, typer.Option(help="Your table: guess the columns, to be confirmed.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Make a release file of a notebook.")] = False,
    debug: Debug = False,
) -> None:
    """Copy a template for editing, or make a release file.

    The copy still records and renders.
    """
    if release:
        from raikit.release.hand_over import write_release

        print(*write_release(Path(template), path), sep="\n")
    elif data:
        from raikit.release.desk import new_from_data

        made, guesses = new_from_data(template, path, data)
        _print_table(
            ("parameter", "guess", "why"), [(g.parameter, str(g.value), g.reason) for g in guesses.made]
        )
        print(*guesses.left_out, sep="\n")
        print(f"{path}: a copy of {made.name} {made.version}; read its guesses, set confirmed to True,")
        print(f"run all cells (`raikit lab`), then `raikit render {path}` makes the page")
    else:
        from raikit.release.templates import copy

        made = copy(template, path)
        print(
            f"{path}: a copy of {made.name} {made.version}; run it in JupyterLab, then `raikit render {path}`"
        )


@app.command()
def render(
    notebook: Annotated[Path, typer.Argument(help="An executed notebook.", metavar="NOTEBOOK")],
    debug: Debug = False,
) -> None:
    """Make the HTML page of an executed notebook, beside it."""
    from raikit.release.pages import render_notebook

    print(render_notebook(notebook))


@app.command()
def gate(
    folder: Annotated[Path, typer.Argument(help="An evidence folder, outputs/RELEASE.", metavar="DIR")],
    debug: Debug = False,
) -> None:
    """Check an evidence folder and judge it as of today."""
    from raikit.release.gate import gate as check

    found = check(folder)
    _print_gate(found)
    raise typer.Exit(found.status)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where your notebooks are.", metavar="[DIR]")] = Path(),
    debug: Debug = False,
) -> None:
    """Open JupyterLab with a card for each template.

    Further options go to JupyterLab.
    """
    from raikit.release.lab import launch

    launch(folder, [word for word in context.args if word != "--debug"])


Keys = Annotated[list[Path] | None, typer.Option(metavar="PUB", help="A public key that must have signed.")]
Key = Annotated[Path, typer.Option(metavar="KEY", help="An ed25519 private key, PEM.")]


@app.command()
def seal(
    folder: Annotated[Path, typer.Argument(help="An evidence folder, outputs/RELEASE.", metavar="DIR")],
    key: Key,
    debug: Debug = False,
) -> None:
    """Sign an evidence folder; signed evidence is never replaced."""
    from raikit.release.seal import seal as sign

    print(sign(folder, key))


@app.command()
def approve(
    folder: Annotated[Path, typer.Argument(help="A sealed evidence folder.", metavar="DIR")],
    key: Key,
    name: Annotated[str, typer.Option(help="Who approves: a name or an address; not who ran it.")],
    debug: Debug = False,
) -> None:
    """Sign a sealed folder with another person's key."""
    from raikit.release.seal import approve as sign

    print(sign(folder, key, name))


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="An evidence folder, outputs/RELEASE.", metavar="DIR")],
    key: Keys = None,
    reproduce: Annotated[bool, typer.Option("--reproduce", help="Run it again and compare.")] = False,
    beside: Annotated[Path | None, typer.Option(help="Where its relative paths start.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks at a time.")] = 1,
    debug: Debug = False,
) -> None:
    """Check a folder's files, signatures and results.

    Offline; results only with --reproduce, which runs everything again.

    Exit status: 0 nothing was found; 3 a file, a signature or a result is not what it should be.
    """
    from raikit.release.verify import verify as check

    found = check(folder, key or ())
    for problem in found.problems:
        print(problem, file=sys.stderr)
    for keyid in found.seals:
        print(f"sealed by key {keyid}")
    for keyid, name in zip(found.approvals, found.approvers, strict=True):
        print(f"approved by {name or 'somebody unnamed'} with key {keyid}")
    if found.problems:
        raise typer.Exit(3)
    print("every file is as it was published" + ("" if found.seals else "; not sealed"))
    if reproduce:
        _reproduce(folder, beside or Path.cwd(), jobs)


def _reproduce(folder: Path, beside: Path, jobs: int) -> None:
    from raikit.release.progress import on_stderr
    from raikit.release.session import Options
    from raikit.release.verify import reproduce, share

    with on_stderr() as display:
        found = reproduce(folder, beside, display, Options(jobs=jobs))
    rows = [(item.run, item.status, f"{item.same} of {item.results}", item.reason) for item in found]
    _print_table(("run", "results", "the same", "reason"), rows)
    print(f"{share(found):.1%} of results came out again")
    if any(item.status in ("differs", "cannot rerun") for item in found):
        raise typer.Exit(3)


@app.command()
def bundle(
    folder: Annotated[Path, typer.Argument(help="An incident's evidence folder.", metavar="DIR")],
    run: Annotated[str, typer.Option(help="The incident run, where DIR holds several.")] = "",
    to: Annotated[Path | None, typer.Option(metavar="ZIP", help="By default DIR.zip, beside it.")] = None,
    beside: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where its paths start; adds anchors of the failing rows."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Zip an incident's evidence with drafts of its papers.

    Page, record and timeline; drafts of postmortem, ticket and AVID report.

    Exit status: 0 written; 2 there is no incident run; 3 the evidence is not as it was published.
    """
    from raikit.release.bundle.bundle import bundle as write

    made = write(folder, run=run, to=to, beside=beside)
    print(f"{made} ({made.stat().st_size:,} bytes)")


@app.command()
def drill(
    source: Annotated[str, typer.Option(help="flights, acs or refusals; drawn when not given.")] = "",
    kind: Annotated[str, typer.Option(help="recode, units, score or harm.")] = "",
    shape: Annotated[str, typer.Option(help="sudden, gradual, intermittent or overlapping.")] = "",
    seed: Annotated[int | None, typer.Option(min=0, help="Of every draw; unknown by default.")] = None,
    outputs: Annotated[Path, typer.Option(help="Where evidence folders are made.")] = Path("outputs"),
    debug: Debug = False,
) -> None:
    """Rehearse an incident on real data, and score the page.

    Puts a fault into real data, seals the truth, makes the incident page, and scores it.

    Exit status: 0 the page was right; 1 it was wrong somewhere; 2 wrong input; 3 it did not complete.
    """
    from raikit.release.drill.drill import arrange, hold, lines, prepare

    name, digest = prepare(arrange(source=source, kind=kind, shape=shape, seed=seed), outputs)
    print(f"{name}: truth sealed before the run, sha256 {digest}")
    found = hold(name, outputs)
    _print_table(("question", "truth", "page", "score"), lines(found))
    raise typer.Exit(0 if found.score.right else 1)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="The earlier evidence folder.", metavar="DIR_A")],
    after: Annotated[Path, typer.Argument(help="The later one.", metavar="DIR_B")],
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JSON.")] = None,
    debug: Debug = False,
) -> None:
    """Compare two evidence folders.

    Verdicts, results beyond their intervals, what was asked.
    """
    from raikit.release.ci import write_file
    from raikit.release.compare import as_json_text, as_page, as_text, compare

    found = compare(before, after)
    print(as_text(found))
    for path, form in ((html, as_page), (json, as_json_text)):
        if path is not None:
            write_file(path, form(found))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Release files, policies, notebooks.", metavar="FILE…")],
    debug: Debug = False,
) -> None:
    """Check files before they are committed.

    Release files can run, notebooks hold no outputs.
    """
    from raikit.release.check import file_problems

    problems = file_problems(files)
    if problems:
        raise InputError.joined(problems)


def _fail(error: RaikitError, status: int) -> None:
    """Print an error, with its traceback only for ``--debug``, and leave."""
    if "--debug" in sys.argv:
        raise error
    print(error, file=sys.stderr)
    sys.exit(status)


def _print_summary(summary: ReleaseSummary) -> None:
    _print_decisions(summary.decisions)
    for item in summary.runs:
        if item.state != "complete":
            print(f"{item.name}: {item.state.replace('_', ' ')}: {item.error}")
    said = [f"{number} {status.replace('_', ' ')}" for status, number in summary.counts.items() if number]
    print(f"{summary.verdict}: {', '.join(said) or 'no decisions'}")


def _write_for_ci(made: ReleaseSummary, junit: Path | None, markdown: Path | None) -> None:
    from raikit.release import ci

    for path, form in ((junit, ci.junit), (markdown, ci.markdown)):
        if path is not None:
            ci.write_file(path, form(made))


def _print_standings(paths: Sequence[Path]) -> int:
    """Print how copied notebooks stand to their templates; return 1 when one is behind."""
    from raikit.release.desk import standing

    files = [file for path in paths for file in (sorted(path.glob("*.ipynb")) if path.is_dir() else [path])]
    found = [standing(file) for file in files]
    _print_table(
        ("notebook", "copied from", "now"), [(str(one.path), one.template, one.state) for one in found]
    )
    for one in found:
        if one.changes:
            print(f"\n{one.path}:", *one.changes, sep="\n")
    return int(any(one.state.startswith("behind") for one in found))


def _print_gate(found: Gate) -> None:
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if not found.problems:
        _print_decisions(found.decisions)
        print(found.verdict)


def _print_decisions(decisions: Any) -> None:
    rows = []
    for item in decisions:
        said = item.status.replace("_", " ") + (" (accepted)" if item.accepted else "")
        rows.append((item.rule, item.run, said, item.reason))
    if rows:
        _print_table(("rule", "run", "decision", "reason"), rows)


def _print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table: by rich on a terminal, with tabs elsewhere, so that other programs can read it."""
    if not sys.stdout.isatty():
        for row in (head, *rows):
            print("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*head)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
