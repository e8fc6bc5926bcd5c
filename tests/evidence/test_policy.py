"""The policy file refuses what nobody can have meant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from raikit.errors import InputError
from raikit.evidence.policy import load_policy, parse_policy

RULE = {"id": "acc", "run": "p", "metric": "accuracy", "op": ">=", "value": 0.8, "source": "AI policy 2"}


def test_accepting_a_risk_does_not_read_as_moving_a_threshold() -> None:
    plain = parse_policy({"version": 1, "rules": [RULE]}, where="x")
    plan = {
        "rule": "acc",
        "decision": "mitigate",
        "owner": "a",
        "due": dt.date(2027, 1, 1),
        "retest": "b",
        "ticket": "c",
    }
    accepted = parse_policy({"version": 1, "rules": [RULE], "dispositions": [plan]}, where="x")
    moved = parse_policy({"version": 1, "rules": [RULE | {"value": 0.7}]}, where="x")
    assert plain.rules_sha256() == accepted.rules_sha256() != moved.rules_sha256()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"version": 1, "rules": [RULE | {"sorce": "x"}]}, "rules.0.sorce: this key is not known"),
        ({"version": 1, "rules": [{**RULE, "op": "=<"}]}, "rules.0.op"),
        ({"version": 1, "rules": [{**RULE, "value": "0.8"}]}, "rules.0.value"),
        ({"version": 1, "rules": [{**RULE, "source": ""}]}, "rules.0.source"),
        ({"version": 1, "rules": [RULE, RULE]}, "stands twice"),
        ({"version": 1, "dispositions": [{"rule": "no", "decision": "mitigate"}]}, "missing: owner, due"),
        ({"version": 2}, "version"),
        ([], "should be"),
    ],
)
def test_what_is_wrong_is_named(data: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_policy(data, where="policy.yaml")
    assert str(caught.value).startswith("policy.yaml: ")
    assert said in str(caught.value)


def test_a_disposition_for_no_rule_is_an_error() -> None:
    plan = {
        "rule": "gone",
        "decision": "mitigate",
        "owner": "a",
        "due": dt.date(2027, 1, 1),
        "retest": "b",
        "ticket": "c",
    }
    with pytest.raises(InputError, match="'gone' names no rule; rules: acc"):
        parse_policy({"version": 1, "rules": [RULE], "dispositions": [plan]}, where="p")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nversion: 1\n", "line 2: not plain YAML: the key 'version' stands twice"),
        ("version: !!python/object/apply:os.system ['true']\n", "not plain YAML"),
        ("a: [\n", "not plain YAML"),
    ],
)
def test_only_plain_yaml_is_read(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_policy(path)
    assert said in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothere\.yaml: no such file$"):
        load_policy(tmp_path / "nothere.yaml")
