"""Two releases side by side, on records made by hand from one release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from raikit.errors import InputError
from raikit.evidence.policy import Policy, Tier
from raikit.release.changes import asked_changes, loosened, since_baseline
from raikit.release.compare import as_json_text, as_page, as_text, compare
from raikit.release.schema import ReleaseFile, parse_release
from raikit.report.summary import ReleaseSummary
from raikit.sources.fingerprint import file_sha256


@pytest.fixture
def two(released: tuple[Path, ReleaseSummary], tmp_path: Path) -> tuple[Path, Path]:
    """Two copies of one evidence folder; tests change the second."""
    return shutil.copytree(released[0], tmp_path / "a"), shutil.copytree(released[0], tmp_path / "b")


def rewrite(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    held = yaml.safe_load((folder / name).read_text())
    change(held)
    (folder / name).write_text(json.dumps(held))
    rows = [row.split("  ") for row in (folder / "SHA256SUMS").read_text().splitlines()]
    (folder / "SHA256SUMS").write_text("".join(f"{file_sha256(folder / file)}  {file}\n" for _, file in rows))


def test_nothing_changed(two: tuple[Path, Path]):
    found = compare(*two)
    assert as_text(found) == "r1 (PASS) → r1 (PASS)\nevery rule is decided as before"
    assert "Every rule is decided as before." in as_page(found)


def test_each_part(two: tuple[Path, Path]):
    new = two[1]

    def change(held: Any) -> None:
        held["decisions"][0].update(status="fail", reason="<b>too low</b>")
        held["results"][0].update(estimate=0.5, low=0.4, high=0.6)  # before: .75, .657 to .825
        held["parameters"].update(min_n=9)
        held["inputs"][0].update(fingerprint="sha256:1", rows=7)

    rewrite(new, "small.json", change)
    rewrite(new, "policy.yaml", lambda held: held["rules"][0].update(value=0.4))
    rewrite(new, "manifest.json", lambda held: held["packages"].update(pandas="9.9"))
    found = compare(*two)
    assert [(item.rule, item.before, item.after) for item in found.verdicts] == [
        ("small.rate", "pass", "fail")
    ]
    assert [(item.result, item.before, item.after) for item in found.results] == [("base_rate", 0.75, 0.5)]
    assert found.rules == ("threshold of small.rate loosened from 0.5 to 0.4",)
    assert found.loosened == found.rules
    said = as_text(found).splitlines()
    assert [line for line in said if "loosened" in line] == [f"asked less than before: {found.rules[0]}"]
    assert found.parameters == ("small: min_n: 5, now 9",)
    assert found.inputs == ("small: data: other data, 100 rows, now 7",)
    assert found.environment[0].endswith("now 9.9")
    page = as_page(found)
    assert "&lt;b&gt;too low" in page
    assert "<script" not in page
    assert json.loads(as_json_text(found))["verdicts"][0]["after"] == "fail"


def test_another_reference_is_named_with_both_identities(two: tuple[Path, Path]):
    def named(folder: Path, **identity: Any) -> None:
        rewrite(folder, "small.json", lambda held: held["inputs"][0].update(name="reference", **identity))

    named(two[0], period="2025-01-01 to 2025-06-30", fingerprint="sha256:0123456789abcdef", rows=1200)
    named(two[1], period="2025-07-01 to 2025-12-31", fingerprint="sha256:fedcba9876543210", rows=900)
    assert compare(*two).inputs == (
        "small: reference changed: 1,200 rows of 2025-01-01 to 2025-06-30 (sha256:0123456789ab), "
        "now 900 rows of 2025-07-01 to 2025-12-31 (sha256:fedcba987654)",
    )


@pytest.mark.parametrize(("estimate", "low", "high"), [(0.7, 0.6, 0.8), (0.6, 0.5, 0.76), (0.9, 0.7, 0.95)])
def test_a_move_within_an_interval_is_none(two: tuple[Path, Path], estimate: float, low: float, high: float):
    numbers = {"estimate": estimate, "low": low, "high": high}
    rewrite(two[1], "small.json", lambda held: held["results"][0].update(numbers))
    assert compare(*two).results == ()


def test_changed_evidence_is_not_compared(two: tuple[Path, Path]):
    (two[1] / "small.json").write_text("{}")
    with pytest.raises(InputError, match=r"small\.json: changed"):
        compare(*two)


def test_what_was_loosened_since_the_baseline_is_on_the_index(
    project: Callable[..., Path], run: Callable, rule: dict[str, Any], released: tuple[Path, ReleaseSummary],
    tmp_path: Path,
):  # fmt: skip
    shutil.copytree(released[0], tmp_path / "before")
    file = project(rules=[{**rule, "value": 0.4}], release="r2", baseline="before")
    summary, folder = run(file)
    said = "Since the baseline r1: threshold of small.rate loosened from 0.5 to 0.4."
    assert summary.notices[0] == said
    assert said in (folder / "index.html").read_text()
    rewrite(
        tmp_path / "before", "release.yaml", lambda held: held["runs"][0].update(agreed={"slices": ["sex"]})
    )
    asked = compare(tmp_path / "before", folder)
    assert asked.slices == ("slice small: sex dropped",)
    (tmp_path / "before" / "policy.yaml").unlink()
    assert since_baseline(tmp_path / "before", *_asked(folder))[0].startswith("The baseline can't be read")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"tier": "high"}, {"tier": "low"}, ["tier high, now low", "required template drift dropped"]),
        ({"tier": "low"}, {"tier": "high"}, ["tier low, now high"]),
        ({"tier": "high"}, {"tier": "high"}, []),
        ({"features": ["sex", "race"]}, {"features": ["sex"]}, ["slice fairness: race dropped"]),
    ],
)
def test_a_tier_or_a_slice_that_asks_less(before: dict[str, Any], after: dict[str, Any], said: list[str]):
    tiers = {"high": Tier(required=["drift"], modified_templates=False, attribute_approval=True)}
    policy = Policy(version=1, tiers=tiers)

    def release(held: dict[str, Any]) -> ReleaseFile:
        run = {"template": "fairness", "params": {"sensitive_features": held.get("features", [])}}
        system = {"name": "a", "tier": held.get("tier", "")}
        return parse_release(
            {"release": "r", "system": system, "policy": "p.yaml", "runs": [run]}, where="a test"
        )

    rules, slices = asked_changes((release(before), policy), (release(after), policy))
    found = [line for line in (*rules, *slices) if loosened(line)]
    assert found[: len(said)] == said
    no_longer = {"unmodified templates no longer asked", "approval of sensitive attributes no longer asked"}
    assert set(found[len(said) :]) == (no_longer if after.get("tier") == "low" else set())


def _asked(folder: Path) -> Any:
    from raikit.release.changes import read_asked

    return read_asked(folder)
