"""Alerts by hand-made windows; the flights day by day: a page on 1 July at the latest, none in June."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

import raikit
from raikit.errors import InputError
from raikit.evidence.alert_pages import state_alerts
from raikit.evidence.alerts import PastAlert, live_precision, load_history, replay
from raikit.evidence.policy import Rule, parse_policy
from raikit.evidence.record import Result
from raikit.evidence.session import Evidence, begin
from raikit.sources import open_table


def rule(**alert: object) -> Rule:
    given = {
        "id": "form",
        "run": "drift",
        "metric": "contract_breaks",
        "op": "<=",
        "value": 0,
        "source": "policy 5",
    }
    given["alert"] = {"tier": "page", "owner": "ann@example.com", **alert}
    return parse_policy({"version": 1, "rules": [given]}, where="p.yaml").rules[0]


def windows(*breaks: int) -> list[Result]:
    return [
        Result(
            id=f"contract_breaks|window={day:02}",
            metric="contract_breaks",
            slice={"window": f"{day:02}"},
            n=200,
            estimate=float(n),
            low=float(n),
            high=float(n),
            confidence=0.95,
            method="",
            status="ok",
        )
        for day, n in enumerate(breaks)
    ]


def fired(results: list[Result], **alert: object) -> list[str]:
    return [each.window for each in replay(rule(**alert), results)]


def test_persistence_waits_and_cooldown_keeps_quiet() -> None:
    seen = windows(0, 1, 0, 1, 2, 1, 1, 0)
    assert fired(seen) == ["01", "03", "04", "05", "06"]
    assert fired(seen, persistence=2) == ["04", "05", "06"]
    assert fired(seen, cooldown=2) == ["01", "04"]
    assert fired(seen, persistence=2, cooldown=5) == ["04"]


def test_an_expired_alert_is_silent_and_another_bound_can_be_replayed() -> None:
    assert fired(windows(1), expires=dt.date(2020, 1, 1)) == []
    assert [each.window for each in replay(rule(), windows(0, 1, 2), value=1)] == ["02"]


def test_a_policy_without_alerts_keeps_its_hash() -> None:
    bare = {"id": "a", "run": "drift", "metric": "cohens_w", "op": "<=", "value": 0.1, "source": "s"}
    held = parse_policy({"version": 1, "rules": [bare]}, where="p").rules_sha256()
    told = parse_policy(
        {"version": 1, "rules": [bare | {"alert": {"tier": "page", "owner": "b"}}]}, where="p"
    )
    assert held != told.rules_sha256()
    with pytest.raises(InputError, match=r"rules\.0\.alert\.owner"):
        parse_policy({"version": 1, "rules": [bare | {"alert": {"tier": "page"}}]}, where="p")


def test_history_gives_the_precision_of_settled_alerts(tmp_path: Path) -> None:
    lines = [
        {"rule": "form", "window": "a", "fired": "2026-01-02", "outcome": was}
        for was in ("real", "noise", "open")
    ]
    path = tmp_path / "alerts.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    history = load_history(path)
    assert history[0] == PastAlert(rule="form", window="a", fired=dt.date(2026, 1, 2), outcome="real")
    assert live_precision(history).estimate == 0.5
    path.write_text('{"rule": "form"}\nno\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2: no JSON object"):
        load_history(path)


def test_flights_by_day_page_for_the_vanished_carrier_and_never_in_june() -> None:
    study = raikit.drift(
        open_table("demo:flights"),
        timestamp="date",
        split="2015-06-01",
        window="day",
        features=["airline"],
        domain_sample=0,
    )
    evidence = begin("drift", {})
    evidence.add(study.pages())
    pages = [each.window for each in replay(rule(), evidence.results)]
    assert pages[0] in ("2015-07-01", "2015-07-02")
    first = next(each for each in study.contract.breaks)
    assert (first.feature, first.check, first.level) == ("airline", "vanished category", "US")
    assert {each.level for each in study.contract.breaks} == {"US"}
    low, high = study.alarms.rate()[1:]
    assert study.alarms.alarmed == 0
    assert low == 0 < high < 0.05
    assert not study.alarms.calibrated  # one page a quarter from daily windows needs 183 quiet days


def test_flights_by_day_page_in_june_for_none_of_the_features_of_the_template() -> None:
    """The weekday among them, of which every day lacks six."""
    study = raikit.drift(
        open_table("demo:flights"),
        timestamp="date",
        split="2015-06-01",
        window="day",
        features=["airline", "day_of_week", "distance", "taxi_out", "cancelled"],
        domain_sample=0,
    )
    assert {(each.feature, each.level) for each in study.contract.breaks} == {("airline", "US")}
    assert min(each.window for each in study.contract.breaks) in ("2015-07-01", "2015-07-02")


def test_the_page_says_whom_an_alert_tells_when_it_fired_and_how_often_it_was_right(tmp_path: Path) -> None:
    one = {"id": "form", "run": "drift", "metric": "contract_breaks", "op": "<=", "value": 0, "source": "5"}
    terms = {"tier": "page", "owner": "ann@example.com", "runbook": "wiki/drift", "cooldown": 1}
    (tmp_path / "policy.yaml").write_text(json.dumps({"version": 1, "rules": [one | {"alert": terms}]}))
    past = [("real", "a"), ("real", "b"), ("real", "c"), ("noise", "d"), ("open", "e")]
    lines = [{"rule": "form", "window": at, "fired": "2026-01-02", "outcome": was} for was, at in past]
    (tmp_path / "past.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    names = {"policy": str(tmp_path / "policy.yaml"), "history": str(tmp_path / "past.jsonl")}
    evidence = Evidence("drift", names, {})
    evidence.add(pd.DataFrame([each.model_dump() for each in windows(0, 1, 0, 3, 3)]))
    state_alerts(evidence)
    (finding,) = evidence.record().findings
    low, high = binomtest(3, 4).proportion_ci()
    assert finding.severity == "high"
    assert finding.text == (
        "Alert form (pages ann@example.com, runbook wiki/drift, then quiet for 1): with its bound 0 it fires "
        "in 2 of 5 windows: 01 and 03. It would have fired with 1 in 1 and with 2 in 1. "
        f"Of 4 settled alerts in the history 3 were real (75%, 95% interval {low:.1%} to {high:.1%})."
    )
    assert finding.results == ["contract_breaks|window=01", "contract_breaks|window=03"]


def test_a_policy_without_alerts_is_a_limit(tmp_path: Path) -> None:
    one = {"id": "form", "run": "drift", "metric": "contract_breaks", "op": "<=", "value": 0, "source": "5"}
    (tmp_path / "policy.yaml").write_text(json.dumps({"version": 1, "rules": [one]}))
    evidence = Evidence("drift", {"policy": str(tmp_path / "policy.yaml")}, {})
    state_alerts(evidence)
    assert any("nobody is told" in text for text in evidence.record().limits)


def test_the_strictest_budget_of_an_alert_sets_the_level_and_the_page_says_whose_it_is(
    tmp_path: Path,
) -> None:
    one = {"run": "drift", "metric": "contract_breaks", "op": "<=", "value": 0, "source": "5"}
    terms = [
        {"budget": 9.13},
        {"budget": 2.283},
        {"budget": 0.1, "expires": "2020-01-01"},
        {},  # states none
    ]
    rules = [
        one | {"id": name, "alert": {"tier": "page", "owner": "ann"} | each}
        for name, each in zip("abcd", terms, strict=True)
    ]
    lines = json.dumps({"version": 1, "rules": rules}).replace('"2020-01-01"', "2020-01-01")
    (tmp_path / "policy.yaml").write_text(lines)
    days = pd.date_range("2025-01-01", periods=60).repeat(30)
    table = open_table(pd.DataFrame({"day": days, "x": ["a", "b"] * 900}))

    def said(given: float, **names: str) -> str:
        evidence = Evidence("drift", names, {})
        study = raikit.drift(
            table, timestamp="day", split="2025-02-15", window="day", domain_sample=0,
            budget=evidence.alarm_budget(given),
        )  # fmt: skip
        for frame in (study.distances(), study.pages()):
            evidence.add(frame)
        assert study.alarms.level == pytest.approx(study.choices.budget / 91.3)  # a quarter's days
        evidence.state(study)
        return next(each.text for each in evidence.record().findings if "held-out" in each.text)

    told = said(1.0, policy=str(tmp_path / "policy.yaml"))
    assert "the budget is 2.283 false pages a quarter, from alert b of the policy" in told
    assert "to 2.5% of windows" in told  # 2.283 of a quarter's 91.3 days
    assert "the budget is 1 false pages a quarter, from the parameter budget" in said(1.0)
