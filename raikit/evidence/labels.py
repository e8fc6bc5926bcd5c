"""What a labels study states: findings with their numbers, and what it can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.evidence.labels_limits import limits
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded, result_of

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.label_study import LabelStudy
    from raikit.evidence.session import Evidence

_ALPHA = "krippendorff_alpha"
# Krippendorff (2004), Content Analysis, 2nd edition, p. 241: rely on .8 and more; on .667 tentatively.
CUSTOMARY, TENTATIVE = 0.8, 0.667
_WORDED = 20  # items in the set whose settling a finding speaks of


def state(study: LabelStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a labels study.

    Parameters
    ----------
    study : LabelStudy
        From `raikit.labels`.
    evidence : Evidence
        Where they are added.
    """
    agreement = study.agreement()
    _state_alpha(study, agreement, evidence)
    _state_paradox(study, agreement, evidence)
    for column in study.ratings.slices:
        _state_lowest(column, agreement, evidence)
    people = study.annotators()
    _state_bias(study, people, evidence)
    _state_change(people, evidence)
    _state_disputes(study, evidence)
    _state_noise(study, evidence)
    _state_downstream(study, evidence)
    _state_population(study, evidence)
    evidence.limit(*limits(study, agreement))


def _state_alpha(study: LabelStudy, agreement: pd.DataFrame, evidence: Evidence) -> None:
    row = result_of(agreement, _ALPHA, {})
    name = f"Krippendorff's alpha ({study.ratings.level})"
    ids = recorded(evidence, [result_id(metric, {}, None) for metric in (_ALPHA, "percent_agreement")])
    if row.status == "undefined":
        evidence.finding(
            f"{name} is undefined on {plural(row.n, 'item')} with at least two ratings: {_why(row.n)}.",
            severity="high",
            results=ids,
            recommendation="Rate more items, some of which differ, by two or more.",
        )
        return
    agree = result_of(agreement, "percent_agreement", {})
    text = (
        ""
        if agree is None
        else f"Two ratings of one item are the same in {percent(agree.estimate)} of cases. "
    )
    text += (
        f"{name} is {figure(row.estimate)} ({percent(row.confidence)} interval "
        f"{between(row.low, row.high)}) on "
        f"{plural(row.n, 'item')} with at least two ratings. "
    )
    custom = (
        f"Krippendorff's custom asks for {figure(CUSTOMARY)}, {figure(TENTATIVE)} for tentative conclusions"
    )
    if row.low >= CUSTOMARY:
        text, severity = text + f"{custom}: the whole interval reaches the first.", "info"
    elif row.high < TENTATIVE:
        text, severity = text + f"{custom}: the whole interval stays below the second.", "high"
    elif row.low >= TENTATIVE:
        text, severity = text + f"{custom}: the whole interval reaches the second, not the first.", "medium"
    else:
        text, severity = text + f"{custom}: the interval does not clear the second.", "medium"
    evidence.finding(text, severity=severity, results=ids, recommendation=_more_items(study, evidence))


def _why(items: int) -> str:
    """Return why alpha is undefined on so many items with at least two ratings."""
    if not items:
        return "no item was rated twice, so that nobody agrees or disagrees with anybody"
    if items == 1:
        return "one item tells nothing of how far agreement goes beyond chance"
    return "one and the same rating throughout, and nothing then tells agreement from habit"


def _more_items(study: LabelStudy, evidence: Evidence) -> str:
    target = float(evidence.parameters.get("target_width") or 0)
    if target <= 0:
        return ""
    row = study.needed(target).iloc[0]
    more = int(row["items needed"]) - int(row["items"])
    if more <= 0:
        return f"None for width: the interval is as narrow as the {figure(target)} asked for."
    return (
        f"For an interval {figure(target)} wide, have about {plural(more, 'more item')} of the same kind "
        "rated; "
        "clearer rules for the disputed ones raise alpha itself."
    )


def _state_paradox(study: LabelStudy, agreement: pd.DataFrame, evidence: Evidence) -> None:
    """Warn where a frequent category, not disagreement, keeps the coefficient low."""
    kappa = result_of(agreement, "fleiss_kappa", {})
    adjusted = result_of(agreement, "prevalence_adjusted_kappa", {})
    if kappa is None or kappa.status == "undefined" or not adjusted.low > kappa.high:
        return
    agree = result_of(agreement, "percent_agreement", {})
    shares = study.prevalence()
    top = max(_rows(shares), key=lambda share: share.estimate)
    held = [result_id(name, {}, None) for name in ("fleiss_kappa", "prevalence_adjusted_kappa", agree.metric)]
    evidence.finding(
        f"Prevalence paradox: raters agree in {percent(agree.estimate)} of pairs, yet Fleiss' kappa is "
        f"{figure(kappa.estimate)} ({between(kappa.low, kappa.high)}). The rating “{top.group}” makes up "
        f"{percent(top.estimate)} of all ratings, so that chance explains most agreement; with equally "
        "frequent "
        f"ratings the same agreement gave {figure(adjusted.estimate)}.",
        severity="medium",
        results=recorded(evidence, [*held, result_id("prevalence", top.slice, None)]),
        recommendation="Judge no coefficient alone; have more items of the rare ratings rated.",
    )


def _state_lowest(column: str, agreement: pd.DataFrame, evidence: Evidence) -> None:
    held = agreement[(agreement["metric"] == _ALPHA) & (agreement["status"] == "ok")]
    held = held[held["slice"].map(lambda slice_: list(slice_) == [column])]
    if len(held) < 2:
        return
    ordered: list[Any] = _rows(held.sort_values("estimate"))
    low, high = ordered[0], ordered[-1]
    apart = low.high < high.low
    said = [f"{row.group} ({figure(row.estimate)}, {between(row.low, row.high)})" for row in (low, high)]
    evidence.finding(
        f"By {column} alpha is lowest for {said[0]} and highest for {said[1]}. The two intervals "
        f"{'do not overlap' if apart else 'overlap'}.",
        severity="medium" if apart else "info",
        results=recorded(evidence, [result_id(_ALPHA, row.slice, None) for row in (low, high)]),
    )


def _state_bias(study: LabelStudy, people: pd.DataFrame, evidence: Evidence) -> None:
    rows = _rows(people[people["metric"] == "annotator_bias"])
    found = [row for row in rows if row.status != "undefined" and (row.low > 0 or row.high < 0)]
    if not found:
        return
    units = {"ordinal": "steps of the scale", "interval": "units of the scale"}
    unit = units.get(study.ratings.level, "")
    found.sort(key=lambda row: -abs(row.estimate))
    evidence.finding(
        f"{len(found)} of {plural(len(rows), 'annotator')} {'rates' if len(found) == 1 else 'rate'} "
        "otherwise "
        f"than the others on the same items: {listing(_apart(row, unit) for row in found)}.",
        severity="medium",
        results=recorded(evidence, [result_id(row.metric, row.slice, None) for row in found]),
        recommendation="Let them talk through items that they rate apart; the others may be the ones who "
        "err.",
    )


def _apart(row: Any, unit: str) -> str:
    """Return how far an annotator is from the others; the limits without the sign that "lower" says."""
    by = f"{figure(abs(row.estimate))} ({between(*sorted((abs(row.low), abs(row.high))))})"
    if not unit:
        return (
            f"{row.slice['annotator']} calls {by} {'more' if row.estimate > 0 else 'fewer'} of them positive"
        )
    return f"{row.slice['annotator']} {'higher' if row.estimate > 0 else 'lower'} by {by} {unit}"


def _state_change(people: pd.DataFrame, evidence: Evidence) -> None:
    rows: list[Any] = list(
        people[people["metric"] == "consensus_agreement_difference"].itertuples(index=False)
    )
    found = [row for row in rows if row.status != "undefined" and (row.low > 0 or row.high < 0)]
    for row in found:
        evidence.finding(
            f"Annotator {row.slice['annotator']} agrees with the others "
            f"{'more' if row.estimate > 0 else 'less'} "
            f"often in the later half of the ratings than in the earlier: by {figure(abs(row.estimate))} "
            f"({percent(row.confidence)} interval {between(*sorted((abs(row.low), abs(row.high))))}).",
            severity="medium" if row.estimate < 0 else "info",
            results=recorded(evidence, [result_id(row.metric, row.slice, tuple(row.compared))]),
        )


def _state_disputes(study: LabelStudy, evidence: Evidence) -> None:
    table = study.adjudication()
    if len(table) < 2:
        return
    everything = int(table["items settled"].iloc[-1])
    text = f"Raters differ on {everything:,} of {plural(len(study.ratings.items), 'item')}."
    if study.positive:
        first, most = table.iloc[0], table[table["items settled"] <= _WORDED].iloc[-1]
        text += (
            f" By who is believed, the share of positive items is between "
            f"{percent(first['lowest share positive'])} and {percent(first['highest share positive'])}; "
            "settling "
            f"the first {plural(int(most['items settled']), 'item')} leaves "
            f"{percent(most['lowest share positive'])} to {percent(most['highest share positive'])}."
        )
    evidence.finding(
        text, severity="info", results=[],
        recommendation="Settle disputed items in the order listed; keep the original ratings beside the "
        "outcome.",
    )  # fmt: skip


def _state_noise(study: LabelStudy, evidence: Evidence) -> None:
    frame = study.noise()
    plain, noisy = (result_of(frame, name, {}) for name in ("positive_rate", "positive_rate_under_noise"))
    if plain is None or plain.status == "undefined":
        return
    evidence.finding(
        f"{percent(plain.estimate)} of ratings are positive ({percent(plain.confidence)} interval "
        f"{between(plain.low, plain.high)} over items). If the disagreement is noise, the true share lies "
        "between "
        f"{figure(noisy.low)} and {figure(noisy.high)}, this interval included.",
        severity="info",
        results=recorded(evidence, [result_id(row.metric, {}, None) for row in (plain, noisy)]),
    )


def _state_downstream(study: LabelStudy, evidence: Evidence) -> None:
    frame = study.downstream()
    for run in study.runs:
        overall = [row for row in _rows(frame) if row.slice == {"run": run}]
        noisy_rows = [row for row in _rows(frame) if "_under_noise" in row.metric and row.slice["run"] == run]
        gaps = [row for row in noisy_rows if row.compared is not None]
        for plain, noisy in zip(overall[::2], overall[1::2], strict=True):
            evidence.finding(
                f"Run {run}: {plain.metric.replace('_', ' ')} {figure(plain.estimate)} "
                f"({between(plain.low, plain.high)}) becomes anything in {between(noisy.low, noisy.high)} "
                "if each label there is one rating as noisy as these.",
                severity="info",
                results=recorded(
                    evidence, [result_id(row.metric, row.slice, None) for row in (plain, noisy)]
                ),
            )
        if gaps:
            open_ = [row for row in gaps if row.low <= 0 <= row.high]
            evidence.finding(
                f"Run {run}: of {plural(len(gaps), 'gap')} between groups, {len(open_):,} could be none at "
                "all if "
                "the labels are as noisy as these, and more so in one group than in the other.",
                severity="medium" if open_ else "info",
                results=recorded(
                    evidence, [result_id(row.metric, row.slice, tuple(row.compared)) for row in gaps]
                ),
            )


def _state_population(study: LabelStudy, evidence: Evidence) -> None:
    frame = study.representative()
    verdicts = {
        "material": "differ by more than matters",
        "underpowered": "may differ by more than matters, these rows can't tell",
    }
    for verdict, said in verdicts.items():
        rows: list[Any] = [row for row in _rows(frame) if row.verdict == verdict]
        if rows:
            named = [f"{row.slice['feature']} (Cohen's w {figure(row.estimate)})" for row in rows]
            evidence.finding(
                f"Rated items and population {said}: {listing(named)}.",
                severity="medium" if verdict == "material" else "info",
                results=recorded(evidence, [result_id(row.metric, row.slice, None) for row in rows]),
                recommendation="Rate items drawn at random." if verdict == "material" else "",
            )
    if len(frame) and set(frame["verdict"]) == {"immaterial"}:
        ids = [result_id("cohens_w", {"feature": name}, None) for name in study.compare]
        evidence.finding(
            f"On {listing(study.compare)} the rated items are like the population, as far as these rows "
            "can show.",
            severity="info", results=recorded(evidence, ids),
        )  # fmt: skip


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))
