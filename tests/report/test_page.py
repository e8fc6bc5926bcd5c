"""The page says what the record says."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

from raikit.errors import RunError
from raikit.evidence.record import Record
from raikit.report.page import render_page


def soup_of(page: str) -> Any:
    return BeautifulSoup(page, "html.parser")


def words_of(node: Any) -> str:
    return " ".join(node.get_text(" ").split())


def changed(record: Record, **changes: Any) -> Record:
    return Record.model_validate(record.model_dump(mode="json") | changes)


def test_the_first_screen_tells_verdict_finding_primary_and_limits(notebook: Any) -> None:
    first = soup_of(render_page(notebook)).find(class_="first")
    said = words_of(first)
    assert "FAIL Of 4 rules 1 fails, 1 was not run, 1 is insufficient and 1 passes." in said
    assert "ma-employment-status 1.4" in said
    assert "43,691 rows" in said
    assert "run 3 in this ledger" in said
    assert "not a hiring decision" in said
    assert words_of(first.find(class_="lead")).startswith(
        "Of 1,407 employed people with a disability the model"
    )
    assert "True positive rate difference by disability : .556 (95% interval .531–.582;" in said
    assert "Chosen by Ana Ruiz, legal." in said
    assert "the false positive rates do not" in said
    assert "The data has no Hispanic field." in said
    assert first.find("img")["alt"] == "Dots."


def test_the_verdict_table_has_each_rule_with_its_numbers(notebook: Any) -> None:
    row = soup_of(render_page(notebook)).find(id="rule-fair.disability.tpr")
    cells = {cell.get("data-label", "Rule"): words_of(cell) for cell in row.find_all(["th", "td"])}
    assert cells["Rule"] == "True positive rate difference by disability fair.disability.tpr"
    assert cells["Bound"] == "≤ .05"
    assert (cells["Estimate"], cells["Interval"], cells["n"]) == (".556", ".531–.582", "1,407")
    assert cells["Decision"].startswith("Fail Without a disability − With a disability")
    assert cells["Disposition"].startswith("Mitigation by ml-risk@example.com, due 2027-01-15. RAI-13.")


@pytest.mark.parametrize(
    ("metric", "slice_", "read"),
    [
        ("true_positive_rate", "sex", ".933 (95% interval"),  # women's: fewer of them are found
        ("false_positive_rate", "sex", ".665 (95% interval"),  # women's: more of them are wrongly taken
        ("true_positive_rate", None, ".936 (95% interval"),  # everybody's
        ("true_positive_rate", {}, ".936 (95% interval"),
        ("bias", "sex", "−3.000 (95% interval"),  # no direction: the furthest from zero
    ],
)
def test_the_primary_reading_is_of_those_worst_off(
    notebook: Any, record: Record, metric: str, slice_: object, read: str
) -> None:
    common = {"compared": None, "n": 15_000, "confidence": 0.95, "method": "wilson", "status": "ok",
              "counts": None}  # fmt: skip
    further = [
        {"id": f"{name}|sex={sex}", "metric": name, "slice": {"sex": sex}, "estimate": at, "low": at - 0.01,
         "high": at + 0.01} | common
        for name, sex, at in (("false_positive_rate", "Female", 0.665),
                              ("false_positive_rate", "Male", 0.483),
                              ("bias", "Female", -3.0), ("bias", "Male", 2.0))
    ]  # fmt: skip
    results = [row for row in record.model_dump(mode="json")["results"] if row["metric"] != "bias"]
    results = [row for row in results if row["metric"] != "false_positive_rate"] + further
    agreed = {"primary": {"metric": metric, "slice": slice_, "why": "w", "chosen_by": "c"}}
    page = render_page(notebook, changed(record, results=results, agreed=agreed))
    assert read in words_of(soup_of(page).find(class_="first"))


def test_a_hidden_result_is_words(notebook: Any) -> None:
    row = words_of(soup_of(render_page(notebook)).find(id="rule-fair.each.tpr"))
    assert "hidden (fewer than 10 people)" in row


def test_people_and_machine_are_told_apart(notebook: Any) -> None:
    people = [words_of(part) for part in soup_of(render_page(notebook)).find_all(class_="person")]
    assert len(people) == 2
    assert "Written by the analyst, not generated" in people[0]
    assert "Jo Berg, 2026-11-20" in people[0]
    assert people[1].startswith("For the reviewer")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"nonce": None, "decisions": []}, "NO DECISIONS"),
        ({"decisions": []}, "NO RULES"),
        ({"state": "failed", "error": "cell 4 raised ValueError: no rows"}, "FAILED"),
        ({"state": "not_run"}, "NOT RUN"),
    ],
)
def test_a_run_without_verdict_says_so(
    notebook: Any, record: Record, changes: dict[str, Any], word: str
) -> None:
    banner = soup_of(render_page(notebook, changed(record, **changes))).find(class_="banner")
    assert words_of(banner.find("strong")) == word
    assert "tone-pass" not in banner["class"]


@pytest.mark.parametrize(
    ("status", "word"), [("pass", "PASS"), ("insufficient", "INSUFFICIENT"), ("not_run", "NOT RUN")]
)
def test_the_worst_rule_names_the_banner(notebook: Any, record: Record, status: str, word: str) -> None:
    decisions = [decision.model_dump(mode="json") | {"status": status} for decision in record.decisions]
    banner = soup_of(render_page(notebook, changed(record, decisions=decisions))).find(class_="banner")
    assert words_of(banner.find("strong")) == word


def test_an_accepted_failure_is_still_a_failure(notebook: Any, record: Record) -> None:
    held = {
        "decision": "accept-with-approval",
        "approver": "Kim",
        "expires": "2027-01-15",
        "reason": "Pilot only",
    }
    decisions = [
        decision.model_dump(mode="json")
        | ({"accepted": True, "disposition": held} if decision.status == "fail" else {"status": "pass"})
        for decision in record.decisions
    ]
    soup = soup_of(render_page(notebook, changed(record, decisions=decisions)))
    assert words_of(soup.find(class_="banner")) == (
        "FAIL Of 4 rules 1 fails and 3 pass. 1 is accepted by a named approver."
    )
    assert "Accepted by Kim until 2027-01-15. Pilot only" in words_of(
        soup.find(id="rule-fair.disability.tpr")
    )


def test_headings_leave_no_level_out_and_there_is_one_h1(notebook: Any) -> None:
    levels = [int(tag.name[1]) for tag in soup_of(render_page(notebook)).find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_scopes(notebook: Any) -> None:
    for table in soup_of(render_page(notebook)).find_all("table"):
        assert words_of(table.caption)
        assert all(cell.get("scope") for cell in table.find_all("th"))
        assert table.parent["tabindex"] == "0"


def test_code_is_folded_and_the_record_is_no_output(notebook: Any) -> None:
    soup = soup_of(render_page(notebook))
    assert len(soup.find_all("details", class_="code")) == 5
    assert not soup.find("details", class_="code").has_attr("open")
    assert "raikit.record/1" not in soup.article.get_text()
    assert "<Axes" not in soup.get_text()


def test_the_same_notebook_gives_the_same_page(notebook: Any) -> None:
    assert render_page(notebook) == render_page(notebook)


def test_a_given_record_goes_before_the_notebooks(notebook: Any, record: Record) -> None:
    assert "NO RULES" in render_page(notebook, changed(record, decisions=[]))


def test_a_notebook_without_record_gets_one_sentence(notebook: Any) -> None:
    notebook.cells = notebook.cells[:-2]
    with pytest.raises(RunError, match=r"^out.ipynb: holds no record; .*evidence.finish\(\)[^\n]*$"):
        render_page(notebook, where="out.ipynb")


def test_a_progress_bar_that_cleared_itself_leaves_no_trace(notebook: Any) -> None:
    bar = "\rcomparing:  10%|█    | 1/10\rcomparing:  90%|████ | 9/10\r" + " " * 28 + "\r"
    said = "kept\rKE\n"  # what is left where a line is overwritten in part, as on a terminal
    outputs = [new_output("stream", name="stderr", text=text) for text in (bar, said)]
    notebook.cells.append(new_code_cell("1", outputs=outputs))
    page = soup_of(render_page(notebook))
    assert [log.get_text() for log in page.find_all("pre", class_="log")][-1:] == ["KEpt"]
    assert "comparing" not in page.get_text()


def test_findings_stand_beside_a_tall_chart(notebook: Any) -> None:
    wide = render_page(notebook)
    assert wide.index("What else was found") > wide.index('id="headline"')
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 300"><path d="M0 0"/></svg>'
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):
                output["data"]["image/svg+xml"] = drawing
    tall = render_page(notebook)
    assert tall.index("What else was found") < tall.index('id="headline"')


def test_of_two_charts_for_the_first_screen_the_last_is_taken_and_the_other_stays(notebook: Any) -> None:
    once = soup_of(render_page(notebook))
    (cell,) = [
        cell
        for cell in notebook.cells
        if any("headline" in str(output.get("metadata", {})) for output in cell.get("outputs", []))
    ]
    (chart,) = [copy.deepcopy(output) for output in cell.outputs if "headline" in str(output.get("metadata"))]
    chart["metadata"]["image/svg+xml"]["alt"] = "The later chart."
    again = new_code_cell("2", execution_count=99, outputs=[chart])
    notebook.cells.insert(notebook.cells.index(cell) + 1, again)
    page = soup_of(render_page(notebook))
    assert page.select_one("#headline img")["alt"] == "The later chart."
    assert [image["alt"] for image in page.select("main img, article img")].count("Dots.") == 1
    assert len(page.find_all("img")) == len(once.find_all("img")) + 1


def test_a_cell_that_raised_is_shown_as_text(notebook: Any, record: Record) -> None:
    raised = new_output(
        "error",
        ename="ValueError",
        evalue="no <b>rows</b>",
        traceback=["\x1b[31mValueError\x1b[0m: no <b>rows</b>"],
    )
    notebook.cells.append(new_code_cell("open()", outputs=[raised]))
    page = render_page(notebook, changed(record, state="failed", error="cell 9 raised ValueError"))
    assert "This cell stopped:</strong> ValueError: no &lt;b&gt;rows&lt;/b&gt;" in page
    assert "\x1b" not in page


def test_a_modified_notebook_says_so_with_the_difference(
    notebook: Any, monkeypatch: pytest.MonkeyPatch, svg: str
) -> None:
    from raikit.report import difference

    template = nbformat.from_dict(notebook)
    template = nbformat.reads(nbformat.writes(notebook), as_version=4)
    template.metadata["raikit"] = {"template": "fairness", "version": "1.2"}
    monkeypatch.setattr(difference, "_shipped", lambda name: template)
    notebook.metadata["raikit"] |= {"template": "fairness", "version": "1.2"}
    assert "Modified from" not in render_page(notebook)
    notebook.cells.insert(2, new_markdown_cell("A cell <of> my own."))
    page = render_page(notebook)
    assert "Modified from fairness 1.2: 1 cell." in page
    assert "+A cell &lt;of&gt; my own." in page


def test_a_template_that_is_not_here_is_said(notebook: Any, record: Record) -> None:
    notebook.metadata["raikit"] |= {"template": "../../etc/passwd", "version": "9"}
    origin = record.provenance.model_dump(mode="json")
    by_hand = changed(record, provenance=origin | {"modified_cells": None})
    assert "which is not at hand here" in render_page(notebook, by_hand)
    counted = changed(record, provenance=origin | {"modified_cells": 3})
    assert "Modified from ../../etc/passwd 9: 3 cells." in render_page(notebook, counted)


def test_the_policy_lets_nothing_load(notebook: Any) -> None:
    policy = soup_of(render_page(notebook)).find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy


def test_nbconvert_gives_the_same_page(notebook: Any, tmp_path: Path) -> None:
    nbformat.write(notebook, tmp_path / "out.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "raikit", "out.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.html").read_text(encoding="utf-8") == render_page(notebook)


def test_the_exporter_names_the_fix(notebook: Any) -> None:
    from raikit.report.exporter import RaikitExporter

    notebook.cells = notebook.cells[:-2]
    with pytest.raises(RunError, match=r"evidence.finish\(\)"):
        RaikitExporter().from_notebook_node(notebook, {"metadata": {"name": "out"}})


def test_a_raw_cell_is_shown_as_text(notebook: Any) -> None:
    notebook.cells.insert(1, new_raw_cell("<script>x()</script> as written"))
    assert "&lt;script&gt;x()&lt;/script&gt; as written" in render_page(notebook)
