"""What a CI reads of a release: JUnit XML and a Markdown summary."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from raikit.errors import InputError

if TYPE_CHECKING:
    from raikit.evidence.record import Decision
    from raikit.report.summary import ReleaseSummary

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def write_file(path: Path, text: str) -> None:
    """Write a file that somebody asked for.

    Parameters
    ----------
    path : pathlib.Path
        Replaced when it is there.
    text : str
        Written as UTF-8.

    Raises
    ------
    InputError
        If it can't be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: can't be written: {error.strerror}") from None


def junit(summary: ReleaseSummary) -> str:
    """Return a release as JUnit XML: a test case for each run and each rule.

    Parameters
    ----------
    summary : ReleaseSummary
        What was decided.

    Returns
    -------
    str
        A run that did not complete is an error; a rule that did not pass is a failure, unless accepted.
    """
    root = ET.Element("testsuites", name=_xml(f"raikit {summary.release}"))
    runs = ET.SubElement(root, "testsuite", name="runs")
    for run in summary.runs:
        seconds = {"time": f"{run.seconds:.3f}"} if run.seconds is not None else {}
        case = ET.SubElement(runs, "testcase", classname="runs", name=_xml(run.name), attrib=seconds)
        if run.state == "failed":
            ET.SubElement(case, "error", message=_xml(run.error or ""))
        elif run.state == "not_run":
            ET.SubElement(case, "skipped", message=_xml(run.error or ""))
    rules = ET.SubElement(root, "testsuite", name="rules")
    for item in summary.decisions:
        case = ET.SubElement(
            rules, "testcase", classname=_xml(f"rules.{item.run or 'coverage'}"), name=_xml(item.rule)
        )
        if item.status != "pass":
            kind = "skipped" if item.accepted else "failure"
            ET.SubElement(case, kind, message=_xml(f"{_said(item)}: {item.reason}"))
    for suite in (runs, rules):
        kinds = {"tests": "testcase", "errors": "error", "failures": "failure", "skipped": "skipped"}
        for name, tag in kinds.items():
            suite.set(name, str(len(list(suite.iter(tag)))))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown(summary: ReleaseSummary) -> str:
    """Return a release as a Markdown summary.

    Parameters
    ----------
    summary : ReleaseSummary
        What was decided.

    Returns
    -------
    str
        Verdict, a table of rules, runs that are not complete, notices.
    """
    lines = [f"# {summary.verdict}: release {_md(summary.release)}", ""]
    lines += [f"- {_md(label)}: {_md(text)}" for label, text in summary.coverage]
    if summary.decisions:
        lines += ["", "| rule | run | decision | reason |", "|---|---|---|---|"]
        rows = [(item.rule, item.run, _said(item), item.reason) for item in summary.decisions]
        lines += ["| " + " | ".join(map(_md, row)) + " |" for row in rows]
    broken = [run for run in summary.runs if run.state != "complete"]
    lines += [
        "",
        *(f"- {_md(run.name)} {run.state.replace('_', ' ')}: {_md(run.error or '')}" for run in broken),
    ]
    lines += [f"- {_md(notice)}" for notice in summary.notices]
    return "\n".join(lines).rstrip() + "\n"


def _said(item: Decision) -> str:
    return item.status.replace("_", " ") + (" (accepted)" if item.accepted else "")


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _md(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
