"""The index says what the release found and where to read on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup

from raikit.evidence.record import Record
from raikit.report.index import render_index
from raikit.report.summary import ReleaseSummary, RunSummary


@pytest.fixture
def summary(record: Record) -> ReleaseSummary:
    runs = (
        RunSummary(
            "fairness", "fairness", "complete", None, "fairness.html", "fairness.ipynb", "fairness.json", 21.3
        ),
        RunSummary("drift", "drift", "failed", "cell 4 raised ValueError", "drift.html", "drift.ipynb"),
        RunSummary("safety", "safety", "complete", page="safety.html", reused_from="2026-11-20"),
        RunSummary("incident", "incident", "not_run", "left out by --only"),
    )
    return ReleaseSummary(
        release="2026.11", system=record.system, verdict="INCOMPLETE", exit_status=3, counts={"fail": 1},
        runs=runs, decisions=tuple(record.decisions), policy_sha256="sha256:" + "cd" * 32,
        notices=("Tier high requires performance.",), finished="2026-11-22T16:01:00Z",
    )  # fmt: skip


def soup_of(summary: ReleaseSummary, record: Record) -> Any:
    return BeautifulSoup(render_index(summary, {"fairness": record.results}), "html.parser")


def test_each_rule_links_to_its_evidence(summary: ReleaseSummary, record: Record) -> None:
    row = soup_of(summary, record).find(id="rule-fair.disability.tpr")
    assert row.find("a")["href"] == "./fairness.html#rule-fair.disability.tpr"
    assert ".556" in row.get_text()
    assert row.find(class_="badge").get_text() == "Fail"


def test_each_run_has_its_state_and_files(summary: ReleaseSummary, record: Record) -> None:
    rows = [" ".join(row.get_text(" ").split()) for row in soup_of(summary, record).select(".runs tbody tr")]
    assert rows[0] == "fairness fairness Complete 21 s None Page , Notebook , Record"
    assert rows[1].startswith("drift drift Failed cell 4 raised ValueError")
    assert "reused; made 2026-11-20" in rows[2]
    assert rows[3] == "incident incident Not run left out by --only None None"


def test_the_banner_names_runs_that_did_not_complete(summary: ReleaseSummary, record: Record) -> None:
    banner = soup_of(summary, record).find(class_="banner").get_text(" ")
    assert banner.startswith("INCOMPLETE")
    assert "1 of 4 runs did not complete: drift." in banner


def test_no_rules_is_a_banner_of_its_own(summary: ReleaseSummary, record: Record) -> None:
    soup = soup_of(replace(summary, verdict="NO RULES", decisions=(), runs=summary.runs[:1]), record)
    assert soup.find(class_="banner").strong.get_text() == "NO RULES"
    assert "tone-pass" not in soup.find(class_="banner")["class"]


def test_it_tells_how_to_check_it(summary: ReleaseSummary, record: Record) -> None:
    said = soup_of(summary, record).get_text(" ")
    assert "sha256sum -c SHA256SUMS" in said
    assert summary.policy_sha256 in said


def test_a_link_leads_to_a_file_beside_it_only(summary: ReleaseSummary, record: Record) -> None:
    odd = RunSummary("a b", "x", "complete", page='javascript:x()//"><b>.html')
    soup = soup_of(replace(summary, runs=(odd,)), record)
    assert soup.select_one(".runs a")["href"] == "./javascript%3Ax%28%29//%22%3E%3Cb%3E.html"
