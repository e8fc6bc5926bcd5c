"""A notebook and a record as a real run leaves them, and one in which every text is hostile."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from raikit.evidence.record import SCRAP, Record, dump_record, result_id
from raikit.report.summary import ReleaseSummary, RunSummary

# (slice, successes, n, estimate, low, high): counts of the American Community Survey 2018, Massachusetts,
# ages 18-64, for disability; the other rows are made up.
RATES: list[tuple[dict[str, str], int | None, int | None, float | None, float | None, float | None]] = [
    ({}, 29970, 32029, 0.936, 0.933, 0.938),
    ({"sex": "Female"}, 14083, 15102, 0.933, 0.929, 0.937),
    ({"sex": "Male"}, 15887, 16927, 0.938, 0.934, 0.941),
    ({"race": "White"}, 23620, 25100, 0.941, 0.938, 0.944),
    ({"race": "American Indian or Alaska Native (pooled)"}, 40, 51, 0.784, 0.654, 0.875),
    ({"race": "Alaska Native"}, None, None, None, None, None),
    ({"disability": "With a disability"}, 568, 1407, 0.404, 0.378, 0.430),
    ({"disability": "Without a disability"}, 29402, 30622, 0.960, 0.958, 0.962),
]
GAPS: list[tuple[dict[str, str], dict[str, str], int, float, float, float]] = [
    ({"sex": "Female"}, {"sex": "Male"}, 15102, -0.005, -0.011, 0.0004),
    (
        {"disability": "With a disability"},
        {"disability": "Without a disability"},
        1407,
        -0.556,
        -0.582,
        -0.531,
    ),
    ({"race": "American Indian or Alaska Native (pooled)"}, {"race": "White"}, 51, -0.157, -0.29, -0.03),
]
GAP = "true_positive_rate_difference"
FINDING = (
    "Of 1,407 employed people with a disability the model misses 839 (59.6%); of 30,622 without, "
    "1,220 (4.0%). True positive rate gap .556, 95% interval .531–.582."
)
COUNTER = (
    "By sex the true positive rates agree (.933 and .938), but the false positive rates do not: "
    ".483 for women and .665 for men."
)


def make_results() -> list[dict[str, Any]]:
    shared = {"confidence": 0.95, "counts": None}
    rates = [
        {"metric": "true_positive_rate", "slice": part, "compared": None, "n": n, "method": "wilson"}
        | {"estimate": estimate, "low": low, "high": high, "status": "ok" if n else "suppressed"}
        for part, _, n, estimate, low, high in RATES
    ]
    gaps = [
        {"metric": GAP, "slice": dict(first), "compared": [first, second], "n": n, "method": "newcombe"}
        | {"estimate": estimate, "low": low, "high": high, "status": "ok"}
        for first, second, n, estimate, low, high in GAPS
    ]
    return [
        shared | row | {"id": result_id(row["metric"], row["slice"], row["compared"])} for row in rates + gaps
    ]


def make_decisions() -> list[dict[str, Any]]:
    ids = {next(iter(row["slice"])): row["id"] for row in make_results() if row["metric"] == GAP}
    shared = {"run": "fairness", "metric": GAP, "op": "<=", "bound": 0.05, "severity": "high"}
    rows: list[dict[str, Any]] = [
        {
            "rule": "fair.sex.tpr",
            "slice": "sex",
            "status": "pass",
            "result": ids["sex"],
            "source": "AI policy 4.2",
            "reason": "95% interval 0 to 0.011 keeps 0.05",
        },
        {
            "rule": "fair.disability.tpr",
            "slice": "disability",
            "status": "fail",
            "result": ids["disability"],
            "source": "AI policy 4.2",
            "reason": "95% interval 0.531 to 0.582 lies beyond 0.05",
            "disposition": {
                "rule": "fair.disability.tpr",
                "decision": "mitigate",
                "owner": "ml-risk@example.com",
                "due": "2027-01-15",
                "retest": "fairness",
                "ticket": "RAI-13",
                "valid": False,
                "why": "a plan; the gate stays shut until a retest passes",
            },
        },
        {
            "rule": "fair.race.tpr",
            "slice": "race",
            "status": "insufficient",
            "result": ids["race"],
            "source": "AI policy 4.2",
            "reason": "n = 51 is under 100",
            "needed": 49,
        },
        {
            "rule": "fair.each.tpr",
            "slice": {"race": "Alaska Native"},
            "metric": "true_positive_rate",
            "op": ">=",
            "bound": 0.8,
            "status": "not_run",
            "result": "true_positive_rate|race=Alaska Native",
            "source": "UGESP 1978, section 4D",
            "reason": "hidden to protect small groups",
        },
    ]
    return [shared | row for row in rows]


def make_record(**changes: Any) -> Record:
    """Return the sample record; a keyword replaces a field."""
    findings = [
        {
            "id": "1",
            "severity": "high",
            "text": FINDING,
            "recommendation": "Do not release before a remedy is retested.",
        },
        {"id": "2", "severity": "medium", "text": COUNTER, "recommendation": ""},
        {
            "id": "3",
            "severity": "low",
            "text": "The pooled group of 51 people can't pass.",
            "recommendation": "",
        },
    ]
    columns = [
        {"name": name, "type": "text", "missing": 0} for name in ("sex", "race", "disability", "employed")
    ]
    data: dict[str, Any] = {
        "schema": "raikit.record/1",
        "template": "fairness",
        "run": "fairness",
        "nonce": "3f0c",
        "system": {
            "name": "ma-employment-status",
            "version": "1.4",
            "owner": "ml-risk@example.com",
            "tier": "high",
            "purpose": "Demo on public census data; predicts employment status, not a hiring decision.",
        },
        "agreed": {
            "slices": ["sex", "race", "disability"],
            "primary": {
                "metric": GAP,
                "slice": "disability",
                "why": "A missed person loses a benefit and nobody looks again.",
                "chosen_by": "Ana Ruiz, legal",
            },
        },
        "parameters": {"data": "demo:acs-employment?year=2018", "min_n": 30, "suppress_below": 10},
        "inputs": [
            {
                "name": "data",
                "source": "demo:acs-employment?year=2018",
                "rows": 43691,
                "columns": columns,
                "fingerprint": "sha256:" + "0f" * 32,
                "about": ["Public Use Microdata, Apache-2.0."],
            }
        ],
        "results": make_results(),
        "findings": findings,
        "decisions": make_decisions(),
        "limits": [
            "Survey weights are not used.",
            "People of one household are not independent; they count as if.",
            "The data has no Hispanic field.",
            "Sensitive attributes are among the model's features.",
            "Base rates differ: .33 with a disability, .78 without.",
        ],
        "notes": [
            {
                "author": "Jo Berg",
                "at": "2026-11-20T10:00:00Z",
                "text": "Fair here means: an employed person is found, whoever they are.",
            }
        ],
        "provenance": {
            "template_version": "1.0",
            "template_sha256": "sha256:" + "ab" * 32,
            "modified_cells": 0,
            "policy_sha256": "sha256:" + "cd" * 32,
            "run_number": 3,
            "raikit": "0.1.0",
            "python": "3.12.7 (CPython, Linux x86_64)",
            "packages": {"pandas": "2.2.3"},
            "git": {"commit": "7b2791d", "modified": False},
            "started": "2026-11-22T16:00:00Z",
            "finished": "2026-11-22T16:00:20Z",
            "ledger": ["Run 3 on this data; since run 2 one slice was dropped."],
        },
    }
    return Record.model_validate(data | changes)


def scrap_of(record: Record) -> Any:
    """Return the output that carries a record, as scrapbook writes it."""
    bundle = {"name": SCRAP, "data": dump_record(record), "encoder": "text", "version": 1}
    return new_output(
        "display_data",
        data={"application/scrapbook.scrap.text+json": bundle},
        metadata={"scrapbook": {"name": SCRAP, "data": True, "display": False}},
    )


def make_notebook(record: Record, svg: str) -> Any:
    """Return an executed notebook with the outputs that a template leaves."""
    frame = pd.DataFrame([{**row, "slice": str(row["slice"])} for row in make_results()])
    wide = frame.drop(columns=["compared", "counts"])
    picture = new_output(
        "display_data",
        data={"image/svg+xml": svg, "text/plain": "<Figure size 740x400 with 2 Axes>"},
        metadata={"image/svg+xml": {"alt": "Dots.", "raikit": {"headline": True}}},
    )
    again = new_output(
        "display_data", data={"image/svg+xml": svg}, metadata={"image/svg+xml": {"alt": "Dots again."}}
    )
    table = new_output(
        "execute_result", data={"text/html": wide.to_html(), "text/plain": "…"}, execution_count=3
    )
    log = new_output("stream", name="stdout", text="\x1b[32mread 43,691 rows\x1b[0m\n")
    axes = new_output("execute_result", data={"text/plain": "<Axes: title={'left': 'x'}>"}, execution_count=2)
    cells = [
        new_markdown_cell("# Fairness\n\nIt informs **one** decision."),
        new_code_cell(
            "data: str = 'demo'  # where from", metadata={"tags": ["parameters"]}, execution_count=1
        ),
        new_markdown_cell("## True positive rates\n\nOf the employed, how many does the model find?"),
        new_code_cell("chart(rates)", outputs=[axes, picture], execution_count=2),
        new_code_cell("evidence.table(rates)", outputs=[table, log], execution_count=3),
        new_markdown_cell("#### Too deep a heading\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        new_code_cell("chart(gaps)", outputs=[again], execution_count=4),
        new_code_cell("evidence.finish()", outputs=[scrap_of(record)], execution_count=5),
        new_code_cell("", execution_count=None),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata["raikit"] = {"title": "Fairness", "question": "Does the model treat groups alike?"}
    nbformat.validate(notebook)
    return notebook


@pytest.fixture(scope="session")
def svg() -> str:
    import matplotlib.pyplot as plt

    from raikit.report.display import svg_of
    from raikit.report.figures import interval_chart

    ax = interval_chart(
        pd.DataFrame(make_results()), metric="true_positive_rate", margin=0.05, reference=0.936
    )
    text = svg_of(ax.get_figure(root=True))
    plt.close("all")
    return text


@pytest.fixture
def record() -> Record:
    return make_record()


@pytest.fixture
def notebook(record: Record, svg: str) -> Any:
    return make_notebook(record, svg)


def make_summary(record: Record, text: str = "fairness") -> ReleaseSummary:
    """Return what a release tells its index; `text` stands wherever a run's own text does."""
    done = RunSummary(
        text,
        text,
        "complete",
        None,
        "fairness.html",
        "fairness.ipynb",
        "fairness.json",
        21.3,
        None,
        (record.findings[0].text,),
    )
    return ReleaseSummary(
        release="2026.11" if text == "fairness" else text,
        system=record.system,
        verdict="INCOMPLETE",
        exit_status=3,
        counts={"pass": 1, "fail": 1, "insufficient": 1, "not_run": 1},
        policy_sha256="sha256:" + "cd" * 32,
        runs=(
            done,
            RunSummary("drift", "drift", "failed", f"cell 4 raised {text}", "drift.html", "drift.ipynb"),
            RunSummary("safety", "safety", "complete", page="safety.html", reused_from="2026-11-20"),
            RunSummary("incident", "incident", "not_run", "left out by --only"),
        ),
        decisions=tuple(record.decisions),
        notices=(f"Tier high requires {text}.",),
        started="2026-11-22T16:00:00Z",
        finished="2026-11-22T16:01:00Z",
    )


ATTACKS = [
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "[x](javascript:window.ran=1) ![y](http://attack.invalid/y.png)",
    "\x1b[31mred\x1b[0m\x1b]8;;http://attack.invalid\x07link\x1b]8;;\x07",
    "<svg onload='window.ran = 1'><script>window.ran = 1</script></svg>",
    "<style>body { background: url(http://attack.invalid/b.png) }</style>",
    "<iframe src='http://attack.invalid/'></iframe>",
    "<meta http-equiv='refresh' content='0; url=http://attack.invalid/'>",
    "<link rel=stylesheet href='http://attack.invalid/s.css'>",
    "<a href='JaVaScRiPt:window.ran=1' onclick='window.ran=1' style='position:fixed'>a</a>",
    "</title></style></pre></details><script>window.ran = 1</script>",
    "{{ 7 * 7 }} {% raw %} \u202egnp.exe",
    "<form action='http://attack.invalid/'><input autofocus onfocus='window.ran=1'><button>b</button></form>",
    "<object data='http://attack.invalid/'></object><embed src='http://attack.invalid/'>",
    "<base href='http://attack.invalid/'>",
    '<math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.ran=1&gt;">',
]
EVIL = " ".join(ATTACKS)


def make_hostile(svg: str) -> tuple[Any, Record]:
    """Return a notebook and a record that carry every attack wherever text may stand."""
    clean = make_record()
    raw = json.loads(dump_record(clean))
    for result in raw["results"]:
        result["slice"] = {EVIL: EVIL} if result["slice"] else {}
        result["compared"] = [{EVIL: EVIL}, {EVIL: EVIL}] if result["compared"] else None
    for decision in raw["decisions"]:
        decision |= {"source": EVIL, "reason": EVIL, "slice": {EVIL: EVIL}}
        decision["disposition"] = {
            "decision": "mitigate",
            "owner": EVIL,
            "due": EVIL,
            "ticket": EVIL,
            "why": EVIL,
        }
    raw["findings"] = [{"id": "1", "severity": "high", "text": EVIL, "recommendation": EVIL}] * 6
    raw |= {"limits": [EVIL], "system": {"name": EVIL, "version": EVIL, "owner": EVIL, "purpose": EVIL}}
    raw |= {
        "notes": [{"author": EVIL, "at": EVIL, "text": EVIL}],
        "parameters": {EVIL: EVIL},
        "template": EVIL,
    }
    raw["agreed"] = {"primary": {"metric": EVIL, "slice": EVIL, "why": EVIL, "chosen_by": EVIL}}
    raw["inputs"][0] |= {"name": EVIL, "source": EVIL, "about": [EVIL], "fingerprint": EVIL}
    raw["inputs"][0]["columns"] = [{"name": EVIL, "type": EVIL, "missing": 0}]
    raw["provenance"] |= {"ledger": [EVIL], "packages": {EVIL: EVIL}, "git": {"commit": EVIL}, "python": EVIL}
    record = Record.model_validate(raw)
    cells = [new_markdown_cell(f"# {attack}\n\n{attack}\n\n- {attack}") for attack in ATTACKS]
    cells += [
        new_code_cell(f"# {attack}", outputs=_hostile_outputs(attack, svg), execution_count=1)
        for attack in ATTACKS
    ]
    cells.append(new_code_cell("evidence.finish()", outputs=[scrap_of(record)], execution_count=2))
    notebook = new_notebook(cells=cells)
    notebook.metadata["raikit"] = {"title": EVIL, "question": EVIL, "template": "../" + EVIL, "version": EVIL}
    return notebook, record


def _hostile_outputs(attack: str, svg: str) -> list[Any]:
    frame = pd.DataFrame({attack: [attack, "plain"]}, index=pd.Index([attack, "b"], name=attack))
    evil_svg = svg.replace("<defs>", "<script>window.ran = 1</script><defs>", 1)
    return [
        new_output(
            "execute_result", data={"text/html": frame.to_html(), "text/plain": attack}, execution_count=1
        ),
        new_output("display_data", data={"text/html": attack}),
        new_output("display_data", data={"text/markdown": attack}),
        new_output("display_data", data={"text/plain": attack}),
        new_output("display_data", data={"application/javascript": "window.ran = 1", "text/plain": attack}),
        new_output("display_data", data={"text/latex": attack, "text/plain": attack}),
        new_output(
            "display_data", data={"image/svg+xml": evil_svg}, metadata={"image/svg+xml": {"alt": attack}}
        ),
        new_output(
            "display_data",
            data={"image/svg+xml": svg},
            metadata={"image/svg+xml": {"alt": attack, "caption": attack, "width": attack}},
        ),
        new_output(
            "display_data", data={"image/png": "PHNjcmlwdD4="}, metadata={"image/png": {"alt": attack}}
        ),
        new_output("stream", name="stderr", text=attack),
        new_output("error", ename=attack, evalue=attack, traceback=[attack]),
    ]


@pytest.fixture
def hostile(svg: str) -> tuple[Any, Record]:
    return make_hostile(svg)
