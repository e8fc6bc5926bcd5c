"""What the question of an incident returns: tidy results, and what the generated sentences are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses.contract import volume_checks
from raikit.analyses.incident_changes import change_rows, ranked_changes
from raikit.analyses.incident_contract import CHECKS, contract_breaks, volumes
from raikit.analyses.incident_duties import Proposal, clock_table, duties, matrix, propose
from raikit.analyses.incident_listing import amount_table, segment_table
from raikit.analyses.incident_mix import mix_rows
from raikit.analyses.incident_who import Description, describe, excess_row, segment_rows
from raikit.analyses.once import once
from raikit.stats.intervals import wilson_interval
from raikit.stats.limits import normal_critical_value, score_limits
from raikit.stats.quiet import quiet_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from raikit.analyses.incident_contract import Before
    from raikit.analyses.incident_recovery import Recovery
    from raikit.analyses.incident_rerun import Rerun
    from raikit.analyses.incident_search import Episode, Search
    from raikit.analyses.incident_users import Users
    from raikit.analyses.incident_windows import Windowed

    Bools = NDArray[np.bool_]

RESULT = ["metric", "slice", "compared", "n", "estimate", "low", "high", "confidence", "method", "status",
          "counts", "group"]  # fmt: skip

NOBODY = "No segments were named: who was affected is told for all rows together only."


@dataclass(frozen=True)
class People:
    """Rows that could not be counted.

    Attributes
    ----------
    rows, unknown, undated : int
        All rows; those without a known signal; those without a time.
    """

    rows: int
    unknown: int
    undated: int


@dataclass(frozen=True)
class IncidentStudy:
    """What `raikit.incident` returns.

    Attributes
    ----------
    signal : str
        As given.
    windows : Windowed
        The counts.
    search : Search
        Quiet windows and the episodes found.
    episode : Episode or None
        The one that is looked at; None when nothing stands out.
    inside : array of bool
        Its windows; without one those since the suspicion, or all that are not quiet.
    segments : tuple of str
        Columns.
    changes : pandas.DataFrame
        From `checked_changes`.
    reports : pandas.DataFrame
        What people reported, in the same columns.
    times : dict of str to pandas.Timestamp
        onset (the suspicion), aware, triaged, mitigated, as people entered them, in UTC.
    before : Before or None
        Columns before and during.
    recovery : Recovery
        Whether it is over.
    users : Users or None
        Among the affected rows of the episode; None without one, or without a column of users.
    rerun : Rerun or None
        Failing items run again; None without a rerun, an episode or failing rows.
    rerun_given : bool
        Whether there was a rerun.
    people : People
        Rows that could not be counted.
    """

    question: ClassVar[str] = "incident"

    signal: str
    windows: Windowed
    search: Search
    episode: Episode | None
    inside: Bools
    segments: tuple[str, ...]
    changes: pd.DataFrame
    reports: pd.DataFrame
    times: dict[str, pd.Timestamp]
    before: Before | None
    recovery: Recovery
    users: Users | None
    rerun: Rerun | None
    rerun_given: bool
    people: People
    confidence: float
    min_n: int
    seed: int

    def by_window(self) -> pd.DataFrame:
        """Return the signal's rate of each window, for a chart.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `signal_rate`, slice {"window": …}, Wilson intervals of the window alone;
            windows without rows are undefined.
        """
        k, n = self.windows.k.astype(int), self.windows.n.astype(int)
        interval = wilson_interval(k, n, confidence=self.confidence)
        slices = [{"window": self.windows.text(at)} for at in range(len(n))]
        made = pd.DataFrame(
            {"metric": "signal_rate", "slice": pd.Series(slices), "n": n, **interval._asdict()}
        )
        status = np.where(n == 0, "undefined", np.where(n < self.min_n, "small", "ok"))
        return made.assign(compared=None, confidence=self.confidence, method="wilson", status=status)

    def marks(self) -> dict[str, str]:
        """Return what a chart over windows marks: the onset, the mitigation, changes within the interval.

        Returns
        -------
        dict of str to str
            Instant by name.
        """
        marks = {} if self.episode is None else {"onset": self.windows.text(self.episode.change.at)}
        if "mitigated" in self.times:
            marks["mitigated"] = self.times["mitigated"].isoformat()
        near = self.ranked_changes()
        for each in near[near["falls"].str.startswith("within")].head(2).itertuples():
            marks[str(each.change)] = str(each.at).removesuffix(" UTC")
        return marks

    def band(self) -> tuple[Any, Any]:
        """Return the limits of the onset's interval, for `Axes.axvspan`.

        Returns
        -------
        tuple of datetime
            Both the start of the log when nothing stands out: an empty band.
        """
        windows, change = self.windows, None if self.episode is None else self.episode.change
        low, high = (0.0, 0.0) if change is None else (change.low, change.high + windows.whole_days)
        first, last = (windows.starts[0] + windows.width * place for place in (low, high))
        return first.to_pydatetime(), last.to_pydatetime()

    @once
    def episodes(self) -> pd.DataFrame:
        """Return the episodes claimed, the largest first, and how often chance finds as much.

        Returns
        -------
        pandas.DataFrame
            Result form: `incident_excess` a row an episode, slice {"episode", "from", "to" (the first instant
            that is quiet again), "onset from", "onset to", "shape", "state", "where"}; and
            `incident_chance`.
        """
        rows = []
        for each in self.search.episodes:
            stretch, change = each.stretch, each.change
            place = np.arange(len(self.windows.n))
            inside = (place >= stretch.first) & (place < stretch.end)
            slice_ = {
                "episode": str(each.number), "from": self.windows.text(stretch.first),
                "to": self.windows.text(stretch.end), "onset from": self.windows.text(change.low),
                "onset to": self.windows.text(change.high),
                "shape": "gradual" if change.gradual else "sudden",
                "state": "going on" if each.going_on else "over",
                "where": ", ".join(f"{name}={level}" for name, level in each.where.items()),
            }  # fmt: skip
            counts = None
            for name, level in each.where.items():
                counts = self.windows.series(name)[level]
            rows.append(excess_row(self.windows, self.search.quiet, inside, confidence=self.confidence,
                                   min_n=self.min_n, slice_=slice_, counts=counts,
                                   comparisons=len(self.search.episodes)))  # fmt: skip
        drawn = self.search.drawn
        chance: dict[str, Any] = {"metric": "incident_chance", "slice": {}, "compared": None,
                  "n": len(drawn.resampled), "estimate": self.search.best, "low": np.nan, "high": np.nan,
                  "confidence": self.confidence, "method": f"{drawn.length}-window blocks of quiet windows",
                  "status": "ok", "counts": None, "group": ""}  # fmt: skip
        return pd.DataFrame([*rows, chance])[RESULT]

    def listing(self) -> pd.DataFrame:
        """Return the episodes as people read them.

        Returns
        -------
        pandas.DataFrame
            Columns episode, first window, last window, in excess, onset, with the signal, rows, state, where.
        """
        made = self.episodes()
        rows = []
        for each, row in zip(self.search.episodes, made.to_dict("records"), strict=False):
            held = row["slice"]
            last = self.windows.text(each.stretch.end - 1)
            rows.append((each.number, held["from"], last,
                         f"{row['estimate']:,.0f} ({row['low']:,.0f} to {row['high']:,.0f})",
                         f"{held['onset from']} to {held['onset to']}", row["counts"][0], row["n"],
                         f"{held['state']}, {held['shape']}", held["where"] or "all rows"))  # fmt: skip
        columns = ["episode", "first window", "last window", "in excess", "onset", "with the signal", "rows",
                   "state", "where"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    @once
    def excess(self) -> pd.DataFrame:
        """Return the rate when quiet, during the episode and after the mitigation, and the rows in excess.

        Returns
        -------
        pandas.DataFrame
            Result form: `signal_rate` with slice {"period": …}, `signal_rate_change` (episode less quiet),
            `excess_rows` (observed less expected) and, where they could be made, `recovery_difference` and
            `rerun_pass_rate`.
        """
        rows = [self._rate("quiet", self.search.quiet), self._rate(self.period, self.inside)]
        done = self.times.get("mitigated")
        if done is not None and self.recovery.row is not None:
            place = np.arange(len(self.windows.n))
            rows.append(self._rate("after mitigation", place >= np.ceil(self.windows.place(done))))
        row = excess_row(self.windows, self.search.quiet, self.inside, confidence=self.confidence,
                         min_n=self.min_n, slice_={})  # fmt: skip
        change = dict(zip(("estimate", "low", "high"), row["change"], strict=True))
        rows += [
            row | {"metric": "signal_rate_change", "counts": None} | change,
            row | {"metric": "excess_rows"},
        ]
        rows += [self.recovery.row] if self.recovery.row is not None else []
        rows += [self.rerun.result(min_n=self.min_n)] if self.rerun is not None else []
        return pd.DataFrame(rows)[RESULT]

    def amounts(self) -> pd.DataFrame:
        """Return rates and rows in excess as people read them.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.incident_listing.amount_table`.
        """
        return amount_table(self.excess())

    @property
    def period(self) -> str:
        """What the windows looked at are called."""
        if self.episode is not None:
            return "episode"
        return "since the suspected onset" if "onset" in self.times else "the rest"

    @once
    def by_segment(self) -> pd.DataFrame:
        """Return each segment's excess, and how much more it changed than all other rows.

        Returns
        -------
        pandas.DataFrame
            Result form, metrics `segment_excess` and `segment_disproportion`; empty without segments.
        """
        if not self.segments:
            return pd.DataFrame(columns=RESULT)
        made = segment_rows(self.windows, self.search.quiet, self.inside, self.segments,
                            confidence=self.confidence, min_n=self.min_n)  # fmt: skip
        return made[RESULT]

    def affected(self) -> pd.DataFrame:
        """Return how many users the episode touched.

        Returns
        -------
        pandas.DataFrame
            Result form, metrics `affected_users` and `affected_users_repeated`; empty without an episode or a
            column of users.
        """
        if self.users is None:
            return pd.DataFrame(columns=RESULT)
        return self.users.results(confidence=self.confidence, min_n=self.min_n)[RESULT]

    def who(self) -> pd.DataFrame:
        """Return the segments as people read them.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.incident_listing.segment_table`; a sentence where no segments were named.
        """
        if not self.segments:
            return pd.DataFrame({"who": [NOBODY]})
        return segment_table(self.by_segment())

    def description(self) -> Description:
        """Return the smallest description that covers most of the excess.

        Returns
        -------
        Description
            Empty when the excess is spread.
        """
        return describe(self.windows, self.search.quiet, self.inside, self.segments)

    @once
    def mix(self) -> pd.DataFrame:
        """Return traffic that shifted apart from rates that changed, for each segment.

        Returns
        -------
        pandas.DataFrame
            Result form, metrics `traffic_mix_part` and `traffic_rate_part`, slice {"column": …}.
        """
        made = [mix_rows(self.windows, self.search.quiet, self.inside, column, confidence=self.confidence,
                         seed=self.seed) for column in self.segments]  # fmt: skip
        return pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=RESULT)

    @once
    def ranked_changes(self) -> pd.DataFrame:
        """Return recorded changes by how they fall against the onset; nearness is no cause.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.incident_changes.ranked_changes`.
        """
        return ranked_changes(self.changes, self.windows, self.episode)

    def change_distances(self) -> pd.DataFrame:
        """Return how far each recorded change lies from the onset, in windows.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `change_distance`; empty when nothing stands out or nothing was recorded.
        """
        if self.episode is None or self.changes.empty:
            return pd.DataFrame(columns=RESULT)
        return change_rows(self.changes, self.windows, self.episode, self.confidence)

    def moved(self) -> pd.DataFrame:
        """Return the columns whose distribution moved materially between the quiet rows and the episode.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `cohens_w`, slice {"feature": column}.
        """
        made = None if self.before is None else self.before.shifted()
        return pd.DataFrame(columns=RESULT) if made is None else made

    def categories(self) -> pd.DataFrame:
        """Return the values that vanished or are new, with their rows and last or first day.

        Returns
        -------
        pandas.DataFrame
            See `DriftStudy.categories`; empty when nothing was compared.
        """
        return pd.DataFrame({"categories": []}) if self.before is None else self.before.categories()

    @once
    def broken(self) -> pd.DataFrame:
        """Return what broke the quiet rows' contract, beside categories: missing values, ranges, volume.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.incident_contract.contract_breaks`.
        """
        return contract_breaks(self.before, self.windows, self.search.quiet, self.inside,
                               confidence=self.confidence)  # fmt: skip

    def contract(self) -> pd.DataFrame:
        """Return how many windows of the episode broke each part of the contract that was checked.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `contract_breaks`, slice {"check": …}, n the windows checked (of columns
            days, or weeks where windows are weeks); a count without interval. Empty when nothing stands out.
        """
        if self.episode is None:
            return pd.DataFrame(columns=RESULT)
        found = self.broken().groupby("broken")["windows"].sum()
        days = 0 if self.before is None else len(self.before.study.contract.windows)
        usual, now = volumes(self.windows, self.search.quiet, self.inside)
        checked = dict.fromkeys(CHECKS, days) | {"volume": len(now) if volume_checks(usual, now) else 0}
        rows = []
        for check, number in checked.items():
            told = float(found.get(check, 0)) if number else np.nan
            rows.append({"metric": "contract_breaks", "slice": {"check": check}, "compared": None,
                         "n": number, "estimate": told, "low": told, "high": told,
                         "confidence": self.confidence, "method": "familywise tests",
                         "status": "ok" if number else "undefined", "counts": None,
                         "group": check})  # fmt: skip
        return pd.DataFrame(rows)[RESULT]

    def severity(self, levels: Sequence[Mapping[str, Any]] | None = None) -> Proposal:
        """Return a severity for a person to confirm.

        Parameters
        ----------
        levels : sequence of mapping, optional
            The policy's matrix, the gravest first; by default the shipped example.

        Returns
        -------
        Proposal
            None ("") when nothing stands out. Rows in excess are counted by the limit of their interval that
            lies nearer to none.
        """
        if self.episode is None:
            return Proposal("", (), "", "")
        row = excess_row(self.windows, self.search.quiet, self.inside, confidence=self.confidence,
                         min_n=self.min_n, slice_={})  # fmt: skip
        least = max(row["low"], -row["high"], 0.0)
        return propose(levels or matrix(), excess=least, change=abs(row["change"][0]),
                       going_on=self.episode.going_on)  # fmt: skip

    def clocks(self) -> pd.DataFrame:
        """Return the duties to report and when each falls due, counted from awareness.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.incident_duties.clock_table`.
        """
        return clock_table(duties(), aware=self.times.get("aware"))

    def _rate(self, name: str, mask: Bools) -> dict[str, Any]:
        k, n = float(self.windows.k[mask].sum()), float(self.windows.n[mask].sum())
        usual = quiet_rate(self.windows.k[self.search.quiet], self.windows.n[self.search.quiet])
        factor = float(usual.factor(np.array(max(int(mask.sum()), 1))))
        limits = score_limits(
            np.array(k / factor), np.array(n / factor), normal_critical_value(self.confidence)
        )
        estimate, low, high = (float(limit) for limit in limits)
        status = "undefined" if not n else "small" if n < self.min_n else "ok"
        return {"metric": "signal_rate", "slice": {"period": name}, "compared": None, "n": int(n),
                "estimate": estimate, "low": low, "high": high, "confidence": self.confidence,
                "method": "score, quasi-binomial", "status": status, "counts": [int(k), int(n)],
                "group": name}  # fmt: skip
