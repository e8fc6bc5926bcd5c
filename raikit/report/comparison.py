"""The page of two releases side by side."""

from __future__ import annotations

from collections.abc import Sequence

from raikit.report import words
from raikit.report.markup import fill

Rows = Sequence[Sequence[str]]
_TONES = {"pass": "pass", "fail": "fail"}


def render_comparison(
    before: str, after: str, verdicts: Rows, results: Rows, lists: Sequence[tuple[str, Sequence[str]]]
) -> str:
    """Return the page of a comparison.

    Parameters
    ----------
    before, after : str
        The releases, with their verdicts.
    verdicts : sequence of rows
        Rule, decision before, decision now, reason.
    results : sequence of rows
        Run, result, estimate before, estimate now, intervals.
    lists : sequence of pairs
        A heading and sentences.

    Returns
    -------
    str
        One HTML file without scripts.
    """
    shown = [[words.plain(cell, longest=300) for cell in row] for row in verdicts]
    return fill(
        "diff.html.j2",
        tab=f"What changed: {words.plain(after)}",
        before=words.plain(before),
        after=words.plain(after),
        verdicts=[(_TONES.get(row[2], "open"), [cell.replace("_", " ") for cell in row]) for row in shown],
        results=[("open", [words.plain(cell, longest=300) for cell in row]) for row in results],
        lists=[(head, [words.plain(line, longest=600) for line in lines]) for head, lines in lists],
    )
