"""Release files: what is refused, in which words; the published schemas."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from raikit.errors import InputError
from raikit.evidence.record import schema_path
from raikit.release.schema import parse_release, schemas


def release(**changes: Any) -> dict[str, Any]:
    given = {
        "release": "2026.11",
        "system": {"name": "loans", "version": "1.4"},
        "policy": "policy.yaml",
        "runs": [{"template": "fairness"}],
    }
    return {**given, **changes}


def problems(**changes: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_release(release(**changes), where="r.yaml")
    return str(caught.value).splitlines()


def test_defaults_of_the_contract():
    parsed = parse_release(release(), where="r.yaml")
    assert parsed.runs[0].name == "fairness"
    assert parsed.defaults.deadline_minutes == 60


def test_a_run_is_named_after_its_notebook():
    parsed = parse_release(release(runs=[{"template": "own/check one.ipynb", "name": "one"}]), where="r.yaml")
    assert parsed.runs[0].name == "one"
    assert "'check one' can't name files" in problems(runs=[{"template": "own/check one.ipynb"}])[0]


@pytest.mark.parametrize("name", ["../up", "a/b", "..", ".hidden", "", "a\n", "-x", "x.", "a" * 65, "a b"])
def test_names_that_are_no_file_names(name: str):
    assert "r.yaml: release" in problems(release=name)[0]
    assert "r.yaml: runs.0.name" in problems(runs=[{"template": "fairness", "name": name}])[0]


@pytest.mark.parametrize("name", ["index", "manifest", "Release", "POLICY"])
def test_names_of_our_own_files(name: str):
    assert "used by raikit itself" in problems(runs=[{"template": "fairness", "name": name}])[0]


@pytest.mark.parametrize("name", ["x.previous", "x.building", "ledger"])
def test_release_names_of_our_own(name: str):
    assert "used by raikit itself" in problems(release=name)[0]


def test_two_runs_of_one_name_even_where_case_is_folded():
    lines = problems(runs=[{"template": "fairness"}, {"template": "fairness", "name": "Fairness"}])
    assert lines == ["r.yaml: runs.1.name: 'Fairness' stands twice; give each run a name of its own"]


def test_every_problem_at_once():
    lines = problems(release="../x", polcy="p.yaml", runs=[{"template": "fairness", "parms": {}}])
    assert len(lines) == 3
    assert "r.yaml: polcy: this key is not known here" in lines
    assert "r.yaml: runs.0.parms: this key is not known here" in lines


def test_an_unquoted_version_gets_advice():
    (line,) = problems(release=2026.11)
    assert line.endswith("came: 2026.11; write it in quotes")


def test_needs_that_name_no_run():
    runs = [{"template": "fairness"}, {"template": "drift", "needs": ["fairnes"]}]
    assert "did you mean 'fairness'?" in problems(runs=runs)[0]


@pytest.mark.parametrize("value", [[], "text", None, 3])
def test_no_mapping(value: Any):
    with pytest.raises(InputError, match=r"r\.yaml: a release file is a mapping"):
        parse_release(value, where="r.yaml")


@pytest.mark.parametrize("name", ["release", "policy", "record"])
def test_published_schemas_are_the_models(name: str):
    published = json.loads(schema_path(name).read_text(encoding="utf-8"))
    assert published == schemas()[name]
    jsonschema.Draft202012Validator.check_schema(published)


def test_the_published_schema_judges_as_the_model_does():
    validator = jsonschema.Draft202012Validator(
        json.loads(schema_path("release").read_text(encoding="utf-8"))
    )
    assert not list(validator.iter_errors(release()))
    assert list(validator.iter_errors(release(release="../x")))
    assert list(validator.iter_errors(release(polcy="p")))
    assert list(validator.iter_errors(release(runs=[])))
