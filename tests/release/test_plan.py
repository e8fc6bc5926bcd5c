"""Plans: everything that can be wrong before a kernel starts, in a clear sentence each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raikit.errors import InputError
from raikit.release.plan import make_plan

Project = Callable[..., Path]


def problems(file: Path) -> list[str]:
    before = sorted(file.parent.rglob("*"))
    with pytest.raises(InputError) as caught:
        make_plan(file, file.parent / "outputs")
    assert sorted(file.parent.rglob("*")) == before  # nothing half-written
    return str(caught.value).splitlines()


def with_params(project: Project, params: dict[Any, Any], **kwargs: Any) -> list[str]:
    return problems(project(runs=[{"template": "small.ipynb", "params": params}], **kwargs))


def test_a_good_plan(project: Project):
    file = project(defaults={"min_n": 5, "seed": 7})
    (run,) = make_plan(file, file.parent / "outputs").runs
    assert run.parameters == {"min_n": 5}  # `seed` is not declared by this notebook
    assert run.values["data"] == "data.csv"
    assert run.model == "1"


def test_misspelt_parameter(project: Project):
    assert with_params(project, {"sensitve_features": ["sex"]}) == [
        "small: unknown parameter(s) ['sensitve_features']; did you mean 'sensitive_features'? "
        "Declared: data, label, sensitive_features, min_n, confidence"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_n", "30"),
        ("min_n", 2.5),
        ("min_n", True),
        ("confidence", "0.95"),
        ("sensitive_features", "sex"),
        ("sensitive_features", ["sex", 1]),
        ("label", None),
        ("label", 3),
    ],
)
def test_wrong_types(project: Project, name: str, value: Any):
    (line,) = with_params(project, {name: value})
    assert line.startswith(f"small: {name}: came {value!r}")
    assert "allowed: " in line


@pytest.mark.parametrize("text", [".nan", ".inf", "2026-01-01", "!!binary aGk="])
def test_values_that_json_cannot_hold(project: Project, text: str):
    file = project()
    (file.parent / "release.yaml").write_text(
        "release: r1\nsystem: {name: t}\npolicy: policy.yaml\n"
        f"runs: [{{template: small.ipynb, params: {{confidence: {text}}}}}]\n"
    )
    (line,) = problems(file)
    assert line.startswith("small: confidence: came ")


@pytest.mark.parametrize("name", ["x; import os", "1st", "class", "a-b", ""])
def test_parameter_names_that_carry_code(project: Project, name: str):
    assert f"the parameter name {name!r} is no Python name" in with_params(project, {name: 1})[0]


def test_missing_file(project: Project):
    (line,) = with_params(project, {"data": "nowhere.csv"})
    assert line.startswith("small: data: ")
    assert "nowhere.csv" in line


def test_missing_columns_are_all_named(project: Project):
    lines = with_params(project, {"label": "emplyed", "sensitive_features": ["sexx", "sex"]})
    assert len(lines) == 2
    assert all("did you mean" in line for line in lines)


@pytest.mark.parametrize("content", [b"", b"sex,employed\n", b"PAR1garbage"])
def test_empty_and_corrupt_tables(project: Project, content: bytes):
    file = project(runs=[{"template": "small.ipynb", "params": {"data": "bad.parquet"}}])
    (file.parent / "bad.parquet").write_bytes(content)
    (line,) = problems(file)
    assert line.startswith("small: data: ")
    assert "bad.parquet" in line


def test_unknown_demo(project: Project):
    assert "acs" in with_params(project, {"data": "demo:acs-emploiment"})[0]


def test_a_parameter_without_a_type(project: Project):
    (line,) = with_params(project, {}, parameters='data = "data.csv"\n')
    assert "the parameter 'data' has no type" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("release: !!python/object/apply:os.system ['true']\n", "not plain YAML"),
        ("release: a\nrelease: b\n", "stands twice"),
        ("release: [\n", "not plain YAML"),
        ("- a\n", "a release file is a mapping"),
        ("", "a release file is a mapping"),
    ],
)
def test_yaml_that_is_not_plain(project: Project, text: str, said: str):
    file = project()
    file.write_text(text)
    assert said in problems(file)[0]


def test_no_such_release_file(tmp_path: Path):
    assert "no such file" in problems(tmp_path / "none.yaml")[0]


def test_policy_problems_come_with_the_others(project: Project, rule: dict[str, Any]):
    file = project(
        rules=[rule, {**rule, "id": "b", "run": "smal"}],
        system={"name": "t", "tier": "hihg"},
        policy={"tiers": {"high": {}}},
        runs=[{"template": "small.ipynb", "params": {"min_n": "3"}}],
    )
    lines = problems(file)
    assert len(lines) == 3
    assert any("run 'smal' is not in the release file; did you mean 'small'?" in line for line in lines)
    assert any("tier 'hihg'" in line and "did you mean 'high'?" in line for line in lines)
    assert any(line.startswith("small: min_n") for line in lines)


def test_a_broken_rule_and_a_broken_parameter_at_once(project: Project, rule: dict[str, Any]):
    file = project(rules=[{**rule, "op": "=="}], runs=[{"template": "small.ipynb", "params": {"min_n": "3"}}])
    lines = problems(file)
    assert any(line.startswith("policy.yaml: rules.0.op") for line in lines)
    assert any(line.startswith("small: min_n") for line in lines)


def test_a_circle_of_needs(project: Project):
    runs = [
        {"template": "small.ipynb", "name": "a", "needs": ["b"]},
        {"template": "small.ipynb", "name": "b", "needs": ["a"]},
    ]
    assert "need each other in a circle" in problems(project(rules=[], runs=runs))[0]


def test_a_default_that_nobody_declares(project: Project):
    assert "did you mean 'min_n'?" in problems(project(defaults={"min_m": 3}))[0]


def test_a_default_of_a_wrong_type(project: Project):
    assert "defaults.confidence" in problems(project(defaults={"confidence": 95}))[0]


def test_outputs_that_cannot_be_made(project: Project):
    file = project()
    (file.parent / "outputs").write_text("a file")
    assert "is no folder that can be written to" in problems(file)[0]


@pytest.mark.parametrize("name", ["r1", "r1.previous"])
def test_signed_evidence_is_never_replaced(project: Project, name: str):
    file = project()
    folder = file.parent / "outputs" / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "seal.dsse.json").write_text("{}")
    assert "signed evidence is never replaced" in problems(file)[0]


def test_a_folder_that_is_not_ours_is_left_alone(project: Project):
    file = project()
    (file.parent / "outputs" / "r1").mkdir(parents=True)
    assert "is no evidence folder of raikit" in problems(file)[0]


def test_braces_in_paths_are_only_text(project: Project):
    file = project(
        notebooks={"small {x}": ("pass",)},
        runs=[{"template": "small {x}.ipynb", "name": "small"}],
    )
    assert make_plan(file, file.parent / "out {y}").runs[0].template.name == "small {x}.ipynb"


def test_a_model_file_gives_its_digest(project: Project):
    file = project(
        parameters='data: str = "data.csv"\nmodel: str = ""\n',
        runs=[{"template": "small.ipynb", "params": {"model": "model.bin"}}],
    )
    (file.parent / "model.bin").write_bytes(b"abc")
    (run,) = make_plan(file, file.parent / "outputs").runs
    # FIPS 180-2, appendix B.1: the digest of "abc".
    assert run.model == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_key_is_of_what_is_asked(project: Project):
    def key(**changes: Any) -> str:
        file = project(**changes)
        return make_plan(file, file.parent / "outputs").runs[0].key

    first = key()
    assert key() == first
    assert key(defaults={"min_n": 3}) != first
    assert key(cells=("pass",)) != first
    assert json.dumps(first)


def test_agreed_slices_that_the_run_does_not_look_at(project: Project):
    runs = [{"template": "small.ipynb", "agreed": {"slices": ["sex", "race", "sex × race"]}}]
    lines = problems(project(runs=runs))
    assert [line.split(" is in none")[0] for line in lines] == [
        "small: agreed: the slice 'race'",
        "small: agreed: the slice 'sex × race'",
    ]


def test_ratings_are_looked_at_before_anything_starts(tmp_path: Path):
    """One rater and one item are no mistakes: the page says what they can't tell. A wrong column is one."""
    (tmp_path / "ratings.csv").write_text("item,ann\n1,yes\n")
    (tmp_path / "policy.yaml").write_text("version: 1\nrules: []\n")

    def release(**params: Any) -> Path:
        given = {"data": "ratings.csv", "item": "item", "annotators": ["ann"], "slices": []} | params
        held = {
            "release": "r1",
            "system": {"name": "test", "version": "1"},
            "policy": "policy.yaml",
            "runs": [{"template": "labels", "params": given}],
        }
        (tmp_path / "release.yaml").write_text(json.dumps(held))
        return tmp_path / "release.yaml"

    (run,) = make_plan(release(), tmp_path / "outputs").runs
    assert run.parameters["annotators"] == ["ann"]
    (line,) = problems(release(level=2))
    assert line.startswith("labels: level: came 2")
    (line,) = problems(release(annotators=["ann", "bea"]))
    assert line.startswith("labels: ")
    assert "no column 'bea'" in line
